"""Elements of a document -> plain text: blocks a blank line apart, items one under another.

The elements are those that trafilatura makes: ``head``, ``p``, ``list`` with ``item``, ``quote``,
``table`` with ``row``, ``code``, ``lb`` and ``div``; any other stands inside a line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

_BLOCKS = frozenset({"p", "head", "item", "quote", "list", "table", "div"})
_SPACE = re.compile(r"\s+")


def write_blocks(body: "_Element") -> str:
    """Give what an element and all within it say."""
    writer = _Writer()
    writer.read(body)
    return "".join(writer.pieces)


@dataclass(slots=True)
class _Writer:
    """Takes elements, and keeps the text written so far."""

    pieces: list[str] = field(default_factory=list)
    line: str = ""  # of the open block
    marker: str = ""  # of the item opened since the last block
    lists: list[int | None] = field(default_factory=list)  # the next number; None has bullets
    beneath: bool = False  # whether the last block was an item of the open list

    def read(self, element: "_Element") -> None:
        tag = element.tag
        if tag == "row":
            self._close()
            self.line = " | ".join(_one_line("".join(_texts(cell))) for cell in element)
            self._close()
        elif tag == "code":
            self._close()
            self._write("".join(_texts(element)).strip("\n"))
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

    def _close(self) -> None:
        lines, self.line = self.line.split("\n"), ""
        self._write("\n".join(line.strip() for line in lines).strip())

    def _write(self, text: str) -> None:
        if not text:
            return
        if self.pieces:
            self.pieces.append("\n" if self.marker and self.beneath else "\n\n")
        self.pieces.append(self.marker + text)
        self.beneath = bool(self.marker)
        self.marker = ""


def _texts(element: "_Element") -> Iterator[str]:
    """Give the words inside an element, with its line breaks."""
    yield element.text or ""
    for child in element:
        yield "\n" if child.tag == "lb" else "".join(_texts(child))
        yield child.tail or ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
