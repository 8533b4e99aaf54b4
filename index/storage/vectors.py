"""The nearest sentences, by FAISS: a copy of the store's vectors, and its snapshot.

The store is the truth. A copy of few vectors is exact; one of many is inverted and compressed, and
what it finds is compared again by the store's own vectors. The snapshot `vectors.faiss` saves
reading every vector at start; when it is missing, damaged or of another store it is made again,
and when it is older, what has changed since is followed. Nobody need know.
"""

import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.errors import LibraryError
from index.models.encoder import FloatArray, IntArray
from index.storage.building import build, exact, follow
from index.storage.inverted import Flat, Inverted, Ranges
from index.storage.narrow import Narrow, best
from index.storage.records import IndexStats, Rows, ranges_of
from index.storage.snapshots import is_exact, load, token_of, write
from index.storage.store import Store

_log = logging.getLogger(__name__)

CHANGE_OVER = 20_000
"""So many sentences in scope are compared one by one, in up to 4 ms; for more there are lists."""

_GROWN = 0.25  # by which an inverted index has grown or shrunk when it is made anew
_COMPARED = 5  # candidates for each that is asked for
_FEWEST_COMPARED = 150
_UNSAVED = 20_000  # sentences that may be read from the store at start instead of the snapshot
_UNREAD = 8  # times the change-over: more are not held as they are, even while lists are trained
_GENERATION = 32  # characters


