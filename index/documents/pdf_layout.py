"""Lines of a PDF's pages -> paragraphs: columns one after another, edges left out, lines joined.

Columns, tables and paragraphs are guessed from gaps, indents and sizes.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise, starmap
from statistics import median

_EDGE_ROWS = 2  # at the top and the bottom of a page that may be a running head or foot
_LEVEL = 2.0  # points that two segments of a row may differ in height
_GUTTER = 6.0  # points: the narrowest white space between two columns
_FLUSH = 2.0  # points that the lines of a column may differ at the left
_FEWEST = 4  # lines, standing beside as many: fewer are no column
_FULL = 0.6  # of the longest line: how long a usual one is; the cells of tables differ more
_WORDS = 3  # that a usual line of a column has
_ALIGNED = 1.0  # points that cells which stand beneath one another may differ at the left
_LONGEST_MARKER = 3  # code points: the longest bullet or number of an item
_EVEN = 0.1  # points that the spaces of a justified line may differ
_DETACHED = 1.5  # times its size: the least distance of a page number from the text
_PAGE_NUMBER = re.compile(
    r"\W*(?:page|p\.|seite)?\s*(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:of|/|von)\s*\d{1,4})?\W*",
    re.IGNORECASE,
)
# A browser prints the date beside the title, and the address beside the page's number.
_PRINTED = re.compile(
    r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4},? \d{1,2}:\d\d(?: [AP]M)?\b.*|(?:https?|file)://\S+"
)
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


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or a segment of one between wide gaps: points from the left and from the bottom.

    Segments of one line have the same `row`. A line is not `upright` when it is rotated against
    its page, and has `cells` where it is a row of a table.
    """

    text: str
    row: int
    left: float
    right: float
    bottom: float
    size: float
    upright: bool = True
    cells: bool = False


def without_edges(pages: Sequence[Sequence[Line]]) -> Iterator[list[Line]]:
    """Leave out page numbers, and lines at the edge that most pages, or every other one, have.

    What browsers print there is left out too, however few the pages are.
    """
    edges = [list(_edges(page)) for page in pages]
    counts = Counter(pattern for edge in edges for pattern in set(map(_pattern, edge)))
    often = max(2, 0.4 * len(pages))
    for page, edge in zip(pages, edges, strict=True):
        printed = {
            line.row for line in edge if _PRINTED.fullmatch(line.text) and _is_detached(line, page)
        }
        dropped = {
            line
            for line in edge
            if counts[_pattern(line)] >= often
            or line.row in printed
            or (_PAGE_NUMBER.fullmatch(line.text) and _is_alone(line, page))
        }
        yield [line for line in page if line not in dropped]


def _edges(page: Sequence[Line]) -> Iterator[Line]:
    heights = sorted({line.bottom for line in page}, reverse=True)
    levels = [
        height for n, height in enumerate(heights) if not n or heights[n - 1] - height > _LEVEL
    ]
    if levels:
        upper = levels[:_EDGE_ROWS][-1] - _LEVEL
        lower = levels[-_EDGE_ROWS:][0]
        yield from (line for line in page if line.bottom >= upper or line.bottom <= lower)


def _pattern(line: Line) -> tuple[str, int]:
    return re.sub(r"\d+", "#", line.text), round(line.bottom)


def _is_detached(line: Line, page: Iterable[Line]) -> bool:
    gaps = (abs(line.bottom - other.bottom) for other in page)
    return all(gap <= _LEVEL or gap > _DETACHED * line.size for gap in gaps)


def _is_alone(line: Line, page: Iterable[Line]) -> bool:
    level = sum(abs(line.bottom - other.bottom) <= _LEVEL for other in page)
    return level == 1 and _is_detached(line, page)


def in_reading_order(page: Sequence[Line]) -> list[Line]:
    """Return whole lines, column after column; lines across the columns separate what is around.

    Where there are no columns, lines stay in the order of the file.
    """
    upright = [line for line in page if line.upright]
    turned = [line for line in page if not line.upright]
    return [*_ordered(upright), *_whole(turned)]


def _ordered(lines: Sequence[Line]) -> Iterator[Line]:
    gutter = _gutter(lines)
    if gutter is None:
        yield from _whole(lines)
        return
    left, right, across = _sides(lines, gutter)
    across = sorted(_whole(across), key=lambda line: -line.bottom)
    for upper, lower in zip([None, *across], [*across, None], strict=True):
        yield from [upper] if upper else []
        for side in (left, right):
            yield from _ordered(
                [
                    line
                    for line in side
                    if (upper is None or line.bottom < upper.bottom)
                    and (lower is None or line.bottom >= lower.bottom)
                ]
            )


def _whole(lines: Iterable[Line]) -> Iterator[Line]:
    """Join the segments of each line that follow one another."""
    rows = [list(segments) for _, segments in groupby(lines, key=lambda line: line.row)]
    for segments, is_table in zip(rows, _are_tables(rows), strict=True):
        yield replace(
            max(segments, key=lambda segment: len(segment.text)),
            text=(" | " if is_table else " ").join(segment.text for segment in segments),
            left=min(segment.left for segment in segments),
            right=max(segment.right for segment in segments),
            cells=is_table,
        )


def _are_tables(rows: Sequence[Sequence[Line]]) -> list[bool]:
    """Return for each line whether its segments stand below others', as cells of a table do.

    Two rows make a table when two of their cells do, three when one does: the words of justified
    lines may by chance.
    """
    links = [_aligned(upper, lower) for upper, lower in pairwise(rows)]
    strong = [
        link > 1 or bool(link and any(links[max(0, n - 1) : n] + links[n + 1 : n + 2]))
        for n, link in enumerate(links)
    ]
    linked = [False, *strong, False]
    return [linked[n] or linked[n + 1] for n in range(len(rows))]


