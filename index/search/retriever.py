"""Query to ranked sentences: candidates, late interaction in their passages, then the reader."""

import logging
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from cachetools import LRUCache

from index.errors import LibraryError
from index.models.encoder import Encoder
from index.models.reader import Reader, Reranker, Span
from index.models.tokens import Encoding, FloatArray, IntArray, TokenBlock, mean_of
from index.search.evidence import (
    CONTEXT,
    LONGEST_SAID,
    SAID,
    Candidates,
    ScoredSentence,
    View,
    adjusted,
    answers_nothing,
    asked_of,
    scores_of,
    window_of,
)
from index.search.maxsim import word_weights
from index.search.questions import Query, correct
from index.storage.records import RowRange, SentenceVectors
from index.storage.store import Store
from index.text.article import Article
from index.text.citation import Hit
from index.text.segmentation import Passage, passage_text
from index.text.structure import Outline, outline_of

_log = logging.getLogger(__name__)

EXACT = 1_000
"""Up to so many sentences in scope, every one is scored; beyond, those near the candidates."""

READ = 10
"""So many sentences are read closely at most: among ten the right one nearly always is."""
SPREAD = 0.12
"""And only those whose score comes so close to the best: four or five, which rank and tell as well
as all ten."""

_CANDIDATES = 20  # nearest and matching each: their passages held 0.998 of the right sentences
_BELOW = 6  # sentences under a heading that is a candidate, which are then candidates too
_MOST_WORDS = 64  # of a question, in a keyword search
_LOOKED_AT = 40  # sentences of the highest scores: what they hold is looked at
_CHOSEN_FROM = 10  # hits: so many are put into order by a reranker, and compared
_KEPT_ARTICLES = 256  # with their outlines: a question in a large collection touches some forty
_KEPT_SCOPES = 32


