"""How probable it is that the articles answer, and that the short answer is right.

Logistic functions of what was seen of the best sentence. `python -m benchmarks.abstention` fits
their weights on a mixture of what people ask, and checks them on documents that they were not
fitted on. Which words may stand as a short answer at all is decided by rules first.
"""

import math
import re
from dataclasses import dataclass, replace
from typing import Self

from index.models.reader import Span
from index.search.evidence import as_said, logistic, read_with
from index.search.questions import LONG_ANSWERS, content_words, fits, kind_of, numbers
from index.search.retriever import Ranking
from index.text.words import WORD

_FEWEST = 10  # sentences: with fewer, a question is no easier to answer
_HEAVY = 0.1  # of a question's weight: what a token must have to count among the worst matched


@dataclass(frozen=True, slots=True)
class Logistic:
    """The logistic function of a weighted sum."""

    weights: tuple[float, ...]
    bias: float

    def probability(self, features: tuple[float, ...]) -> float:
        """Return a number in (0, 1) for what it weighs."""
        weighed = zip(self.weights, features, strict=True)
        return logistic(self.bias + sum(weight * feature for weight, feature in weighed))


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of the best sentence for a question.

    score:      as it was ranked by
    similarity: the highest cosine of the question and a hit as wholes
    worst:      the match of the question's worst matched word, of those that weigh
    missing:    the share of the question's numbers that do not stand there
    fits:       1 where the sentence holds the kind of thing that is asked for, else 0
    sentences:  the decimal logarithm of how many sentences were searched, at least 1
    judged:     the reader's log-odds that the sentence answers, from -10 to 10; None if unread
    support:    how many of the sentences that it read answer, as expected by its judgement
    """

    score: float
    similarity: float
    worst: float
    missing: float
    fits: float
    sentences: float
    judged: float | None = None
    support: float = 0.0

    @classmethod
    def of(cls, ranking: Ranking) -> Self:
        """Return what was seen of a ranking's best hit; it must have one."""
        best = ranking.hits[0]
        article, outline = ranking.articles[best.article_id], ranking.outlines[best.article_id]
        text, span = ranking.query.text, ranking.span
        matched, heavy = ranking.coverage[0], ranking.shares >= _HEAVY
        wanted = numbers(text)
        held = numbers(read_with(article, outline, best.sentence))
        judged = [each.judged for each in ranking.spans if each is not None]
        return cls(
            score=best.score,
            similarity=ranking.similarity,
            worst=float((matched[heavy] if heavy.any() else matched).min(initial=1.0)),
            missing=len(wanted - held) / len(wanted) if wanted else 0.0,
            fits=float(fits(text, as_said(article, outline, best.sentence))),
            sentences=math.log10(max(_FEWEST, ranking.sentence_count)),
            judged=None if span is None else max(-10.0, min(10.0, span.judged)),
            support=sum(map(logistic, judged)),
        )

    @property
    def of_read(self) -> tuple[float, ...]:
        """What the logistic of first questions weighs where the reader judged."""
        return self.judged or 0.0, self.support, self.similarity, self.sentences

    @property
    def of_unread(self) -> tuple[float, ...]:
        """What it weighs where the reader is off."""
        others = self.worst, self.missing, self.fits, self.sentences
        return (self.score, self.similarity, *others)

    @property
    def of_follow_up(self) -> tuple[float, ...]:
        """What that of follow-ups weighs where the reader judged."""
        return self.judged or 0.0, self.support, self.score

    @property
    def of_unread_follow_up(self) -> tuple[float, ...]:
        """What it weighs where the reader is off: more only fits what it was fitted on."""
        return self.score, self.sentences


READ = Logistic((0.704, 0.841, 2.662, -0.553), -0.860)
FOLLOW_UP = Logistic((0.272, 0.408, 14.430), -6.546)

# Without the reader little tells what is answered from what is not: 0.3 and 0.62 are the
# thresholds then, and the sums are stretched so that these become the ones below.
UNREAD = Logistic((1.239, 5.069, 3.831, -1.990, 1.297, -0.157), -5.705)
UNREAD_FOLLOW_UP = Logistic((23.947, -0.425), -10.349)

SHORT = Logistic((2.231, 0.100, 0.073), -0.454)

THRESHOLD = 0.55
"""From here on an answer is given outright."""

TENTATIVE = 0.13
"""From here on it is given as perhaps the answer; below, the bot abstains."""

