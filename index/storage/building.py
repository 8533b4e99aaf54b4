"""An index of vectors is made anew from the store, in small bites: questions come between them."""

from collections.abc import Iterator, Sequence

import numpy as np

from index.models.encoder import FloatArray, IntArray
from index.storage.inverted import (
    Flat,
    Inverted,
    Lister,
    centroids_of,
    empty,
    lists_for,
    sample_size,
    trained,
)
from index.storage.records import Rows
from index.storage.shelves import Changes
from index.storage.store import Store

_DRIFT = 2.0  # by which lists are too few or too many for what is there, and trained anew
_AT_ONCE = 16_384  # vectors


def build(store: Store, *, exact_up_to: int, like: Inverted | None) -> tuple[Flat | Inverted, str]:
    """Give an index of what the store holds, and the generation that it is of.

    What is removed meanwhile may be in it or not, so what changed since must be followed.
    """
    with store.reading():
        generation = store.generation
        scope = sorted(store.all_rows(), key=lambda rows: rows.first)
    count = sum(map(len, scope))
    if count <= exact_up_to:
        return exact(store, scope), generation
    lists = lists_for(count)
    if like is not None and lists / _DRIFT <= like.lists <= lists * _DRIFT:
        index = empty(centroids_of(like.base))
    else:
        index = trained(_sample(store, scope, sample_size(count) / count), lists)
    lister = Lister(index)
    for vectors, ids in _batches(store, scope):
        lister.add(vectors, ids)
    return Inverted(index), generation


def exact(store: Store, scope: Sequence[Rows]) -> Flat:
    """Give an exact index of some articles' vectors."""
    model = store.model
    index = Flat.empty(model.dimension if model else 1)
    for rows in scope:
        _take_in(index, rows, store.vectors(rows))
    return index


def follow(index: Flat | Inverted, store: Store, changes: Changes) -> None:
    """Bring an index up to the changes of a store."""
    for first, last in changes.removed:
        index.remove(first, last)
    for rows in changes.added:
        _take_in(index, rows, store.vectors(rows))


def _take_in(index: Flat | Inverted, rows: Rows, vectors: FloatArray) -> None:
    if len(vectors) == len(rows):  # else the article was removed since
        index.add(vectors, np.arange(rows.first, rows.last + 1))


def _sample(store: Store, scope: Sequence[Rows], share: float) -> FloatArray:
    random = np.random.default_rng(0)
    parts = []
    for rows in scope:
        vectors = store.vectors(rows)
        parts.append(vectors[random.random(len(vectors)) < share])
    return np.concatenate([part for part in parts if len(part)])


def _batches(store: Store, scope: Sequence[Rows]) -> Iterator[tuple[FloatArray, IntArray]]:
    """Give the articles' vectors and row ids, many at a time: lists are found faster so."""
    vectors: list[FloatArray] = []
    ids: list[IntArray] = []
    waiting = 0
    for rows in scope:
        found = store.vectors(rows)
        if len(found) == len(rows):
            vectors.append(found)
            ids.append(np.arange(rows.first, rows.last + 1))
            waiting += len(rows)
        if waiting >= _AT_ONCE:
            yield np.concatenate(vectors), np.concatenate(ids)
            vectors, ids, waiting = [], [], 0
    if vectors:
        yield np.concatenate(vectors), np.concatenate(ids)
