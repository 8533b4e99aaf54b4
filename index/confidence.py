"""How probable it is that the article answers: a logistic of the best sentence's two scores.

The numbers are made by `python -m benchmarks.abstention`, which also checks them on articles that
they were not fitted on.
"""

import math

WEIGHTS = (21.47, -17.93, 1.84)
BIAS = -12.22

THRESHOLD = 0.25
"""Below it the bot abstains: that refuses 5% of the answerable questions, and answers 2% of the
off-topic ones.
"""

_KNEE = 0.5  # above it a better score says less than below


def features(score: float, similarity: float) -> tuple[float, float, float]:
    """Give what the logistic weighs."""
    return score, max(score - _KNEE, 0.0), similarity


def confidence(score: float, similarity: float) -> float:
    """Give the probability in [0, 1] that a question is answered by its best sentence.

    `score` is the sentence's late-interaction score, `similarity` its vector's cosine with the
    question's, both in [-1, 1].
    """
    weighed = zip(WEIGHTS, features(score, similarity), strict=True)
    return 1 / (1 + math.exp(-BIAS - sum(weight * feature for weight, feature in weighed)))
