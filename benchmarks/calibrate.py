"""Fit `index/confidence.py`: python -m benchmarks.calibrate [SQUAD_FILE]

Three kinds of question, weighted alike: answerable, adversarially unanswerable, and off-topic
(asked of the next article in the file). Each article is judged by constants fitted on the others.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from benchmarks.squad import SQUAD, Case, load_cases
from index.confidence import features
from index.encoder import Encoder
from index.ingest import draft
from index.records import Model
from index.retriever import Retriever
from index.store import Store
from index.vectors import VectorIndex

KINDS = ("answerable", "adversarial", "off-topic")
THRESHOLDS = (0.15, 0.2, 0.22, 0.25, 0.28, 0.3, 0.35)


@dataclass(frozen=True, slots=True)
class Sample:
    """What is known of the best sentence for one question."""

    article: int
    kind: str
    features: tuple[float, ...]


def samples(cases: list[Case], encoder: Encoder) -> Iterator[Sample]:
    """Ask every article its own questions and those of the next one."""
    for number, case in enumerate(cases):
        store = Store(None, shelf="default")
        made = draft(case.text, title=case.title, source=None, encoder=encoder, progress=None)
        store.add(made, Model(encoder.name, encoder.dimension, encoder.fingerprint))
        retriever = Retriever(store, VectorIndex(store, None), encoder)
        own = [(asked.text, KINDS[not asked.answerable]) for asked in case.questions]
        strange = [(asked.text, KINDS[2]) for asked in cases[number - 1].questions]
        for question, kind in own + strange:
            ranking = retriever.rank(question, store.rows(None), limit=1)
            yield Sample(number, kind, features(ranking.hits[0].score, ranking.similarity))
        store.close()


def main() -> None:
    """Print the constants, and what they reach on articles that they were not fitted on."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else SQUAD
    found = list(samples(load_cases(path), Encoder()))
    measured = np.array([sample.features for sample in found])
    kinds = np.array([sample.kind for sample in found])
    articles = np.array([sample.article for sample in found])
    weights = np.select([kinds == kind for kind in KINDS], [1 / (kinds == k).sum() for k in KINDS])
    weights *= len(found)
    probabilities = np.zeros(len(found))
    for article in np.unique(articles):
        held_out = articles == article
        model = _fit(measured[~held_out], kinds[~held_out], weights[~held_out])
        probabilities[held_out] = model.predict_proba(measured[held_out])[:, 1]
    model = _fit(measured, kinds, weights)
    print(f"WEIGHTS = ({', '.join(f'{weight:.2f}' for weight in model.coef_[0])})")
    print(f"BIAS = {model.intercept_[0]:.2f}")
    print("| threshold | " + " | ".join(f"{kind} answered" for kind in KINDS) + " |")
    for threshold in THRESHOLDS:
        shares = [(probabilities[kinds == kind] >= threshold).mean() for kind in KINDS]
        print(f"| {threshold:.2f} | " + " | ".join(f"{share:.3f}" for share in shares) + " |")
    for kind in KINDS[1:]:
        pair = np.isin(kinds, [KINDS[0], kind])
        auroc = roc_auc_score(kinds[pair] == KINDS[0], probabilities[pair])
        print(f"AUROC answerable against {kind}: {auroc:.3f}")
    print(f"expected calibration error: {_calibration_error(probabilities, kinds, weights):.3f}")


def _fit(measured: Any, kinds: Any, weights: Any) -> LogisticRegression:
    model = LogisticRegression(C=100.0, max_iter=1_000)
    return model.fit(measured, kinds == KINDS[0], sample_weight=weights)


def _calibration_error(probabilities: Any, kinds: Any, weights: Any) -> float:
    """Expected calibration error over ten equal bins (Naeini et al. 2015)."""
    bins = np.minimum((probabilities * 10).astype(int), 9)
    error = 0.0
    for number in np.unique(bins):
        inside = bins == number
        shown = np.average(probabilities[inside], weights=weights[inside])
        true = np.average(kinds[inside] == KINDS[0], weights=weights[inside])
        error += abs(shown - true) * weights[inside].sum() / weights.sum()
    return error


if __name__ == "__main__":
    main()
