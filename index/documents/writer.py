"""Elements of HTML -> plain text: blocks a blank line apart, items one under another.

Headings, rows, captions and code are marked as what they are. Elements that are not named here
stand inside a line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from index.text.marks import BOLD, HEADINGS, MarkedText

if TYPE_CHECKING:
    from lxml.etree import _Element

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
_BOLD = frozenset({"b", "strong"})
_ITEM = "\0"  # marks items of a list in a cell while it is read
_NUMBER = re.compile(r"[0-9]{1,9}")
_SPACE = re.compile(r"\s+")


def write_blocks(root: "_Element", text: MarkedText) -> None:
    """Write what an element and all within it say behind a text."""
    writer = _Writer(text)
    writer.read(root)
    writer.close()


def text_of(root: "_Element") -> str:
    """Return what an element and all within it say."""
    text = MarkedText()
    write_blocks(root, text)
    return text.text


@dataclass(slots=True)
class _Writer:
    """Takes elements, and writes their blocks one by one."""

    text: MarkedText
    bullet: str = "- "
    line: str = ""  # of the open block
    kind: str = ""  # the same
    marker: str = ""  # of the item opened since the last block
    lists: list[int | None] = field(default_factory=list)  # the next number; None has bullets
    beneath: bool = False  # whether the last block was an item of the open list

    def read(self, element: "_Element") -> None:
        """Take an element with all within it."""
        tag = element.tag
        if tag in _UNREAD and not (tag == "button" and self.kind):  # which folds up what is below
            return
        if tag == "tr":
            self._read_row(element)
        elif tag == "pre":
            self.close()
            self._write("".join(_lines(element)).strip("\n"), kind="code")
        elif tag == "br":
            self.line += "\n"
        elif tag in _LISTS:
            self._read_list(element)
        elif tag in _BLOCKS or tag in _KINDS:
            self._read_block(element)
        else:
            self.read_inside(element)

    def _read_block(self, element: "_Element") -> None:
        self.close()
        outer = self.kind
        self.kind = _KINDS.get(str(element.tag), outer)
        if element.tag == "li":
            self._open_item(element.get("value", ""))
        elif element.tag == "p" and not self.kind and not self.lists and _is_bold(element):
            self.kind = BOLD
        self.read_inside(element)
        self.close()
        self.kind = outer
        if element.tag == "li":
            self.marker = ""

    def read_inside(self, element: "_Element") -> None:
        """Take what stands within an element."""
        self.line += _SPACE.sub(" ", element.text or "")
        for child in element:
            if isinstance(child.tag, str):
                self.read(child)
            self.line += _SPACE.sub(" ", child.tail or "")

    def _read_list(self, element: "_Element") -> None:
        self.close()
        start = element.get("start", "1")
        number = int(start) if _NUMBER.fullmatch(start) else 1
        self.lists.append(number if element.tag == "ol" else None)
        self.read_inside(element)
        self.close()
        self.lists.pop()
        self.beneath = self.beneath and bool(self.lists)

    def _open_item(self, value: str) -> None:
        number = self.lists[-1] if self.lists else None
        if number is not None:
            number = int(value) if _NUMBER.fullmatch(value) else number
            self.lists[-1] = number + 1
        indent = "  " * (len(self.lists) - 1)
        self.marker = indent + (self.bullet if number is None else f"{number}. ")

    def _read_row(self, row: "_Element") -> None:
        self.close()
        cells = [(cell, _cell(cell)) for cell in row if cell.tag in ("td", "th")]
        words: list[str] = []
        for cell, said in cells:
            span = cell.get("colspan", "1")
            words += [said, *[""] * (min(int(span), 50) - 1 if _NUMBER.fullmatch(span) else 0)]
        heads = [cell.tag == "th" for number, (cell, said) in enumerate(cells) if said or number]
        parent = row.getparent()
        is_header = all(heads) or (parent is not None and parent.tag == "thead")
        if any(words):
            self._write(" | ".join(words).strip(), kind="header" if is_header else "row")

    def close(self) -> None:
        """Write the block that is open."""
        lines, self.line = self.line.split("\n"), ""
        self._write("\n".join(line.strip() for line in lines).strip(), kind=self.kind)

    def _write(self, block: str, *, kind: str) -> None:
        if not block.strip():
            return
        if kind == BOLD and self.marker:
            kind = ""
        between = "\n" if self.marker and self.beneath else "\n\n"
        self.text.add(self.marker + block, between=between, kind=kind or None)
        self.beneath = bool(self.marker)
        self.marker = ""


def _lines(element: "_Element") -> Iterator[str]:
    """Give the words inside an element as they are set, with its line breaks."""
    yield element.text or ""
    for child in element:
        if child.tag == "br":
            yield "\n"
        elif isinstance(child.tag, str) and child.tag not in _UNREAD:
            yield from _lines(child)
        yield child.tail or ""


def _cell(cell: "_Element") -> str:
    """Give the words of a cell in one line, the items of a list in it parted by commas."""
    writer = _Writer(MarkedText(), bullet=_ITEM)
    writer.read_inside(cell)
    writer.close()
    words = ""
    for line in writer.text.text.split("\n"):
        is_next = _ITEM in line and _ITEM in words and words[-1] not in ",;:.!?"
        words += (", " if is_next else " ") + line.strip() if line.strip() else ""
    return " ".join(words.replace(_ITEM, "").split())


def _is_bold(element: "_Element") -> bool:
    """Say whether all that a paragraph says is in bold."""
    if (element.text or "").strip():
        return False
    children = [child for child in element if isinstance(child.tag, str)]
    return bool(children) and all(
        not (child.tail or "").strip()
        and (child.tag in _BOLD or child.tag == "br" or _is_bold(child))
        for child in children
    )
