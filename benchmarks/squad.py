"""Questions over whole articles, from any file in the SQuAD 2.0 format.

An article is its paragraphs joined by blank lines. A hit is a sentence that holds the first
character of a gold answer. The public development set: rajpurkar.github.io/SQuAD-explorer.
"""

import json
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index import Article, Encoder, Reader
from index.documents.document import Document
from index.search.questions import Query
from index.search.retriever import Ranking, Retriever
from index.storage.indexing import encode_article
from index.storage.records import ModelId
from index.storage.sqlite_store import SqliteStore
from index.storage.vectors import VectorIndex

SQUAD = Path("../shared/data/squad2-visible.json")


@dataclass(frozen=True, slots=True)
class Question:
    """A question, its gold answers, and where in the article they begin: none, if in vain."""

    text: str
    answer_starts: tuple[int, ...]
    answers: tuple[str, ...]

    @property
    def answerable(self) -> bool:
        """Whether the article answers it."""
        return bool(self.answer_starts)


@dataclass(frozen=True, slots=True)
class Case:
    """An article's text and the questions on it."""

    title: str
    text: str
    questions: tuple[Question, ...]


def chosen_path() -> Path:
    """Give the file that the command line names, or the usual one.

    Raises: SystemExit when there is none, since nothing can be measured then.
    """
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else SQUAD
    if not path.is_file():
        raise SystemExit(f"skipped: no file {path}; give one in the SQuAD 2.0 format (SQUAD=FILE)")
    return path


def chosen_cases() -> list[Case]:
    """Read the articles of the chosen file."""
    return load_cases(chosen_path())


def load_cases(path: Path) -> list[Case]:
    """Read every article of a SQuAD 2.0 file."""
    return [_case(entry) for entry in json.loads(path.read_text(encoding="utf-8"))["data"]]


def gold_sentences(article: Article, question: Question) -> set[int]:
    """Give the numbers of the sentences in which a gold answer begins."""
    starts = [sentence.start for sentence in article.sentences]
    return {bisect_right(starts, start) for start in question.answer_starts}


def first_gold_rank(found: Sequence[int], gold: set[int]) -> int | None:
    """Give the rank from 1 of the first gold sentence among those found, if any is."""
    return next((rank for rank, number in enumerate(found, start=1) if number in gold), None)


def _case(entry: Any) -> Case:
    paragraphs = entry["paragraphs"]
    text = "\n\n".join(paragraph["context"] for paragraph in paragraphs)
    return Case(entry["title"].replace("_", " "), text, tuple(_questions(paragraphs)))


def _questions(paragraphs: Any) -> Iterator[Question]:
    offset = 0
    for paragraph in paragraphs:
        for asked in paragraph["qas"]:
            starts = {offset + answer["answer_start"] for answer in asked["answers"]}
            texts = dict.fromkeys(answer["text"] for answer in asked["answers"])
            yield Question(asked["question"], tuple(sorted(starts)), tuple(texts))
        offset += len(paragraph["context"]) + 2


@contextmanager
def ranking_of(
    case: Case, encoder: Encoder, *, reader: Reader | None
) -> Iterator[tuple[Article, Callable[[str], Ranking]]]:
    """Give an article in a library of its own, and what ranks its sentences for a question."""
    store = SqliteStore(None, collection="default")
    made = encode_article(Document(case.text, case.title, None), encoder=encoder, progress=None)
    article = store.add(made, ModelId.of(encoder))
    retriever = Retriever(store, VectorIndex(store), encoder, reader=reader)
    yield article, lambda question: retriever.rank(Query(question), store.rows(None), limit=10)
    store.close()
