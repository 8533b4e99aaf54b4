"""The nearest sentences, by FAISS: a copy in memory of the store's vectors, and its snapshot.

The store is the truth. The snapshot `vectors.faiss` saves reading every vector at start; when it
is missing, stale, cut short or damaged it is made again, and nobody need know.
"""

import hashlib
import logging
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from index.encoder import FloatArray
from index.records import Rows
from index.store import Store

_log = logging.getLogger(__name__)


class VectorIndex:
    """An exact inner-product index over the row ids of sentences, of every shelf of a store."""

    def __init__(self, store: Store, snapshot: Path | None) -> None:
        self._store = store
        self._snapshot = snapshot
        self._index: Any = None  # faiss ships no types
        self._held: frozenset[Rows] = frozenset()
        self._written: str | None = None  # the generation that the snapshot holds for certain
        self._lock = threading.Lock()

    def nearest(self, vector: FloatArray, scope: Sequence[Rows], *, limit: int) -> list[int]:
        """Give the row ids of at most `limit` sentences in scope, the nearest first.

        `vector` is (dimension,) float32 of unit length.
        """
        import faiss

        # The state first and the lock second, here and in `save`: else the two may wait for each
        # other for ever.
        with self._store.reading(), self._lock:
            self._follow_store()
            if self._index is None or not scope:
                return []
            limit = min(limit, self._index.ntotal)
            everything = len(scope) == len(self._held)
            ids = [np.arange(rows.first, rows.last + 1) for rows in scope]
            selector = None if everything else faiss.IDSelectorBatch(np.concatenate(ids))
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
            _, found = self._index.search(vector[np.newaxis], limit, params=parameters)
        return [int(row) for row in found[0] if row >= 0]

    def save(self) -> None:
        """Write the snapshot where it does not already hold what the store holds.

        It is an aid, so a folder that cannot be written is worth no more than a line in the log.
        """
        if self._snapshot is None:
            return
        with self._store.reading(), self._lock:
            generation = self._store.generation
            if self._written == generation or (self._index is None and self._claims(generation)):
                return
            self._follow_store()
            if self._index is not None:
                try:
                    self._write(generation)
                except OSError as error:
                    _log.warning("%s was not written: %s", self._snapshot, error)

    def _follow_store(self) -> None:
        """Take in and drop what changed in the store since the last look, by whomever."""
        import faiss

        kept = self._store.all_rows()
        if self._index is None:
            self._index = self._load(self._store.generation)
            self._held = frozenset() if self._index is None else kept
        for rows in self._held - kept:
            self._index.remove_ids(faiss.IDSelectorRange(rows.first, rows.last + 1))
        for rows in sorted(kept - self._held, key=lambda rows: rows.first):
            vectors = self._store.vectors(rows)
            if self._index is None:
                self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
            self._index.add_with_ids(vectors, np.arange(rows.first, rows.last + 1))
        self._held = kept

    def _claims(self, generation: str) -> bool:
        """Whether the snapshot ends as one of this generation does; costs no reading of it all."""
        assert self._snapshot is not None
        try:
            with self._snapshot.open("rb") as file:
                file.seek(-len(_stamp(generation, b"")), os.SEEK_END)
                return file.read().startswith(generation.encode())
        except OSError:
            return False

    def _load(self, generation: str) -> Any:
        """Read the snapshot, or give None where it does not hold this generation whole."""
        import faiss

        if self._snapshot is None:
            return None
        try:
            content = self._snapshot.read_bytes()
        except OSError:
            return None
        payload = content[: -len(_stamp(generation, b""))]
        if content[len(payload) :] != _stamp(generation, payload):
            return None
        self._written = generation
        return faiss.deserialize_index(np.frombuffer(payload, np.uint8))

    def _write(self, generation: str) -> None:
        import faiss

        assert self._snapshot is not None
        payload = faiss.serialize_index(self._index).tobytes()
        temporary = self._snapshot.with_suffix(f".{os.getpid()}.tmp")
        for left in self._snapshot.parent.glob(f"{self._snapshot.stem}.*.tmp"):
            left.unlink(missing_ok=True)  # of a process that was killed while it wrote
        try:
            with temporary.open("wb") as file:
                file.write(payload + _stamp(generation, payload))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileNotFoundError):  # another took it for left over: it writes its own
                temporary.replace(self._snapshot)
            self._written = generation
        finally:
            temporary.unlink(missing_ok=True)


def _stamp(generation: str, payload: bytes) -> bytes:
    """What a snapshot ends with, behind what FAISS wrote."""
    return generation.encode() + hashlib.sha256(payload).digest()
