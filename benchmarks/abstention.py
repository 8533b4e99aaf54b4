"""Whether the confidence can be trusted, by kind of question, and the constants of it.

python -m benchmarks.abstention [--every N] fits the logistics of `index/confidence.py` on the
mixture of `benchmarks/mixture.py` and prints them. Every figure of the table is of constants that
were fitted on other documents. In fitting, every kind weighs alike, and in it what is answered as
much as what is not; of follow-ups what is not answered weighs twice, since any sentence looks at
home behind what was said before.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from benchmarks.folds import held_out
from benchmarks.mixture import Sample, samples
from benchmarks.plots import draw_reliability, draw_risk, draw_short
from index import Encoder, Reader
from index.confidence import SHORT_THRESHOLD, TENTATIVE, THRESHOLD

EVERY = 5
"""Of this many stories `make bench` takes one."""

_FOLDS = 8
_IN_VAIN = {False: 1.0, True: 2.0}  # what a question weighs that is not answered: first, follow-up
_PENALTY = 10.0  # scikit-learn's C

Fit = Callable[[Any], LogisticRegression]


def features(sample: Sample) -> tuple[float, ...]:
    """Return what the logistic for a sample weighs."""
    return sample.seen.of_follow_up if sample.follow_up else sample.seen.features


def weights(found: Sequence[Sample]) -> Any:
    """Return each sample's weight: alike in sum for every kind, answered or not."""
    counts = Counter((each.kind, each.answerable) for each in found)
    shares = [1 / counts[each.kind, each.answerable] for each in found]
    vain = [1.0 if each.answerable else _IN_VAIN[each.follow_up] for each in found]
    return np.array(shares) * np.array(vain) * len(found)


def fit(found: Sequence[Sample]) -> LogisticRegression:
    """Fit the logistic of first questions or of follow-ups, whichever the samples are."""
    model = LogisticRegression(C=_PENALTY, max_iter=5_000)
    labels = [each.answerable for each in found]
    return model.fit([features(each) for each in found], labels, sample_weight=weights(found))


def fit_short(found: Sequence[Sample]) -> LogisticRegression:
    """Fit the logistic of short answers on the samples that have one which is known to be right."""
    known = [each.short for each in found if each.short is not None]
    model = LogisticRegression(C=_PENALTY, max_iter=5_000)
    return model.fit([measured for measured, _ in known], [right for _, right in known])


def cross_validated(
    found: Sequence[Sample],
    measured: Sequence[tuple[float, ...]],
    fitted: Callable[[Sequence[Sample]], LogisticRegression],
) -> Any:
    """Return each sample's probability by constants that were fitted on other documents."""
    documents = {
        name: number for number, name in enumerate(dict.fromkeys(e.document for e in found))
    }
    folds = np.array([documents[each.document] % _FOLDS for each in found])
    return held_out(
        folds,
        np.array(measured),
        lambda rows: fitted([each for each, used in zip(found, rows, strict=True) if used]),
    )


def probabilities(found: Sequence[Sample]) -> Any:
    """Return each sample's confidence by constants that were fitted on other documents."""
    result = np.zeros(len(found))
    follow = np.array([each.follow_up for each in found])
    for inside in (follow, ~follow):
        part = [each for each, used in zip(found, inside, strict=True) if used]
        result[inside] = cross_validated(part, [features(each) for each in part], fit)
    return result


def table(found: Sequence[Sample]) -> list[str]:
    """Return the tables' lines in Markdown, and draw the curves."""
    confident = probabilities(found)
    answerable = np.array([each.answerable for each in found])
    kinds = np.array([each.kind for each in found])
    error = calibration_error(confident, answerable, weights(found))
    draw_reliability(confident, answerable, weights(found))
    vain = np.where(answerable, "answered", kinds)
    draw_risk(confident, vain, "answered")
    return [
        f"Expected calibration error (ten bins): {error:.3f}. An answer is tentative from a"
        f" confidence of {TENTATIVE}, and outright from {THRESHOLD}.",
        "",
        "| asked | answered by the text | refused | tentative | outright | not answered | refused"
        " | tentative | outright | AUROC |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *_rows(kinds, answerable, confident),
        "",
        *_shorts(found, confident),
    ]


def _rows(kinds: Any, answerable: Any, confident: Any) -> Iterator[str]:
    for kind in dict.fromkeys(kinds):
        inside = kinds == kind
        cells = [_outcomes(confident[inside & which]) for which in (answerable, ~answerable)]
        both = 0 < answerable[inside].sum() < inside.sum()
        auroc = f"{roc_auc_score(answerable[inside], confident[inside]):.3f}" if both else "-"
        yield f"| {kind} | {' | '.join(cells)} | {auroc} |"


def _outcomes(confident: Any) -> str:
    if not len(confident):
        return "0 | - | - | -"
    refused, outright = (confident < TENTATIVE).mean(), (confident >= THRESHOLD).mean()
    return f"{len(confident)} | {refused:.3f} | {1 - refused - outright:.3f} | {outright:.3f}"


def _shorts(found: Sequence[Sample], confident: Any) -> list[str]:
    """Return how often short answers are given, to what is answered outright, and right."""
    known = np.array([each.short is not None for each in found])
    kept = [each for each in found if each.short is not None]
    right = np.array([each.short[1] for each in kept if each.short])
    sure = cross_validated(kept, [each.short[0] for each in kept if each.short], fit_short)
    draw_short(sure, right)
    given = (sure >= SHORT_THRESHOLD) & (confident[known] >= THRESHOLD)
    kinds = np.array([each.kind for each in kept])
    return [
        "| short answers | could be given | given | of these right |",
        "|---|---|---|---|",
        *(
            f"| {kind} | {len(right[kinds == kind])} | {given[kinds == kind].mean():.3f}"
            f" | {right[given & (kinds == kind)].mean():.3f} |"
            for kind in dict.fromkeys(kinds)
            if (given & (kinds == kind)).any()
        ),
        f"| all | {len(right)} | {given.mean():.3f} | {right[given].mean():.3f} |",
    ]


def calibration_error(confident: Any, true: Any, weighed: Any) -> float:
    """Return the expected calibration error over ten equal bins (Naeini et al. 2015)."""
    bins = np.minimum((confident * 10).astype(int), 9)
    error = 0.0
    for number in np.unique(bins):
        inside = bins == number
        gap = np.average(confident[inside] - true[inside], weights=weighed[inside])
        error += abs(gap) * weighed[inside].sum() / weighed.sum()
    return error


def measured(encoder: Encoder, *, every: int = EVERY) -> list[str]:
    """Measure, and return the tables' lines in Markdown."""
    return table(samples(encoder, Reader(), every=every))


def main() -> None:
    """Print the tables, and the constants as they stand in `index/confidence.py`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.abstention", description=__doc__)
    parser.add_argument("--every", type=int, default=EVERY, metavar="N", help="one story of N")
    found = samples(Encoder(), Reader(), every=parser.parse_args().every)
    print("\n".join(table(found)))
    first = [each for each in found if not each.follow_up]
    follow_ups = [each for each in found if each.follow_up]
    for name, model in (
        ("FIRST", fit(first)),
        ("FOLLOW_UP", fit(follow_ups)),
        ("SHORT", fit_short(found)),
    ):
        numbers = ", ".join(f"{weight:.3f}" for weight in model.coef_[0])
        print(f"\n{name} = Logistic(({numbers}), {model.intercept_[0]:.3f})")


if __name__ == "__main__":
    main()
