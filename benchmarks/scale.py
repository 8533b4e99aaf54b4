"""How the search part of a question fares from a thousand passages to a million.

python -m benchmarks.scale [SQUAD_FILE] [--folder DIR] [--sizes N …] [--real N]

Its libraries are made in the folder and found there again; a million passages take some 15 GB, and
hours to make.
"""

import sys
from contextlib import closing
from itertools import pairwise

import numpy as np

from benchmarks.drafts import Cloud
from benchmarks.filling import Material, fill, material, options, remarks
from benchmarks.plots import draw_scale
from benchmarks.results import keep_section
from benchmarks.searching import TOP, Measured, measure, table
from index.models.encoder import FloatArray
from index.search.retriever import mean_of
from index.storage.opening import open_store

TITLE = "Large libraries"
_SIZES = (1_000, 10_000, 100_000, 1_000_000)
_BEYOND = 90_000  # passages, from which on the growth of the cost counts


def main() -> None:
    """Measure, print, draw and keep it."""
    given = options("benchmarks.scale", _SIZES)
    of = material(given)
    rows = []
    for size in given.sizes:
        store, vectors = open_store(given.folder / f"library-{size}", collection="default")
        with closing(store):
            fill(store, size, of)
            rows.append(measure(store, vectors, of.questions, of.encoder, of.drawer))
        print(rows[-1], file=sys.stderr, flush=True)
    beyond = [row for row in rows if row.passages >= _BEYOND]
    said = [*remarks("make bench-scale", of), *map(_growth, pairwise(beyond))]
    lines = ["\n\n".join(said), "", *table(rows), "", *_likeness(of)]
    print("\n".join(lines))
    draw_scale(
        [row.passages for row in rows],
        [row.middle for row in rows],
        [row.tail for row in rows],
        whole=_BEYOND,
    )
    keep_section(TITLE, [*lines, "", "![](plots/scale.png)"])


def _growth(pair: tuple[Measured, Measured]) -> str:
    less, more = pair
    return (
        f"From {less.passages:,} to {more.passages:,} passages the median grew"
        f" {more.middle / less.middle:.2f} times; the square root of their number grew"
        f" {(more.passages / less.passages) ** 0.5:.2f} times."
    )


def _likeness(of: Material) -> list[str]:
    """Show that drawn vectors lie to each other, and to questions, as real ones do."""
    random = np.random.default_rng(0)
    real = random.permutation(of.drawer.cloud.vectors)
    few = Cloud(real[: len(real) // 4])  # as if no more had been read
    drawn = np.concatenate([few.vectors, few.draw(len(real) - len(few.vectors), random)])
    questions = np.stack([mean_of(each.encoding) for each in of.questions])
    lines = [
        "| cosine of the nearest and the tenth nearest | real | drawn |",
        "|---|---|---|",
    ]
    for name, wanted in (("of a question", questions), ("of a sentence", None)):
        near = [_cosines(vectors, wanted) for vectors in (real, drawn)]
        values = " | ".join(f"{first:.2f}, {tenth:.2f}" for first, tenth in near)
        lines.append(f"| {name} | {values} |")
    return lines


def _cosines(vectors: FloatArray, wanted: FloatArray | None) -> tuple[float, float]:
    """Give the mean cosines to the first and the tenth neighbour, other than oneself."""
    import faiss

    from_ = vectors[-1_000:] if wanted is None else wanted
    own = int(wanted is None)
    found, _ = faiss.knn(from_, vectors, TOP + own, metric=faiss.METRIC_INNER_PRODUCT)
    means = found.mean(axis=0)
    return float(means[own]), float(means[TOP - 1 + own])


if __name__ == "__main__":
    main()
