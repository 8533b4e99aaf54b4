"""Exact places in articles: what was found, what is cited, and where a citation stands now.

Of an older version of an article nothing is left but the citations of it, so a citation is found
again by its words and its place.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import Literal, TypeVar

from index.errors import LibraryError
from index.text.article import Article
from index.text.fragments import fragment_url
from index.text.segmentation import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Part of an article's text: its `quote` is ``article.text[start:end]``, to the character.

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
            quote=article.quote(number),
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


State = Literal["unchanged", "moved", "changed", "gone", "removed"]

_ALIKE = 0.5
"""With more of their words in common, in the same order, one sentence passes for another reworded.

Of sentences taken out of eight articles of SQuAD none passed for one that was left; with a tenth of
their words replaced 0.977 are still found, with a quarter 0.885 (`python -m benchmarks.revision`).
"""


@dataclass(frozen=True, slots=True)
class Relocation:
    """What became of a citation.

    state:    "unchanged" (it stands where it stood, to the character), "moved" (the same words at
              another place, or with other white space between them), "changed" (reworded), "gone",
              or "removed" (the article is no longer in the collection)
    citation: the place now, under the same number; None where it is gone or removed
    """

    state: State
    citation: Citation | None


def relocate(citation: Citation, article: Article, *, within: Citation | None = None) -> Relocation:
    """Find in an article what was cited from an older version of it.

    Of several places with the same words it is the nearest to the old one, and "changed" is the
    sentence with most words in common. `within` cites the sentence that the words of `citation`
    stand in: then they are sought in that sentence alone. At another place `url` and `page` are
    None.
    """
    if within is not None:
        return _within(citation, article, relocate(within, article), within)
    text = article.text
    as_cited = text[citation.start : citation.end] == citation.quote
    if as_cited and _pattern(citation.quote).match(text, citation.start):
        number = _number_at(article, citation.start)
        return Relocation("unchanged", replace(citation, sentence=number))
    found = find_quote(citation.quote, article, sentence=citation.sentence, start=citation.start)
    if found.citation is None:
        return found
    return replace(found, citation=replace(found.citation, number=citation.number))


def find_quote(
    quote: str, article: Article, *, sentence: int, start: int | None = None
) -> Relocation:
    """Find in an article what a sentence of it said, of which no more than its number is known.

    `start` is where it began, if that is known; the citation that is found has the number 1.
    """
    places = [found.span() for found in _pattern(quote).finditer(article.text)]
    if start is None:
        known = article.sentences[: max(sentence, 1)]
        start = known[-1].start if known else 0
    same = min(
        places,
        key=lambda at: (abs(_number_at(article, at[0]) - sentence), abs(at[0] - start)),
        default=None,
    )
    if same is not None:
        return Relocation("moved", _citation(article, *same))
    alike = _most_alike(quote, article, sentence)
    if alike is not None:
        return Relocation("changed", _citation(article, alike.start, alike.end))
    return Relocation("gone", None)


def _within(words: Citation, article: Article, found: Relocation, then: Citation) -> Relocation:
    """Find a sentence's words where the sentence is now, near where they stood in it then."""
    now = found.citation
    if now is None:
        return found
    if found.state == "unchanged":
        return Relocation("unchanged", replace(words, sentence=now.sentence))
    expected = now.start + words.start - then.start
    places = _pattern(words.quote).finditer(article.text, now.start, now.end)
    spans = [place.span() for place in places]
    if not spans:
        return Relocation("gone", None)
    start, end = min(spans, key=lambda span: abs(span[0] - expected))
    placed = replace(_citation(article, start, end), number=words.number)
    return Relocation(found.state, placed)


def _citation(article: Article, start: int, end: int) -> Citation:
    return Citation(
        article_id=article.id,
        sentence=_number_at(article, start),
        start=start,
        end=end,
        quote=article.text[start:end],
        title=article.title,
        number=1,
    )


def _number_at(article: Article, position: int) -> int:
    return bisect_right(article.sentences, position, key=lambda sentence: sentence.start)


def _pattern(quote: str) -> re.Pattern[str]:
    """Return what matches the words of a quote, whatever white space parts them.

    They are whole words alone, no "art" in "party"; a quote without words stands nowhere.
    """
    words = quote.split()
    if not words:
        return re.compile(r"(?!)")
    before = r"(?<!\w)" if words[0][0].isalnum() else ""
    after = r"(?!\w)" if words[-1][-1].isalnum() else ""
    return re.compile(before + r"\s+".join(map(re.escape, words)) + after)


def _most_alike(quote: str, article: Article, number: int) -> Sentence | None:
    """Return the sentence with most words in common; of equals, the nearest to a number."""
    matcher = SequenceMatcher(None, "", _words(quote), autojunk=False)
    bounds = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)  # ever closer, dearer
    best, highest = None, _ALIKE
    for sentence in sorted(article.sentences, key=lambda each: abs(each.number - number)):
        words = _words(article.quote(sentence.number))
        matcher.set_seq1(words)
        if words and all(bound() > highest for bound in bounds):
            best, highest = sentence, matcher.ratio()
    return best


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def pages_shown(citations: Iterable[Citation]) -> str:
    """Return the pages of those citations that have one, such as ``[1] p. 3, [2] p. 4``."""
    return ", ".join(f"[{each.number}] p. {each.page}" for each in citations if each.page)
