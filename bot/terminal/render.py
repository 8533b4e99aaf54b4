"""Answers, search results and lists as text for a terminal or a pipe, and as JSON.

`show` prints each view: wrapped on a terminal, and with every line whole in a pipe. Rich measures a
line as a whole and its words one by one; where joined or combining characters make the two differ,
it cuts off the end of the line. `Wrapped` therefore takes a line to be as wide as the wider of the
two.
"""

import json
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from itertools import groupby, pairwise

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.style import Style
from rich.table import Table
from rich.text import Text

from bot.chat import WORDED
from index import Answer, Article, ArticleInfo, Citation, Hit, Relocation, Stats
from index.text.citation import linked, pages_shown, relocate
from index.text.segmentation import paragraph_around

_MARKER = "bold cyan"
_ASIDE = "dim"
_SHORT = "bold underline"
_ABSTAINED = "yellow"
_ITALIC = "italic"
_INDENT = "    "
_WORD = re.compile(r"\S+")
_SINCE = {
    "unchanged": "",
    "moved": ", moved since that answer",
    "changed": ", reworded since that answer",
}


def print_line(console: Console, line: str) -> None:
    """Print a line as it is, whole even where the terminal is narrow."""
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def show(console: Console, view: RenderableType) -> None:
    """Print a view: wrapped on a terminal, and each line whole elsewhere."""
    console.print(view, soft_wrap=not console.is_terminal)


def sanitize(text: str) -> str:
    """Return text as one line without control characters, so that it cannot steer a terminal."""
    safe = (each for each in text if each.isspace() or unicodedata.category(each) != "Cc")
    return " ".join("".join(safe).split())


def lines_view(text: str) -> RenderableType:
    """Return a view of trusted text, line by line."""
    return Group(*map(_line, text.splitlines()))


def answer_json(answer: Answer) -> str:
    """Return an answer as JSON, with the names of its fields, all but what it was chosen from."""
    fields = asdict(replace(answer, hits=()))
    del fields["hits"]
    return json.dumps(fields, ensure_ascii=False, indent=2)


def answer_view(answer: Answer) -> RenderableType:
    """Return a view of an answer: its short form, then the cited sentences.

    Each sentence follows its number, and each article is named below its sentences. Where an LLM
    has worded the answer, each statement stands above the sentences that it cites. A tentative
    answer starts with "Perhaps:". An abstention shows the nearest sentences, if there are any.
    """
    parts: list[RenderableType] = []
    nothing_near = answer.abstained and not answer.nearest
    if answer.query != answer.question and not nothing_near:
        parts.append(_line(f"(searched for: {sanitize(answer.query)})", _ASIDE))
    if answer.abstained:
        parts.append(_line(answer.text, _ABSTAINED))
        if answer.nearest:
            parts.append(_line("The nearest that it says:", _ASIDE))
        quotes = (Text(sanitize(hit.quote), style=_ASIDE) for hit in answer.nearest)
        parts += (_numbered(" · ", quote) for quote in quotes)
    if answer.tentative:
        parts.append(_line("Perhaps:", _ABSTAINED))
    if answer.origin == "small talk":
        parts.append(_line(sanitize(answer.text)))
    if answer.short:
        parts.append(_line(sanitize(answer.short.quote), _SHORT))
    parts += _quotations(answer)
    if answer.notice:
        parts.append(_line(f"({sanitize(answer.notice)})", _ASIDE))
    return Group(*parts)


def hits_view(hits: Iterable[Hit]) -> RenderableType:
    """Return a view of what a search found: rank, title and quote of each hit."""
    parts = []
    for hit in hits:
        text = Text.assemble((f"{sanitize(hit.title)}: ", _ASIDE), sanitize(hit.quote))
        parts.append(_numbered(str(hit.rank), text))
    return Group(*parts)


def hits_json(hits: Iterable[Hit]) -> str:
    """Return hits as JSON, with the names of their fields."""
    return json.dumps([asdict(hit) for hit in hits], ensure_ascii=False, indent=2)


