"""Question to ranked sentences: candidates first, then late interaction in their passages."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from cachetools import LRUCache

from index.article import Article, Sentence
from index.encoder import Encoder, Encoding, FloatArray, IntArray
from index.maxsim import TokenBlock, rarity, score, unit
from index.passages import Passage, passage_text
from index.records import Rows
from index.reranker import DEPTH, Reranker
from index.store import Store
from index.vectors import VectorIndex

EXACT = 1_000
"""Up to so many sentences in scope, every one is scored; beyond, those near the candidates."""

_CANDIDATES = 20  # nearest and matching each: their passages held 0.998 of the right sentences
_MOST_WORDS = 64  # of a question, in a keyword search
_TOKEN_BYTES = 256 * 2**20
_KEPT_ARTICLES = 32
_KEPT_SCOPES = 32


@dataclass(frozen=True, slots=True)
class Hit:
    """A sentence that was found: `score` in [-1, 1], higher is nearer; `rank` from 1.

    Scores fall with the rank, unless a reranker has put the first hits into its own order.
    """

    article_id: int
    sentence: Sentence
    quote: str
    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """Hits, the best first; `similarity` is the cosine of the query and the best as wholes."""

    hits: tuple[Hit, ...] = ()
    similarity: float = 0.0


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
        store: Store,
        vectors: VectorIndex,
        encoder: Encoder,
        *,
        reranker: Reranker | None = None,
    ) -> None:
        self._store = store
        self._vectors = vectors
        self._encoder = encoder
        self._reranker = reranker
        # Rows and passage ids are never given twice, so what is kept here cannot go stale.
        self._blocks = LRUCache[int, TokenBlock](_TOKEN_BYTES, lambda block: block.vectors.nbytes)
        self._articles = LRUCache[Rows, Article](_KEPT_ARTICLES)
        self._scopes = LRUCache[tuple[Rows, ...], _Scope](_KEPT_SCOPES)

    def rank(self, query: str, rows: tuple[Rows, ...], *, limit: int) -> Ranking:
        """Give at most `limit` sentences of these articles, the best for the query first."""
        if not rows:
            return Ranking()
        scope = self._scope(rows)
        limit = min(limit, scope.sentence_count)
        [question] = self._encoder.encode([query])
        passages = self._candidates(query, question, scope, limit=max(limit, _CANDIDATES))
        if not passages:
            return Ranking()
        articles = self._articles_of(passages, scope)
        blocks = self._read(passages, articles)
        scores = score(question.vectors, self._weights(question, scope), blocks)
        places = [
            (block, articles[passage.article_id], passage.first + index, index)
            for (_, passage), block in zip(passages, blocks, strict=True)
            for index in range(block.count)
        ]
        best = [int(at) for at in np.argsort(-scores, kind="stable")]
        if self._reranker is not None:
            quotes = [_quote(*places[at][1:3]) for at in best[:DEPTH]]
            order = self._reranker.order(query, quotes)
            best = [*(best[index] for index in order), *best[DEPTH:]]
        hits = tuple(
            _hit(*places[at][1:3], score=float(scores[at]), rank=rank)
            for rank, at in enumerate(best[:limit], start=1)
        )
        block, _, _, index = places[best[0]]
        similarity = float(_mean(question) @ block.sentence_vectors()[index])
        return Ranking(hits, similarity)

    def _scope(self, rows: tuple[Rows, ...]) -> _Scope:
        if rows not in self._scopes:
            frequencies = np.zeros(len(self._encoder.wordless), np.int64)
            for article_rows in rows:
                pieces, counts = self._store.pieces(article_rows)
                frequencies[pieces] += counts
            self._scopes[rows] = _Scope(rows, sum(map(len, rows)), frequencies)
        return self._scopes[rows]

    def _candidates(
        self, query: str, question: Encoding, scope: _Scope, *, limit: int
    ) -> list[tuple[int, Passage]]:
        if scope.sentence_count <= EXACT:
            return [found for rows in scope.rows for found in self._store.passages(rows)]
        words = list(dict.fromkeys(re.findall(r"\w+", query)))[:_MOST_WORDS]
        matching = self._store.matching(words, scope.rows, limit=limit)
        nearest = self._vectors.nearest(_mean(question), scope.rows, limit=limit)
        return self._store.passages_of({*matching, *nearest})

    def _weights(self, question: Encoding, scope: _Scope) -> FloatArray:
        weights = rarity(scope.frequencies[question.pieces], scope.sentence_count)
        weights[self._encoder.wordless[question.pieces]] = 0
        return weights

    def _articles_of(
        self, passages: Sequence[tuple[int, Passage]], scope: _Scope
    ) -> dict[int, Article]:
        wanted = {passage.article_id for _, passage in passages}
        articles = {}
        for rows in scope.rows:
            if rows.article_id in wanted:
                if rows not in self._articles:
                    self._articles[rows] = self._store.article(rows.article_id)
                articles[rows.article_id] = self._articles[rows]
        return articles

    def _read(
        self, passages: Sequence[tuple[int, Passage]], articles: dict[int, Article]
    ) -> list[TokenBlock]:
        """Give the passages' blocks; those that are not at hand are encoded, all at once."""
        blocks = {key: self._blocks[key] for key, _ in passages if key in self._blocks}
        missing = [(key, passage) for key, passage in passages if key not in blocks]
        texts = []
        for _, passage in missing:
            article = articles[passage.article_id]
            texts.append(passage_text(article.text, article.sentences, passage.first, passage.last))
        for (key, passage), encoding in zip(missing, self._encoder.encode(texts), strict=True):
            sentences = articles[passage.article_id].sentences[passage.first - 1 : passage.last]
            blocks[key] = self._blocks[key] = TokenBlock.of(encoding, sentences)
        return [blocks[key] for key, _ in passages]


def _hit(article: Article, number: int, *, score: float, rank: int) -> Hit:
    return Hit(article.id, article.sentences[number - 1], _quote(article, number), score, rank)


def _quote(article: Article, number: int) -> str:
    sentence = article.sentences[number - 1]
    return article.text[sentence.start : sentence.end]


def _mean(encoding: Encoding) -> FloatArray:
    """(dimension,) of unit length: what stands for the whole text in the vector index."""
    [mean] = unit(encoding.vectors.mean(axis=0, keepdims=True))
    return np.asarray(mean, np.float32)
