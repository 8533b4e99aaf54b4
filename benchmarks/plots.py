"""Pictures of what a table says worse, in `benchmarks/plots/`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

PLOTS = Path(__file__).with_name("plots")
_SIZE = (6.0, 4.0)  # inches


def draw_hits(shares: Mapping[str, Sequence[float]]) -> None:
    """Draw each retriever's hit@1, 3 and 10 as bars."""
    figure, axes = _axes("Right sentence found")
    height = 0.25
    places = np.arange(len(shares))
    for index, name in enumerate(("first", "among three", "among ten")):
        values = [hits[index] for hits in shares.values()]
        axes.barh(places + index * height, values, height, label=name)
    axes.set_yticks(places + height, list(shares))
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    figure.legend(loc="outside lower center", ncols=3)
    _save(figure, "hits")


def draw_reliability(probabilities: Any, true: Any, weights: Any) -> None:
    """Draw the share of answerable questions over the confidence, in ten bins."""
    figure, axes = _axes("Reliability")
    bins = np.minimum((probabilities * 10).astype(int), 9)
    inside = [bins == number for number in range(10) if (bins == number).any()]
    shown = [np.average(probabilities[each], weights=weights[each]) for each in inside]
    share = [np.average(true[each], weights=weights[each]) for each in inside]
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":")
    axes.plot(shown, share, marker="o")
    axes.set_xlabel("confidence")
    axes.set_ylabel("share that the article answers")
    _save(figure, "reliability")


def draw_risk(probabilities: Any, kinds: Any, answerable: str) -> None:
    """Draw, over the share of answerable questions answered, that of each kind of vain ones."""
    figure, axes = _axes("Risk and coverage, from the strictest threshold to the laxest")
    thresholds = np.linspace(1, 0, 201)
    coverage = _answered(probabilities[kinds == answerable], thresholds)
    for kind in sorted(set(kinds) - {answerable}):
        axes.plot(coverage, _answered(probabilities[kinds == kind], thresholds), label=kind)
    axes.set_xlabel("answerable questions answered")
    axes.set_ylabel("others answered all the same")
    axes.legend()
    _save(figure, "risk-coverage")


def draw_short(probabilities: Any, right: Any) -> None:
    """Draw the share of short answers that are right over the share given, the surest first."""
    figure, axes = _axes("Short answers, from the surest on")
    surest = right[np.argsort(-probabilities, kind="stable")]
    counts = np.arange(1, len(surest) + 1)
    axes.plot(counts / len(surest), np.cumsum(surest) / counts)
    axes.set_xlabel("answerable questions with a short answer")
    axes.set_ylabel("of these right")
    axes.set_ylim(0, 1)
    _save(figure, "short")


def draw_latency(
    sentences: Sequence[int], medians: Sequence[float], tails: Sequence[float]
) -> None:
    """Draw a warm question's milliseconds over the size of the library."""
    figure, axes = _axes("A warm question")
    axes.plot(sentences, medians, marker="o", label="median")
    axes.plot(sentences, tails, marker="o", label="95th percentile")
    axes.set_xlabel("sentences in the library")
    axes.set_ylabel("milliseconds")
    axes.set_ylim(bottom=0)
    axes.legend()
    _save(figure, "latency")


def _answered(probabilities: Any, thresholds: Any) -> Any:
    return [(probabilities >= threshold).mean() for threshold in thresholds]


def _axes(title: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE, layout="constrained")
    axes = figure.subplots()
    axes.set_title(title)
    return figure, axes


def _save(figure: Any, name: str) -> None:
    PLOTS.mkdir(exist_ok=True)
    figure.savefig(PLOTS / f"{name}.png", dpi=110)