def _aligned(upper: Sequence[Line], lower: Sequence[Line]) -> int:
    starts = [_cell_starts(segments) for segments in (upper, lower)]
    return sum(any(abs(one - other) < _ALIGNED for other in starts[1]) for one in starts[0])


def _cell_starts(segments: Sequence[Line]) -> list[float]:
    """Return where the segments begin that may be cells."""
    gaps = [after.left - before.right for before, after in pairwise(segments)]
    has_spaces = any(" " in segment.text for segment in segments)  # that are not as wide
    if len(gaps) > 1 and max(gaps) - min(gaps) < _EVEN and not has_spaces:
        return []
    # What follows a bullet, or the number of a heading, is no cell.
    first = 2 if len(segments[0].text) <= _LONGEST_MARKER else 1
    return [segment.left for segment in segments[first:]]


def _gutter(lines: Sequence[Line]) -> float | None:
    """Return where a column begins that has another on its left, or None."""
    starts = Counter(round(line.left) for line in lines)
    found: list[tuple[int, float]] = []
    for start in sorted(start for start in starts if starts[start] >= _FEWEST):
        left, right, across = _sides(lines, start)
        if _are_columns(left, right) and not _beside(across, [*left, *right], enough=_FEWEST):
            found.append((len(across), start))
    return min(found)[1] if found else None


def _sides(lines: Iterable[Line], start: float) -> tuple[list[Line], list[Line], list[Line]]:
    left: list[Line] = []
    right: list[Line] = []
    across: list[Line] = []
    for line in lines:
        if line.left >= start - _FLUSH:
            right.append(line)
        elif line.right <= start - _GUTTER:
            left.append(line)
        else:
            across.append(line)
    return left, right, across


def _are_columns(left: Sequence[Line], right: Sequence[Line]) -> bool:
    return (
        min(len(left), len(right)) >= _FEWEST
        and _is_prose(left)
        and _is_prose(right)
        and _beside(left, right, enough=_FEWEST)
        and _beside(right, left, enough=_FEWEST)
    )


def _is_prose(lines: Sequence[Line]) -> bool:
    widths = [line.right - line.left for line in lines]
    return (
        median(widths) >= _FULL * max(widths)
        and median(len(line.text.split()) for line in lines) >= _WORDS
    )


def _beside(lines: Iterable[Line], others: Iterable[Line], *, enough: int) -> bool:
    """Return whether enough lines stand at the height of others."""
    heights = sorted(other.bottom for other in others)

    def is_beside(line: Line) -> bool:
        above = bisect_right(heights, line.bottom - line.size)
        return above < len(heights) and heights[above] < line.bottom + line.size

    return sum(map(is_beside, lines)) >= enough


def join_lines(pages: Sequence[Sequence[Line]]) -> tuple[str, tuple[int, ...]]:
    """Return the text, paragraphs a blank line apart, and the offsets at which its pages begin.

    A paragraph may continue after the end of a page or a column. A page without lines begins where
    the next one does.
    """
    writer = _ParagraphWriter(_Hyphens.of(pages))
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
    return "".join(writer.parts), (*offsets, *[writer.length] * empty)


@dataclass(frozen=True, slots=True)
class _Hyphens:
    """Decides by a document's other words whether a hyphen at the end of a line belongs to it."""

    words: frozenset[str]  # in lower case, compounds included
    divided: bool  # whether any word of the document is divided

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
        """Return whether the hyphen at the end of a line only divides a word."""
        first, second = (half.lower() for half in _halves(upper, lower) or ("", ""))
        if f"{first}-{second}" in self.words or second in _LONE:
            return False
        if first + second in self.words:
            return True
        if _LINKED.search(upper[-_TAIL:]) or _LINKING.match(lower) or not lower[:1].islower():
            return False  # a compound of three words, a name or a number
        return self.divided or not {first, second} <= self.words


def _halves(upper: str, lower: str) -> tuple[str, str] | None:
    """Return the letters before and after a hyphen at the end of a line."""
    divided = _HYPHENATED.search(upper[-_TAIL:])
    following = _FIRST.match(lower)
    return (divided[1], following[0]) if divided and following else None


@dataclass(slots=True)
class _ParagraphWriter:
    """Joins lines to paragraphs, one after another."""

    hyphens: _Hyphens
    parts: list[str] = field(default_factory=list)
    length: int = 0
    before: Line | None = None
    in_item: bool = False  # whether the open paragraph is an item

    def write(self, line: Line, usual: float, *, opens_page: bool) -> int:
        """Add a line and return its offset; `usual` is the distance of two lines of its page."""
        bullet = _BULLET.match(line.text)
        if self.before is not None:
            if _continues(self.before, line, usual, opens_page=opens_page):
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
        """Append a line after a space, or without one if a hyphen or a dash ends the last line."""
        before = self.parts[-1]
        halves = _halves(before, text)
        if halves is None:
            self._add("" if _TIED.search(before[-_TAIL:]) else " ")
        elif self.hyphens.divides(before, text):
            self.parts[-1] = before[:-1]
            self.length -= 1
        elif halves[1] in _LONE:
            self._add(" ")

    def _add(self, part: str) -> None:
        self.parts.append(part)
        self.length += len(part)


def _continues(before: Line, line: Line, usual: float, *, opens_page: bool) -> bool:
    """Return whether a line belongs to the paragraph of the one before."""
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
