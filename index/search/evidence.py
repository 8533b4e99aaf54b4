"""What speaks for each candidate sentence: late interaction in several views, and what it holds.

A question that follows others is looked at in three views: by itself, behind the question before
it, and behind the sentence that was cited last, which may name what it means. The weights were
chosen by a conditional logit on stories and dialogues, cross-validated by document.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from index.models.reader import Span, Window
from index.models.tokens import FloatArray, TokenBlock, unit
from index.search.maxsim import in_context, matches
from index.search.questions import Place, Query, echoes, fits, kind_of, numbers, tells_provenance
from index.text.article import Article
from index.text.citation import Hit
from index.text.segmentation import Passage
from index.text.structure import Outline

CONTEXT = 0.2
"""What a match of the question before counts, when the present one is read behind it."""
SAID = 0.3
"""What a match of the sentence cited last counts, when the question is read behind that."""

_LEANING = (0.25, 0.5, 0.25)  # of a question that leans: alone, behind the question, the sentence
_STANDING = (0.55, 0.2, 0.25)  # and of one that seems to stand alone
_AS_A_WHOLE = 0.3  # what the cosine of a follow-up and a sentence as wholes adds
_NO_FIT = 0.05  # taken from a sentence without the kind of thing that is asked for
_NO_NUMBER = 0.1  # and without the numbers of the question
_PROVENANCE = 0.5  # of what lacks to a full match: what a line adds that tells who wrote, and when
_AGAIN = 0.04  # what having been cited last takes, and having been cited before that
_NEXT = 0.02  # what standing next after what was cited last adds
_NEXT_REACH = 2  # sentences


@dataclass(frozen=True, slots=True)
class View:
    """One reading of a question: the vectors and weights of the tokens that weigh anything."""

    vectors: FloatArray
    weights: FloatArray

    @property
    def share(self) -> FloatArray:
        """(tokens,) the weights, with a sum of 1, or 0 where the question has no word."""
        total = self.weights.sum()
        return self.weights / total if total else self.weights


@dataclass(frozen=True, slots=True)
class Candidates:
    """The sentences of some passages, in order, with what they are read with.

    blocks: the passages' tokens, and then each article's title as a block of one sentence
    places: article and sentence number of each sentence; block: which passage, and where in it
    above:  by place in that order, what each sentence stands under, its article's title included
    """

    articles: Mapping[int, Article]
    outlines: Mapping[int, Outline]
    blocks: tuple[TokenBlock, ...]
    places: tuple[Place, ...]
    inside: tuple[tuple[int, int], ...]
    above: Mapping[int, Sequence[int]]

    @classmethod
    def of(
        cls,
        passages: Sequence[Passage],
        blocks: Sequence[TokenBlock],
        titles: Mapping[int, TokenBlock],
        articles: Mapping[int, Article],
        outlines: Mapping[int, Outline],
    ) -> "Candidates":
        """Lay out passages with their blocks; `titles` are blocks by article id."""
        places: list[Place] = []
        inside: list[tuple[int, int]] = []
        for at, (passage, block) in enumerate(zip(passages, blocks, strict=True)):
            for index in range(block.count):
                places.append((passage.article_id, passage.first + index))
                inside.append((at, index))
        title_at = {each: len(places) + at for at, each in enumerate(titles)}
        position = {place: at for at, place in enumerate(places)}
        above = {}
        for at, (article, number) in enumerate(places):
            heads = outlines[article].above[number - 1]
            known = [position[article, head] for head in heads if (article, head) in position]
            above[at] = [*known, title_at[article]]
        return cls(
            articles, outlines, (*blocks, *titles.values()), tuple(places), tuple(inside), above
        )

    def quote(self, at: int) -> str:
        """Return the text of the sentence at a place in the order."""
        article, number = self.places[at]
        return self.articles[article].quote(number)


def read_with(article: Article, outline: Outline, number: int) -> str:
    """Return the text of a sentence behind that of all that it stands under."""
    return " ".join(article.quote(each) for each in (*outline.above[number - 1], number))


def as_said(article: Article, outline: Outline, number: int) -> str:
    """Return the text of a sentence, behind the one that names its speaker if it is said."""
    speaker = outline.turns.get(number)
    quote = article.quote(number)
    return quote if speaker is None else f"{article.quote(speaker)} {quote}"


def scores_of(
    query: Query, views: Sequence[View], candidates: Candidates
) -> tuple[FloatArray, FloatArray]:
    """Score the sentences in all views together: (sentences,), and the first view's coverage."""
    count = len(candidates.places)
    shares = (_LEANING if query.leans else _STANDING)[: len(views)]
    # All views are matched at once: each of the many small products costs the same for few tokens.
    tokens = np.concatenate([view.vectors for view in views])
    matched = matches(tokens, candidates.blocks)
    coverage = in_context(matched, candidates.blocks, candidates.above)[:count]
    weights = np.concatenate(
        [view.share * share for view, share in zip(views, shares, strict=True)]
    ) / np.float32(sum(shares))
    # Not by BLAS, some kernels of which report invalid values where there are none.
    scores: FloatArray = np.einsum("st,t->s", coverage, weights.astype(np.float32))
    return scores, coverage[:, : len(views[0].weights)]