def sources_view(answer: Answer, articles: Mapping[int, Article]) -> RenderableType:
    """Return a view of each cited sentence inside its paragraph, at its place of today.

    `articles` are those that still exist, by id; they may have changed since the answer.
    """
    parts: list[RenderableType] = []
    for citation in answer.citations:
        article = articles.get(citation.article_id)
        found = relocate(citation, article) if article else Relocation("removed", None)
        if article and found.citation:
            now = citation if found.state == "unchanged" else linked(found.citation, article)
            page = "" if now.page is None else f"page {now.page}, "
            place = f"{page}sentence {now.sentence} of {len(article.sentences)}"
            title = sanitize(article.title)
            parts.append(_line(f"[{now.number}] {title}, {place}{_SINCE[found.state]}", _MARKER))
            parts.append(Wrapped(_in_paragraph(article, now), marker=Text(_INDENT)))
            if now.url:
                address = Text(now.url, style=_link(_ASIDE, now.url))
                parts.append(Wrapped(address, marker=Text(_INDENT)))
        else:
            title = sanitize(article.title) if article else ""
            because = f"{title} no longer says" if article else "The article was removed:"
            lost = Text(f"[{citation.number}] {because} ", style=_MARKER)
            lost.append(f"“{sanitize(citation.quote)}”", style=_ASIDE)
            parts.append(Wrapped(lost))
    return Group(*parts)


def articles_view(articles: Iterable[ArticleInfo]) -> RenderableType:
    """Return a table of articles: id, title, length, author and date, and source of each."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("id", justify="right", style=_MARKER)
    table.add_column("title", overflow="fold")
    table.add_column("sentences", justify="right")
    table.add_column("by", overflow="fold")
    table.add_column("source", overflow="fold", style=_ASIDE)
    for article in articles:
        table.add_row(*map(Text, _row(article)))
    return table


def articles_lines(articles: Iterable[ArticleInfo]) -> str:
    """Return the same table for a pipe: a line an article, with tabs between its cells."""
    return "\n".join("\t".join(_row(article)) for article in articles)


def articles_json(articles: Iterable[ArticleInfo]) -> str:
    """Return the same table as JSON."""
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


def _row(article: ArticleInfo) -> list[str]:
    length = str(article.sentence_count)
    cells = (str(article.id), article.title, length, article.byline, article.source or "")
    return [sanitize(cell) for cell in cells]


def stats_view(stats: Stats) -> RenderableType:
    """Return a table of how much a library holds, and in which kind of index."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in _stats(stats):
        table.add_row(Text(name, style="bold"), Text(value))
    return table


def stats_lines(stats: Stats) -> str:
    """Return the same table for a pipe: a line each, with a tab between name and value."""
    return "\n".join("\t".join(each) for each in _stats(stats))


def _stats(stats: Stats) -> tuple[tuple[str, str], ...]:
    return (
        ("articles", f"{stats.articles:,}"),
        ("passages", f"{stats.passages:,}"),
        ("sentences", f"{stats.sentences:,}"),
        ("index", stats.index),
        ("in memory", f"{stats.memory / 2**20:,.1f} MiB"),
        ("on disk", f"{stats.disk / 2**20:,.1f} MiB"),
    )


def _line(text: str, style: str = "") -> RenderableType:
    return Wrapped(Text(text, style=style))


def _numbered(marker: str, text: Text, url: str | None = None) -> RenderableType:
    return Wrapped(text, marker=Text.assemble((marker, _link(_MARKER, url)), " "))


def _link(style: str, url: str | None) -> Style:
    """Return a style that makes text a link to `url` where the terminal supports links."""
    return Style.parse(style) + Style(link=url)


