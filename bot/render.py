"""Answers as terminal text. What is shown was compared with the article just before."""

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from index import Answer, Article, Citation, Located, Stats
from index.answer import verify
from index.article import paragraph_around
from index.links import linked
from index.revision import locate

_MARKER = "bold cyan"
_ASIDE = "dim"
_SHORT = "bold underline"
_SINCE = {"moved": ", moved since that answer", "changed": ", reworded since that answer"}


def answer_json(answer: Answer) -> str:
    """Give the answer as JSON, with the names of its fields."""
    return json.dumps(asdict(answer), ensure_ascii=False, indent=2)


def answer_view(answer: Answer, articles: Mapping[int, Article]) -> RenderableType:
    """Show an answer: the short one or the statements, then each cited sentence by its number.

    On abstention, what came nearest.
    Raises: LibraryError when a quote is not what its article says.
    """
    parts: list[RenderableType] = []
    if answer.query != answer.question:
        parts.append(Text(f"(searched for: {shown(answer.query)})", style=_ASIDE))
    if answer.abstained:
        parts += _abstention(answer)
    if answer.origin in ("small talk", "composed"):
        parts.append(Text(shown(answer.text)))
    if answer.short:
        verify(answer.short, articles)
        parts.append(Text(shown(answer.short.quote), style=_SHORT))
    for citation in answer.citations:
        verify(citation, articles)
        row = _numbered(f"[{citation.number}]", _marked(citation, answer.short), url=citation.url)
        parts.append(row)
    if answer.notice:
        parts.append(Text(f"({shown(answer.notice)})", style=_ASIDE))
    if answer.citations:
        parts.append(Text(_origin(answer, articles), style=_ASIDE))
    return Group(*parts)


def sources_view(answer: Answer, articles: Mapping[int, Article]) -> RenderableType:
    """Show each cited sentence inside its paragraph, where it stands today.

    `articles` are those that are still there, by id: they may have changed since the answer.
    """
    parts: list[RenderableType] = []
    for citation in answer.citations:
        article = articles.get(citation.article_id)
        found = locate(citation, article) if article else Located("removed", None)
        if article is None or found.citation is None:
            parts.append(_lost(citation, article))
        elif found.state == "unchanged":
            parts += _source(article, found.citation, "")
        else:
            now = linked(found.citation, articles)
            parts += _source(article, now, _SINCE[found.state])
    return Group(*parts)


def articles_view(articles: Iterable[Article]) -> RenderableType:
    """List articles: id, title, length, who wrote each and when, and where each came from."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("id", justify="right", style=_MARKER)
    table.add_column("title")
    table.add_column("sentences", justify="right")
    table.add_column("by")
    table.add_column("source", overflow="fold", style=_ASIDE)
    for article in articles:
        length, source = len(article.sentences), article.source or ""
        cells = (article.id, article.title, length, byline(article), source)
        table.add_row(*(Text(shown(str(cell))) for cell in cells))
    return table


def stats_view(stats: Stats) -> RenderableType:
    """Tell how much a library holds, and in what kind of index."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in (
        ("articles", f"{stats.articles:,}"),
        ("passages", f"{stats.passages:,}"),
        ("sentences", f"{stats.sentences:,}"),
        ("index", stats.index),
        ("in memory", _megabytes(stats.memory)),
        ("on disk", _megabytes(stats.disk)),
    ):
        table.add_row(Text(name, style="bold"), Text(value))
    return table


def _megabytes(count: int) -> str:
    return f"{count / 2**20:,.1f} MiB"


def pages_shown(citations: Iterable[Citation]) -> str:
    """Give the pages of those citations that have one, such as ``[1] p. 3, [2] p. 4``."""
    return ", ".join(f"[{each.number}] p. {each.page}" for each in citations if each.page)


def byline(article: Article) -> str:
    """Give who wrote an article and when, as far as it says."""
    return ", ".join(filter(None, (article.author, article.published)))


def shown(text: str) -> str:
    """Give text as one line that cannot steer the terminal: control characters are left out."""
    kept = (
        character
        for character in text
        if character.isspace() or unicodedata.category(character) != "Cc"
    )
    return " ".join("".join(kept).split())


def _abstention(answer: Answer) -> list[RenderableType]:
    parts: list[RenderableType] = [Text(answer.text, style="yellow")]
    nearest = "The nearest that it says:" if answer.nearest else "There was no article to search."
    parts.append(Text(nearest, style=_ASIDE))
    parts += (_numbered(" · ", Text(shown(hit.quote), style=_ASIDE)) for hit in answer.nearest)
    return parts


def _marked(citation: Citation, short: Citation | None) -> Text:
    """Give the quote, with the short answer marked where it stands in it."""
    if short is None or short.number != citation.number:
        return Text(shown(citation.quote))
    start, end = short.start - citation.start, short.end - citation.start
    # A bar keeps the space at a seam, which `shown` would strip.
    before = shown(f"{citation.quote[:start]}|").removesuffix("|")
    after = shown(f"|{citation.quote[end:]}").removeprefix("|")
    return Text.assemble(before, (shown(short.quote), _SHORT), after)


def _linked(style: str, url: str | None) -> Style:
    """Give a style that opens an address where the terminal can; elsewhere it changes nothing."""
    return Style.parse(style) + Style(link=url)


def _numbered(marker: str, text: Text, *, url: str | None = None) -> RenderableType:
    row = Table.grid(padding=(0, 1))
    row.add_column(style=_MARKER, no_wrap=True)
    row.add_column()
    row.add_row(Text(marker, style=_linked(_MARKER, url)), text)
    return row


def _origin(answer: Answer, articles: Mapping[int, Article]) -> str:
    titles = dict.fromkeys(articles[each.article_id].title for each in answer.citations)
    sure = "overview" if answer.origin == "overview" else f"confidence {answer.confidence:.0%}"
    parts = (shown(", ".join(titles)), pages_shown(answer.citations), sure)
    return f"— {' · '.join(filter(None, parts))}"


def _place(article: Article, citation: Citation) -> str:
    page = "" if citation.page is None else f"page {citation.page}, "
    return f"{shown(article.title)}, {page}sentence {citation.sentence} of {len(article.sentences)}"


def _source(article: Article, citation: Citation, since: str) -> Iterator[RenderableType]:
    yield Text(f"[{citation.number}] {_place(article, citation)}{since}", style=_MARKER)
    yield Padding(_in_paragraph(article, citation), (0, 0, 0, 4))
    if citation.url:
        address = Text(citation.url, style=_linked(_ASIDE, citation.url), overflow="fold")
        yield Padding(address, (0, 0, 0, 4))


def _lost(citation: Citation, article: Article | None) -> RenderableType:
    """Show what was cited and is no longer there, as such."""
    because = f"{shown(article.title)} no longer says" if article else "The article was removed:"
    lost = Text(f"[{citation.number}] {because}", style=_MARKER)
    return Text(" ").join([lost, Text(f"“{shown(citation.quote)}”", style=_ASIDE)])


def _in_paragraph(article: Article, citation: Citation) -> Text:
    start, end = paragraph_around(article.text, citation.start)
    before = shown(article.text[start : citation.start])
    after = shown(article.text[citation.end : end])
    parts = [(before, _ASIDE), (shown(citation.quote), "bold"), (after, _ASIDE)]
    return Text(" ").join(Text(text, style=style) for text, style in parts if text)
