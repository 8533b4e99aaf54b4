"""What the search part of a question costs in one library, and what it finds.

That part is everything but encoding and MaxSim: it finds the passages worth scoring.
"""

import re
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median, quantiles

import numpy as np

from benchmarks.drafts import Drawer
from benchmarks.squad import Case
from index import Encoder, Reader
from index.models.tokens import Encoding, FloatArray, IntArray, mean_of
from index.search.questions import Query
from index.search.retriever import Retriever
from index.storage.records import EncodedArticle, ModelId, RowRange, SentenceVectors
from index.storage.store import Store
from index.text.segmentation import Passage

TOP = 10
_QUESTIONS = 60
_CHANGED = 10  # articles that are added and removed to see how long it takes
_WHOLE = 5  # of so many questions one is answered as a whole
_NEAREST = 20  # as many as a question asks for
_SOME = 20  # one article in so many is in scope, where not all are
_OTHERS = 2_000_000  # numbers of articles that come and go start here
_BLOCK = 64  # articles whose vectors are compared at once, for what is exact

_LEGEND = (
    "The search part is everything of a question but encoding and MaxSim: it finds the passages"
    " worth scoring. Recall is of the ten nearest sentences, against comparing all: among all"
    " articles, and among one in twenty. Passage is the share of the questions whose right passage"
    " is found. Vectors and words are the medians of the two searches in the store; the rest of the"
    " search part reads the articles around the candidates. Disk is that of the whole library."
    " Added and removed are passages a second, encoded already, an article at a time, each with a"
    " question after it."
)
_OWN_LEGEND = (
    " A question is all of it, reading included, where its passages were read just before."
    " Processor is the mean of its time in the search part; memory is that of the vectors, which"
    " the first search loads."
)

