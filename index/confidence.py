"""How probable it is that the article answers, and that the short answer is right.

Three logistics over the scores of the best sentence. Their numbers are made by
`python -m benchmarks.abstention` and `python -m benchmarks.reading`, which also check them on
articles that they were not fitted on.
"""

import math
from dataclasses import dataclass

from index.reader import Span


@dataclass(frozen=True, slots=True)
class Logistic:
    """The logistic function of a weighted sum."""

    weights: tuple[float, ...]
    bias: float

    def probability(self, features: tuple[float, ...]) -> float:
        """Give a number in (0, 1) for what it weighs."""
        weighed = zip(self.weights, features, strict=True)
        total = self.bias + sum(weight * feature for weight, feature in weighed)
        return 1 / (1 + math.exp(-total))


WITHOUT_READER = Logistic((21.47, -17.93, 1.84), -12.22)
WITH_READER = Logistic((16.15, -14.23, 2.18, 0.053), -9.92)
SHORT = Logistic((2.34, 0.159, 0.162), -1.938)

THRESHOLD = 0.25
"""Below it the bot abstains: that refuses 5% of the answerable questions, and answers 2% of the
off-topic ones.
"""

SHORT_THRESHOLD = 0.7
"""Below it there is no short answer: half of the answerable questions go without, and four in five
of those given are right.
"""

_KNEE = 0.5  # above it a better score says less than below


def features(score: float, similarity: float, span: Span | None = None) -> tuple[float, ...]:
    """Give what the logistic weighs: one thing more where the sentence was read."""
    seen = (score, max(score - _KNEE, 0.0), similarity)
    return seen if span is None else (*seen, span.odds)


def confidence(score: float, similarity: float, span: Span | None = None) -> float:
    """Give the probability in [0, 1] that a question is answered by its best sentence.

    `score` is the sentence's late-interaction score, `similarity` its vector's cosine with the
    question's, both in [-1, 1]; `span` is what the reader found in it.
    """
    logistic = WITHOUT_READER if span is None else WITH_READER
    return logistic.probability(features(score, similarity, span))


def short_features(score: float, span: Span) -> tuple[float, ...]:
    """Give what the logistic of the short answer weighs."""
    return score, span.odds, span.log_probability


def short_confidence(score: float, span: Span) -> float:
    """Give the probability in [0, 1] that the words which the reader found are right."""
    return SHORT.probability(short_features(score, span))
