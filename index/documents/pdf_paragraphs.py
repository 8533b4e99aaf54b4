"""Lines -> paragraphs, which are guessed from gaps, indents and sizes.

Runs in the process of `index.documents.sandbox` alone.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, starmap
from statistics import median

from index.documents.pdf_layout import Line

_WIDE_GAP = 1.3  # times the usual distance of two lines
_INDENT = 5.0  # points
_RESIZED = 0.1  # of a line's size: what differs more is a heading, or a note
_TAIL = 80  # code points: what is looked at of a line that may be long
_FIRST = re.compile(r"\w+")
_LINKED = re.compile(r"-\w+-$")  # as "Stratford-upon-" is
_LINKING = re.compile(r"\w+-\w")
_HYPHENATED = re.compile(r"(\w+)[-\xad‐]$")
_STOP = re.compile(r"[.!?:;…。][”’\"')\]]*$")
_BULLET = re.compile(r"[•‣◦▪●■]\s*")
_WORD = re.compile(r"\w+(?:[-‐]\w+)*")
_TIED = re.compile(r"\w[–—]$")
_LONE = frozenset({"and", "or", "to"})  # "pre- and post-war"


def flow(pages: Sequence[Sequence[Line]]) -> tuple[str, tuple[int, ...]]:
    """Give the text, paragraphs a blank line apart, and where in it each page begins.

    A paragraph may run on over the end of a page or a column. A page without lines begins where
    the next one does.
    """
    writer = _Writer(_Hyphens.of(pages))
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


@dataclass(frozen=True, slots=True)
class _Hyphens:
    """What a document's own words tell of a hyphen at the end of a line."""

    words: frozenset[str]  # in lower case, compounds too
    divided: bool  # whether any word is

    @classmethod
    def of(cls, pages: Iterable[Iterable[Line]]) -> "_Hyphens":
        lines = ["", *(line.text.lower() for page in pages for line in page), ""]
        divided = list(starmap(_halves, pairwise(lines)))
        words: set[str] = set()
        for line, before, behind in zip(lines[1:], divided, divided[1:], strict=False):
            found = _WORD.findall(line)
            words.update(found[before is not None : len(found) - (behind is not None)])
        return cls(frozenset(words), any("".join(each) in words for each in divided if each))

    def divides(self, upper: str, lower: str) -> bool:
        """Say whether the hyphen at the end of a line only divides a word, and goes."""
        first, second = (half.lower() for half in _halves(upper, lower) or ("", ""))
        if f"{first}-{second}" in self.words or second in _LONE:
            return False
        if first + second in self.words:
            return True
        if _LINKED.search(upper[-_TAIL:]) or _LINKING.match(lower) or not lower[:1].islower():
            return False  # a compound of three words, a name or a number
        return self.divided or not {first, second} <= self.words


def _halves(upper: str, lower: str) -> tuple[str, str] | None:
    """Give what stands before and behind a hyphen at the end of a line."""
    divided = _HYPHENATED.search(upper[-_TAIL:])
    following = _FIRST.match(lower)
    return (divided[1], following[0]) if divided and following else None


@dataclass(slots=True)
class _Writer:
    """Takes lines one by one and keeps the text written so far."""

    hyphens: _Hyphens
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    before: Line | None = None
    in_item: bool = False  # whether the open paragraph is an item

    def write(self, line: Line, usual: float, *, opens_page: bool) -> int:
        """Add a line, and give where in the text it begins; `usual` is the distance of two."""
        bullet = _BULLET.match(line.text)
        if self.before is not None:
            if _runs_on(self.before, line, usual, opens_page=opens_page):
                self._join(line.text)
            else:
                self._add("\n" if bullet and self.in_item else "\n\n")
                self.in_item = False
        self.in_item = self.in_item or bullet is not None
        start = self.length
        self._add(f"- {line.text[bullet.end() :]}" if bullet else line.text)
        self.before = line
        return start

    def _join(self, text: str) -> None:
        """Part two lines by a space, but where a hyphen or a dash stood between two words."""
        before = self.pieces[-1]
        halves = _halves(before, text)
        if halves is None:
            self._add("" if _TIED.search(before[-_TAIL:]) else " ")
        elif self.hyphens.divides(before, text):
            self.pieces[-1] = before[:-1]
            self.length -= 1
        elif halves[1] in _LONE:
            self._add(" ")

    def _add(self, piece: str) -> None:
        self.pieces.append(piece)
        self.length += len(piece)


def _runs_on(before: Line, line: Line, usual: float, *, opens_page: bool) -> bool:
    if line.cells or before.cells or _BULLET.match(line.text):
        return False
    if abs(line.size - before.size) > _RESIZED * before.size:
        return False
    ended = _STOP.search(before.text[-_TAIL:]) is not None
    if opens_page or line.bottom > before.bottom:  # a new page, or a new column
        return not ended or line.text[:1].islower()
    if before.bottom - line.bottom > _WIDE_GAP * usual:
        return False
    return not (ended and line.left - before.left > _INDENT)