class VectorIndex:
    """An inner-product index over the row ids of sentences, of every shelf of a store.

    Threads may share it, and so may stores on several shelves of one file.
    """

    def __init__(
        self, store: Store, snapshot: Path | None, *, change_over: int = CHANGE_OVER
    ) -> None:
        self._store = store
        self._snapshot = snapshot
        self._change_over = change_over
        self._unsaved = min(_UNSAVED, change_over // 2)
        self._index: Flat | Inverted | None = None
        self._at: str | None = None  # the generation that the index holds
        self._count = 0  # sentences in the store
        self._written: str | None = None  # the generation that the snapshot holds for certain
        self._base = b""  # the digest of the inverted snapshot that is mapped
        self._fresh_written = 0
        self._lock = threading.Lock()
        self._builder: threading.Thread | None = None
        self._failed_at = 0  # how many sentences there were when the change-over failed
        self._narrow = Narrow(store)
        self._last: tuple[Sequence[Rows], int, Ranges] | None = None

    def nearest(self, vector: FloatArray, scope: Sequence[Rows], *, limit: int) -> list[int]:
        """Give the row ids of at most `limit` sentences in scope, the nearest first.

        `vector` is (dimension,) float32 of unit length.
        """
        # The state first and the lock second, here and in `save`: else the two may wait for each
        # other for ever.
        with self._store.reading(), self._lock:
            self._follow_store()
            count, within = self._extent(scope)
            if not count or not self._count:
                return []
            if count <= self._change_over and not isinstance(self._index, Flat):
                return self._narrow.nearest(vector, scope, limit=limit)
            if self._index is None:  # its lists are trained: till then, keywords must do
                return []
            wanted = None if count == self._count else within
            if isinstance(self._index, Flat):
                found = self._index.search(vector, wanted, limit=limit)
            else:
                compared = min(max(_FEWEST_COMPARED, _COMPARED * limit), count)
                share = count / self._count
                found = self._index.search(vector, wanted, limit=compared, share=share)
            if wanted is None:  # who asks may see an older state, with as many rows, but others
                found = _inside(found, within)
            if isinstance(self._index, Flat):
                return [int(row) for row in found]
            return best(vector, *self._store.vectors_of(found.tolist()), limit)

    def save(self) -> None:
        """Write the snapshot where it does not already hold what the store holds.

        It is an aid, so a folder that cannot be written is worth no more than a line in the log.
        """
        if self._snapshot is None:
            return
        self._catch_up()
        with self._store.reading(), self._lock:
            generation = self._store.generation
            if self._written == generation or (self._index is None and self._serves(generation)):
                return
            self._follow_store()
            try:
                self._write(generation)
            except OSError as error:
                _log.warning("%s was not written: %s", self._snapshot, error)

    def stats(self) -> IndexStats:
        """Tell what the vectors are kept in now."""
        with self._store.reading(), self._lock:
            self._follow_store()
            index = self._index
            kind = "exact" if isinstance(index, Flat) else "none"
            if isinstance(index, Inverted):
                kind = f"inverted, {index.lists:,} lists"
            if self._builder is not None:
                kind += ", another in the making"
            files = [self._snapshot, self._fresh] if self._snapshot else []
            disk = sum(file.stat().st_size for file in files if file.is_file())
            memory = index.memory if index else 0
            return IndexStats(kind, self._count, memory, disk)

    def settle(self) -> None:
        """Wait until no change-over is under way."""
        builder = self._builder
        if builder is not None:
            builder.join()

    def _extent(self, scope: Sequence[Rows]) -> tuple[int, Ranges]:
        """Give how many sentences are in scope, and their ranges; a large scope is not read twice.

        A whole shelf is the same tuple from question to question.
        """
        if self._last is None or self._last[0] is not scope:
            self._last = (scope, sum(map(len, scope)), ranges_of(scope))
        return self._last[1:]

    def _follow_store(self) -> None:
        """Take in and drop what changed in the store since the last look, by whomever."""
        generation = self._store.generation
        if generation == self._at:
            return
        self._count = self._store.sentence_count()
        if self._index is None and self._builder is not None:
            return
        changes = None if self._at is None else self._store.changes(self._at)
        if changes is None:
            self._open()
            changes = None if self._at is None else self._store.changes(self._at)
        if self._index is not None and changes is not None:
            follow(self._index, self._store, changes)
            self._at = generation
        if self._wants_change():
            self._builder = threading.Thread(target=self._build_beside, daemon=True)
            self._builder.start()

    def _open(self) -> None:
        """Begin with the snapshot, or anew where there is none of this store's."""
        self._index, self._at = None, None
        self._load()
        few = self._count <= _UNREAD * self._change_over or self._failed_at
        if self._index is None and self._count and few:
            scope = sorted(self._store.all_rows(), key=lambda rows: rows.first)
            self._index, self._at = exact(self._store, scope), self._store.generation

    def _load(self) -> None:
        found = load(self._snapshot, _GENERATION) if self._snapshot else None
        changes = None if found is None else self._store.changes(found.token)
        if found is None or changes is None:
            return
        self._at = self._written = found.token
        if not found.mapped:
            self._index = Flat(found.index)
            return
        self._base, self._fresh_written = found.digest, 0
        fresh = load(self._fresh, _GENERATION + len(found.digest.hex()), mapped=False)
        if fresh is not None and fresh.token[_GENERATION:] == found.digest.hex():
            since = fresh.token[:_GENERATION]
            if self._store.changes(since) is not None:
                self._index = Inverted(found.index, fresh.index, mapped=True)
                self._fresh_written = fresh.index.ntotal
                self._at = since
                for first, last in changes.removed:
                    self._index.remove(first, last)
                return
        self._index = Inverted(found.index, mapped=True)

    def _wants_change(self) -> bool:
        """Whether the index is of the wrong kind for what the store holds, or has outgrown it."""
        if self._builder is not None or self._count <= 1.1 * self._failed_at:
            return False
        if isinstance(self._index, Inverted):
            held = self._index.base.ntotal
            return (
                self._count < self._change_over // 2
                or self._index.fresh.ntotal > max(self._change_over // 2, _GROWN * held)
                or self._index.gone_count > _GROWN * (held + self._index.fresh.ntotal)
            )
        return self._count > self._change_over

    def _build_beside(self) -> None:
        """Change over, in a thread of its own; whatever goes wrong, the old index serves on."""
        import faiss

        faiss.omp_set_num_threads(max(1, (os.cpu_count() or 2) // 2))  # in this thread alone
        try:
            self._build()
        except Exception as error:
            if not (isinstance(error, LibraryError) and self._store.closed):
                self._failed_at = self._count
                _log.exception("the index of vectors was not made anew, and the old one serves on")
        finally:
            self._builder = None

    def _build(self) -> None:
        """Make the index anew and put it in the old one's place."""
        like = self._index if isinstance(self._index, Inverted) else None
        index, at = build(self._store, exact_up_to=self._change_over, like=like)
        base = b""
        if isinstance(index, Inverted):
            index, base = self._kept(index, at)
        for _ in range(2):  # most of what came meanwhile is taken in before questions must wait
            with self._store.reading():
                changes, now = self._store.changes(at), self._store.generation
            if changes is not None:
                follow(index, self._store, changes)
                at = now
        with self._store.reading(), self._lock:
            changes = self._store.changes(at)
            if changes is not None:
                follow(index, self._store, changes)
                self._index, self._at = index, self._store.generation
                self._base, self._fresh_written = base, 0
                self._written = at if isinstance(index, Inverted) else None
                self._count = self._store.sentence_count()

    def _kept(self, index: Inverted, generation: str) -> tuple[Inverted, bytes]:
        """Give the index mapped from its file, and that file's digest; or itself without one."""
        if self._snapshot is not None:
            try:
                write(self._snapshot, index.base, generation)
            except OSError as error:
                _log.warning("%s was not written: %s", self._snapshot, error)
            found = load(self._snapshot, _GENERATION)
            if found is not None and found.mapped and found.token == generation:
                return Inverted(found.index, mapped=True), found.digest
        return index, b""

    def _catch_up(self) -> None:
        """Change over now, where much was added and no question gave occasion to do so."""
        with self._store.reading():
            count = self._store.sentence_count()
            serves = self._serves(self._store.generation)
        if count <= 2 * self._change_over or isinstance(self._index, Inverted):
            return
        self.settle()
        made = isinstance(self._index, Inverted) or (self._index is None and serves)
        if not made and not self._failed_at:
            _log.info("making the index of %s sentences", f"{count:,}")
            self._build()

    def _serves(self, generation: str) -> bool:
        """Whether the snapshot ends as one does from which this generation can be followed."""
        assert self._snapshot is not None
        token = token_of(self._snapshot, _GENERATION)
        if token is None or is_exact(self._snapshot):
            return token == generation
        return self._store.changes(token) is not None

    def _write(self, generation: str) -> None:
        assert self._snapshot is not None
        if isinstance(self._index, Flat):
            write(self._snapshot, self._index.index, generation)
            self._fresh.unlink(missing_ok=True)
            self._written = generation
        elif self._index is not None and self._base:
            count = self._index.fresh.ntotal
            if count - self._fresh_written >= self._unsaved:
                write(self._fresh, self._index.fresh, generation + self._base.hex())
                self._fresh_written = count

    @property
    def _fresh(self) -> Path:
        """Where what came since the snapshot is kept."""
        assert self._snapshot is not None
        return self._snapshot.with_stem(f"{self._snapshot.stem}-new")


def _inside(rows: IntArray, ranges: Ranges) -> IntArray:
    """Give those of the rows that are in the ranges."""
    firsts, lasts = np.array(ranges).T
    places = np.searchsorted(firsts, rows, side="right") - 1
    return np.asarray(rows[(places >= 0) & (rows <= lasts[places])])
