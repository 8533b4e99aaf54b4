"""Whether the confidence can be trusted, by kind of question, and the constants of it.

python -m benchmarks.abstention [--every N] fits the logistics of `index/answers/confidence.py` on
the mixture of `benchmarks/mixture.py` and prints them. Every figure of the table is of constants
that were fitted on other documents. In fitting, every kind weighs alike, and in it what is answered
as much as what is not. Off-topic questions weigh as four kinds, for all other documents stand
behind them. What is not answered weighs 0.75 of first questions, since a refusal costs more than a
"perhaps", and 1.75 of follow-ups, since any sentence looks at home behind what was said before.
Short answers are judged by those to questions that the text answers.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from benchmarks.folds import held_out
from benchmarks.mixture import OFF_TOPIC, Sample, samples
from benchmarks.plots import draw_reliability, draw_risk, draw_short
from index import Encoder, Reader
from index.answers.confidence import SHORT_THRESHOLD, TENTATIVE, THRESHOLD

EVERY = 5
"""Of this many stories `make bench` takes one."""

_FOLDS = 8
_OFF_TOPIC = 4.0
_IN_VAIN = {False: 0.75, True: 1.75}  # what is not answered weighs: first questions, follow-ups
_UNREAD_THRESHOLDS = (0.3, 0.62)  # tentative and outright, where the reader is off
_PENALTY = 10.0  # scikit-learn's C

Fit = Callable[[Any], LogisticRegression]


def features(sample: Sample) -> tuple[float, ...]:
    """Return what the logistic for a sample weighs."""
    seen, unread = sample.seen, sample.seen.judged is None
    if sample.follow_up:
        return seen.of_unread_follow_up if unread else seen.of_follow_up
    return seen.of_unread if unread else seen.of_read


def weights(found: Sequence[Sample]) -> Any:
    """Return each sample's weight: by kind, and by whether the text answers."""
    counts = Counter((each.kind, each.answerable) for each in found)
    shares = []
    for each in found:
        share = 1 / counts[each.kind, each.answerable]
        share *= _OFF_TOPIC if each.kind == OFF_TOPIC else 1.0
        share *= 1.0 if each.answerable else _IN_VAIN[each.follow_up]
        shares.append(share)
    return np.array(shares) * len(found)


def fit(found: Sequence[Sample]) -> LogisticRegression:
    """Fit the logistic of first questions or of follow-ups, whichever the samples are."""
    model = LogisticRegression(C=_PENALTY, max_iter=5_000)
    labels = [each.answerable for each in found]
    return model.fit([features(each) for each in found], labels, sample_weight=weights(found))


def fit_short(found: Sequence[Sample]) -> LogisticRegression:
    """Fit the logistic of short answers on the answerable questions that have one."""
    known = [each.short for each in found if each.short is not None and each.answerable]
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
    for part in parts(found).values():
        if part:
            fitted = [found[number] for number in part]
            result[part] = cross_validated(fitted, [features(each) for each in fitted], fit)
    return result


def parts(found: Sequence[Sample]) -> dict[str, list[int]]:
    """Return which samples each logistic is for, by its name in `index/answers/confidence.py`.

    Where the reader is off, others take their place: `UNREAD`, `UNREAD_FOLLOW_UP`.
    """
    result: dict[str, list[int]] = {"READ": [], "FOLLOW_UP": []}
    for number, each in enumerate(found):
        result["FOLLOW_UP" if each.follow_up else "READ"].append(number)
    return result


def without_reader(found: Sequence[Sample]) -> list[Sample]:
    """Return questions as they are seen with the reader off."""
    return [replace(each, seen=each.unread) for each in found]


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
    """Return how often short answers are given, with what is answered outright, and right."""
    outright = confident >= THRESHOLD
    kept = [(each, sure) for each, sure in zip(found, outright, strict=True) if each.short]
    sure = cross_validated(
        [each for each, _ in kept], [each.short[0] for each, _ in kept if each.short], fit_short
    )
    right = np.array([each.short[1] for each, _ in kept if each.short])
    answerable = np.array([each.answerable for each, _ in kept])
    draw_short(sure[answerable], right[answerable])
    given = (sure >= SHORT_THRESHOLD) & np.array([sure for _, sure in kept])
    kinds = np.array([each.kind for each, _ in kept])
    return [
        "| short answers | answerable | given | of these right | not answerable | given |",
        "|---|---|---|---|---|---|",
        *(
            _short_row(kind, *(each[kinds == kind] for each in (answerable, given, right)))
            for kind in dict.fromkeys(kinds)
        ),
        _short_row("all", answerable, given, right),
    ]


def _short_row(kind: str, answerable: Any, given: Any, right: Any) -> str:
    shown = given & answerable
    rightly = f"{right[shown].mean():.3f}" if shown.any() else "-"
    return (
        f"| {kind} | {answerable.sum()} | {given[answerable].mean():.3f} | {rightly}"
        f" | {(~answerable).sum()} | {given[~answerable].mean():.3f} |"
    )


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
    """Print the tables, and the constants as they stand in `index/answers/confidence.py`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.abstention", description=__doc__)
    parser.add_argument("--every", type=int, default=EVERY, metavar="N", help="one story of N")
    found = samples(Encoder(), Reader(), every=parser.parse_args().every)
    print("\n".join(table(found)))
    first, later = ([found[number] for number in part] for part in parts(found).values())
    for name, (weighed, bias) in (
        ("READ", _constants(fit(first))),
        ("UNREAD", _stretched(fit(without_reader(first)))),
        ("FOLLOW_UP", _constants(fit(later))),
        ("UNREAD_FOLLOW_UP", _stretched(fit(without_reader(later)))),
        ("SHORT", _constants(fit_short(found))),
    ):
        numbers = ", ".join(f"{weight:.3f}" for weight in weighed)
        print(f"\n{name} = Logistic(({numbers}), {bias:.3f})")


def _constants(model: LogisticRegression) -> tuple[Any, float]:
    return model.coef_[0], model.intercept_[0]


def _stretched(model: LogisticRegression) -> tuple[Any, float]:
    """Stretch what is fitted without the reader so that its thresholds become the shipped ones."""
    thresholds = np.array([*_UNREAD_THRESHOLDS, TENTATIVE, THRESHOLD])
    low, high, tentative, outright = np.log(thresholds / (1 - thresholds))
    factor = (outright - tentative) / (high - low)
    weighed, bias = _constants(model)
    return weighed * factor, outright + (bias - high) * factor


if __name__ == "__main__":
    main()