OFF_TOPIC = 0.1
"""Below it not even the nearest sentences are shown: they have nothing to do with the question."""

SHORT_THRESHOLD = 0.78
"""Below it there is no short answer."""


def confidence(ranking: Ranking) -> float:
    """Return the probability in [0, 1] that the articles answer with their best sentence.

    A first question that says nothing by itself, such as "What?", is answered tentatively at most.
    """
    if not ranking.hits or not ranking.shares.any():  # no word of the question can be read
        return 0.0
    probability = _fitted(ranking)
    if ranking.query.follows or content_words(ranking.query.text):
        return probability
    return min(probability, TENTATIVE)


def _fitted(ranking: Ranking) -> float:
    seen = Seen.of(ranking)
    if ranking.query.follows:
        if seen.judged is None:
            return UNREAD_FOLLOW_UP.probability(seen.of_unread_follow_up)
        return FOLLOW_UP.probability(seen.of_follow_up)
    if seen.judged is None:
        return UNREAD.probability(seen.of_unread)
    return READ.probability(seen.of_read)


def short_features(ranking: Ranking, span: Span) -> tuple[float, ...]:
    """Return what the logistic of the short answer weighs."""
    return ranking.hits[0].score, span.log_odds, span.log_probability


def short_confidence(ranking: Ranking, span: Span) -> float:
    """Return the probability in [0, 1] that the words which the reader found are right."""
    return SHORT.probability(short_features(ranking, span))


_WHOLE = re.compile(r"[^\s(\[{“\"„«|]+")  # what white space, quotes and brackets part
_TRAILING = re.compile(r"[.,;:!?…)\]}”\"»'’]+$")
_POINTING = re.compile(
    r"(?:he|she|it|they|him|her|them|this|that|these|those|one|ones|who|which|what|when|where|how"
    r"|why)\b|(?:his|her|its|their|our|my|your)\s",
    re.IGNORECASE,
)
_UNIT = re.compile(r"\s*(?:%|°\s?[CF]\b|[^\W\d_]+)")
_MAGNITUDE = re.compile(r"\s*(?:thousand|million|billion|trillion|k|m|bn?)\b", re.IGNORECASE)
_BARE = re.compile(r"[€$£]?\d[\d.,:/–-]*\d|[€$£]?\d")
_NO_UNIT = re.compile(
    r"\s*(?:and|or|but|in|on|at|of|for|from|to|by|with|as|than|is|are|was|were|be|ha[sd]|have|the"
    r"|an?|when|if|since|until|till|after|before|per|it|they|s?he|who|which|that|not|so|then)",
    re.IGNORECASE,
)


def short_span(ranking: Ranking) -> Span | None:
    """Return the span of whole words that answers, or None where none can.

    A question of yes or no, of a reason or of how something is done has no short answer, nor has a
    single word that asks nothing; a pronoun is none, nor are words that all stand in the question,
    nor words without a number where one is asked for.
    """
    span, best, kind = ranking.span, ranking.hits[0], kind_of(ranking.query.text)
    if span is None or kind in LONG_ANSWERS:
        return None
    start, end = span.start - best.start, span.end - best.start
    start, end = _with_unit(best.quote, *_whole_words(best.quote, start, end))
    words = best.quote[start:end]
    asked = {word.lower() for word in WORD.findall(ranking.query.expanded)}
    said = {word.lower() for word in WORD.findall(words)}
    if not said or said <= asked or _POINTING.match(words):
        return None
    if kind == "number" and not fits(ranking.query.text, words):
        return None
    if kind == "other" and len(asked) == 1:
        return None
    return replace(span, start=best.start + start, end=best.start + end)


def _whole_words(quote: str, start: int, end: int) -> tuple[int, int]:
    """Widen a span to whole words, numbers and paths, without the punctuation around them."""
    for found in _WHOLE.finditer(quote):
        trailing = _TRAILING.search(found[0])
        last = found.end() - (len(trailing[0]) if trailing else 0)
        if found.start() < start < last:
            start = found.start()
        if found.start() < end < last:
            end = last
    return start, end


def _with_unit(quote: str, start: int, end: int) -> tuple[int, int]:
    """Take in the unit or noun behind a bare number; money has its unit before it."""
    if _BARE.fullmatch(quote[start:end]):
        unit = (_MAGNITUDE if quote[start] in "€$£" else _UNIT).match(quote, end)
        if unit and not _NO_UNIT.fullmatch(unit[0]):
            end = unit.end()
    return start, end
