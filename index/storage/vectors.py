"""The nearest sentences, by FAISS: every vector of the collections in scope is compared.

The store is the truth. A copy of a collection's vectors is loaded into memory when it is first
searched and brought up to the state that the reader sees before each search. Up to `HALF_ABOVE`
sentences the copy is in float32; above, in half precision.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np

from index.models.tokens import FloatArray
from index.storage.records import IndexStats, RowRange
from index.storage.store import Store

HALF_ABOVE = 20_000
"""Sentences of one collection, above which its copy is in half precision."""

_MOST_HELD = 2_000_000
"""Sentences in all copies together, above which those searched longest ago are dropped."""


class Copies:
    """The copies of one library's collections. Threads, and stores of the library, may share it."""

    def __init__(self, *, half_above: int = HALF_ABOVE, most_held: int = _MOST_HELD) -> None:
        self._half_above = half_above
        self._most_held = most_held
        self._copies: OrderedDict[str, _Copy] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, collection: str) -> "_Copy":
        """Return the copy of a collection, which is empty when it is new."""
        with self._lock:
            if collection not in self._copies:
                self._copies[collection] = _Copy(self._half_above)
            self._copies.move_to_end(collection)
            while len(self._copies) > 1 and sum(map(len, self._copies.values())) > self._most_held:
                self._copies.popitem(last=False)
            return self._copies[collection]

    @property
    def memory(self) -> int:
        """Bytes held."""
        with self._lock:
            return sum(copy.memory for copy in self._copies.values())


class VectorIndex:
    """Searches the collections that a store reads, each by its own copy."""

    def __init__(self, store: Store, copies: Copies | None = None) -> None:
        self._store = store
        self._copies = copies or Copies()

    def nearest(self, vector: FloatArray, scope: Sequence[RowRange], *, limit: int) -> list[int]:
        """Return the row ids of at most `limit` sentences in scope, the nearest first.

        `vector` is (dimension,) float32 of unit length.
        """
        found: list[tuple[float, int]] = []
        with self._store.reading():  # the store is locked before a copy, always in this order
            whole = scope is self._store.rows(None)
            for collection in self._store.collections:
                copy = self._copies.of(collection)
                found += copy.search(
                    self._store, collection, vector, None if whole else scope, limit=limit
                )
        found.sort(key=lambda each: -each[0])
        return [row for _, row in found[:limit]]

    def stats(self) -> IndexStats:
        """Return the kind of the index, and the memory of the copies of all collections."""
        return IndexStats("exact", self._copies.memory, disk=0)


class _Copy:
    """The vectors of one collection, at one version of it, in a flat FAISS index."""

    def __init__(self, half_above: int) -> None:
        self._half_above = half_above
        self._lock = threading.Lock()
        self._version: int | None = None
        self._rows: frozenset[RowRange] = frozenset()
        self._index: Any = None
        self._is_half = False

    def __len__(self) -> int:
        return 0 if self._index is None else int(self._index.ntotal)

    @property
    def memory(self) -> int:
        """Bytes held: the vectors and their row ids."""
        index = self._index
        return 0 if index is None else int(index.ntotal * (index.index.sa_code_size() + 8))

    def search(
        self,
        store: Store,
        collection: str,
        vector: FloatArray,
        scope: Sequence[RowRange] | None,
        *,
        limit: int,
    ) -> list[tuple[float, int]]:
        """Return at most `limit` similarities and row ids, the highest first.

        A scope of None is the whole collection; of another, what stands in other collections is
        left out. The caller holds `store.reading()`.
        """
        import faiss

        with self._lock:
            self._follow(store, collection)
            wanted = None
            if scope is not None:
                wanted = [rows for rows in scope if rows in self._rows]
                if len(wanted) == len(self._rows):
                    wanted = None
            if not self._rows or wanted == []:
                return []
            # A selector refers to its bitmap, and the parameters to it: all are held until the end.
            selector = None if wanted is None else _selector(wanted)
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
            scores, ids = self._index.search(
                vector[np.newaxis], min(limit, self._index.ntotal), params=parameters
            )
        found = zip(scores[0].tolist(), ids[0].tolist(), strict=True)
        return [(score, row) for score, row in found if row >= 0]

    def _follow(self, store: Store, collection: str) -> None:
        """Bring the copy to the version of the collection that the store's reader sees."""
        version = store.version_of(collection)
        if self._version == version:
            return
        rows = frozenset(store.rows_in(collection))
        is_half = sum(map(len, rows)) > self._half_above
        if self._index is None or is_half != self._is_half or not rows & self._rows:
            self._index, self._is_half, self._rows = None, is_half, frozenset()
        removed = self._rows - rows
        self._version = None  # until all is done
        if removed:
            self._index.remove_ids(_selector(list(removed)))
            self._rows -= removed
        for each in sorted(rows - self._rows, key=lambda each: each.first):
            vectors = store.vectors(each)
            if self._index is None:
                self._index = _empty(vectors.shape[1], half=is_half)
            self._index.add_with_ids(vectors, np.arange(each.first, each.last + 1))
        self._rows, self._version = rows, version


def _empty(dimension: int, *, half: bool) -> Any:
    import faiss

    flat: Any = faiss.IndexFlatIP(dimension)
    if half:
        kind = faiss.ScalarQuantizer.QT_fp16
        flat = faiss.IndexScalarQuantizer(dimension, kind, faiss.METRIC_INNER_PRODUCT)
    return faiss.IndexIDMap(flat)


def _selector(scope: Sequence[RowRange]) -> Any:
    """Return FAISS's selector of the scope's row ids."""
    import faiss

    if len(scope) == 1:
        return faiss.IDSelectorRange(scope[0].first, scope[0].last + 1)
    wanted = np.zeros(max(rows.last for rows in scope) + 1, bool)
    for rows in scope:
        wanted[rows.first : rows.last + 1] = True
    bitmap: Any = faiss.IDSelectorBitmap  # takes an array, whatever its types say
    return bitmap(np.packbits(wanted, bitorder="little"))
