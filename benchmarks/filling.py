"""What large libraries are made of, and how they are filled."""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from benchmarks.drafts import Drawer, case_draft, real_draft
from benchmarks.results import commit, machine, today
from benchmarks.searching import Question, questions_on
from benchmarks.squad import SQUAD, load_cases
from benchmarks.variants import Pool, article_of, pool_of, text_of
from index import Encoder
from index.documents.document import Document
from index.storage.indexing import encode_article
from index.storage.records import EncodedArticle, ModelId
from index.storage.store import Store

_SHIPPED = Path("articles/embassy.md")
_REAL = 2_000
_DRAWN = 1_000_000  # numbers of drawn articles start here
_APART = 3_000_000  # the number of one that is read to see how long it takes
_TIMED = 20  # paragraphs of that one


@dataclass(frozen=True, slots=True)
class Material:
    """What libraries are made of: the articles that the encoder read, and what draws the others.

    real:      the articles of the cases, then varied ones
    questions: on the first of them
    """

    encoder: Encoder
    pool: Pool
    real: tuple[EncodedArticle, ...]
    drawer: Drawer
    questions: tuple[Question, ...]


def options(program: str, sizes: Sequence[int]) -> argparse.Namespace:
    """Read the command line: the file, the folder, the libraries' sizes, how many are real."""
    parser = argparse.ArgumentParser(prog=f"python -m {program}")
    parser.add_argument("squad", nargs="?", type=Path, default=SQUAD)
    cache = Path(platformdirs.user_cache_dir("footnote")) / "bench-scale"
    parser.add_argument("--folder", type=Path, default=cache)
    parser.add_argument("--sizes", type=int, nargs="+", default=sizes, help="sentences")
    parser.add_argument("--real", type=int, default=_REAL, help="passages the encoder reads")
    given = parser.parse_args()
    if not given.squad.is_file():
        raise SystemExit(f"skipped: no file {given.squad}; give one in the SQuAD 2.0 format")
    return given


def material(given: argparse.Namespace) -> Material:
    """Let the encoder read what it has not read into the folder before: hours, for the most."""
    cases, encoder = load_cases(given.squad), Encoder()
    pool = pool_of([*(case.text for case in cases), _SHIPPED.read_text(encoding="utf-8")])
    given.folder.mkdir(parents=True, exist_ok=True)
    first = [case_draft(given.folder, case, encoder) for case in cases]
    real = (*first, *_read(given.folder, pool, encoder, passages=given.real))
    questions = tuple(questions_on(cases, first, encoder))
    return Material(encoder, pool, real, Drawer(real, pool), questions)


def fill(store: Store, size: int, of: Material) -> None:
    """Add the articles that a collection of so many sentences lacks: real ones, then drawn ones."""
    model = ModelId.of(of.encoder)
    rows = store.rows(None)
    held, sentences = len(rows), sum(map(len, rows))
    while sentences < size:
        more = of.real[held] if held < len(of.real) else of.drawer.draft(_DRAWN + held)
        store.add(more, model)
        held, sentences = held + 1, sentences + len(more.sentences)
        if held % 100 == 0:
            print(f"{sentences:,} of {size:,} sentences", file=sys.stderr, flush=True)


def remarks(command: str, of: Material) -> list[str]:
    """Say what was measured, by which command and on what."""
    read = sum(len(made.passages) for made in of.real)
    return [
        f"By `{command}` on {today()}, commit {commit()}; {machine('faiss-cpu', 'numpy')}.",
        f"{read:,} passages were read by the encoder ({_speed(of):.0f} a second); where there are"
        " more they are drawn: their text is varied from the same paragraphs, their vectors from"
        " those that were read (`benchmarks/drafts.py`).",
    ]


def _speed(of: Material) -> float:
    """Give how many passages a second the encoder reads."""
    text = text_of(article_of(of.pool, _APART, passages=_TIMED))
    source = Document(text, "An article", None)
    begun = time.perf_counter()
    made = encode_article(source, encoder=of.encoder, progress=None)
    return len(made.passages) / (time.perf_counter() - begun)


def _read(folder: Path, pool: Pool, encoder: Encoder, *, passages: int) -> Iterator[EncodedArticle]:
    """Give varied articles until they have so many passages."""
    number = 0
    while passages > 0:
        made = real_draft(folder, pool, encoder, number)
        yield made
        passages -= len(made.passages)
        number += 1
        if number % 50 == 0:
            print(f"{passages:,} passages to read", file=sys.stderr, flush=True)
