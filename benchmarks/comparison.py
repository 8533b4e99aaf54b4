"""Footnote beside its peers: same articles, same questions, same weights, one run.

python -m benchmarks.comparison [SQUAD_FILE]
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import numpy as np

from benchmarks.peers import Found, Peer, peers
from benchmarks.plots import draw_hits
from benchmarks.squad import Case, chosen_cases
from benchmarks.stories import EVERY, add, chosen
from benchmarks.story_files import STORIES, Asked, Story, starts
from index import Article, Encoder, Library, Reader
from index.models.network import packaged_model

UNREAD = "Footnote, reader off"
"""It has the same weights as its peers; all times are over its own."""


@dataclass(slots=True)
class Tally:
    """What one retriever did: ranks of the first right sentence, seconds, misplaced sentences."""

    ranks: list[float] = field(default_factory=list)
    indexing: float = 0.0
    asking: list[float] = field(default_factory=list)
    misplaced: set[tuple[str, int]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Document:
    """What is asked: Footnote takes it in by itself, its peers get the article that it read."""

    article: Article
    add: Callable[[Library], Article]


Maker = Callable[[Document], Peer]


class Footnote:
    """Footnote, in the shape of its peers."""

    def __init__(
        self, document: Document, encoder: Encoder, reader: Reader | Literal["off"]
    ) -> None:
        self._library = Library.open(None, encoder=encoder, reader=reader)
        document.add(self._library)

    def search(self, question: str) -> list[Found]:
        """Give the ten best sentences."""
        return [
            Found(hit.quote, hit.start, hit.start)
            for hit in self._library.search(question, top_k=10)
        ]


def table(cases: Sequence[Case], encoder: Encoder) -> list[str]:
    """Measure, draw, and give the tables' lines in Markdown: the articles', the stories'."""
    makers = _makers(encoder)
    tallies = {name: Tally() for name in makers}
    for case in cases:
        document = _document(_adding(case), encoder)
        for name, make in makers.items():
            _measure(make, document, case, tallies[name])
    draw_hits({name: _hits(tally.ranks) for name, tally in tallies.items()})
    return [
        "| retriever | hit@1 | hit@3 | hit@10 | MRR | misplaced sentences | indexing time"
        " | median question |",
        "|---|---|---|---|---|---|---|---|",
        *_rows(tallies),
        "",
        *_stories_table(makers, encoder),
    ]


def _makers(encoder: Encoder) -> dict[str, Maker]:
    reader = Reader()
    return {
        "Footnote": lambda document: Footnote(document, encoder, reader),
        UNREAD: lambda document: Footnote(document, encoder, "off"),
        **{name: _of_article(make) for name, make in peers(str(packaged_model())).items()},
    }


def _of_article(make: Callable[[Article], Peer]) -> Maker:
    return lambda document: make(document.article)


def _adding(case: Case) -> Callable[[Library], Article]:
    return lambda library: library.add_text(case.text, title=case.title)


def _document(adding: Callable[[Library], Article], encoder: Encoder) -> Document:
    with Library.open(None, encoder=encoder, reader="off") as library:
        return Document(adding(library), adding)


def _measure(make: Maker, document: Document, case: Case, tally: Tally) -> None:
    begun = time.perf_counter()
    peer = make(document)
    tally.indexing += time.perf_counter() - begun
    peer.search(case.questions[0].text)
    for question in case.questions:
        if not question.answerable:
            continue
        begun = time.perf_counter()
        found = peer.search(question.text)
        tally.asking.append(time.perf_counter() - begun)
        tally.ranks.append(_first_right(found, question.answer_starts))
        tally.misplaced |= {
            (document.article.title, each.start) for each in found if each.claimed != each.start
        }


def _first_right(found: Sequence[Found], answers: Iterable[int]) -> float:
    for rank, each in enumerate(found, start=1):
        end = each.start + len(each.text)
        if any(each.start <= start < end for start in answers):
            return rank
    return np.inf


def _stories_table(makers: Mapping[str, Maker], encoder: Encoder) -> list[str]:
    """Ask the stories' single questions, and the follow-ups of their chats, made whole."""
    if not STORIES.is_dir():
        return [f"The stories were skipped: there is no {STORIES}."]
    stories = [story for those in chosen(EVERY).values() for story in those]
    return [
        f"{len(stories)} stories:",
        "",
        "| retriever | single questions | hit@1 | hit@3 | follow-ups made whole | hit@1 | hit@3 |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {name} | {_cells(singles)} | {_cells(follow_ups)} |"
            for name, (singles, follow_ups) in story_ranks(makers, stories, encoder).items()
        ),
    ]


def story_ranks(
    makers: Mapping[str, Maker], stories: Iterable[Story], encoder: Encoder
) -> dict[str, tuple[list[float], list[float]]]:
    """Give each retriever's ranks of the first right sentence: single questions, follow-ups."""
    ranks: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in makers}
    for story in stories:
        document = _document(partial(add, story=story), encoder)
        begun = starts(story, document.article.text)
        follow_ups = [each for chat in story.chats for each in chat[1:]]
        for name, make in makers.items():
            peer = make(document)
            for asked, into in zip((story.questions, follow_ups), ranks[name], strict=True):
                into += _ranks(peer, asked, begun)
    return ranks


def _ranks(peer: Peer, asked: Iterable[Asked], begun: Sequence[int | None]) -> Iterator[float]:
    for each in asked:
        if each.answerable:
            gold = [start for number in each.gold if (start := begun[number - 1]) is not None]
            yield _first_right(peer.search(each.whole), gold)


def _cells(ranks: Sequence[float]) -> str:
    return " | ".join([str(len(ranks)), *(f"{share:.3f}" for share in _hits(ranks)[:2])])


def _hits(ranks: Sequence[float]) -> list[float]:
    return [float(np.mean(np.array(ranks) <= most)) for most in (1, 3, 10)]


def _rows(tallies: dict[str, Tally]) -> Iterator[str]:
    own = tallies[UNREAD]
    for name, tally in tallies.items():
        cells = [f"{share:.3f}" for share in _hits(tally.ranks)]
        cells += [f"{np.mean(1 / np.array(tally.ranks)):.3f}", str(len(tally.misplaced))]
        cells += [f"{tally.indexing / own.indexing:.2f}"]
        cells += [f"{np.median(tally.asking) / np.median(own.asking):.2f}"]
        yield f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    print("\n".join(table(chosen_cases(), Encoder())))
