"""Lines -> paragraphs, which are guessed from gaps, indents and sizes.

Runs in the process of `index.parsing` alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from index.layout import Line

_WIDE_GAP = 1.3  # times the usual distance of two lines
_INDENT = 5.0  # points
_RESIZED = 0.1  # of a line's size: what differs more is a heading, or a note
_TAIL = 80  # code points: what is looked at of a line that may be long
_HYPHENATED = re.compile(r"(\w+)[-\xad‐]$")
_COMPOUND = re.compile(r"\w+[-‐]\w+")
_STOP = re.compile(r"[.!?:;…。][”’\"')\]]*$")
_BULLETS = ("•", "‣", "◦", "▪", "●", "■")


def flow(pages: Sequence[Sequence[Line]]) -> tuple[str, tuple[int, ...]]:
    """Give the text, paragraphs a blank line apart, and where in it each page begins.

    A paragraph may run on over the end of a page or a column. A page without lines begins where
    the next one does.
    """
    compounds = {each for page in pages for line in page for each in _COMPOUND.findall(line.text)}
    writer = _Writer(compounds)
    offsets: list[int] = []
    empty = 0
    for page in pages:
        gaps = [upper.bottom - lower.bottom for upper, lower in pairwise(page)]
        usual = median([gap for gap in gaps if gap > 0] or [0.0])
        starts = [
            writer.write(line, usual, opens_page=number == 0) for number, line in enumerate(page)
        ]
        if starts:
            offsets += [starts[0]] * (empty + 1)
        empty = 0 if starts else empty + 1
    return "".join(writer.pieces), (*offsets, *[writer.length] * empty)


@dataclass(slots=True)
class _Writer:
    """Takes lines one by one and keeps the text written so far."""

    compounds: set[str]  # words with a hyphen of their own
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    before: Line | None = None

    def write(self, line: Line, usual: float, *, opens_page: bool) -> int:
        """Add a line, and give where in the text it begins; `usual` is the distance of two."""
        if self.before is not None:
            if _runs_on(self.before, line, usual, opens_page=opens_page):
                self._join(line.text)
            else:
                self._add("\n\n")
        start = self.length
        self._add(line.text)
        self.before = line
        return start

    def _join(self, text: str) -> None:
        """Part two lines by a space, or take out the hyphen of a word that they divide."""
        divided = _HYPHENATED.search(self.pieces[-1][-_TAIL:])
        following = re.match(r"\w+", text)
        if divided is None or following is None or not text[0].islower():
            self._add(" ")
        elif f"{divided[1]}-{following[0]}" not in self.compounds:
            self.pieces[-1] = self.pieces[-1][:-1]
            self.length -= 1

    def _add(self, piece: str) -> None:
        self.pieces.append(piece)
        self.length += len(piece)


def _runs_on(before: Line, line: Line, usual: float, *, opens_page: bool) -> bool:
    if line.cells or before.cells or line.text.startswith(_BULLETS):
        return False
    if abs(line.size - before.size) > _RESIZED * before.size:
        return False
    ended = _STOP.search(before.text[-_TAIL:]) is not None
    if opens_page or line.bottom > before.bottom:  # a new page, or a new column
        return not ended or line.text[:1].islower()
    if before.bottom - line.bottom > _WIDE_GAP * usual:
        return False
    return not (ended and line.left - before.left > _INDENT)
