"""How probable it is that the article answers: a logistic of the best sentence's two scores.

Made by `python -m benchmarks.calibrate`, which fits and cross-checks it over whole articles.
"""

import math

SCORE = 6.57
SIMILARITY = 2.72
BIAS = -5.76
THRESHOLD = 0.19
"""Below it the bot abstains: on articles that the constants were not fitted on, that refuses 4% of
the answerable questions and answers fewer than 2% of the off-topic ones.
"""


def confidence(score: float, similarity: float) -> float:
    """Give the probability in [0, 1] that a question is answered by its best sentence.

    `score` is the sentence's late-interaction score, `similarity` its vector's cosine with the
    question's, both in [-1, 1].
    """
    return 1 / (1 + math.exp(-(SCORE * score + SIMILARITY * similarity + BIAS)))
