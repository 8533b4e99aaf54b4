"""What the reader learns from: a question and the sentences that Footnote ranks high for it.

Each document is a library of its own, which Footnote searches without a reader. Of a conversation
each question is also read behind what Footnote answered before.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from index import Article, Conversation, Encoder, Library, Turn
from index.answers.answer import build_answer
from index.search.evidence import asked_of, window_of
from index.search.retriever import Ranking
from index.storage.sqlite_store import SqliteStore
from index.storage.vectors import VectorIndex
from index.text.structure import outline_of
from training.documents import Asked, Document, Span

_DEPTH = 10  # hits


@dataclass(frozen=True, slots=True)
class Candidate:
    """A window whose sentence begins at `first`, whether it answers, and the short answers in it.

    spans: half-open in the window; none where they are not known
    """

    window: str
    first: int
    answers: bool
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A question with its candidates: those that answer, then the others, the highest rank first.

    whole: the question made to stand alone; the same where it does
    """

    source: str
    question: str
    whole: str
    candidates: tuple[Candidate, ...]


def cases(documents: Iterable[Document], encoder: Encoder) -> Iterator[Case]:
    """Ask each document its questions."""
    for document in documents:
        store = SqliteStore(None, collection="default")
        with Library(store, VectorIndex(store), encoder=encoder) as library:
            article = document.add(library)
            for turns in document.conversations(article):
                conversation = Conversation()
                for asked in turns:
                    ranking = library.rank(asked.text, conversation=conversation, limit=_DEPTH)
                    yield _case(document.source, asked, ranking, article)
                    answer = build_answer(asked.text, ranking)
                    conversation = conversation.add(Turn(asked.text, answer))


def write(found: Iterable[Case], path: Path) -> None:
    """Keep cases in a file, one a line."""
    with path.open("w", encoding="utf-8") as file:
        for each in found:
            file.write(json.dumps(asdict(each), ensure_ascii=False) + "\n")


def read(path: Path) -> list[Case]:
    """Return the cases in a file."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        candidates = tuple(
            Candidate(
                each["window"],
                each["first"],
                each["answers"],
                tuple((start, end) for start, end in each["spans"]),
            )
            for each in row.pop("candidates")
        )
        found.append(Case(**row, candidates=candidates))
    return found


def _case(source: str, asked: Asked, ranking: Ranking, article: Article) -> Case:
    ranked = [hit.sentence for hit in ranking.hits if hit.sentence not in asked.gold]
    outline = outline_of(article)
    candidates = []
    for number in (*sorted(asked.gold), *ranked):
        sentence = article.sentences[number - 1]
        window = window_of(article, outline, number)
        spans = tuple(
            (start - window.start, end - window.start)
            for start, end in asked.spans
            if sentence.start <= start < sentence.end
        )
        first = window.sentence - window.start
        candidates.append(Candidate(window.text, first, number in asked.gold, spans))
    return Case(source, asked_of(ranking.query), asked.whole, tuple(candidates))
