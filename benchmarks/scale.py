"""How the search part of a question fares from a thousand passages to a million.

python -m benchmarks.scale [SQUAD_FILE] [--folder DIR] [--sizes N …] [--real N]

Its libraries are made in the folder and found there again; a million passages take some 15 GB, and
hours to make. The search part is everything but encoding and MaxSim.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

import numpy as np
import platformdirs

from benchmarks.drafts import Cloud, Drawer, case_draft, real_draft
from benchmarks.plots import draw_scale
from benchmarks.results import commit, keep_section, machine, today
from benchmarks.squad import SQUAD, Case, load_cases
from benchmarks.variants import Pool, article_of, pool_of, text_of
from index import Encoder
from index.encoder import Encoding, FloatArray, IntArray
from index.ingest import draft
from index.query import Query
from index.records import Draft, Model
from index.retriever import Retriever, mean_of
from index.sources import Source
from index.store import Store
from index.vectors import VectorIndex

TITLE = "Large libraries"
_SHIPPED = Path("articles/embassy.md")
_QUESTIONS = 200
_TOP = 10
_SIZES = (1_000, 10_000, 100_000, 1_000_000)
_REAL = 10_000
_CHANGED = 10  # articles that are added and removed to see how long it takes
_BEYOND = 90_000  # passages, from which on the growth of the cost counts
_READ = 20  # paragraphs that the encoder reads to show how fast it is
_NEAREST = 20  # as many as a question asks for
_DRAWN = 1_000_000  # numbers of drawn articles start here
_OTHERS = 2_000_000  # and those of articles that come and go here
_BLOCK = 64  # articles whose vectors are compared at once, for what is exact


@dataclass(frozen=True, slots=True)
class Question:
    """A question, its encoding, and the nearest sentences, by comparing all."""

    query: Query
    encoding: Encoding
    nearest: frozenset[int]


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured at one size: times in milliseconds, rates in passages a second."""

    passages: int
    sentences: int
    kind: str
    recall: float
    middle: float
    tail: float
    worked: float  # the mean of what a processor spent
    memory: float
    mapped: float
    disk: float
    added: float
    removed: float
    opened: float  # seconds until the index was ready


def main() -> None:
    """Measure, print, draw and keep it."""
    options = _options()
    cases, encoder = load_cases(options.squad), Encoder()
    pool = pool_of([*(case.text for case in cases), _SHIPPED.read_text(encoding="utf-8")])
    options.folder.mkdir(parents=True, exist_ok=True)
    first = [case_draft(options.folder, case, encoder) for case in cases]
    real = list(_upto(options.real, lambda n: real_draft(options.folder, pool, encoder, n)))
    drawer = Drawer([*first, *real], pool)
    model = _model(encoder)
    rows = []
    for size in options.sizes:
        folder = options.folder / f"library-{size}"
        with closing(_filled(folder, size, [*first, *real], drawer, model)) as store:
            rows.append(_measure(store, folder, cases, encoder, drawer))
        print(f"{rows[-1]}", file=sys.stderr, flush=True)
    read = sum(len(each.passages) for each in (*first, *real))
    asked = encoder.encode([each.text for case in cases for each in case.questions[::10]])
    like = _likeness(drawer, np.stack([mean_of(encoding) for encoding in asked]))
    speed = _reading_speed(pool, encoder)
    lines = ["\n\n".join(_remarks(rows, read, speed)), "", *_table(rows), "", *like]
    print("\n".join(lines))
    draw_scale(
        [row.passages for row in rows],
        [row.middle for row in rows],
        [row.tail for row in rows],
        whole=_BEYOND,
    )
    keep_section(TITLE, [*lines, "", "![](plots/scale.png)"])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale")
    parser.add_argument("squad", nargs="?", type=Path, default=SQUAD)
    cache = Path(platformdirs.user_cache_dir("footnote")) / "bench-scale"
    parser.add_argument("--folder", type=Path, default=cache)
    parser.add_argument("--sizes", type=int, nargs="+", default=_SIZES, help="passages")
    parser.add_argument("--real", type=int, default=_REAL, help="passages the encoder reads")
    options = parser.parse_args()
    if not options.squad.is_file():
        raise SystemExit(f"skipped: no file {options.squad}; give one in the SQuAD 2.0 format")
    return options


