"""Ranked sentences to an answer: cite the best of them, or say that the article does not say."""

from collections.abc import Mapping
from dataclasses import dataclass

from index.article import Article
from index.confidence import THRESHOLD, confidence
from index.errors import LibraryError
from index.retriever import Hit, Ranking

ABSTENTION = "The article does not say."
"""The text of every answer that abstains."""

_MOST_CITED = 3
_MARGIN = 0.03  # a sentence that scores so close to the best one is cited with it
_MOST_NEAREST = 3


@dataclass(frozen=True, slots=True)
class Citation:
    """A place in an article: its `quote` is ``article.text[start:end]``, to the character.

    `number` is the marker shown, from 1; `sentence` the number of the sentence.
    """

    article_id: int
    number: int
    sentence: int
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the article says to a question, or that it does not say.

    question:   as it was asked
    query:      as it was searched for
    text:       the cited sentences in reading order, each followed by its marker
    citations:  in reading order; empty on abstention
    short:      the few words inside a cited sentence that answer, where they are known
    confidence: the probability in [0, 1] that the article answers
    nearest:    on abstention, the sentences that came closest
    """

    question: str
    query: str
    text: str
    citations: tuple[Citation, ...]
    short: Citation | None
    confidence: float
    abstained: bool
    nearest: tuple[Hit, ...]


def answer(question: str, query: str, ranking: Ranking) -> Answer:
    """Cite the best sentence and those that come close to it, or abstain."""
    hits = ranking.hits
    probability = confidence(hits[0].score, ranking.similarity) if hits else 0.0
    if probability < THRESHOLD:
        nearest = hits[:_MOST_NEAREST]
        return Answer(question, query, ABSTENTION, (), None, probability, True, nearest)
    citations = _cite(hits)
    text = " ".join(f"{citation.quote} [{citation.number}]" for citation in citations)
    return Answer(question, query, text, citations, None, probability, False, ())


def verify(citation: Citation, articles: Mapping[int, Article]) -> None:
    """Raise LibraryError unless the citation's quote stands at its place, to the character."""
    article = articles.get(citation.article_id)
    found = None if article is None else article.text[citation.start : citation.end]
    if found != citation.quote:
        raise LibraryError(
            f"citation [{citation.number}] is not what article {citation.article_id} says at"
            f" {citation.start} to {citation.end}: it was changed or removed since; ask again"
        )


def _cite(hits: tuple[Hit, ...]) -> tuple[Citation, ...]:
    chosen = [hit for hit in hits[:_MOST_CITED] if hits[0].score - hit.score <= _MARGIN]
    chosen.sort(key=lambda hit: (hit.article_id, hit.sentence.number))
    return tuple(
        Citation(
            article_id=hit.article_id,
            number=number,
            sentence=hit.sentence.number,
            start=hit.sentence.start,
            end=hit.sentence.end,
            quote=hit.quote,
        )
        for number, hit in enumerate(chosen, start=1)
    )
