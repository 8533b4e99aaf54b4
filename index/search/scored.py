"""A sentence on its way from candidate to hit."""

import math
from dataclasses import dataclass, replace

from index.models.encoder import FloatArray, TokenBlock, unit
from index.models.reader import Span, Window
from index.text.article import Article, Sentence, sentence_before
from index.text.citation import Hit

READER = 0.19
"""How much of a score is what the reader says of the sentence."""

_SOFTNESS = 4.0  # by how many natural logarithms of odds the reader grows surer
_LONGEST_WINDOW = 1_000  # code points of a sentence and the one before


@dataclass(frozen=True, slots=True)
class Found:
    """A scored sentence: by number in its article, by index in its passage's block, and by its
    place `at` among the candidates.

    `span` marks the words in it that answer, once it was read.
    """

    article: Article
    number: int
    block: TokenBlock
    index: int
    at: int
    score: float
    span: Span | None = None

    @property
    def sentence(self) -> Sentence:
        """Its place."""
        return self.article.sentences[self.number - 1]

    @property
    def quote(self) -> str:
        """Its text."""
        return self.article.text[self.sentence.start : self.sentence.end]

    @property
    def vector(self) -> FloatArray:
        """(dimension,) of unit length; 0 where the sentence has no word piece."""
        return unit(self.block.vectors[self.block.owners == self.index].sum(axis=0))

    def hit(self, rank: int) -> Hit:
        """Give it as what a search returns."""
        return Hit.of(self.article, self.number, score=self.score, rank=rank)

    def read_as(self, span: Span | None) -> "Found":
        """Give it with what the reader found there, which counts towards its score."""
        support = 0.0 if span is None else 1 / (1 + math.exp(-span.odds / _SOFTNESS))
        return replace(self, span=span, score=(1 - READER) * self.score + READER * support)


def window_of(article: Article, number: int) -> Window:
    """Give a sentence to be read, behind the one before it where they belong together."""
    sentence, before = article.sentences[number - 1], sentence_before(article, number)
    begin = max(before.start, sentence.end - _LONGEST_WINDOW) if before else sentence.start
    return Window(article.text[begin : sentence.end], begin, sentence.start)
