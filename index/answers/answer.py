"""Ranked sentences to an answer: cite the best of them, or say that the article does not say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from index.answers.confidence import (
    OFF_TOPIC,
    SHORT_THRESHOLD,
    TENTATIVE,
    THRESHOLD,
    confidence,
    short_confidence,
)
from index.answers.selection import cited_hits
from index.answers.short import short_span
from index.search.retriever import Ranking
from index.text.article import Article
from index.text.citation import Citation, Hit, cite
from index.text.fragments import linked

NOTHING_TO_SEARCH = "There was no article to search."
"""The notice of an answer that abstains because there is no article."""

ABSTENTION = "The article does not say."
"""The text of every answer that abstains."""

_MOST_NEAREST = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What the article says to a question, or that it does not say.

    question:   as it was asked
    query:      as it was searched for
    text:       the cited sentences in reading order, each followed by its marker; or statements
                that they support, each followed by the markers of those
    citations:  in the order of their numbers; empty on abstention
    short:      the few words inside a cited sentence that answer, with that sentence's marker;
                None where the reader is off or not sure
    confidence: the probability in [0, 1] that the article answers
    nearest:    on abstention, the sentences that came closest
    origin:     how the text came about: "extracted" (the citations alone), "composed" (statements
                of an LLM that the citations support), "overview" (the most central sentences)
                or "small talk" (a fixed reply)
    notice:     one line for whoever asked, such as why no LLM answered; mostly empty
    tentative:  whether the citations are only perhaps the answer, and are shown as such
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


def answer(question: str, ranking: Ranking) -> Answer:
    """Cite the best sentence and those that belong with it, perhaps tentatively, or abstain."""
    hits, query = ranking.hits, ranking.query.whole
    probability = confidence(ranking)
    if probability < TENTATIVE:
        near = hits[:_MOST_NEAREST] if probability >= OFF_TOPIC else ()
        notice = "" if hits else NOTHING_TO_SEARCH
        return Answer(question, query, ABSTENTION, (), None, probability, True, near, notice=notice)
    citations = cite(cited_hits(ranking))
    tentative = probability < THRESHOLD
    short = None if tentative else _short(ranking, citations)
    text = cited_text(citations)
    return Answer(
        question, query, text, citations, short, probability, False, (), tentative=tentative
    )


def cited_text(citations: Sequence[Citation]) -> str:
    """Give the quotes as one text, each followed by its marker."""
    return " ".join(f"{citation.quote} [{citation.number}]" for citation in citations)


def _short(ranking: Ranking, citations: tuple[Citation, ...]) -> Citation | None:
    """Cite the words inside the best hit that answer, if they are likely enough to be right.

    Where another article that is cited does not hold them, they may not be the whole truth.
    """
    best = ranking.hits[0]
    span = short_span(ranking)
    if span is None or short_confidence(ranking, span) < SHORT_THRESHOLD:
        return None
    [whole] = (each for each in citations if _stands_in(best, each))
    quote = whole.quote[span.start - whole.start : span.end - whole.start]
    others = (each.quote for each in citations if each.article_id != whole.article_id)
    if any(quote.casefold() not in other.casefold() for other in others):
        return None
    return replace(whole, start=span.start, end=span.end, quote=quote)


def _stands_in(hit: Hit, citation: Citation) -> bool:
    return (hit.article_id, hit.sentence.number) == (citation.article_id, citation.sentence)


def with_links(answer: Answer, articles: Mapping[int, Article]) -> Answer:
    """Give an answer with `url`, `page` and `title` of each citation whose article is known."""
    citations = tuple(linked(citation, articles) for citation in answer.citations)
    short = answer.short
    if short is not None:
        [whole] = (each for each in citations if each.number == short.number)
        short = replace(short, url=whole.url, page=whole.page, title=whole.title)
    return replace(answer, citations=citations, short=short)
