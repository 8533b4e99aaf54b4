"""Answers as text for a terminal or a pipe; what is shown was just compared with the article.

On a terminal long lines are folded, and in a pipe each is one line: `show` prints either.
"""

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from bot.attribution import byline, pages_shown
from bot.terminal.folding import Folded
from index import Answer, Article, ArticleInfo, Citation, Hit, Relocation, Stats
from index.text.citation import linked
from index.text.relocation import relocate
from index.text.segmentation import paragraph_around

_MARKER = "bold cyan"
_ASIDE = "dim"
_SHORT = "bold underline"
_ABSTAINED = "yellow"
_INDENT = "    "
_SINCE = {"moved": ", moved since that answer", "changed": ", reworded since that answer"}


def lines_view(text: str) -> RenderableType:
    """Show text of our own, line by line."""
    return Group(*map(_line, text.splitlines()))


def answer_json(answer: Answer) -> str:
    """Return the answer as JSON, with the names of its fields, all but what it was chosen from."""
    fields = asdict(replace(answer, hits=(), articles=()))
    del fields["hits"], fields["articles"]
    return json.dumps(fields, ensure_ascii=False, indent=2)


def show(console: Console, view: RenderableType) -> None:
    """Print a view: folded on a terminal, and each line whole elsewhere."""
    console.print(view, soft_wrap=not console.is_terminal)


def answer_view(answer: Answer) -> RenderableType:
    """Show an answer: the short one or the statements, then each cited sentence by its number.

    A tentative one is opened by "Perhaps:". Where several articles are cited, each is named below
    its sentences. On abstention, what came nearest, if anything did.
    """
    parts: list[RenderableType] = []
    refused = answer.abstained and not answer.nearest
    if answer.query != answer.question and not refused:
        parts.append(_line(f"(searched for: {shown(answer.query)})", _ASIDE))
    if answer.abstained:
        parts += _abstention(answer)
    if answer.tentative:
        parts.append(_line("Perhaps:", _ABSTAINED))
    if answer.origin in ("small talk", "composed"):
        parts.append(_line(shown(answer.text)))
    if answer.short:
        parts.append(_line(shown(answer.short.quote), _SHORT))
    overview = " · overview" if answer.origin == "overview" else ""
    for _, group in groupby(answer.citations, lambda each: each.article_id):
        cited = list(group)
        for citation in cited:
            marked = _marked(citation, answer.short)
            parts.append(_numbered(f"[{citation.number}]", marked, citation.url))
        parts.append(_line(_origin(cited) + overview, _ASIDE))
    if answer.notice:
        parts.append(_line(f"({shown(answer.notice)})", _ASIDE))
    return Group(*parts)


def hits_view(hits: Iterable[Hit]) -> RenderableType:
    """Show what a search found: rank, title and quote of each."""
    return Group(
        *(
            _numbered(
                str(hit.rank),
                Text.assemble((f"{shown(hit.title)}: ", _ASIDE), shown(hit.quote)),
            )
            for hit in hits
        )
    )


def hits_json(hits: Iterable[Hit]) -> str:
    """Return hits as JSON, with the names of their fields."""
    return json.dumps([asdict(hit) for hit in hits], ensure_ascii=False, indent=2)


def sources_view(answer: Answer, articles: Mapping[int, Article]) -> RenderableType:
    """Show each cited sentence inside its paragraph, where it stands today.

    `articles` are those that are still there, by id: they may have changed since the answer.
    """
    parts: list[RenderableType] = []
    for citation in answer.citations:
        article = articles.get(citation.article_id)
        found = relocate(citation, article) if article else Relocation("removed", None)
        if article is None or found.citation is None:
            parts.append(_lost(citation, article))
        elif found.state == "unchanged":
            parts += _source(article, found.citation, "")
        else:
            now = linked(found.citation, article)
            parts += _source(article, now, _SINCE[found.state])
    return Group(*parts)


