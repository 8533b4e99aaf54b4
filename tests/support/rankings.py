"""Rankings put together by hand, for tests of what is made of one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from index import Article, Hit
from index.search.questions import Query
from index.search.retriever import Ranking
from index.text.structure import outline_of

TEXT = "It began at dawn. It went on. It ended at dusk. We left. Nobody stayed."


def article(text: str = TEXT, *, article_id: int = 1, title: str = "T") -> Article:
    added = datetime(2024, 5, 6, tzinfo=UTC)
    return Article(article_id, title, text, None, "", added)


def hit(of: Article, number: int, score: float, rank: int = 1) -> Hit:
    return Hit.of(of, number, score=score, rank=rank)


def ranking(
    *scored: tuple[int, float],
    question: str = "When?",
    similarity: float = 0.9,
    of: Article | None = None,
) -> Ranking:
    """Hits of one article, given the number and the score of each sentence."""
    of = of or article()
    hits = [hit(of, number, score, rank) for rank, (number, score) in enumerate(scored, start=1)]
    return ranking_of(hits, [of], question=question, similarity=similarity)


def ranking_of(
    hits: Sequence[Hit],
    articles: Sequence[Article],
    *,
    question: str = "When?",
    similarity: float = 0.9,
) -> Ranking:
    """Hits whose sentences say unlike things and match a question's one token by their score."""
    return Ranking(
        Query(question),
        tuple(hits),
        similarity=similarity,
        likeness=tuple(tuple([0.4] * rank) for rank in range(len(hits))),
        coverage=np.array([[each.score] for each in hits], np.float32),
        shares=np.ones(1, np.float32),
        articles={each.id: each for each in articles},
        outlines={each.id: outline_of(each) for each in articles},
        sentence_count=sum(len(each.sentences) for each in articles),
    )


def alike(found: Ranking, *pairs: tuple[int, int]) -> Ranking:
    """Return the ranking with the hits of these ranks nearly alike, and all others unlike."""
    ranks = range(1, len(found.hits) + 1)
    rows = [[0.95 if (one, two) in pairs else 0.4 for one in range(1, two)] for two in ranks]
    return replace(found, likeness=tuple(map(tuple, rows)))
