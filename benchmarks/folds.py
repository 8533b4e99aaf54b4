"""Probabilities for an article by a logistic that was fitted on the other articles."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression


def held_out(articles: Any, measured: Any, fit: Callable[[Any], LogisticRegression]) -> Any:
    """Give every row's probability: (rows,).

    articles: (rows,) of which article each row is; measured: (rows, features); `fit` is given
    which rows, as a mask, it may learn from.
    """
    probabilities = np.zeros(len(articles))
    for article in np.unique(articles):
        inside = articles == article
        probabilities[inside] = fit(~inside).predict_proba(measured[inside])[:, 1]
    return probabilities