@dataclass(frozen=True, slots=True)
class Ranking:
    """Hits, the best first, and what else was seen of them.

    query:      what was searched for, its misspelt words corrected
    similarity: the highest cosine of a hit and the question as wholes; the question by itself, for
                behind one that is at home in the article any question looks so
    spans:      for each of the first hits, what was read in it; None where it was not read
    likeness:   for each of the first hits, the cosines of its vector and those of the hits before
                it: one says what another says where it is near 1
    coverage:   (first hits, tokens) how well each matches each token of the question by itself
    shares:     (tokens,) what each token weighs, with a sum of 1
    articles, outlines: those of the hits, by id
    """

    query: Query
    hits: tuple[Hit, ...] = ()
    similarity: float = 0.0
    spans: tuple[Span | None, ...] = ()
    likeness: tuple[tuple[float, ...], ...] = ()
    coverage: FloatArray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    shares: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))
    articles: dict[int, Article] = field(default_factory=dict)
    outlines: dict[int, Outline] = field(default_factory=dict)
    sentence_count: int = 0

    @property
    def span(self) -> Span | None:
        """What was read in the best hit."""
        return self.spans[0] if self.spans else None


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is searched: whose rows, how many sentences, and how many hold each token."""

    rows: tuple[RowRange, ...]
    sentence_count: int
    frequencies: IntArray


class Retriever:
    """Ranks a store's sentences for a query. Its caller holds `store.reading()`."""

    def __init__(
        self,
        store: Store,
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
        # Row ranges are never reused, so nothing cached here can go stale.
        self._articles = LRUCache[RowRange, Article](_KEPT_ARTICLES)
        self._outlines = LRUCache[RowRange, Outline](_KEPT_ARTICLES)
        self._scopes = LRUCache[tuple[RowRange, ...], _Scope](_KEPT_SCOPES)
        self._last: _Scope | None = None
        self._lock = threading.Lock()
        self._unstored: dict[int, bytes] = {}

    def rank(self, query: Query, rows: tuple[RowRange, ...], *, limit: int) -> Ranking:
        """Return at most `limit` sentences of these articles, the best for the query first."""
        if not rows:
            return Ranking(query)
        scope = self._scope(rows)
        limit = min(limit, scope.sentence_count)
        encodings = self._encoder.encode(_readings(query))
        whole = encodings[1] if query.leans and query.follows else encodings[0]
        passages = self.candidates(query, whole, rows, limit=limit)
        if not passages:
            return Ranking(query)
        candidates = self._laid_out(passages)
        spelt = correct(query.text, lambda: _vocabulary(candidates))
        if spelt != query.text:
            query = replace(query, text=spelt)
            encodings = self._encoder.encode(_readings(query))
        views = self._views(query, encodings, scope)
        scores, coverage = scores_of(query, views, candidates)
        alone = mean_of(encodings[0])
        found = _best(query, scores, alone, candidates, limit=max(limit, _CHOSEN_FROM))
        found = self._rerank(query, self._read(query, found, candidates))
        if not found:
            return Ranking(query)
        first = found[: min(limit, _CHOSEN_FROM)]
        vectors = np.stack([each.vector for each in found[:_CHOSEN_FROM]])
        ids = dict.fromkeys(each.article.id for each in found[:limit])
        return Ranking(
            query,
            hits=tuple(each.hit(rank) for rank, each in enumerate(found[:limit], start=1)),
            similarity=float((vectors @ alone).max()),
            spans=tuple(each.span for each in first),
            likeness=_likeness(vectors[:limit]),
            coverage=coverage[[each.at for each in first]],
            shares=views[0].share,
            articles={each: candidates.articles[each] for each in ids},
            outlines={each: candidates.outlines[each] for each in ids},
            sentence_count=scope.sentence_count,
        )

    def store_encodings(self) -> None:
        """Store the passages' encodings that `rank` had to make, outside of `store.reading()`.

        Where the store cannot be written, they are made again another time.
        """
        with self._lock:
            unstored, self._unstored = self._unstored, {}
        if unstored:
            try:
                self._store.add_encodings(unstored)
            except LibraryError as error:
                _log.info("the encodings of %d passages were not stored: %s", len(unstored), error)

    def article(self, rows: RowRange) -> Article:
        """Return an article, cached for the next question."""
        if rows not in self._articles:
            self._articles[rows] = self._store.article(rows.article_id)
        return self._articles[rows]

    def candidates(
        self, query: Query, encoding: Encoding, rows: tuple[RowRange, ...], *, limit: int
    ) -> list[tuple[int, Passage]]:
        """Return the passages whose sentences are worth scoring, each behind its row id.

        `encoding` is that of the query as a whole. In a small scope those are all; in a large one,
        those of the nearest and matching sentences, with what these stand under and what stands
        below them.
        """
        scope = self._scope(rows)
        if scope.sentence_count <= EXACT:
            return [found for each in rows for found in self._store.passages(each)]
        limit = max(limit, _CANDIDATES)
        words = list(dict.fromkeys(re.findall(r"\w+", query.expanded)))[:_MOST_WORDS]
        matching = self._store.matching(words, rows, limit=limit)
        nearest = self._vectors.nearest(mean_of(encoding), rows, limit=limit)
        found = {*matching, *nearest}
        passages = self._store.passages_of(found)
        related = self._related(passages, found)
        return self._store.passages_of(found | related) if related - found else passages

    def _related(self, passages: Sequence[tuple[int, Passage]], found: set[int]) -> set[int]:
        """Return the rows of what candidates stand under, and of what stands below headings."""
        related: set[int] = set()
        ids = sorted({passage.article_id for _, passage in passages})
        for rows in self._store.rows(ids):
            outline = self._outline(rows)
            numbers = {row - rows.first + 1 for row in found if rows.first <= row <= rows.last}
            for number in numbers:
                related.update(rows.first + each - 1 for each in outline.above[number - 1])
            for head in numbers & outline.heads:
                related.update(rows.first + each - 1 for each in outline.below(head)[:_BELOW])
        return related

    def _laid_out(self, passages: Sequence[tuple[int, Passage]]) -> Candidates:
        """Return the candidates with their tokens, which are read from the store at once."""
        wanted = self._store.rows(sorted({passage.article_id for _, passage in passages}))
        articles = {rows.article_id: self.article(rows) for rows in wanted}
        outlines = {rows.article_id: self._outline(rows) for rows in wanted}
        texts, blocks = [], []
        for _, passage in passages:
            article = articles[passage.article_id]
            texts.append(passage_text(article.text, article.sentences, passage.first, passage.last))
        encodings = self._encodings([passage_id for passage_id, _ in passages], texts)
        for (_, passage), encoding in zip(passages, encodings, strict=True):
            sentences = articles[passage.article_id].sentences[passage.first - 1 : passage.last]
            blocks.append(TokenBlock.of(encoding, sentences))
        titles = self._encoder.encode_cached([article.title for article in articles.values()])
        named = zip(articles, map(TokenBlock.whole, titles), strict=True)
        return Candidates.of(
            [passage for _, passage in passages], blocks, dict(named), articles, outlines
        )

    def _encodings(self, passage_ids: Sequence[int], texts: Sequence[str]) -> list[Encoding]:
        """Return the encodings of passages: cached, stored, or made now, to be stored."""
        dimension = self._encoder.dimension

        def stored(places: Sequence[int]) -> dict[int, Encoding]:
            found = self._store.encodings([passage_ids[place] for place in places])
            unstored.extend(place for place in places if passage_ids[place] not in found)
            return {
                place: Encoding.unpack(found[passage_ids[place]], dimension=dimension)
                for place in places
                if passage_ids[place] in found
            }

        unstored: list[int] = []
        encodings = self._encoder.encode_cached(texts, stored=stored)
        with self._lock:
            self._unstored |= {passage_ids[place]: encodings[place].pack() for place in unstored}
        return encodings

    def _views(self, query: Query, encodings: Sequence[Encoding], scope: _Scope) -> list[View]:
        """Weigh the tokens of each reading; those of what a question is read behind in part."""
        views = []
        parts = (1.0, CONTEXT, SAID)
        for part, text, encoding in zip(parts, _readings(query), encodings, strict=False):
            weights = word_weights(
                text, encoding, scope.frequencies, scope.sentence_count, self._encoder.punctuation
            )
            weights[encoding.starts < len(text) - len(query.text)] *= part
            weighty = weights > 0
            views.append(View(encoding.vectors[weighty], weights[weighty]))
        return views

    def _read(
        self, query: Query, found: list[ScoredSentence], candidates: Candidates
    ) -> list[ScoredSentence]:
        """Read the best closely, and put them into the order that this gives."""
        if self._reader is None or not found or found[0].score <= 0:
            return found
        close = [each for each in found[:READ] if found[0].score - each.score <= SPREAD]
        windows = [
            window_of(each.article, candidates.outlines[each.article.id], each.number)
            for each in close
        ]
        spans = self._reader.read(asked_of(query), windows)
        unread: list[Span | None] = [None] * (len(found) - len(spans))
        read = [
            each.read_as(span, follows=query.follows)
            for each, span in zip(found, [*spans, *unread], strict=True)
        ]
        return sorted(read, key=lambda each: -each.score)

    def _rerank(self, query: Query, found: list[ScoredSentence]) -> list[ScoredSentence]:
        if self._reranker is None or not found:
            return found
        order = self._reranker.order(query.expanded, [each.quote for each in found[:_CHOSEN_FROM]])
        return [*(found[index] for index in order), *found[_CHOSEN_FROM:]]

    def _outline(self, rows: RowRange) -> Outline:
        if rows not in self._outlines:
            self._outlines[rows] = outline_of(self.article(rows))
        return self._outlines[rows]

    def _scope(self, rows: tuple[RowRange, ...]) -> _Scope:
        if self._last is not None and self._last.rows is rows:  # a whole collection may be many
            return self._last
        if rows not in self._scopes:
            frequencies = np.zeros(len(self._encoder.punctuation), np.int64)
            for token_ids, counts in self._store.tokens_in(rows):
                frequencies[token_ids] += counts
            self._scopes[rows] = _Scope(rows, sum(map(len, rows)), frequencies)
        self._last = self._scopes[rows]
        return self._last


def _readings(query: Query) -> list[str]:
    """Return the question by itself, and in a conversation behind each that it may lean on."""
    before = [query.context, query.said[:LONGEST_SAID]] if query.follows else []
    return [query.text, *(f"{each} {query.text}" for each in before if each)]


def _vocabulary(candidates: Candidates) -> set[str]:
    """Return the words of all candidates and titles, in lower case."""
    words: set[str] = set()
    for article in candidates.articles.values():
        words.update(re.findall(r"\w+", article.title.lower()))
    for at in range(len(candidates.places)):
        words.update(re.findall(r"\w+", candidates.quote(at).lower()))
    return words


def _best(
    query: Query, scores: FloatArray, whole: FloatArray, candidates: Candidates, *, limit: int
) -> list[ScoredSentence]:
    """Return the sentences that score best, those that answer nothing left out.

    `whole` stands for the question as a whole.
    """
    found: list[ScoredSentence] = []
    silent: list[ScoredSentence] = []
    for at in map(int, np.argsort(-scores, kind="stable")):
        passage, index = candidates.inside[at]
        article, number = candidates.places[at]
        block = candidates.blocks[passage]
        each = ScoredSentence(candidates.articles[article], number, block, index, at, 0.0)
        score = adjusted(query, float(scores[at]), at, candidates, float(each.vector @ whole))
        of = silent if answers_nothing(query, at, candidates) else found
        of.append(replace(each, score=score))
        if len(found) == max(limit, _LOOKED_AT):
            break
    return sorted(found or silent, key=lambda each: -each.score)[:limit]


def _likeness(vectors: FloatArray) -> tuple[tuple[float, ...], ...]:
    """Return each row's cosines with the rows before it."""
    cosines = vectors @ vectors.T
    return tuple(tuple(map(float, row[:number])) for number, row in enumerate(cosines))
