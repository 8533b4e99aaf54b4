"""Exact places in articles: what was found, and what is cited."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from index.errors import LibraryError
from index.text.article import Article
from index.text.fragments import fragment_url


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A piece of an article's text: its `quote` is ``article.text[start:end]``, to the character.

    sentence:   the number of the sentence that it stands in, from 1
    start, end: code points of the article's text, half-open
    title:      the article's
    url:        the address that opens the article's page there; None without a web address
    page:       the page of the document that it begins on, from 1; None without pages
    """

    article_id: int
    sentence: int
    start: int
    end: int
    quote: str
    title: str = field(default="", compare=False)
    url: str | None = field(default=None, compare=False)
    page: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit(Excerpt):
    """A sentence that was found: `score` in [-1, 1], higher is nearer; `rank` from 1.

    Scores fall with the rank, unless a reranker has put the first hits into its own order.
    """

    score: float
    rank: int

    @classmethod
    def of(cls, article: Article, number: int, *, score: float, rank: int) -> "Hit":
        """Return a sentence of an article, by its number, as a hit."""
        sentence = article.sentences[number - 1]
        return cls(
            article_id=article.id,
            sentence=number,
            start=sentence.start,
            end=sentence.end,
            quote=article.text[sentence.start : sentence.end],
            title=article.title,
            score=score,
            rank=rank,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation(Excerpt):
    """What an answer cites; `number` is the marker shown, from 1."""

    number: int

    @classmethod
    def of(cls, excerpt: Excerpt, number: int) -> "Citation":
        """Cite an excerpt under a number."""
        return cls(
            article_id=excerpt.article_id,
            sentence=excerpt.sentence,
            start=excerpt.start,
            end=excerpt.end,
            quote=excerpt.quote,
            title=excerpt.title,
            url=excerpt.url,
            page=excerpt.page,
            number=number,
        )


AnyExcerpt = TypeVar("AnyExcerpt", bound=Excerpt)


def linked(excerpt: AnyExcerpt, article: Article) -> AnyExcerpt:
    """Return an excerpt of an article with its `title`, `url` and `page`."""
    return replace(
        excerpt,
        title=article.title,
        url=fragment_url(article, excerpt.start, excerpt.end),
        page=article.page_of(excerpt.start),
    )


def verify(excerpt: Excerpt, articles: Mapping[int, Article]) -> None:
    """Raise LibraryError unless the quote stands at its place, to the character."""
    article = articles.get(excerpt.article_id)
    found = None if article is None else article.text[excerpt.start : excerpt.end]
    if found != excerpt.quote:
        raise LibraryError(
            f"a quote is not what article {excerpt.article_id} says from {excerpt.start} to"
            f" {excerpt.end}: it was changed or removed since; ask again"
        )
