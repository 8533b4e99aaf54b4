"""Vectors in two kinds of FAISS index: all compared, or those in the lists near the question's.

The second holds two bits for each number of a vector (RaBitQ: Gao and Long 2024), so what it finds
are candidates, to be compared by the vectors themselves.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from index.models.encoder import FloatArray, IntArray

_LISTS = 3.0  # times the root of how many vectors there are
_PROBES = 7.0  # times the root of how many lists there are: in these 0.99 of the nearest are
_BITS = 2  # with one, four times as many candidates had to be compared anew
_SAMPLE = 24  # vectors a list to train on
_ROUNDS = 6
_REGIONS = 4  # in so many regions of lists is looked for a vector's own: 0.88 find the very nearest
_SEED = 1

Ranges = Sequence[tuple[int, int]]
"""Row ids from a first to a last, both included; they rise and do not overlap."""


class Flat:
    """Every vector as it is: exact, and the time of a search grows with their number."""

    def __init__(self, index: Any) -> None:
        self.index = index

    @classmethod
    def empty(cls, dimension: int) -> "Flat":
        """Give one that holds nothing."""
        import faiss

        return cls(faiss.IndexIDMap2(faiss.IndexFlatIP(dimension)))

    def add(self, vectors: FloatArray, ids: IntArray) -> None:
        """Take in vectors."""
        self.index.add_with_ids(vectors, ids)

    def remove(self, first: int, last: int) -> None:
        """Drop a range of ids."""
        import faiss

        self.index.remove_ids(faiss.IDSelectorRange(first, last + 1))

    def search(self, vector: FloatArray, wanted: Ranges | None, *, limit: int) -> IntArray:
        """Give at most `limit` ids, the nearest first; of those wanted, or of all for None."""
        import faiss

        limit = min(limit, self.index.ntotal)
        parameters = faiss.SearchParameters(sel=_selector(wanted))  # type: ignore[call-arg]
        _, found = self.index.search(vector[np.newaxis], limit, params=parameters)
        return np.asarray(found[0][found[0] >= 0])

    @property
    def memory(self) -> int:
        """Bytes held."""
        return int(self.index.ntotal * (self.index.d * 4 + 8))


class Inverted:
    """Compressed vectors in lists: `base` never changes, and `fresh` takes what came since."""

    def __init__(self, base: Any, fresh: Any = None, *, mapped: bool = False) -> None:
        self.base = base
        self.fresh = _empty_like(base) if fresh is None else fresh
        for index in (self.base, self.fresh):
            index.parallel_mode = 1  # the lists of one question are shared out among the cores
        self.mapped = mapped
        self.gone_count = 0
        self._gone = np.zeros(0, np.uint8)  # a bit for every id

    @property
    def lists(self) -> int:
        """How many lists there are."""
        return int(self.base.nlist)

    def add(self, vectors: FloatArray, ids: IntArray) -> None:
        """Take in vectors."""
        self.fresh.add_with_ids(vectors, ids)

    def remove(self, first: int, last: int) -> None:
        """Find a range of ids no more; its codes go when the index is next made anew."""
        if last // 8 >= len(self._gone):
            self._gone = np.pad(self._gone, (0, max(last // 8, len(self._gone)) + 64))
        ids = np.arange(first, last + 1)
        np.bitwise_or.at(self._gone, ids >> 3, (1 << (ids & 7)).astype(np.uint8))
        self.gone_count += len(ids)

    def search(
        self, vector: FloatArray, wanted: Ranges | None, *, limit: int, share: float
    ) -> IntArray:
        """Give at most `limit` candidates; `share` is how much of all is wanted.

        The smaller that is, the farther are the nearest, and in the more lists they are sought.
        """
        import faiss

        selector = _selector(wanted)
        if wanted is None and self.gone_count:
            selector = faiss.IDSelectorNot(_bitmap(self._gone))
        count = probes(self.lists, share)
        parameters = faiss.SearchParametersIVF(sel=selector, nprobe=count)  # type: ignore[call-arg]
        scores, ids = [], []
        for index in (self.base, self.fresh):
            if index.ntotal:
                found = index.search(vector[np.newaxis], limit, params=parameters)
                scores.append(found[0][0])
                ids.append(found[1][0])
        together = np.concatenate(ids)
        order = np.argsort(-np.concatenate(scores), kind="stable")
        return np.asarray(together[order][together[order] >= 0][:limit])

    @property
    def memory(self) -> int:
        """Bytes held, without those that are mapped."""
        held = [self.fresh] if self.mapped else [self.base, self.fresh]
        codes = sum(index.ntotal * (index.code_size + 8) for index in held)
        return int(codes + self.lists * self.base.d * 4 + len(self._gone))


def lists_for(count: int) -> int:
    """Give how many lists so many vectors are parted into."""
    return max(1, round(_LISTS * math.sqrt(count)))


def probes(lists: int, share: float) -> int:
    """Give in how many lists is looked for vectors of which a share is wanted."""
    return min(lists, math.ceil(_PROBES * math.sqrt(lists / max(share, 1e-9))))


def sample_size(count: int) -> int:
    """Give how many of so many vectors the lists are trained on."""
    return min(count, _SAMPLE * lists_for(count))


def trained(sample: FloatArray, lists: int) -> Any:
    """Give an empty inverted index whose lists lie where the sample's vectors do."""
    return empty(_means(sample, min(lists, len(sample))))