def _quotations(answer: Answer) -> Iterator[RenderableType]:
    """Yield the cited sentences, below the statements that cite them, and then their articles."""
    by_number = {citation.number: citation for citation in answer.citations}
    if answer.statements:
        yield _line(WORDED, _ASIDE)
    for statement in answer.statements:
        if statement.text:
            yield _line(f"{sanitize(statement.text)} {statement.markers}", _ITALIC)
        yield from (_cited(by_number[number], None) for number in statement.numbers)
    for _, group in groupby(answer.citations, lambda each: each.article_id):
        cited = list(group)
        if not answer.statements:
            yield from (_cited(citation, answer.short) for citation in cited)
        kind = "overview" if answer.origin == "overview" else ""
        origin = " · ".join(filter(None, (sanitize(cited[0].title), pages_shown(cited), kind)))
        yield _line(f"— {origin}", _ASIDE)


def _cited(citation: Citation, short: Citation | None) -> RenderableType:
    return _numbered(f"[{citation.number}]", _highlighted(citation, short), citation.url)


def _highlighted(citation: Citation, short: Citation | None) -> Text:
    """Return the quote of a citation, with the short answer highlighted where it stands in it."""
    if short is None or short.number != citation.number:
        return Text(sanitize(citation.quote))
    start, end = short.start - citation.start, short.end - citation.start
    # The bar keeps the space next to the short answer, which `sanitize` would strip.
    before = sanitize(f"{citation.quote[:start]}|").removesuffix("|")
    after = sanitize(f"|{citation.quote[end:]}").removeprefix("|")
    return Text.assemble(before, (sanitize(short.quote), _SHORT), after)


def _in_paragraph(article: Article, citation: Citation) -> Text:
    start, end = paragraph_around(article.text, citation.start)
    before = sanitize(article.text[start : citation.start])
    after = sanitize(article.text[citation.end : end])
    parts = [(before, _ASIDE), (sanitize(citation.quote), "bold"), (after, _ASIDE)]
    return Text(" ").join(Text(text, style=style) for text, style in parts if text)


class Wrapped:
    """Text after a marker, wrapped so that its lines align to the right of the marker.

    Where the console does not wrap, as in a pipe, it is one line. No character is lost.
    """

    def __init__(self, text: Text, *, marker: Text | None = None) -> None:
        self._text = text
        self._marker = marker or Text()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines, none of which Rich wraps again."""
        indent = cell_len(self._marker.plain)
        if options.no_wrap:
            lines = [self._text]
        else:
            lines = wrap(self._text, max(options.max_width - indent, 1))
        for number, line in enumerate(lines):
            before = self._marker if number == 0 else Text(" " * indent)
            whole = Text.assemble(before, line)
            whole.no_wrap, whole.overflow = True, "ignore"
            yield whole


def wrap(text: Text, width: int) -> list[Text]:
    """Divide text into lines of at most `width` cells, between words where possible.

    White space at the end of a line is dropped. A character wider than a line has one of its own.
    """
    lines = [text[start:end] for start, end in _lines(text, width)]
    return lines or [text]


def _lines(text: Text, width: int) -> Iterator[tuple[int, int]]:
    """Yield the half-open range of each line."""
    plain = text.plain
    edges = sorted({edge for span in text.spans for edge in (span.start, span.end)})
    start = end = 0  # of the current line
    for word in _WORD.finditer(plain):
        if end > start and _width(plain, edges, start, word.end()) > width:
            yield start, end
            start = word.start()
        end = word.end()
        while _width(plain, edges, start, end) > width:
            cut = _longest_end(plain, edges, start, end, width)
            yield start, cut
            start = cut
            if start == end:
                break
    if end > start:
        yield start, end


def _longest_end(plain: str, edges: list[int], start: int, end: int, width: int) -> int:
    """Return the end of the longest line from `start`, at least one character after it."""
    cut = start + 1
    while cut < end and _width(plain, edges, start, cut + 1) <= width:
        cut += 1
    return cut


def _width(plain: str, edges: list[int], start: int, end: int) -> int:
    """Return the cells that a slice takes: as a whole or, as Rich prints it, style by style."""
    inside = edges[bisect_right(edges, start) : bisect_right(edges, end - 1)]
    cuts = [start, *inside, end]
    parts = sum(cell_len(plain[a:b]) for a, b in pairwise(cuts))
    return max(cell_len(plain[start:end]), parts)
