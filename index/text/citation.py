"""Places in articles: a sentence that was found, and what is cited."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from index.errors import LibraryError
from index.text.article import Article, Sentence


@dataclass(frozen=True, slots=True)
class Hit:
    """A sentence that was found: `score` in [-1, 1], higher is nearer; `rank` from 1.

    Scores fall with the rank, unless a reranker has put the first hits into its own order.
    """

    article_id: int
    sentence: Sentence
    quote: str
    score: float
    rank: int


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
