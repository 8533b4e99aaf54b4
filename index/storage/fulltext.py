"""The matching sentences, by SQLite's FTS5: ranked by BM25 in full, or from the rarest words on."""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from cachetools import LRUCache

from index.models.encoder import FloatArray, IntArray
from index.storage.rarest import BUDGET, COMMON, IN_FULL, rarest, telling
from index.storage.records import Rows, ranges_of
from index.text.words import function_words

_SHORTLIST = 400  # sentences whose length is looked up
_RANGES = 32  # of row ids, up to which a scope is searched range by range
_COUNTED = 4_096  # words whose sentences stay counted
_DRIFT = 1.1  # by which the library may grow or shrink before they are counted again
_K1, _B = 1.2, 0.75  # FTS5's own

Ranges = Sequence[tuple[int, int]]
Query = Callable[..., list[Any]]
"""Runs a statement with values, and gives all rows."""


class Keywords:
    """The keyword table of one library."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._counts = LRUCache[str, int](_COUNTED)
        self._counted_at = 0
        self._last: tuple[Sequence[Rows], Ranges] | None = None

    def matching(self, words: Sequence[str], scope: Sequence[Rows], *, limit: int) -> list[int]:
        """Give the row ids of the sentences in scope that match any of the words, the best first.

        Every word is one of FTS5's, without a quotation mark.
        """
        if not words or not scope:
            return []
        size, tokens = self._averages()
        if size <= IN_FULL:
            return self._in_full(words, scope, limit)
        if self._last is None or self._last[0] is not scope:  # as a whole shelf is, till it changes
            self._last = (scope, ranges_of(scope))
        rows, scores = self._scored(words, self._last[1], size)
        best = np.argsort(-scores, kind="stable")[: max(_SHORTLIST, limit)]
        rows, scores = rows[best], scores[best]
        scores *= (_K1 + 1) / (1 + _K1 * (1 - _B + _B * self._lengths(rows) * size / tokens))
        return [int(row) for row in rows[np.argsort(-scores, kind="stable")[:limit]]]

    def _in_full(self, words: Sequence[str], scope: Sequence[Rows], limit: int) -> list[int]:
        found = self._query(
            "SELECT keyword.rowid FROM keyword JOIN sentence ON sentence.id = keyword.rowid"
            " WHERE keyword MATCH ? AND article_id IN (SELECT value FROM json_each(?))"
            " ORDER BY keyword.rank LIMIT ?",
            _any(words),
            json.dumps([rows.article_id for rows in scope]),
            limit,
        )
        return [row for (row,) in found]

    def _scored(
        self, words: Sequence[str], ranges: Ranges, size: int
    ) -> tuple[IntArray, FloatArray]:
        """Give the sentences that the rarest words bring, and the weight of all they match."""
        counted = {word: self._count(word, size) for word in _meaning(words)}
        counts = {word: count for word, count in counted.items() if count}
        ordered = telling(counts, size)
        if not ordered:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        rare, together = rarest(ordered, counts)
        if together:
            rows = self._rows(_all(rare), ranges)
            return rows, np.ones(len(rows), np.float32)
        brought = _any(rare)
        found, weights = [], []
        for word in ordered:
            expression = f'"{word}"' if word in rare else f'"{word}" AND ({brought})'
            rows = self._rows(expression, ranges)
            found.append(rows)
            weights.append(np.full(len(rows), _rarity(counts[word], size), np.float32))
        rows, places = np.unique(np.concatenate(found), return_inverse=True)
        return rows, np.bincount(places, np.concatenate(weights)).astype(np.float32)

    def _rows(self, expression: str, ranges: Ranges) -> IntArray:
        """Give the row ids in these ranges that match, up to the budget of each search."""
        if len(ranges) > _RANGES:
            rows = self._rows(expression, [(ranges[0][0], ranges[-1][1])])
            firsts, lasts = np.array(ranges).T
            within = rows <= lasts[np.searchsorted(firsts, rows, side="right") - 1]
            return np.asarray(rows[within], np.int64)
        found = []
        for first, last in ranges:  # as one text, which is five times as fast as a row each
            [(listed,)] = self._query(
                "SELECT json_group_array(rowid) FROM (SELECT rowid FROM keyword"
                " WHERE keyword MATCH ? AND rowid BETWEEN ? AND ? LIMIT ?)",
                expression,
                first,
                last,
                BUDGET,
            )
            found.append(np.array(json.loads(listed), np.int64))
        return np.concatenate(found)

    def _count(self, word: str, size: int) -> int:
        """Count the sentences that hold a word, up to what makes it common."""
        if not self._counted_at / _DRIFT <= size <= self._counted_at * _DRIFT:
            self._counts.clear()
            self._counted_at = size
        if word not in self._counts:
            [(self._counts[word],)] = self._query(
                "SELECT count(*) FROM (SELECT 1 FROM keyword WHERE keyword MATCH ? LIMIT ?)",
                f'"{word}"',
                size // COMMON + 1,
            )
        return self._counts[word]

    def _lengths(self, rows: IntArray) -> FloatArray:
        """Give how many tokens each sentence has."""
        found = self._query(
            "SELECT sz FROM keyword_docsize WHERE id IN (SELECT value FROM json_each(?))"
            " ORDER BY id",
            json.dumps(rows.tolist()),
        )
        lengths = np.empty(len(rows), np.float32)
        lengths[np.argsort(rows)] = [_varints(size)[0] for (size,) in found]
        return lengths

    def _averages(self) -> tuple[int, int]:
        """Give how many sentences there are, and how many tokens in all of them.

        FTS5 keeps both, so nothing is counted: https://sqlite.org/fts5.html#data_structures
        """
        found = self._query("SELECT block FROM keyword_data WHERE id = 1")
        size, tokens = (_varints(found[0][0]) if found and found[0][0] else [0, 0])[:2]
        return size, tokens


def _meaning(words: Sequence[str]) -> list[str]:
    """Give the words that say something, or all where none does."""
    lower = list(dict.fromkeys(word.lower() for word in words))
    return [word for word in lower if word not in function_words()] or lower


def _all(words: Sequence[str]) -> str:
    return " AND ".join(f'"{word}"' for word in words)


def _any(words: Sequence[str]) -> str:
    return " OR ".join(f'"{word}"' for word in words)


def _rarity(count: int, size: int) -> float:
    """BM25's inverse document frequency, as FTS5 has it."""
    return max(1e-6, math.log((size - count + 0.5) / (count + 0.5)))


def _varints(block: bytes) -> list[int]:
    """Read SQLite's numbers of variable length: seven bits a byte, the highest first."""
    found, value = [], 0
    for byte in block:
        value = value << 7 | byte & 127
        if byte < 128:
            found.append(value)
            value = 0
    return found
