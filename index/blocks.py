"""Elements of a document -> plain text: blocks a blank line apart, items one under another.

The elements are those that trafilatura makes: ``head``, ``p``, ``list`` with ``item``, ``quote``,
``table`` with ``row`` and ``cell``, ``code``, ``lb`` and ``div``; any other stands inside a line.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from index.marks import HEADINGS, MarkedText

if TYPE_CHECKING:
    from lxml.etree import _Element

_BLOCKS = frozenset({"p", "head", "item", "quote", "list", "table", "div"})
GUARD = "\ua66e"
"""A letter of no living language behind the words of a cell, which keeps them from a filter."""

_SPACE = re.compile(r"\s+")


def write_blocks(
    body: "_Element", text: MarkedText, *, captions: Collection[str] = frozenset()
) -> None:
    """Write what an element and all within it say behind a text.

    `captions` are the lines that are known to be captions, whatever elements hold them.
    """
    _Writer(text, captions).read(body)


def one_line(text: str) -> str:
    """Give words as one line."""
    return " ".join(text.split())


@dataclass(slots=True)
class _Writer:
    """Takes elements, and writes their blocks one by one."""

    text: MarkedText
    captions: Collection[str]
    line: str = ""  # of the open block
    kind: str | None = None  # of the open block
    marker: str = ""  # of the item opened since the last block
    lists: list[int | None] = field(default_factory=list)  # the next number; None has bullets
    beneath: bool = False  # whether the last block was an item of the open list

    def read(self, element: "_Element") -> None:
        tag = element.tag
        if tag == "row":
            self._close()
            self._write_row(element)
        elif tag == "code":
            self._close()
            self._write("".join(_texts(element)).strip("\n"), "code")
        elif tag == "lb":
            self.line += "\n"
        else:
            self._read_inside(element)

    def _read_inside(self, element: "_Element") -> None:
        if element.tag in _BLOCKS:
            self._close()
        if element.tag == "list":
            self.lists.append(1 if element.get("rend") == "ol" else None)
        elif element.tag == "item":
            self._open_item()
            self.kind = "h6" if element.get("rend", "").startswith("dt") else None
        elif element.tag == "head":
            level = element.get("rend")
            self.kind = level if level in HEADINGS else "h6"
        self._take(element.text)
        for child in element:
            if isinstance(child.tag, str):
                self.read(child)
            self._take(child.tail)
        if element.tag in _BLOCKS:
            self._close()
        if element.tag == "list":
            self.lists.pop()
            self.beneath = self.beneath and bool(self.lists)

    def _take(self, text: str | None) -> None:
        self.line += _SPACE.sub(" ", text or "")

    def _open_item(self) -> None:
        number = self.lists[-1] if self.lists else None
        if number is not None:
            self.lists[-1] = number + 1
        self.marker = "  " * (len(self.lists) - 1) + ("- " if number is None else f"{number}. ")

    def _write_row(self, row: "_Element") -> None:
        cells = [one_line("".join(_texts(cell)).replace(GUARD, "")) for cell in row]
        if cells and cells[0] in self.captions and not any(cells[1:]):
            self._write(cells[0])
        elif any(cells):
            heads = (
                cell.get("role") == "head" for cell, words in zip(row, cells, strict=True) if words
            )
            self._write(" | ".join(cells).strip(), "header" if all(heads) else "row")

    def _close(self) -> None:
        lines, self.line = self.line.split("\n"), ""
        kind, self.kind = self.kind, None
        self._write("\n".join(line.strip() for line in lines).strip(), kind)

    def _write(self, block: str, kind: str | None = None) -> None:
        block = block.replace(GUARD, "")
        if not block:
            return
        if kind is None and one_line(block) in self.captions:
            kind = "caption"
        between = "\n" if self.marker and self.beneath else "\n\n"
        self.text.add(self.marker + block, between=between, kind=kind)
        self.beneath = bool(self.marker)
        self.marker = ""


def _texts(element: "_Element") -> Iterator[str]:
    """Give the words inside an element, with its line breaks."""
    yield element.text or ""
    for child in element:
        yield "\n" if child.tag == "lb" else "".join(_texts(child))
        yield child.tail or ""