def _upto(passages: int, made: Callable[[int], Draft]) -> Iterator[Draft]:
    """Give articles until they have so many passages."""
    number = 0
    while passages > 0:
        more = made(number)
        yield more
        passages -= len(more.passages)
        number += 1


def _filled(folder: Path, size: int, real: Sequence[Draft], drawer: Drawer, model: Model) -> Store:
    """Open the library of a size, and add what it lacks: the real articles, then drawn ones."""
    folder.mkdir(exist_ok=True)
    store = Store(folder / "library.db", shelf="default")
    held = len(store.rows(None))
    passages = _passages(store)
    while passages < size:
        more = real[held] if held < len(real) else drawer.draft(_DRAWN + held)
        store.add(more, model)
        held, passages = held + 1, passages + len(more.passages)
        if held % 500 == 0:
            print(f"{folder.name}: {passages:,} passages", file=sys.stderr, flush=True)
    return store


def _measure(
    store: Store, folder: Path, cases: Sequence[Case], encoder: Encoder, drawer: Drawer
) -> Measured:
    begun = time.perf_counter()
    vectors = VectorIndex(store, folder / "vectors.faiss")
    vectors.save()  # makes the index where there is none
    vectors.stats()
    vectors.settle()
    opened = time.perf_counter() - begun
    retriever = Retriever(store, vectors, encoder)
    questions = _questions(store, cases, encoder)
    recalls = [_recall(store, vectors, question) for question in questions]
    search = partial(_search, store, retriever)
    for question in questions:  # so that what is measured is warm
        search(question)
    begun = time.process_time()
    taken = [_seconds(search, question) * 1e3 for question in questions]
    worked = (time.process_time() - begun) * 1e3 / len(questions)
    kept, passages = vectors.stats(), _passages(store)
    disk = sum(file.stat().st_size for file in folder.iterdir())
    added, removed = _changed(store, _model(encoder), drawer, partial(search, questions[0]))
    return Measured(
        passages=passages,
        sentences=kept.sentences,
        kind=kept.kind,
        recall=float(np.mean(recalls)),
        middle=median(taken),
        tail=quantiles(taken, n=20)[-1],
        worked=worked,
        memory=kept.memory / passages,
        mapped=kept.disk / passages,
        disk=disk / passages,
        added=added,
        removed=removed,
        opened=opened,
    )


