"""Ranked sentences to an answer: cite the best of them, or say that the article does not say."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from index.article import Article
from index.confidence import SHORT_THRESHOLD, THRESHOLD, confidence, short_confidence
from index.errors import LibraryError
from index.found import Hit
from index.retriever import Ranking

ABSTENTION = "The article does not say."
"""The text of every answer that abstains."""

_MOST_CITED = 3
_MARGIN = 0.03  # a sentence that scores so close to the best one is cited with it
_WIDE_MARGIN = 0.08  # where several facts are asked for: up to 0.1 it finds more, beyond little
_ALIKE = 0.9  # as cosine; neighbours in a passage have 0.86 in the median and say other things
_MOST_NEAREST = 3
_SEVERAL = re.compile(
    r"\bwhy\b|\w.*\band\b"
    r"|\bhow(?:['’]?[ds]| (?:else |exactly )?(?:come|to|is|are|was|were|do|does|did|has|have|had"
    r"|can|could|will|would|shall|should|may|might|must))\b",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Citation:
    """A place in an article: its `quote` is ``article.text[start:end]``, to the character.

    `number` is the marker shown, from 1; `sentence` the number of the sentence; `url` the address
    that opens the article's page at that sentence, None where it came from no web address; `page`
    the page of the document that it begins on, None where the document has none; `title` the
    article's.
    """

    article_id: int
    number: int
    sentence: int
    start: int
    end: int
    quote: str
    url: str | None = field(default=None, compare=False)
    page: int | None = field(default=None, compare=False)
    title: str = field(default="", compare=False)


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


def answer(question: str, query: str, ranking: Ranking) -> Answer:
    """Cite the best sentence and those that come close to it, or abstain.

    A question that asks for several facts gets sentences from further off, each with more to say.
    """
    hits = ranking.hits
    probability = confidence(hits[0].score, ranking.similarity, ranking.odds) if hits else 0.0
    if probability < THRESHOLD:
        nearest = hits[:_MOST_NEAREST]
        return Answer(question, query, ABSTENTION, (), None, probability, True, nearest)
    citations = cite(_several(ranking) if asks_for_several(question) else _close(hits))
    short = _short(ranking, citations)
    return Answer(question, query, cited_text(citations), citations, short, probability, False, ())


def asks_for_several(question: str) -> bool:
    """Whether one fact is seldom enough: why, how it is done, or two things joined by "and"."""
    return _SEVERAL.search(question) is not None


def cited_text(citations: Sequence[Citation]) -> str:
    """Give the quotes as one text, each followed by its marker."""
    return " ".join(f"{citation.quote} [{citation.number}]" for citation in citations)


def cite(hits: Iterable[Hit]) -> tuple[Citation, ...]:
    """Cite sentences in reading order, numbered from 1."""
    places = sorted(hits, key=lambda hit: (hit.article_id, hit.sentence.number))
    return tuple(citation_of(hit, number) for number, hit in enumerate(places, start=1))


def citation_of(hit: Hit, number: int) -> Citation:
    """Cite a sentence under a number."""
    place = hit.sentence
    return Citation(hit.article_id, number, place.number, place.start, place.end, hit.quote)


def verify(citation: Citation, articles: Mapping[int, Article]) -> None:
    """Raise LibraryError unless the citation's quote stands at its place, to the character."""
    article = articles.get(citation.article_id)
    found = None if article is None else article.text[citation.start : citation.end]
    if found != citation.quote:
        raise LibraryError(
            f"citation [{citation.number}] is not what article {citation.article_id} says at"
            f" {citation.start} to {citation.end}: it was changed or removed since; ask again"
        )


def _short(ranking: Ranking, citations: tuple[Citation, ...]) -> Citation | None:
    """Cite the words inside the best hit that answer, if they are likely enough to be right."""
    span, best = ranking.span, ranking.hits[0]
    if span is None or short_confidence(best.score, span) < SHORT_THRESHOLD:
        return None
    [whole] = (each for each in citations if _stands_in(best, each))
    quote = whole.quote[span.start - whole.start : span.end - whole.start]
    return replace(whole, start=span.start, end=span.end, quote=quote)


def _stands_in(hit: Hit, citation: Citation) -> bool:
    return (hit.article_id, hit.sentence.number) == (citation.article_id, citation.sentence)


def _close(hits: Sequence[Hit]) -> list[Hit]:
    return [hit for hit in hits[:_MOST_CITED] if hits[0].score - hit.score <= _MARGIN]


def _several(ranking: Ranking) -> list[Hit]:
    """Choose the best hits that add to each other: none says what a chosen one says."""
    hits = ranking.hits
    chosen: list[int] = []
    for index, likeness in enumerate(ranking.likeness or [()]):
        near = hits[0].score - hits[index].score <= _WIDE_MARGIN
        if near and all(likeness[other] < _ALIKE for other in chosen):
            chosen.append(index)
    return [hits[index] for index in chosen[:_MOST_CITED]]
