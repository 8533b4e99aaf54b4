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


WITHOUT_READER = Logistic((21.53, -17.82, 1.93), -12.37)
WITH_READER = Logistic((17.23, -15.40, 2.25, 0.10), -10.67)
SHORT = Logistic((2.851, 0.115, 0.769), -0.614)

THRESHOLD = 0.25
"""Below it the bot abstains: that refuses 5% of the answerable questions, and answers 2% of the
off-topic ones.
"""

SHORT_THRESHOLD = 0.7
"""Below it there is no short answer: half of the answerable questions go without, and four in five
of those given are right.
"""

_KNEE = 0.5  # above it a better score says less than below


def features(score: float, similarity: float, odds: float | None = None) -> tuple[float, ...]:
    """Give what the logistic weighs: one thing more where the sentence was read."""
    seen = (score, max(score - _KNEE, 0.0), similarity)
    return seen if odds is None else (*seen, odds)


def confidence(score: float, similarity: float, odds: float | None = None) -> float:
    """Give the probability in [0, 1] that a question is answered by its best sentence.

    `score` is the sentence's late-interaction score, `similarity` the highest cosine of the
    question's vector and a sentence's, both in [-1, 1]; `odds` are the reader's
    that it answers, as `Span` has them, if it was asked.
    """
    logistic = WITHOUT_READER if odds is None else WITH_READER
    return logistic.probability(features(score, similarity, odds))


def short_features(score: float, span: Span) -> tuple[float, ...]:
    """Give what the logistic of the short answer weighs."""
    return score, span.odds, span.log_probability


def short_confidence(score: float, span: Span) -> float:
    """Give the probability in [0, 1] that the words which the reader found are right."""
    return SHORT.probability(short_features(score, span))
