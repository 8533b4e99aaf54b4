"""Query to ranked sentences: candidates, late interaction in their passages, then the reader."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from cachetools import LRUCache

from index.article import Article
from index.encoder import Encoder, Encoding, FloatArray, IntArray
from index.found import Found, Hit, window_of
from index.maxsim import TokenBlock, rarity, score, unit
from index.passages import Passage, passage_text
from index.query import ALONE, CONTEXT, Query
from index.reader import Reader, Span
from index.records import Rows
from index.reranker import Reranker
from index.stores import ArticleStore, SentenceVectors

EXACT = 1_000
"""Up to so many sentences in scope, every one is scored; beyond, those near the candidates."""

READ = 5
"""So many sentences are read closely at most: among five the right one nearly always is."""
SPREAD = 0.12
"""And only those whose score comes so close to the best."""

_CANDIDATES = 20  # nearest and matching each: their passages held 0.998 of the right sentences
_MOST_WORDS = 64  # of a question, in a keyword search
_REASON = re.compile(r"\bwhy\b|\bhow come\b", re.IGNORECASE)
"""What asks for a reason: the reader has hardly learnt to find one, or to tell where none is."""
_CHOSEN_FROM = 10  # hits: so many are put into order by a reranker, and compared
_KEPT_ARTICLES = 32
_KEPT_SCOPES = 32


@dataclass(frozen=True, slots=True)
class Ranking:
    """Hits, the best first; `similarity` is the highest cosine of a hit and the question as wholes.

    The question is taken by itself there, without what it leans on: any question looks at home
    behind one that is.
    `span` marks the words of the best hit that answer, in its article's text, if it was read;
    `odds` are its odds, where they say anything.
    `likeness` holds, for each of the first hits, the cosines of its vector and those of the hits
    before it: one says what another says where it is near 1. `articles` are those of the hits.
    """

    hits: tuple[Hit, ...] = ()
    similarity: float = 0.0
    span: Span | None = None
    odds: float | None = None
    likeness: tuple[tuple[float, ...], ...] = ()
    articles: tuple[Article, ...] = ()


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is searched: whose rows, how many sentences, and how many hold each word piece."""

    rows: tuple[Rows, ...]
    sentence_count: int
    frequencies: IntArray


