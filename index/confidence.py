"""How probable it is that the articles answer, and that the short answer is right.

Logistics over what was seen of the best sentence. `python -m benchmarks.abstention` makes their
numbers, on a mixture of what people ask, and checks them on documents that they were not fitted on.
"""

import math
from dataclasses import dataclass

import numpy as np

from index.questions import fits, numbers
from index.reader import Span
from index.retriever import Ranking

_POOR = 0.5  # a token's match below which it counts as missing
_HEAVY = 0.1  # of a question's weight: what a token must have to be among the worst
_UNREAD = 0.0  # the reader's log-odds where it did not read


@dataclass(frozen=True, slots=True)
class Logistic:
    """The logistic function of a weighted sum."""

    weights: tuple[float, ...]
    bias: float

    def probability(self, features: tuple[float, ...]) -> float:
        """Return a number in (0, 1) for what it weighs."""
        weighed = zip(self.weights, features, strict=True)
        total = self.bias + sum(weight * feature for weight, feature in weighed)
        return 1 / (1 + math.exp(-total))


ANSWERED = Logistic((10.0, 5.0, 0.1, -2.0, 1.0, -1.0, 0.0, 0.0, 0.0), -6.0)
SHORT = Logistic((2.851, 0.115, 0.769), -0.614)

THRESHOLD = 0.6
TENTATIVE = 0.3
OFF_TOPIC = 0.05
SHORT_THRESHOLD = 0.7


def features(ranking: Ranking) -> tuple[float, ...]:
    """Return what the logistic weighs of a ranking with a hit."""
    [best, *others] = ranking.hits
    matched, shares = ranking.coverage[0], ranking.shares
    heavy = shares >= _HEAVY
    text = ranking.query.text
    wanted = numbers(text)
    outline, article = ranking.outlines[best.article_id], ranking.articles[best.article_id]
    above = outline.above[best.sentence.number - 1]
    read = [*above, best.sentence.number]
    held = numbers(
        " ".join(
            article.text[sentence.start : sentence.end]
            for sentence in (article.sentences[each - 1] for each in read)
        )
    )
    odds = ranking.odds
    return (
        best.score,
        ranking.similarity,
        _UNREAD if odds is None else odds,
        float(shares[matched < _POOR].sum()),
        float(matched[heavy].min()) if heavy.any() else float(matched.min()),
        len(wanted - held) / len(wanted) if wanted else 0.0,
        best.score - float(np.mean([each.score for each in others[:3]])) if others else 0.2,
        float(ranking.query.follows),
        math.log10(ranking.sentence_count),
        float(odds is None),
        float(fits(text, best.quote)),
        float(ranking.query.leans and ranking.query.follows),
    )


def confidence(ranking: Ranking) -> float:
    """Return the probability in [0, 1] that the articles answer with their best sentence."""
    if not ranking.hits:
        return 0.0
    return ANSWERED.probability(features(ranking)[:9])


def short_features(ranking: Ranking, span: Span) -> tuple[float, ...]:
    """Return what the logistic of the short answer weighs."""
    return ranking.hits[0].score, span.odds, span.log_probability


def short_confidence(ranking: Ranking, span: Span) -> float:
    """Return the probability in [0, 1] that the words which the reader found are right."""
    return SHORT.probability(short_features(ranking, span))
