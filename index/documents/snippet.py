"""A piece of HTML that stands in Markdown -> its blocks, as a browser shows them.

It may be half of an element, whose other half stands further down. It is read by Python's own
parser, which needs no process of its own.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from index.text.marks import BOLD, HEADINGS

_UNREAD = frozenset({"script", "style", "template", "svg", "math", "noscript", "iframe", "head"})
_INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img"}
    | {"ins", "kbd", "label", "mark", "picture", "q", "s", "samp", "small", "source", "span"}
    | {"strong", "sub", "sup", "time", "tt", "u", "var", "wbr"}
)
_KINDS = {each: each for each in HEADINGS} | {
    **dict.fromkeys(("summary", "dt", "legend"), "h6"),
    **dict.fromkeys(("caption", "figcaption"), "caption"),
    "pre": "code",
}
_BOGUS = re.compile(r"<!\[[^>]*>?|<\?[^>]*>?")  # which a browser takes for comments
_SPACE = re.compile(r"\s+")


def blocks_of(html: str) -> Iterator[tuple[str, str | None]]:
    """Give each block and its kind, as for `index.text.marks`."""
    parser = _Parser()
    parser.feed(_BOGUS.sub("", html))
    parser.close()
    parser.end_block()
    yield from parser.blocks


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[tuple[str, str | None]] = []
        self._line = ""
        self._kind: str | None = None
        self._bold = 0  # how many elements that make bold are open
        self._plain = False  # whether words of the block stand outside of them
        self._hidden = 0
        self._marker = ""
        self._cells: list[str] | None = None
        self._in_cell = False
        self._header = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNREAD:
            self._hidden += 1
        elif tag == "br":
            self._line += "\n"
        elif tag in ("b", "strong"):
            self._bold += 1
        elif tag in ("td", "th"):
            self._end_cell()
            if self._cells is None:
                self.end_block()
                self._cells = []
            self._in_cell = True
            self._header = self._header and tag == "th"
        elif tag == "tr":
            self._end_row()
            self._header = True
        elif tag not in _INLINE and self._cells is None:
            self.end_block()
            self._kind = _KINDS.get(tag)
            self._marker = "- " if tag == "li" else self._marker

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNREAD:
            self._hidden = max(0, self._hidden - 1)
        elif tag in ("b", "strong"):
            self._bold = max(0, self._bold - 1)
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag in ("tr", "table"):
            self._end_row()
        elif tag not in _INLINE and self._cells is None:
            self.end_block()

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._plain = self._plain or (not self._bold and bool(data.strip()))
            self._line += data if self._kind == "code" else _SPACE.sub(" ", data)

    def end_block(self) -> None:
        """Keep the block or row that is open, unless it is empty."""
        if self._cells is not None:
            self._end_row()
        if self._kind == "code":
            words = self._line.strip("\n")
        else:
            words = "\n".join(line.strip() for line in self._line.split("\n")).strip()
        if words.strip():
            bold = BOLD if not self._plain else None
            self.blocks.append((self._marker + words, self._kind or bold))
            self._marker = ""
        self._line, self._kind, self._plain = "", None, False

    def _end_cell(self) -> None:
        if self._cells is not None and self._in_cell:
            self._cells.append(" ".join(self._line.split()))
            self._in_cell, self._line = False, ""

    def _end_row(self) -> None:
        self._end_cell()
        cells, self._cells = self._cells or [], None
        if any(cells):
            self.blocks.append((" | ".join(cells), "header" if self._header else "row"))
