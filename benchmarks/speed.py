"""What Footnote adds to the models it stands on: ratios of times taken in turn, in one run.

python -m benchmarks.speed [SQUAD_FILE]
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from statistics import median, quantiles
from typing import TYPE_CHECKING, Literal

from benchmarks.plots import draw_latency
from benchmarks.squad import Case, chosen_cases
from index import Encoder, Library
from index.documents.document import Document
from index.models.network import packaged_model
from index.storage.indexing import encode_article
from index.text.segmentation import passage_text, segment

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_ROUNDS = 5
_QUESTIONS = 200


def table(cases: list[Case]) -> list[str]:
    """Measure, and give the table's lines in Markdown."""
    rows = [
        (
            "warm question / encoding it alone, median",
            "at most 1.5",
            warm_question(cases[0], "off"),
        ),
        ("the same with the reader", "at most 4", warm_question(cases[0], None)),
        ("raw encode time / indexing time, same passages", "at least 0.9", indexing(cases)),
        ("`footnote --help` / importing torch", "at most 0.3", help_page()),
        ("first answer / loading the model alone", "at most 1.3", first_answer()),
    ]
    return [
        "| ratio | wanted | measured |",
        "|---|---|---|",
        *(f"| {name} | {wanted} | {measured:.2f} |" for name, wanted, measured in rows),
    ]


def size_table(cases: list[Case], encoder: Encoder) -> list[str]:
    """Ask a library that grows article by article; draw it, and give the table's lines."""
    sizes: list[int] = []
    medians: list[float] = []
    tails: list[float] = []
    with Library.open(None, encoder=encoder) as library:
        for case in cases:
            article = library.add_text(case.text, title=case.title)
            sizes.append(len(article.sentences) + (sizes[-1] if sizes else 0))
            questions = [question.text for question in case.questions[:_QUESTIONS]]
            for question in questions:  # so that what is measured is warm
                library.ask(question)
            taken = [_seconds(library.ask, question) * 1e3 for question in questions]
            medians.append(median(taken))
            tails.append(quantiles(taken, n=20)[-1])
    draw_latency(sizes, medians, tails)
    rows = zip(sizes, medians, tails, strict=True)
    return [
        "| sentences | median, ms | 95th percentile, ms |",
        "|---|---|---|",
        *(f"| {size} | {middle:.1f} | {tail:.1f} |" for size, middle, tail in rows),
    ]


def warm_question(case: Case, reader: Literal["off"] | None) -> float:
    """Ask over one article, in turn with sentence-transformers encoding the same question."""
    model = _raw_model()
    with Library.open(None, reader=reader) as library:
        library.add_text(case.text, title=case.title)
        library.ask(case.questions[0].text)
        asking, encoding = [], []
        for question in case.questions[:_QUESTIONS]:
            encoding.append(_seconds(model.encode, question.text))
            asking.append(_seconds(library.ask, question.text))
    return median(asking) / median(encoding)


def indexing(cases: list[Case]) -> float:
    """Index articles, in turn with sentence-transformers encoding the same passages."""
    model, encoder = _raw_model(), Encoder()
    ratios = []
    for case in cases[:_ROUNDS]:
        sentences = segment(case.text)
        made = encode_article(Document(case.text, case.title, None), encoder=encoder, progress=None)
        passages = [passage_text(case.text, sentences, *run) for run in made.passages]
        with Library.open(None, encoder=encoder) as library:
            add = partial(library.add_text, case.text, title=case.title)
            ratios.append(_seconds(model.encode, passages) / _seconds(add))
    return median(ratios)


def help_page() -> float:
    """Show the help in a fresh process, in turn with importing torch in another."""
    return _processes(["-m", "bot", "--help"], ["-c", "import torch"])


def first_answer() -> float:
    """Answer once in a fresh process, in turn with one that only loads the model."""
    load = "import torch, sentence_transformers as s; s.SentenceTransformer(sys.argv[1])"
    with tempfile.TemporaryDirectory() as folder:
        with Library.open(folder) as library:
            library.add("articles/embassy.md")
        return _processes(
            ["-m", "bot", "--library", folder, "ask", "Who broke into the embassy compound?"],
            ["-c", f"import sys; {load}", str(packaged_model())],
        )


def _processes(measured: list[str], reference: list[str]) -> float:
    times: tuple[list[float], list[float]] = ([], [])
    run = partial(subprocess.run, check=True, capture_output=True)
    for _ in range(_ROUNDS + 1):
        for arguments, taken in zip((measured, reference), times, strict=True):
            taken.append(_seconds(run, [sys.executable, *arguments]))
    return median(times[0][1:]) / median(times[1][1:])  # the first of each warms the disk cache


def _raw_model() -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(packaged_model()))


def _seconds(work: Callable[..., object], *arguments: object) -> float:
    begun = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - begun


if __name__ == "__main__":
    print("\n".join(table(chosen_cases())))
