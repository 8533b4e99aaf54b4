"""HTML -> elements -> plain text: blocks a blank line apart, items on lines of their own.

`BlockWriter` is shared by all formats with blocks. Elements that are not named here are part of a
line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from index.documents.plain_text import decode
from index.errors import SourceError
from index.text.article import HEADINGS, Marks

if TYPE_CHECKING:
    from lxml.html import HtmlElement

BOLD = "bold"
"""The kind of a block to be written that is emphasised as a whole; it is never a mark."""

_LONGEST_HEADING = 120  # code points; what is longer is emphasis, not a heading


_KINDS = {
    **{heading: heading for heading in HEADINGS},
    **dict.fromkeys(("summary", "dt", "legend"), "h6"),
    **dict.fromkeys(("caption", "figcaption"), "caption"),
}
# fmt: off
_LISTS = frozenset({"ul", "ol", "menu", "dir"})
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "div",
    "dl", "fieldset", "figure", "footer", "form", "header", "hgroup", "hr", "html", "li", "main",
    "nav", "p", "section", "table", "tbody", "tfoot", "thead",
})
_UNREAD = frozenset({
    "annotation", "annotation-xml", "applet", "area", "audio", "button", "canvas", "datalist",
    "embed", "head", "iframe", "input", "map", "meter", "noscript", "object", "option", "picture",
    "progress", "rp", "rt", "script", "select", "style", "svg", "template", "textarea", "title",
    "video",
})
# fmt: on
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z!/?]")
# Characters that XML does not allow: lxml refuses to move text with one of them.
_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_CONTROL_REFERENCE = re.compile(
    r"&#(?:0*(?:[1-8]|1[124-9]|2\d|3[01]|6553[45])|x0*(?:[1-8bcef]|1[\da-f]|fff[ef]))(?![\da-f]);?",
    re.ASCII | re.IGNORECASE,
)
_BOLD = frozenset({"b", "strong"})
_ITEM = "\0"  # stands for the marker of an item in a cell while it is read
_NUMBER = re.compile(r"[0-9]{1,9}")
_SPACE = re.compile(r"\s+")


def parse_html(data: bytes, *, name: str, charset: str | None) -> "HtmlElement":
    """Return the root of a page.

    Raises: SourceError as `parse_markup`, and if it is no HTML.
    """
    meta = _CHARSET.search(data[:2048])
    declared = charset or (meta[1].decode("ascii").lower() if meta else None)
    text = decode(data, name=name, declared=declared)
    if not _TAG.search(text):
        raise SourceError(f"{name} holds no HTML; expected a web page; give text as a .txt file")
    return parse_markup(text, name=name)


def parse_markup(text: str, *, name: str) -> "HtmlElement":
    """Return the root of HTML that is text already.

    Raises: SourceError if it nests too deep or is too large to be read whole, and
    lxml.etree.ParserError if there is nothing in it.
    """
    from lxml import html  # only where there is HTML to parse

    text = _CONTROL_REFERENCE.sub(" ", _CONTROL.sub(" ", text))
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    tree = html.document_fromstring(text.encode(), parser=parser)
    if any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log):
        raise SourceError(
            f"{name} cannot be read whole: its elements nest deeper than 256, or one holds more "
            "than 10 MB; expected a page as people write them; save what it says as a text file"
        )
    return tree


@dataclass(slots=True)
class BlockWriter:
    """Takes the blocks of a text one after another, and notes where the marked ones begin.

    A bold block is a heading where another block stands below it, unless that is a heading itself
    or the bold one ends as a statement does.
    """

    bullet: str = "- "
    lists: list[int | None] = field(default_factory=list)  # the next number; None has bullets
    marker: str = ""  # of the items opened since the last block
    pieces: list[str] = field(default_factory=list)
    found: list[tuple[int, str]] = field(default_factory=list)
    length: int = 0
    bold: int | None = None  # where the last block began, if it may be a heading
    after_tight: bool = False  # whether the last block was tight and in the list that is open

    @property
    def text(self) -> str:
        """All that was written."""
        return "".join(self.pieces)

    @property
    def marks(self) -> Marks:
        """Where the marked blocks begin."""
        return tuple(self.found)

    def open_list(self, first: int | None) -> None:
        """Open a list that is numbered from `first`; None has bullets."""
        self.lists.append(first)

    def close_list(self) -> None:
        """Close the innermost list."""
        self.lists.pop()
        self.after_tight = self.after_tight and bool(self.lists)

    def open_item(self, *, number: int | None = None, delimiter: str = ".") -> None:
        """Open an item, whose marker the next block gets; `number` replaces the list's own."""
        expected = self.lists[-1] if self.lists else None
        marker = self.bullet
        if expected is not None:
            number = expected if number is None else number
            self.lists[-1] = number + 1
            marker = f"{number}{delimiter} "
        self.marker = (self.marker or "  " * (len(self.lists) - 1)) + marker

    def close_item(self) -> None:
        """Close an item; without a block its marker is not written."""
        self.marker = ""

    def write(self, block: str, *, kind: str | None = None, tight: bool = False) -> None:
        """Append a block that is not blank; a tight one directly below a tight one of its list."""
        if not block.strip():
            return
        if self.pieces:
            self._append("\n" if tight and self.after_tight and self.marker else "\n\n")
        if self.bold is not None and kind not in HEADINGS:
            self.found.append((self.bold, "h6"))
        self.bold = None
        block = self.marker + block
        if kind == BOLD:
            is_statement = block.endswith((".", "!", "…"))
            self.bold = None if is_statement or len(block) > _LONGEST_HEADING else self.length
        elif kind is not None:
            self.found.append((self.length, kind))
        self._append(block)
        self.marker, self.after_tight = "", tight

    def write_elements(self, root: "HtmlElement") -> None:
        """Append what an element and all in it say, into the list that is open."""
        reader = _ElementReader(self)
        reader.read(root)
        reader.end_block()

    def _append(self, piece: str) -> None:
        self.pieces.append(piece)
        self.length += len(piece)