def _questions(store: Store, cases: Sequence[Case], encoder: Encoder) -> list[Question]:
    """Give some questions, evenly from all articles, with what is truly nearest."""
    asked = [each.text for case in cases for each in case.questions if each.answerable]
    asked = asked[:: max(1, len(asked) // _QUESTIONS)]
    encodings = encoder.encode(asked)
    wanted = np.stack([mean_of(encoding) for encoding in encodings])
    nearest = _truly_nearest(store, wanted)
    return [
        Question(Query(text), encoding, frozenset(map(int, rows)))
        for text, encoding, rows in zip(asked, encodings, nearest, strict=True)
    ]


def _truly_nearest(store: Store, wanted: FloatArray) -> IntArray:
    """(questions, top): the rows of the nearest sentences, by comparing all."""
    import faiss

    scope = store.rows(None)
    best = np.full((len(wanted), _TOP), -np.inf, np.float32)
    rows = np.zeros((len(wanted), _TOP), np.int64)
    for begin in range(0, len(scope), _BLOCK):
        block = scope[begin : begin + _BLOCK]
        ids = np.concatenate([np.arange(each.first, each.last + 1) for each in block])
        found = faiss.knn(
            wanted,
            np.concatenate([store.vectors(each) for each in block]),
            _TOP,
            metric=faiss.METRIC_INNER_PRODUCT,
        )
        best, rows = np.hstack([best, found[0]]), np.hstack([rows, ids[found[1]]])
        order = np.argsort(-best, axis=1, kind="stable")[:, :_TOP]
        best, rows = np.take_along_axis(best, order, 1), np.take_along_axis(rows, order, 1)
    return rows


def _recall(store: Store, vectors: VectorIndex, question: Question) -> float:
    with store.reading():
        found = vectors.nearest(mean_of(question.encoding), store.rows(None), limit=_NEAREST)
    return len(question.nearest & set(found[:_TOP])) / _TOP


def _search(store: Store, retriever: Retriever, question: Question) -> None:
    """Do what a question costs beside encoding and MaxSim."""
    with store.reading():
        rows = store.rows(None)
        retriever.candidates(question.query, question.encoding, rows, limit=_TOP)


def _changed(
    store: Store, model: Model, drawer: Drawer, ask: Callable[[], None]
) -> tuple[float, float]:
    """Add articles and remove them, each with a question after it; give passages a second."""
    drafts = [drawer.draft(_OTHERS + number) for number in range(_CHANGED)]
    passages = sum(len(each.passages) for each in drafts)
    ids: list[int] = []

    def add() -> None:
        for each in drafts:
            ids.append(store.add(each, model).id)
            ask()

    def remove() -> None:
        for article_id in ids:
            store.remove(article_id)
            ask()

    return passages / _seconds(add), passages / _seconds(remove)


def _table(rows: Sequence[Measured]) -> list[str]:
    heads = "passages, sentences, index, recall@10, median ms, 95th percentile ms, processor ms"
    heads += ", memory, snapshot, disk, added, removed"
    return [
        f"| {heads.replace(', ', ' | ')} |",
        "|" + "---|" * (heads.count(",") + 1),
        *(
            f"| {row.passages:,} | {row.sentences:,} | {row.kind} | {row.recall:.3f}"
            f" | {row.middle:.1f} | {row.tail:.1f} | {row.worked:.1f} | {row.memory:,.0f}"
            f" | {row.mapped:,.0f} | {row.disk:,.0f} | {row.added:,.0f} | {row.removed:,.0f} |"
            for row in rows
        ),
    ]


def _reading_speed(pool: Pool, encoder: Encoder) -> float:
    """Give how many passages a second the encoder reads."""
    source = Source(text_of(article_of(pool, _OTHERS, passages=_READ)), "An article", None)
    begun = time.perf_counter()
    made = draft(source, encoder=encoder, progress=None)
    return len(made.passages) / (time.perf_counter() - begun)


def _remarks(rows: Sequence[Measured], real: int, speed: float) -> list[str]:
    """Say what was measured, and how its cost grew."""
    lines = [
        f"By `make bench-scale` on {today()}, commit {commit()}; {machine('faiss-cpu', 'numpy')}.",
        f"{real:,} passages were read by the encoder ({speed:.0f} a second), the others drawn:"
        " their text is varied from the same paragraphs, their vectors from those that were read"
        " (`benchmarks/drafts.py`).",
        "The search part is everything of a question but encoding and MaxSim: it finds the passages"
        " worth scoring; processor is the mean of its time there. Recall is of the ten nearest"
        " sentences, against comparing all. Memory, snapshot and disk are bytes a passage: memory"
        " without what is mapped from the snapshot, disk with all. Added and removed are passages"
        " a second, encoded already, an article at a time, each with a question after it.",
    ]
    beyond = [row for row in rows if row.passages >= _BEYOND]
    for less, more in pairwise(beyond):
        growth = more.passages / less.passages
        lines.append(
            f"From {less.passages:,} to {more.passages:,} passages the median grew"
            f" {more.middle / less.middle:.2f} times; the square root of their number grew"
            f" {growth**0.5:.2f} times."
        )
    return lines


def _likeness(drawer: Drawer, questions: FloatArray) -> list[str]:
    """Show that drawn vectors lie to each other, and to questions, as real ones do."""
    random = np.random.default_rng(0)
    real = random.permutation(drawer.cloud.vectors)
    few = Cloud(real[: len(real) // 4])  # as if no more had been read
    drawn = np.concatenate([few.vectors, few.draw(len(real) - len(few.vectors), random)])
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
    found, _ = faiss.knn(from_, vectors, _TOP + own, metric=faiss.METRIC_INNER_PRODUCT)
    means = found.mean(axis=0)
    return float(means[own]), float(means[_TOP - 1 + own])


def _model(encoder: Encoder) -> Model:
    return Model(encoder.name, encoder.dimension, encoder.fingerprint)


def _passages(store: Store) -> int:
    return sum(len(store.passages(rows)) for rows in store.rows(None))


def _seconds(work: Callable[..., object], *arguments: object) -> float:
    begun = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