Scope = tuple[RowRange, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, its encoding, and in which sentences of which case an answer begins."""

    query: Query
    encoding: Encoding
    case: int
    numbers: frozenset[int]


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured at one size: times in milliseconds, rates in passages a second.

    `recall` and `recall_of_some` are the shares of the truly nearest that were found, among all
    articles and among some of them; `found` is the share of the questions whose right passage is
    among those worth scoring.
    """

    passages: int  # of the library
    sentences: int  # of the collection that is searched
    kind: str
    recall: float
    recall_of_some: float
    found: float
    nearest: float
    matching: float
    middle: float
    tail: float
    worked: float  # the mean of what this process spent
    whole_middle: float  # of a question as a whole
    whole_tail: float
    memory: float
    disk: float
    first: float  # seconds of the first search, which loads the vectors
    added: float
    removed: float


_SHARED: dict[str, Callable[[Measured], str]] = {
    "passages of the library": lambda row: f"{row.passages:,}",
    "sentences searched": lambda row: f"{row.sentences:,}",
    "kind": lambda row: row.kind,
    "recall@10": lambda row: f"{row.recall:.3f}",
    "among some": lambda row: f"{row.recall_of_some:.3f}",
    "passage": lambda row: f"{row.found:.3f}",
    "vectors ms": lambda row: f"{row.nearest:.1f}",
    "words ms": lambda row: f"{row.matching:.1f}",
    "median ms": lambda row: f"{row.middle:.1f}",
    "95th percentile ms": lambda row: f"{row.tail:.1f}",
    "disk MB": lambda row: f"{row.disk / 1e6:,.0f}",
    "added": lambda row: f"{row.added:,.0f}",
    "removed": lambda row: f"{row.removed:,.0f}",
}
_OWN: dict[str, Callable[[Measured], str]] = {
    "question ms": lambda row: f"{row.whole_middle:.0f}",
    "its 95th": lambda row: f"{row.whole_tail:.0f}",
    "processor ms": lambda row: f"{row.worked:.1f}",
    "memory MB": lambda row: f"{row.memory / 1e6:,.0f}",
    "first search s": lambda row: f"{row.first:.1f}",
}


def questions_on(
    cases: Sequence[Case], drafts: Sequence[EncodedArticle], encoder: Encoder
) -> list[Question]:
    """Give some questions, evenly from all cases, of which `drafts` were made."""
    asked = [
        (each, number)
        for number, case in enumerate(cases)
        for each in case.questions
        if each.answerable
    ]
    asked = asked[:: max(1, len(asked) // _QUESTIONS)]
    starts = [[sentence.start for sentence in made.sentences] for made in drafts]
    encodings = encoder.encode([each.text for each, _ in asked])
    return [
        Question(
            Query(each.text),
            encoding,
            case,
            frozenset(bisect_right(starts[case], start) for start in each.answer_starts),
        )
        for (each, case), encoding in zip(asked, encodings, strict=True)
    ]


def measure(
    store: Store,
    vectors: SentenceVectors,
    questions: Sequence[Question],
    encoder: Encoder,
    drawer: Drawer,
) -> Measured:
    """Measure a library, whose first articles are the cases of the questions, in their order."""
    retriever = Retriever(store, vectors, encoder, reader=Reader())
    scope = store.rows(None)
    search = partial(_search, store, retriever)
    first = seconds(search, questions[0])
    kept = vectors.stats()
    found = [_is_found(search(each), scope, each) for each in questions]
    taken, worked = _times(search, questions)
    with store.reading():
        nearest, _ = _times(
            lambda each: vectors.nearest(mean_of(each.encoding), scope, limit=_NEAREST), questions
        )
        matching, _ = _times(
            lambda each: store.matching(re.findall(r"\w+", each.query.text), scope, limit=_NEAREST),
            questions,
        )
    whole = _whole(store, retriever, questions[::_WHOLE])
    _, passages, _ = store.counts()
    disk = store.size + kept.disk
    added, removed = _changed(store, ModelId.of(encoder), drawer, partial(search, questions[0]))
    return Measured(
        passages=passages,
        sentences=sum(map(len, scope)),
        kind=kept.kind,
        recall=_recall(store, vectors, questions, scope),
        recall_of_some=_recall(store, vectors, questions, scope[::_SOME]),
        found=float(np.mean(found)),
        nearest=median(nearest),
        matching=median(matching),
        middle=median(taken),
        tail=quantiles(taken, n=20)[-1],
        worked=worked,
        whole_middle=median(whole),
        whole_tail=quantiles(whole, n=20)[-1],
        memory=kept.memory,
        disk=disk,
        first=first,
        added=added,
        removed=removed,
    )


def table(rows: Sequence[Measured], *, apart: bool = False) -> list[str]:
    """Give the rows as a table, and before it what its columns are.

    What this process holds and spends is left out where the search is done `apart` from it.
    """
    columns = _SHARED if apart else {**_SHARED, **_OWN}
    return [
        f"{_LEGEND}{'' if apart else _OWN_LEGEND}",
        "",
        f"| {' | '.join(columns)} |",
        "|---" * len(columns) + "|",
        *(f"| {' | '.join(show(row) for show in columns.values())} |" for row in rows),
    ]


def _search(store: Store, retriever: Retriever, question: Question) -> list[Passage]:
    """Do what a question costs beside encoding and MaxSim; give the passages worth scoring."""
    with store.reading():
        rows = store.rows(None)
        found = retriever.candidates(question.query, question.encoding, rows, limit=TOP)
    return [passage for _, passage in found]


def _is_found(passages: Sequence[Passage], scope: Scope, question: Question) -> bool:
    return any(
        passage.article_id == scope[question.case].article_id
        and passage.first <= number <= passage.last
        for passage in passages
        for number in question.numbers
    )


def _times(
    search: Callable[[Question], object], questions: Sequence[Question]
) -> tuple[list[float], float]:
    """Give each warm question's milliseconds, and the mean of this process's own."""
    begun = time.process_time()
    taken = [seconds(search, question) * 1e3 for question in questions]
    return taken, (time.process_time() - begun) * 1e3 / len(questions)


def _whole(store: Store, retriever: Retriever, questions: Sequence[Question]) -> list[float]:
    """Give each question's milliseconds from its text to its answer, when it was just asked."""

    def rank(question: Question) -> None:
        with store.reading():
            retriever.rank(question.query, store.rows(None), limit=TOP)

    taken = []
    for each in questions:
        rank(each)
        taken.append(seconds(rank, each) * 1e3)
    return taken


def _recall(
    store: Store, vectors: SentenceVectors, questions: Sequence[Question], scope: Scope
) -> float:
    wanted = np.stack([mean_of(each.encoding) for each in questions])
    shares = []
    for vector, nearest in zip(wanted, _truly_nearest(store, wanted, scope), strict=True):
        found = vectors.nearest(vector, scope, limit=_NEAREST)[:TOP]
        shares.append(len({*nearest.tolist()} & {*found}) / len(nearest))
    return float(np.mean(shares))


def _truly_nearest(store: Store, wanted: FloatArray, scope: Scope) -> IntArray:
    """(questions, top): the rows of the nearest sentences, by comparing all."""
    import faiss

    best = np.full((len(wanted), 0), -np.inf, np.float32)
    rows = np.zeros((len(wanted), 0), np.int64)
    for ids, block in _blocks(store, scope):
        near, places = faiss.knn(
            wanted, block, min(TOP, len(block)), metric=faiss.METRIC_INNER_PRODUCT
        )
        best, rows = np.hstack([best, near]), np.hstack([rows, ids[places]])
        order = np.argsort(-best, axis=1, kind="stable")[:, :TOP]
        best, rows = np.take_along_axis(best, order, 1), np.take_along_axis(rows, order, 1)
    return rows


def _blocks(store: Store, scope: Scope) -> Iterator[tuple[IntArray, FloatArray]]:
    for begin in range(0, len(scope), _BLOCK):
        block = scope[begin : begin + _BLOCK]
        ids = [np.arange(rows.first, rows.last + 1) for rows in block]
        yield np.concatenate(ids), np.concatenate([store.vectors(rows) for rows in block])


def _changed(
    store: Store, model: ModelId, drawer: Drawer, ask: Callable[[], object]
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

    return passages / seconds(add), passages / seconds(remove)


def seconds(work: Callable[..., object], *arguments: object) -> float:
    """Do it, and give how long it took."""
    begun = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - begun
