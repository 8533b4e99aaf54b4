"""Markdown -> the plain text that readers see and that citations quote.

Markup goes and words stay, as a browser would show them without styling; of HTML too. The syntax
is CommonMark with tables and strikethrough.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from index.documents.document import Document, authors, first_line, iso_date, one_line
from index.documents.plain_text import decode
from index.documents.snippet import blocks_of
from index.errors import SourceError
from index.text.marks import BOLD, MarkedText

if TYPE_CHECKING:
    from markdown_it.token import Token

DEEPEST = 100
"""How deep quotes and lists may nest, a list counting twice; below it the parser drops text."""

_FRONT_MATTER = re.compile(
    r"""---[ \t]*\n
    (?=[\w-]+:\s)  # without a key first, it is a rule above prose, and prose must not be lost
    (?P<fields>(?:(?:[\w-]+:(?:[ \t].*)?|[ \t].*|-[ \t].*|\#.*)?\n)*?)
    (?:---|\.\.\.)[ \t]*(?:\n|\Z)""",
    re.VERBOSE,
)
# A key with what stands behind it and on the lines below that are its own.
_FIELD = re.compile(r"^(?P<key>[\w-]+):(?P<value>.*(?:\n(?:[ \t]|-[ \t]).*)*)", re.MULTILINE)
_ENTRY = re.compile(r"^[ \t]*-[ \t]+(?:name:[ \t]+)?(?P<value>\S.*)$", re.MULTILINE)
_QUOTED = re.compile(r""""(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^']|'')*)'""")
_TITLES = ("h1", "h2")  # a summary is no title
_LONGEST_VERSION = 40  # code points
_LINE_BREAK_TAG = re.compile(r"<br\b[^>]*>", re.IGNORECASE)


def read_markdown(data: bytes, *, name: str, charset: str | None = None) -> Document:
    """Return the plain text of a Markdown file, as `parse_markdown`.

    Raises: SourceError as `decode`, and when it nests `DEEPEST` deep.
    """
    return parse_markdown(decode(data, name=name, declared=charset), name=name)


def parse_markdown(source: str, *, name: str) -> Document:
    """Give the plain text of a Markdown document, its title, authors and date.

    The title is that of YAML front matter, else the first heading, else None; authors and date are
    those of front matter. Front matter is not
    part of the text; the heading is. Blocks and table rows stand a blank line apart, the items
    of a tight list one under another, each item behind its bullet or number.
    Raises: SourceError, which calls the document `name`, when it nests `DEEPEST` deep.
    """
    # The parser takes longer to import than the command line's --help may.
    from markdown_it import MarkdownIt

    fields, body = _split_front_matter(source.replace("\r\n", "\n").replace("\r", "\n"))
    parser = MarkdownIt("commonmark", {"maxNesting": DEEPEST}).enable(["table", "strikethrough"])
    tokens = parser.parse(body)
    _check_depth(tokens, name=name)
    writer = _Writer()
    for token in tokens:
        writer.read(token)
    text = writer.text
    return Document(
        text.text,
        one_line(_scalar(fields.get("title", ""))) or first_line(writer.headings),
        author=authors(_list(fields.get("author") or fields.get("authors", ""))),
        published=iso_date(*(_scalar(fields.get(key, "")) for key in ("date", "published"))),
        version=_version(_scalar(fields.get("version", ""))),
        marks=text.marks,
    )


def _split_front_matter(source: str) -> tuple[dict[str, str], str]:
    """Give the fields by their lower-case keys, and what comes after them."""
    found = _FRONT_MATTER.match(source)
    if found is None:
        return {}, source
    fields = {each["key"].lower(): each["value"] for each in _FIELD.finditer(found["fields"])}
    return fields, source[found.end() :]


def _version(value: str) -> str | None:
    """Give a version without the letter before it, where it is short enough to be one."""
    number = one_line(value.strip().removeprefix("v"))
    return number if number and len(number) <= _LONGEST_VERSION else None


def _list(value: str) -> list[str]:
    """Read a YAML list of names, in brackets or an entry a line, or a single name."""
    entries = [_scalar(each["value"]) for each in _ENTRY.finditer(value)]
    bracketed = re.match(r"\s*\[(.*)\]", value)
    if bracketed:
        return [_scalar(each) for each in bracketed[1].split(",")]
    return entries or [_scalar(value)]


def _scalar(value: str) -> str:
    """Read a YAML value written on one line; one that goes on below (``>``, ``|``) is empty."""
    value = value.partition("\n")[0].strip()
    quoted = _QUOTED.match(value)
    if quoted is None:
        return "" if value[:1] in (">", "|") else re.split(r"\s#", value, maxsplit=1)[0]
    if quoted["double"] is not None:
        return re.sub(r"\\(.)", r"\1", quoted["double"])
    return quoted["single"].replace("''", "'")


def _check_depth(tokens: Iterable["Token"], *, name: str) -> None:
    for token in tokens:
        if token.type in ("blockquote_open", "list_item_open") and token.level + 1 >= DEEPEST:
            raise SourceError(
                f"{name} nests lists and quotes too deep to be read whole; expected fewer than "
                f"{DEEPEST // 2} levels; flatten it, or save it as plain text (.txt)"
            )


@dataclass(slots=True)
class _Writer:
    """Takes a document's block tokens one by one, and writes their blocks."""

    text: MarkedText = field(default_factory=MarkedText)
    headings: list[str] = field(default_factory=list)
    kind: str | None = None  # of the open block, where its opening token tells
    lists: list[int | None] = field(default_factory=list)  # the next number; None has bullets
    markers: str = ""  # of the items opened since the last block
    tight: bool = False  # whether the open paragraph stands in a tight list
    after_tight: bool = False  # whether the last block did, in the same outermost list
    cells: list[str] | None = None
    is_header: bool = False  # whether the open row is one

    def read(self, token: "Token") -> None:
        match token.type:
            case "paragraph_open" | "heading_open":
                self.tight = token.hidden
                self.kind = token.tag if token.type == "heading_open" else None
            case "inline":
                self._take_words(token)
            case "fence" | "code_block":
                self._write(token.content.strip("\n"), tight=False, kind="code")
            case "html_block":
                self._take_html(token.content)
            case "bullet_list_open" | "ordered_list_open":
                ordered = token.type == "ordered_list_open"
                self.lists.append(int(token.attrs.get("start", 1)) if ordered else None)
            case "list_item_open":
                self._open_item(delimiter=token.markup)
            case "list_item_close":
                self.markers = ""
            case "bullet_list_close" | "ordered_list_close":
                self._close_list()
            case "tr_open":
                self.cells, self.is_header = [], False
            case "th_open":
                self.is_header = True
            case "tr_close":
                self._close_row()

    def _take_words(self, inline: "Token") -> None:
        words = _words(inline.children)
        if self.cells is None:
            if self.kind is not None:
                self.headings.append(words)
            self._write(words, tight=self.tight, kind=self.kind or _kind(inline.children or ()))
        else:
            self.cells.append(words.replace("\n", " "))

    def _take_html(self, html: str) -> None:
        for block, kind in blocks_of(html):
            if kind in _TITLES:
                self.headings.append(block)
            self._write(block, tight=False, kind=kind)

    def _open_item(self, *, delimiter: str) -> None:
        number = self.lists[-1]
        if number is not None:
            self.lists[-1] = number + 1
        indent = self.markers or "  " * (len(self.lists) - 1)
        self.markers = indent + ("- " if number is None else f"{number}{delimiter} ")

    def _close_list(self) -> None:
        self.lists.pop()
        self.after_tight = self.after_tight and bool(self.lists)

    def _close_row(self) -> None:
        cells, self.cells = self.cells or [], None
        if any(cells):
            kind = "header" if self.is_header else "row"
            self._write(" | ".join(cells), tight=False, kind=kind)

    def _write(self, block: str, *, tight: bool, kind: str | None) -> None:
        if not block.strip():
            return
        beneath = tight and self.after_tight and self.markers
        self.text.add(self.markers + block, between="\n" if beneath else "\n\n", kind=kind)
        self.markers = ""
        self.after_tight = tight


def _kind(tokens: Iterable["Token"]) -> str | None:
    """Tell a paragraph that is a picture, or bold, as a whole from others."""
    seen = [each for each in tokens if each.type != "softbreak" and _shown(each).strip()]
    if seen and all(each.type == "image" for each in seen):
        return "caption"
    depth, bold = 0, bool(seen)
    for each in tokens:
        depth += each.nesting if each.type in ("strong_open", "strong_close") else 0
        bold = bold and (depth > 0 or not _shown(each).strip())
    return BOLD if bold else None


def _words(tokens: Iterable["Token"] | None) -> str:
    """Give what inline tokens show, without white space around its lines."""
    lines = "".join(map(_shown, tokens or ())).split("\n")
    return "\n".join(line.strip(" \t") for line in lines).strip()


def _shown(token: "Token") -> str:
    match token.type:
        case "text" | "text_special" | "code_inline":
            return token.content
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "image":
            return _words(token.children)
        case "html_inline" if _LINE_BREAK_TAG.fullmatch(token.content):
            return "\n"
        case _:
            return ""