def text_of(root: "HtmlElement") -> str:
    """Return what an element and all in it say."""
    writer = BlockWriter()
    writer.write_elements(root)
    return writer.text


@dataclass(slots=True)
class _ElementReader:
    """Walks through elements and writes their blocks one by one."""

    writer: BlockWriter
    line: str = ""  # of the block that is open
    kind: str = ""  # of the same
    in_head: bool = False  # of a table

    def read(self, element: "HtmlElement") -> None:
        """Read an element and all in it."""
        tag = element.tag
        if tag in _UNREAD and not (tag == "button" and self.kind):  # which unfolds what is below
            return
        if tag == "tr":
            self._read_row(element)
        elif tag == "pre":
            self.end_block()
            self._write("".join(_code(element)).strip("\n"), kind="code")
        elif tag == "br":
            self.line += "\n"
        elif tag in _LISTS:
            self.end_block()
            start = element.get("start", "1")
            number = int(start) if _NUMBER.fullmatch(start) else 1
            self.writer.open_list(number if tag == "ol" else None)
            self.read_inside(element)
            self.end_block()
            self.writer.close_list()
        elif tag in _BLOCKS or tag in _KINDS:
            self._read_block(element)
        else:
            self.read_inside(element)

    def read_inside(self, element: "HtmlElement") -> None:
        """Read what is in an element."""
        self.line += _SPACE.sub(" ", element.text or "")
        for child in element:
            if isinstance(child.tag, str):
                self.read(child)
            self.line += _SPACE.sub(" ", child.tail or "")

    def _read_block(self, element: "HtmlElement") -> None:
        self.end_block()
        outer_kind, outer_head = self.kind, self.in_head
        self.kind = _KINDS.get(str(element.tag), outer_kind)
        self.in_head = element.tag == "thead"
        if element.tag == "li":
            value = element.get("value", "")
            self.writer.close_item()
            self.writer.open_item(number=int(value) if _NUMBER.fullmatch(value) else None)
        elif element.tag == "p" and not self.kind and not self.writer.lists and _is_bold(element):
            self.kind = BOLD
        self.read_inside(element)
        self.end_block()
        self.kind, self.in_head = outer_kind, outer_head
        if element.tag == "li":
            self.writer.close_item()

    def _read_row(self, row: "HtmlElement") -> None:
        self.end_block()
        cells = [(cell, _cell_text(cell)) for cell in row if cell.tag in ("td", "th")]
        words: list[str] = []
        for cell, said in cells:
            span = cell.get("colspan", "1")
            words += [said, *[""] * (min(int(span), 50) - 1 if _NUMBER.fullmatch(span) else 0)]
        heads = [cell.tag == "th" for number, (cell, said) in enumerate(cells) if said or number]
        is_header = all(heads) or self.in_head
        if any(words):
            self._write(" | ".join(words).strip(), kind="header" if is_header else "row")

    def end_block(self) -> None:
        """Write the block that is open."""
        lines, self.line = self.line.split("\n"), ""
        self._write("\n".join(line.strip() for line in lines).strip(), kind=self.kind)

    def _write(self, block: str, *, kind: str) -> None:
        marker = self.writer.marker
        if kind == BOLD and marker:
            kind = ""
        self.writer.write(block, kind=kind or None, tight=bool(marker))


def _code(element: "HtmlElement") -> Iterator[str]:
    """Yield the words in an element as they are set, with its line breaks."""
    yield element.text or ""
    for child in element:
        if child.tag == "br":
            yield "\n"
        elif isinstance(child.tag, str) and child.tag not in _UNREAD:
            yield from _code(child)
        yield child.tail or ""


def _cell_text(cell: "HtmlElement") -> str:
    """Return the words of a cell in one line, the items of a list in it separated by commas."""
    writer = BlockWriter(bullet=_ITEM)
    reader = _ElementReader(writer)
    reader.read_inside(cell)
    reader.end_block()
    words = ""
    for line in writer.text.split("\n"):
        is_next = _ITEM in line and _ITEM in words and words[-1] not in ",;:.!?"
        words += (", " if is_next else " ") + line.strip() if line.strip() else ""
    return " ".join(words.replace(_ITEM, "").split())


def _is_bold(element: "HtmlElement") -> bool:
    """Return whether all that a paragraph says is in bold."""
    if (element.text or "").strip():
        return False
    children = [child for child in element if isinstance(child.tag, str)]
    return bool(children) and all(
        not (child.tail or "").strip()
        and (child.tag in _BOLD or child.tag == "br" or _is_bold(child))
        for child in children
    )