def adjusted(query: Query, score: float, at: int, candidates: Candidates, likeness: float) -> float:
    """Return a sentence's score with what it holds and where it stands.

    `likeness` is the cosine of the question and the sentence as wholes.
    """
    wanted, quote = numbers(query.text), candidates.quote(at)
    id_, number = candidates.places[at]
    article, outline = candidates.articles[id_], candidates.outlines[id_]
    read = read_with(article, outline, number)
    said = as_said(article, outline, number)
    if not fits(query.text, read if kind_of(query.text) == "when" else said):
        score -= _NO_FIT
    if wanted:
        score -= _NO_NUMBER * len(wanted - numbers(read)) / len(wanted)
    if tells_provenance(query.text, quote):
        score += (1 - score) * _PROVENANCE
    if not query.follows:
        return score
    score = (score + _AS_A_WHOLE * likeness) / (1 + _AS_A_WHOLE)
    return score + _by_place(query, candidates.places[at])


def _by_place(query: Query, place: Place) -> float:
    if place in query.cited:
        return 0.0 if kind_of(query.text) == "reason" else -_AGAIN
    near = any((place[0], place[1] - step) in query.cited for step in range(1, _NEXT_REACH + 1))
    return _NEXT * near - _AGAIN * (place in query.earlier)


def answers_nothing(query: Query, at: int, candidates: Candidates) -> bool:
    """Whether a sentence is no answer: a head of others, a question, or a mere echo."""
    id_, number = candidates.places[at]
    outline, article = candidates.outlines[id_], candidates.articles[id_]
    if number in outline.heads:
        return True
    heading = outline.headings.get(number)
    above = "" if heading is None else article.quote(heading)
    return echoes(query.text, f"{above} {as_said(article, outline, number)}")


READER = 0.25
"""How much of a score is what the reader says of the sentence."""
READER_FOLLOWING = 0.1
"""The same, of a question that follows others."""

LONGEST_SAID = 200
"""Code points of a cited sentence that a question is read behind."""

_SOFTNESS = 1.5  # by how many natural logarithms of odds the reader grows surer
_LONGEST_WINDOW = 1_000  # code points of a sentence and the one before
_HEADINGS = 3  # the nearest, each of so many code points:
_LONGEST_HEADING = 100


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """A scored sentence: by number in its article, by index in its passage's block, and by its
    place `at` among the candidates.

    `span` is what was read in it, once it was read.
    """

    article: Article
    number: int
    block: TokenBlock
    index: int
    at: int
    score: float
    span: Span | None = None

    @property
    def quote(self) -> str:
        """Its text."""
        return self.article.quote(self.number)

    @property
    def vector(self) -> FloatArray:
        """(dimension,) of unit length; 0 where the sentence has no token."""
        return unit(self.block.vectors[self.block.owners == self.index].sum(axis=0))

    def hit(self, rank: int) -> Hit:
        """Return it as what a search returns."""
        return Hit.of(self.article, self.number, score=self.score, rank=rank)

    def read_as(self, span: Span | None, *, follows: bool) -> "ScoredSentence":
        """Return it with what the reader found there, which counts towards its score."""
        part = READER_FOLLOWING if follows else READER
        support = 0.0 if span is None else logistic(span.judged / _SOFTNESS)
        return replace(self, span=span, score=(1 - part) * self.score + part * support)


def logistic(log_odds: float) -> float:
    """Return the probability with these log-odds."""
    return 1 / (1 + math.exp(-log_odds))


def window_of(article: Article, outline: Outline, number: int) -> Window:
    """Return a sentence to be read behind its headings and the sentence before it."""
    sentence, before = article.sentences[number - 1], article.sentence_before(number)
    begin = max(before.start, sentence.end - _LONGEST_WINDOW) if before else sentence.start
    above = [each for each in outline.above[number - 1] if article.sentences[each - 1].end <= begin]
    path = "".join(f"{article.quote(each)[:_LONGEST_HEADING]}\n" for each in above[-_HEADINGS:])
    text = path + article.text[begin : sentence.end]
    return Window(text, begin - len(path), sentence.start)


def asked_of(query: Query) -> str:
    """Return a question as it is read: behind the one before it and the sentence cited last."""
    said = query.said[:LONGEST_SAID] if query.follows else ""
    return " ".join(each for each in (query.context, said, query.text) if each)
