"""The nearest sentences of a narrow scope, by comparing all: the store's own vectors, at hand."""

from collections.abc import Sequence
from contextlib import suppress

import numpy as np
from cachetools import LRUCache

from index.models.encoder import FloatArray, IntArray
from index.storage.records import Rows
from index.storage.store import Store

_KEPT_BYTES = 128 * 2**20


class Narrow:
    """The vectors of the articles that were asked alone lately."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept = LRUCache[Rows, FloatArray](_KEPT_BYTES, lambda vectors: vectors.nbytes)

    def nearest(self, vector: FloatArray, scope: Sequence[Rows], *, limit: int) -> list[int]:
        """Give the row ids of at most `limit` sentences in scope, the nearest first."""
        found = {rows: self._vectors(rows) for rows in scope}
        ids = [
            np.arange(rows.first, rows.last + 1)
            for rows, vectors in found.items()
            if len(vectors) == len(rows)  # else the article was removed since
        ]
        if not ids:
            return []
        vectors = [vectors for vectors in found.values() if len(vectors)]
        return best(vector, np.concatenate(ids), np.concatenate(vectors), limit)

    def _vectors(self, rows: Rows) -> FloatArray:
        if rows in self._kept:
            return self._kept[rows]
        vectors = self._store.vectors(rows)
        with suppress(ValueError):  # larger than all that is kept
            self._kept[rows] = vectors
        return vectors


def best(vector: FloatArray, ids: IntArray, vectors: FloatArray, limit: int) -> list[int]:
    """Give the ids of the vectors that are nearest, the nearest first."""
    if not len(ids):
        return []
    order = np.argsort(-(vectors @ vector), kind="stable")[:limit]
    return [int(row) for row in ids[order]]
