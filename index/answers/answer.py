"""Ranked sentences to an answer: cite the best of them, or say that the article does not say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from index.answers.confidence import (
    OFF_TOPIC,
    SHORT_THRESHOLD,
    TENTATIVE,
    THRESHOLD,
    confidence,
    short_confidence,
    short_span,
)
from index.answers.selection import cited_hits
from index.search.retriever import Ranking
from index.text.article import Article
from index.text.citation import Citation, Hit, linked, verify

NOTHING_TO_SEARCH = "There was no article to search."
"""The notice of an answer that abstains because there is no article."""

ABSTENTION = "The article does not say."
"""The text of every answer that abstains."""

_MOST_NEAREST = 3


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement in an LLM's words, and the numbers of the citations that belong below it.

    `text` is empty where the citations stand in its place.
    """

    text: str
    numbers: tuple[int, ...]

    @property
    def markers(self) -> str:
        """The markers of the citations, such as ``[1][3]``."""
        return "".join(f"[{number}]" for number in self.numbers)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the article says to a question, or that it does not say.

    question:   as it was asked
    query:      as it was searched for
    text:       the cited sentences, each followed by its marker; or statements of an LLM, each
                followed by the markers of the sentences that it cites
    citations:  in the order of their numbers; empty on abstention
    short:      the few words inside a cited sentence that answer, with that sentence's marker;
                None where the reader is off or not sure
    confidence: the probability in [0, 1] that the article answers
    nearest:    on abstention, the sentences that came closest
    origin:     how the text came about: "extracted" (the citations alone, in reading order),
                "chosen" (the same, chosen and put into order by an LLM), "composed" (in the words
                of an LLM), "overview" (the most central sentences) or "small talk" (a fixed reply)
    notice:     one line for whoever asked, such as why no LLM answered; mostly empty
    tentative:  whether the citations are only perhaps the answer, and are shown as such
    statements: what `text` is made of, where an LLM has worded it
    hits:       the ranked sentences that it was chosen from, the best first
    """

    question: str
    query: str
    text: str
    citations: tuple[Citation, ...]
    short: Citation | None
    confidence: float
    abstained: bool
    nearest: tuple[Hit, ...]
    origin: str = "extracted"
    notice: str = ""
    tentative: bool = False
    statements: tuple[Statement, ...] = ()
    hits: tuple[Hit, ...] = field(default=(), repr=False, compare=False)


def build_answer(question: str, ranking: Ranking) -> Answer:
    """Cite the best sentence and those that belong with it, perhaps tentatively, or abstain.

    Raises: LibraryError when a quote is not what its article says.
    """
    hits, query = ranking.hits, ranking.query.expanded
    probability = confidence(ranking)
    abstained = probability < TENTATIVE
    tentative = not abstained and probability < THRESHOLD
    nearest = hits[:_MOST_NEAREST] if abstained and probability >= OFF_TOPIC else ()
    citations = () if abstained else cite_in(ranking.articles, cited_hits(ranking))
    return Answer(
        question=question,
        query=query,
        text=ABSTENTION if abstained else cited_text(citations),
        citations=citations,
        short=None if abstained or tentative else _short(ranking, citations),
        confidence=probability,
        abstained=abstained,
        nearest=tuple(linked(hit, ranking.articles[hit.article_id]) for hit in nearest),
        notice="" if hits else NOTHING_TO_SEARCH,
        tentative=tentative,
        hits=hits,
    )


def cite_in(articles: Mapping[int, Article], hits: Iterable[Hit]) -> tuple[Citation, ...]:
    """Cite hits in reading order, numbered from 1, each with its link and compared with its text.

    Raises: LibraryError when a quote is not what its article says.
    """
    ordered = sorted(hits, key=lambda hit: (hit.article_id, hit.sentence))
    for hit in ordered:
        verify(hit, articles)
    return tuple(
        Citation.of(linked(hit, articles[hit.article_id]), number)
        for number, hit in enumerate(ordered, start=1)
    )


def cited_text(citations: Sequence[Citation]) -> str:
    """Return the quotes as one text, each followed by its marker."""
    return " ".join(f"{citation.quote} [{citation.number}]" for citation in citations)


def _short(ranking: Ranking, citations: tuple[Citation, ...]) -> Citation | None:
    """Cite the words inside the best hit that answer, if they are likely enough to be right.

    Where another article that is cited does not hold them, they may not be the whole truth.
    """
    best = ranking.hits[0]
    span = short_span(ranking)
    if span is None or short_confidence(ranking, span) < SHORT_THRESHOLD:
        return None
    at = (best.article_id, best.sentence)
    [whole] = (each for each in citations if (each.article_id, each.sentence) == at)
    quote = whole.quote[span.start - whole.start : span.end - whole.start]
    others = (each.quote for each in citations if each.article_id != whole.article_id)
    if any(quote.casefold() not in other.casefold() for other in others):
        return None
    return replace(whole, start=span.start, end=span.end, quote=quote)