class Retriever:
    """Ranks a store's sentences for a query. Its caller holds `store.reading()`."""

    def __init__(
        self,
        store: ArticleStore,
        vectors: SentenceVectors,
        encoder: Encoder,
        *,
        reader: Reader | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self._store = store
        self._vectors = vectors
        self._encoder = encoder
        self._reader = reader
        self._reranker = reranker
        # Rows are never given twice, so nothing kept here can go stale.
        self._articles = LRUCache[Rows, Article](_KEPT_ARTICLES)
        self._scopes = LRUCache[tuple[Rows, ...], _Scope](_KEPT_SCOPES)
        self._last: _Scope | None = None

    def rank(self, query: Query, rows: tuple[Rows, ...], *, limit: int) -> Ranking:
        """Give at most `limit` sentences of these articles, the best for the query first."""
        if not rows:
            return Ranking()
        scope = self._scope(rows)
        limit = min(limit, scope.sentence_count)
        encodings = self._encoder.encode(list(dict.fromkeys([query.whole, query.text])))
        passages = self.candidates(query, encodings[0], rows, limit=limit)
        if not passages:
            return Ranking()
        found = self._scored(query, encodings, passages, scope, limit=max(limit, _CHOSEN_FROM))
        found = self._rerank(query, self._read(query, found))
        hits = tuple(each.hit(rank) for rank, each in enumerate(found[:limit], start=1))
        vectors = np.stack([each.vector for each in found[:_CHOSEN_FROM]])
        similarity = float((vectors @ mean_of(encodings[-1])).max())
        span = found[0].span
        odds = span.odds if span is not None and _is_for_the_reader(query) else None
        articles = {each.article.id: each.article for each in found[:limit]}
        return Ranking(
            hits, similarity, span, odds, _likeness(vectors[:limit]), tuple(articles.values())
        )

    def article(self, rows: Rows) -> Article:
        """Give an article, kept at hand for the next question."""
        if rows not in self._articles:
            self._articles[rows] = self._store.article(rows.article_id)
        return self._articles[rows]

    def _scored(
        self,
        query: Query,
        encodings: Sequence[Encoding],
        passages: Sequence[tuple[int, Passage]],
        scope: _Scope,
        *,
        limit: int,
    ) -> list[Found]:
        """Give the sentences of the passages that score best, by late interaction and place."""
        articles = self._articles_of(passages)
        blocks = self._encoded(passages, articles)
        weights = self._weights(encodings[0], scope)
        weights[encodings[0].starts < len(query.context)] *= CONTEXT
        scores = score(encodings[0].vectors, weights, blocks)
        if query.context:
            alone = self._weights(encodings[1], scope)
            scores = (1 - ALONE) * scores + ALONE * score(encodings[1].vectors, alone, blocks)
        places = [
            (articles[passage.article_id], passage.first + index, block, index)
            for (_, passage), block in zip(passages, blocks, strict=True)
            for index in range(block.count)
        ]
        if query.cited:
            scores += np.array([query.nearness(place[0].id, place[1]) for place in places])
        best = np.argsort(-scores, kind="stable")[:limit]
        return [Found(*places[int(at)], score=float(scores[at])) for at in best]

    def _read(self, query: Query, found: list[Found]) -> list[Found]:
        """Put those that come close to the best into the order that reading them gives."""
        if self._reader is None or found[0].score <= 0:
            return found
        judges = _is_for_the_reader(query)
        close = [each for each in found[:READ] if found[0].score - each.score <= SPREAD]
        close = close if judges else close[:1]
        windows = [window_of(each.article, each.number) for each in close]
        spans = self._reader.read(query.whole, windows)
        if not judges:
            return [replace(found[0], span=spans[0]), *found[1:]]
        read = [each.read_as(span) for each, span in zip(close, spans, strict=True)]
        unread = [each.read_as(None) for each in found[len(close) :]]
        return [*sorted(read, key=lambda each: -each.score), *unread]

    def _rerank(self, query: Query, found: list[Found]) -> list[Found]:
        if self._reranker is None:
            return found
        order = self._reranker.order(query.whole, [each.quote for each in found[:_CHOSEN_FROM]])
        return [*(found[index] for index in order), *found[_CHOSEN_FROM:]]

    def _scope(self, rows: tuple[Rows, ...]) -> _Scope:
        if self._last is not None and self._last.rows is rows:  # all of a shelf may be many
            return self._last
        if rows not in self._scopes:
            frequencies = np.zeros(len(self._encoder.wordless), np.int64)
            for pieces, counts in self._store.pieces_in(rows):
                frequencies[pieces] += counts
            self._scopes[rows] = _Scope(rows, sum(map(len, rows)), frequencies)
        self._last = self._scopes[rows]
        return self._last

    def candidates(
        self, query: Query, encoding: Encoding, rows: tuple[Rows, ...], *, limit: int
    ) -> list[tuple[int, Passage]]:
        """Give the passages whose sentences are worth scoring, for the query's encoding as a whole.

        In a small scope those are all; in a large one, those of the nearest and matching sentences.
        """
        scope = self._scope(rows)
        if scope.sentence_count <= EXACT:
            return [found for each in rows for found in self._store.passages(each)]
        limit = max(limit, _CANDIDATES)
        words = list(dict.fromkeys(re.findall(r"\w+", query.whole)))[:_MOST_WORDS]
        matching = self._store.matching(words, rows, limit=limit)
        nearest = self._vectors.nearest(mean_of(encoding), rows, limit=limit)
        return self._store.passages_of({*matching, *nearest})

    def _weights(self, encoding: Encoding, scope: _Scope) -> FloatArray:
        weights = rarity(scope.frequencies[encoding.pieces], scope.sentence_count)
        weights[self._encoder.wordless[encoding.pieces]] = 0
        return weights

    def _articles_of(self, passages: Sequence[tuple[int, Passage]]) -> dict[int, Article]:
        wanted = self._store.rows(sorted({passage.article_id for _, passage in passages}))
        return {rows.article_id: self.article(rows) for rows in wanted}

    def _encoded(
        self, passages: Sequence[tuple[int, Passage]], articles: dict[int, Article]
    ) -> list[TokenBlock]:
        """Give the passages' blocks; those that were not read lately are encoded, all at once."""
        texts, sentences = [], []
        for _, passage in passages:
            article = articles[passage.article_id]
            texts.append(passage_text(article.text, article.sentences, passage.first, passage.last))
            sentences.append(article.sentences[passage.first - 1 : passage.last])
        return list(map(TokenBlock.of, self._encoder.encode_once(texts), sentences))


def _is_for_the_reader(query: Query) -> bool:
    """Whether what the reader says counts, beyond the words that it points at.

    It orders follow-ups worse than late interaction does: what they lean on misleads it.
    """
    return not query.context and not _REASON.search(query.text)


def _likeness(vectors: FloatArray) -> tuple[tuple[float, ...], ...]:
    """Give each row's cosines with the rows before it."""
    cosines = vectors @ vectors.T
    return tuple(tuple(map(float, row[:number])) for number, row in enumerate(cosines))


def mean_of(encoding: Encoding) -> FloatArray:
    """(dimension,) of unit length: what stands for the whole text in the vector index."""
    [mean] = unit(encoding.vectors.mean(axis=0, keepdims=True))
    return np.asarray(mean, np.float32)