def _means(vectors: FloatArray, count: int) -> FloatArray:
    """(count, dimension): unit vectors about which the others lie."""
    import faiss

    means = faiss.Kmeans(
        vectors.shape[1],
        count,
        niter=_ROUNDS,
        spherical=True,
        seed=_SEED,
        min_points_per_centroid=1,
        max_points_per_centroid=2 * _SAMPLE,
    )
    means.train(vectors)
    return np.asarray(means.centroids)


def _nearest(vectors: FloatArray, others: FloatArray, count: int) -> tuple[FloatArray, IntArray]:
    import faiss

    found: tuple[FloatArray, IntArray] = faiss.knn(
        vectors, others, count, metric=faiss.METRIC_INNER_PRODUCT
    )
    return found


def empty(centroids: FloatArray) -> Any:
    """Give an empty inverted index with its lists at these unit vectors."""
    import faiss

    lists, dimension = centroids.shape
    quantizer: Any = faiss.IndexFlatIP(dimension)
    quantizer.add(centroids)
    index = faiss.IndexIVFRaBitQ(
        quantizer, dimension, lists, faiss.METRIC_INNER_PRODUCT, True, _BITS
    )
    quantizer.this.disown()
    index.own_fields = True
    index.train(centroids)
    return index


class Lister:
    """Puts vectors into an inverted index: it finds their lists region by region.

    That takes a third of the time that comparing each with every list takes, and as much is found.
    """

    def __init__(self, index: Any) -> None:
        self._index = index
        self._centroids = centroids_of(index)
        self._regions = _means(self._centroids, max(1, round(math.sqrt(index.nlist))))
        self._home = _nearest(self._centroids, self._regions, 1)[1][:, 0]

    def add(self, vectors: FloatArray, ids: IntArray) -> None:
        """Take in vectors."""
        import faiss

        lists = self._lists(vectors)
        pointer = faiss.swig_ptr
        self._index.add_core(
            len(ids), pointer(vectors), pointer(np.ascontiguousarray(ids)), pointer(lists)
        )

    def _lists(self, vectors: FloatArray) -> IntArray:
        _, near = _nearest(vectors, self._regions, min(_REGIONS, len(self._regions)))
        best = np.full(len(vectors), -np.inf, np.float32)
        lists = np.zeros(len(vectors), np.int64)
        for region in range(len(self._regions)):
            [here] = np.nonzero(self._home == region)
            [rows] = np.nonzero((near == region).any(axis=1))
            if len(here) and len(rows):
                nearness, found = _nearest(vectors[rows], self._centroids[here], 1)
                better = nearness[:, 0] > best[rows]
                best[rows[better]] = nearness[better, 0]
                lists[rows[better]] = here[found[better, 0]]
        return lists


def centroids_of(index: Any) -> FloatArray:
    """(lists, dimension): where an inverted index's lists lie."""
    found: FloatArray = index.quantizer.reconstruct_n(0, index.nlist)
    return found


def _empty_like(index: Any) -> Any:
    return empty(centroids_of(index))


def _selector(wanted: Ranges | None) -> Any:
    """Give FAISS's selector of the ids in these ranges."""
    import faiss

    if wanted is None:
        return None
    if len(wanted) == 1:
        [(first, last)] = wanted
        return faiss.IDSelectorRange(first, last + 1)
    mask = np.zeros(wanted[-1][1] + 1, bool)
    for first, last in wanted:
        mask[first : last + 1] = True
    return _bitmap(np.packbits(mask, bitorder="little"))


def _bitmap(bits: Any) -> Any:
    import faiss

    selector: Any = faiss.IDSelectorBitmap  # takes an array, whatever its types say
    return selector(bits)
