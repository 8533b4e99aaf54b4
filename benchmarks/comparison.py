"""Footnote beside its peers: same articles, same questions, same weights, one run.

python -m benchmarks.comparison [SQUAD_FILE]
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import numpy as np

from benchmarks.peers import Found, Peer, peers
from benchmarks.plots import draw_hits
from benchmarks.squad import Case, Question, chosen_cases
from index import Article, Encoder, Library, Reader
from index.encoder import packaged_model

UNREAD = "Footnote, reader off"
"""It has the same weights as its peers; all times are over its own."""


@dataclass(slots=True)
class Tally:
    """What one retriever did: ranks of the first right sentence, seconds, misplaced sentences."""

    ranks: list[float] = field(default_factory=list)
    indexing: float = 0.0
    asking: list[float] = field(default_factory=list)
    misplaced: set[tuple[str, int]] = field(default_factory=set)


class Footnote:
    """Footnote, in the shape of its peers."""

    def __init__(self, article: Article, encoder: Encoder, reader: Reader | Literal["off"]) -> None:
        self._library = Library.open(None, encoder=encoder, reader=reader)
        self._library.add_text(article.text, title=article.title)

    def search(self, question: str) -> list[Found]:
        """Give the ten best sentences."""
        return [
            Found(hit.quote, hit.sentence.start, hit.sentence.start)
            for hit in self._library.search(question, top_k=10)
        ]


def table(cases: Sequence[Case], encoder: Encoder) -> list[str]:
    """Measure, draw, and give the table's lines in Markdown."""
    reader = Reader()
    makers: dict[str, Callable[[Article], Peer]] = {
        "Footnote": lambda article: Footnote(article, encoder, reader),
        UNREAD: lambda article: Footnote(article, encoder, "off"),
        **peers(str(packaged_model())),
    }
    tallies = {name: Tally() for name in makers}
    for case in cases:
        article = Article(1, case.title, case.text, None, "", datetime.now(UTC))
        for name, make in makers.items():
            _measure(make, article, case, tallies[name])
    draw_hits({name: _hits(tally) for name, tally in tallies.items()})
    return [
        "| retriever | hit@1 | hit@3 | hit@10 | MRR | misplaced sentences | indexing time"
        " | median question |",
        "|---|---|---|---|---|---|---|---|",
        *_rows(tallies),
    ]


def _measure(make: Callable[[Article], Peer], article: Article, case: Case, tally: Tally) -> None:
    begun = time.perf_counter()
    peer = make(article)
    tally.indexing += time.perf_counter() - begun
    peer.search(case.questions[0].text)
    for question in case.questions:
        if not question.answerable:
            continue
        begun = time.perf_counter()
        found = peer.search(question.text)
        tally.asking.append(time.perf_counter() - begun)
        tally.ranks.append(_first_right(found, question))
        tally.misplaced |= {
            (article.title, each.start) for each in found if each.claimed != each.start
        }


def _first_right(found: Sequence[Found], question: Question) -> float:
    for rank, each in enumerate(found, start=1):
        end = each.start + len(each.text)
        if any(each.start <= start < end for start in question.answer_starts):
            return rank
    return np.inf


def _hits(tally: Tally) -> list[float]:
    return [float(np.mean(np.array(tally.ranks) <= most)) for most in (1, 3, 10)]


def _rows(tallies: dict[str, Tally]) -> Iterator[str]:
    own = tallies[UNREAD]
    for name, tally in tallies.items():
        cells = [f"{share:.3f}" for share in _hits(tally)]
        cells += [f"{np.mean(1 / np.array(tally.ranks)):.3f}", str(len(tally.misplaced))]
        cells += [f"{tally.indexing / own.indexing:.2f}"]
        cells += [f"{np.median(tally.asking) / np.median(own.asking):.2f}"]
        yield f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    print("\n".join(table(chosen_cases(), Encoder())))
