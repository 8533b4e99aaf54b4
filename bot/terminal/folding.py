"""Text folded to a terminal's width without losing a character.

Rich measures a line as a whole and its words one by one; where joined or combining characters make
the two differ, it cuts the line's end off. Here a line is as wide as the wider of the two says.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

_WORD = re.compile(r"\S+")


class Folded:
    """Text behind a marker: its lines stand below one another, right of the marker.

    Where lines are not wrapped, as in a pipe, it is one line.
    """

    def __init__(self, text: Text, *, marker: Text | None = None) -> None:
        self._text = text
        self._marker = marker or Text()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines, each of which Rich prints as it stands."""
        indent = cell_len(self._marker.plain)
        if options.no_wrap:
            lines = [self._text]
        else:
            lines = folded(self._text, max(options.max_width - indent, 1))
        for number, line in enumerate(lines):
            before = self._marker if number == 0 else Text(" " * indent)
            whole = Text.assemble(before, line)
            whole.no_wrap, whole.overflow = True, "ignore"
            yield whole


def folded(text: Text, width: int) -> list[Text]:
    """Divide text into lines of at most `width` cells, between words where that can be.

    White space at the end of a line is left out. A character wider than a line has its own.
    """
    lines = [text[start:end] for start, end in _lines(text, width)]
    return lines or [text]


def _lines(text: Text, width: int) -> Iterator[tuple[int, int]]:
    """Yield where each line begins and ends."""
    plain = text.plain
    edges = sorted({edge for span in text.spans for edge in (span.start, span.end)})
    start = end = 0  # of the line that is being filled
    for word in _WORD.finditer(plain):
        if end > start and _cells(plain, edges, start, word.end()) > width:
            yield start, end
            start = word.start()
        end = word.end()
        while _cells(plain, edges, start, end) > width:
            cut = _longest(plain, edges, start, end, width)
            yield start, cut
            start = cut
            if start == end:
                break
    if end > start:
        yield start, end


def _longest(plain: str, edges: list[int], start: int, end: int, width: int) -> int:
    """Return where the longest line from `start` ends, behind one character at least."""
    cut = start + 1
    while cut < end and _cells(plain, edges, start, cut + 1) <= width:
        cut += 1
    return cut


def _cells(plain: str, edges: list[int], start: int, end: int) -> int:
    """Return how wide a slice is: as a whole or, as it is printed, style by style."""
    inside = edges[bisect_right(edges, start) : bisect_right(edges, end - 1)]
    cuts = [start, *inside, end]
    parts = sum(cell_len(plain[a:b]) for a, b in pairwise(cuts))
    return max(cell_len(plain[start:end]), parts)
