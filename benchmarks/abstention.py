"""Whether the confidence can be trusted, and the constants of `index/confidence.py`.

python -m benchmarks.abstention [SQUAD_FILE] fits and prints them. Four kinds of question: what the
article answers; SQuAD's adversarial ones, which it does not; off-topic ones, asked of the next
article in the file; and on-topic ones that people typed and it does not answer. Every figure is of
constants that were fitted on the other articles. In fitting, the first three kinds weigh alike.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from benchmarks.dialogues import DIALOGUES, load_turns
from benchmarks.folds import held_out
from benchmarks.plots import draw_reliability, draw_risk
from benchmarks.squad import Case, chosen_cases, ranking_of
from index import Encoder, Reader
from index.confidence import THRESHOLD, features

ANSWERABLE, ADVERSARIAL, OFF_TOPIC, ON_TOPIC = "answerable", "adversarial", "off-topic", "on-topic"
FITTED = (ANSWERABLE, ADVERSARIAL, OFF_TOPIC)


@dataclass(frozen=True, slots=True)
class Samples:
    """One row a question: its article, its kind and what the logistic weighs."""

    articles: Any
    kinds: Any
    measured: Any

    def weights(self) -> Any:
        """Give each row's weight in fitting: every fitted kind weighs 1, all others nothing."""
        counts = {kind: (self.kinds == kind).sum() for kind in FITTED}
        return np.array([1 / counts[kind] if kind in counts else 0.0 for kind in self.kinds])

    def fit(self, rows: Any) -> LogisticRegression:
        """Fit the logistic on some of the rows."""
        model = LogisticRegression(C=100.0, max_iter=1_000)
        weights = self.weights()[rows] * len(self.kinds)
        return model.fit(self.measured[rows], self.kinds[rows] == ANSWERABLE, sample_weight=weights)

    def held_out(self) -> Any:
        """Give every row's probability by constants that were fitted on the other articles."""
        return held_out(self.articles, self.measured, self.fit)


def samples(cases: Sequence[Case], encoder: Encoder, reader: Reader | None) -> Samples:
    """Ask every article its own questions, those of the next one, and those that people typed.

    With a reader, only what it read counts: for the rest the constants without it hold.
    """
    rows = [
        row for number in range(len(cases)) for row in _samples_of(cases, number, encoder, reader)
    ]
    articles, kinds, measured = zip(*rows, strict=True)
    return Samples(np.array(articles), np.array(kinds), np.array(measured))


def _samples_of(
    cases: Sequence[Case], number: int, encoder: Encoder, reader: Reader | None
) -> Iterator[tuple[str, str, tuple[float, ...]]]:
    case = cases[number]
    asked = [(each.text, FITTED[not each.answerable]) for each in case.questions]
    asked += [(each.text, OFF_TOPIC) for each in cases[number - 1].questions]
    if DIALOGUES.is_file():
        turns = [turn for turn in load_turns(DIALOGUES) if turn.article == case.title]
        asked += [(turn.question, ON_TOPIC) for turn in turns if turn.kind == ADVERSARIAL]
    with ranking_of(case, encoder, reader=reader) as (_, rank):
        for question, kind in asked:
            ranking = rank(question)
            if reader is None or ranking.odds is not None:
                measured = features(ranking.hits[0].score, ranking.similarity, ranking.odds)
                yield case.title, kind, measured


def table(found: Samples) -> list[str]:
    """Give the table's lines in Markdown, and draw the two curves."""
    probabilities = found.held_out()
    fitted = np.isin(found.kinds, FITTED)
    error = calibration_error(
        probabilities[fitted], found.kinds[fitted] == ANSWERABLE, found.weights()[fitted]
    )
    draw_reliability(
        probabilities[fitted], found.kinds[fitted] == ANSWERABLE, found.weights()[fitted]
    )
    draw_risk(probabilities, found.kinds, ANSWERABLE)
    answerable = probabilities[found.kinds == ANSWERABLE]
    return [
        f"Expected calibration error (ten bins): {error:.3f}. At the default threshold of"
        f" {THRESHOLD} the share of answerable questions refused is"
        f" {(answerable < THRESHOLD).mean():.3f}.",
        "",
        "| not answered by the article | questions | AUROC | answered all the same"
        " | refusal precision | refusal recall |",
        "|---|---|---|---|---|---|",
        *(
            _row(kind, probabilities[found.kinds == kind], answerable)
            for kind in (OFF_TOPIC, ON_TOPIC, ADVERSARIAL)
            if (found.kinds == kind).any()
        ),
    ]


def _row(kind: str, vain: Any, answerable: Any) -> str:
    labels = np.repeat([True, False], [len(answerable), len(vain)])
    auroc = roc_auc_score(labels, np.concatenate([answerable, vain]))
    refused, recall = (answerable < THRESHOLD).mean(), (vain < THRESHOLD).mean()
    precision = recall / (recall + refused)  # of as many of the one kind as of the other
    shares = " | ".join(f"{share:.3f}" for share in (auroc, 1 - recall, precision, recall))
    return f"| {kind} | {len(vain)} | {shares} |"


def calibration_error(probabilities: Any, true: Any, weights: Any) -> float:
    """Expected calibration error over ten equal bins (Naeini, Cooper and Hauskrecht 2015)."""
    bins = np.minimum((probabilities * 10).astype(int), 9)
    error = 0.0
    for number in np.unique(bins):
        inside = bins == number
        gap = np.average(probabilities[inside] - true[inside], weights=weights[inside])
        error += abs(gap) * weights[inside].sum() / weights.sum()
    return error


def main() -> None:
    """Print the tables, and the constants as they stand in `index/confidence.py`."""
    cases, encoder = chosen_cases(), Encoder()
    for name, reader in (("WITHOUT_READER", None), ("WITH_READER", Reader())):
        found = samples(cases, encoder, reader)
        print("\n".join(table(found)))
        model = found.fit(np.full(len(found.kinds), True))
        weights = ", ".join(f"{weight:.2f}" for weight in model.coef_[0])
        print(f"\n{name} = Logistic(({weights}), {model.intercept_[0]:.2f})\n")


if __name__ == "__main__":
    main()