def articles_view(articles: Iterable[ArticleInfo]) -> RenderableType:
    """List articles: id, title, length, who wrote each and when, and where each came from."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("id", justify="right", style=_MARKER)
    table.add_column("title", overflow="fold")
    table.add_column("sentences", justify="right")
    table.add_column("by", overflow="fold")
    table.add_column("source", overflow="fold", style=_ASIDE)
    for article in articles:
        table.add_row(*map(Text, _cells(article)))
    return table


def articles_lines(articles: Iterable[ArticleInfo]) -> str:
    """Return the same for a pipe: a line an article, its cells parted by tabs."""
    return "\n".join("\t".join(_cells(article)) for article in articles)


def articles_json(articles: Iterable[ArticleInfo]) -> str:
    """Return the same as JSON."""
    listed = [
        {
            "id": article.id,
            "title": article.title,
            "sentences": article.sentence_count,
            "author": article.author,
            "published": article.published,
            "source": article.source,
        }
        for article in articles
    ]
    return json.dumps(listed, ensure_ascii=False, indent=2)


def _cells(article: ArticleInfo) -> list[str]:
    length = str(article.sentence_count)
    cells = (str(article.id), article.title, length, byline(article), article.source or "")
    return [shown(cell) for cell in cells]


def stats_view(stats: Stats) -> RenderableType:
    """Show how much a library holds, and in what kind of index."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in _stats(stats):
        table.add_row(Text(name, style="bold"), Text(value))
    return table


def stats_lines(stats: Stats) -> str:
    """Return the same for a pipe: a line each, name and value parted by a tab."""
    return "\n".join("\t".join(each) for each in _stats(stats))


def _stats(stats: Stats) -> tuple[tuple[str, str], ...]:
    return (
        ("articles", f"{stats.articles:,}"),
        ("passages", f"{stats.passages:,}"),
        ("sentences", f"{stats.sentences:,}"),
        ("index", stats.index),
        ("in memory", _megabytes(stats.memory)),
        ("on disk", _megabytes(stats.disk)),
    )


def _megabytes(count: int) -> str:
    return f"{count / 2**20:,.1f} MiB"


def shown(text: str) -> str:
    """Give text as one line that cannot steer the terminal: control characters are left out."""
    kept = (
        character
        for character in text
        if character.isspace() or unicodedata.category(character) != "Cc"
    )
    return " ".join("".join(kept).split())


def _abstention(answer: Answer) -> list[RenderableType]:
    parts = [_line(answer.text, _ABSTAINED)]
    if answer.nearest:
        parts.append(_line("The nearest that it says:", _ASIDE))
    quotes = (Text(shown(hit.quote), style=_ASIDE) for hit in answer.nearest)
    return [*parts, *(_numbered(" · ", quote) for quote in quotes)]


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


def _line(text: str, style: str = "") -> RenderableType:
    return Folded(Text(text, style=style))


def _numbered(marker: str, text: Text, url: str | None = None) -> RenderableType:
    return Folded(text, marker=Text.assemble((marker, _linked(_MARKER, url)), " "))


def _origin(cited: Sequence[Citation]) -> str:
    return f"— {' · '.join(filter(None, (shown(cited[0].title), pages_shown(cited))))}"


def _place(article: Article, citation: Citation) -> str:
    page = "" if citation.page is None else f"page {citation.page}, "
    return f"{shown(article.title)}, {page}sentence {citation.sentence} of {len(article.sentences)}"


def _source(article: Article, citation: Citation, since: str) -> Iterator[RenderableType]:
    yield _line(f"[{citation.number}] {_place(article, citation)}{since}", _MARKER)
    yield Folded(_in_paragraph(article, citation), marker=Text(_INDENT))
    if citation.url:
        address = Text(citation.url, style=_linked(_ASIDE, citation.url))
        yield Folded(address, marker=Text(_INDENT))


def _lost(citation: Citation, article: Article | None) -> RenderableType:
    """Show what was cited and is no longer there, as such."""
    because = f"{shown(article.title)} no longer says" if article else "The article was removed:"
    lost = Text(f"[{citation.number}] {because}", style=_MARKER)
    return Folded(Text(" ").join([lost, Text(f"“{shown(citation.quote)}”", style=_ASIDE)]))


def _in_paragraph(article: Article, citation: Citation) -> Text:
    start, end = paragraph_around(article.text, citation.start)
    before = shown(article.text[start : citation.start])
    after = shown(article.text[citation.end : end])
    parts = [(before, _ASIDE), (shown(citation.quote), "bold"), (after, _ASIDE)]
    return Text(" ").join(Text(text, style=style) for text, style in parts if text)
