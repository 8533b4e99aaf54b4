"""Lines of a page, and the order that they are read in: column after column.

Runs in the process of `index.documents.sandbox` alone.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from statistics import median

_EDGE_ROWS = 2  # at the top and the bottom of a page that may be a running head or foot
_LEVEL = 2.0  # points that two pieces of a row may differ in height
_GUTTER = 6.0  # points: the narrowest white space between two columns
_FLUSH = 2.0  # points that the lines of a column may differ at the left
_FEWEST = 4  # lines, standing beside as many: fewer are no column
_FULL = 0.6  # of the longest line: how long a usual one is; the cells of tables differ more
_WORDS = 3  # that a usual line of a column has
_ALIGNED = 1.0  # points that cells which stand beneath one another may differ at the left
_BULLET = 3  # code points: the longest bullet or number of an item
_EVEN = 0.1  # points that the spaces of a justified line may differ
_DETACHED = 1.5  # times its size: how far a page number stands from the text
_PAGE_NUMBER = re.compile(
    r"\W*(?:page|p\.|seite)?\s*(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:of|/|von)\s*\d{1,4})?\W*",
    re.IGNORECASE,
)
# A browser prints the date beside the title, and the address beside the page's number.
_PRINTED = re.compile(
    r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4},? \d{1,2}:\d\d(?: [AP]M)?\b.*|(?:https?|file)://\S+"
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or a piece of one between wide gaps: points from the left and from the bottom.

    Pieces of one line have one `row`. A line is not `upright` when it is turned against its page,
    and has `cells` where it is a row of a table.
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

    What a browser prints there goes too, however few the pages.
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
    """Give whole lines: those of each column together, parted by what runs across the columns.

    Where there are no columns, lines keep the order that they were written in.
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
    """Join the pieces of each line that follow one another."""
    rows = [list(pieces) for _, pieces in groupby(lines, key=lambda line: line.row)]
    for pieces, is_table in zip(rows, _are_tables(rows), strict=True):
        yield replace(
            max(pieces, key=lambda piece: len(piece.text)),
            text=(" | " if is_table else " ").join(piece.text for piece in pieces),
            left=min(piece.left for piece in pieces),
            right=max(piece.right for piece in pieces),
            cells=is_table,
        )


def _are_tables(rows: Sequence[Sequence[Line]]) -> list[bool]:
    """Say of each line whether its pieces stand beneath others', as the cells of a table do.

    Two rows are one when two cells do, three when one does: justified words may by chance.
    """
    links = [_aligned(upper, lower) for upper, lower in pairwise(rows)]
    strong = [
        link > 1 or bool(link and any(links[max(0, n - 1) : n] + links[n + 1 : n + 2]))
        for n, link in enumerate(links)
    ]
    linked = [False, *strong, False]
    return [linked[n] or linked[n + 1] for n in range(len(rows))]


def _aligned(upper: Sequence[Line], lower: Sequence[Line]) -> int:
    starts = [_starts(pieces) for pieces in (upper, lower)]
    return sum(any(abs(one - other) < _ALIGNED for other in starts[1]) for one in starts[0])


def _starts(pieces: Sequence[Line]) -> list[float]:
    gaps = [after.left - before.right for before, after in pairwise(pieces)]
    parted = any(" " in piece.text for piece in pieces)  # by spaces that are not as wide
    if len(gaps) > 1 and max(gaps) - min(gaps) < _EVEN and not parted:
        return []
    # What stands behind a bullet, or the number of a heading, is no cell.
    first = 2 if len(pieces[0].text) <= _BULLET else 1
    return [piece.left for piece in pieces[first:]]


def _gutter(lines: Sequence[Line]) -> float | None:
    """Give where a column begins that has another at its left, or None."""
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
    """Say whether enough lines stand at the height of others."""
    heights = sorted(other.bottom for other in others)

    def is_beside(line: Line) -> bool:
        above = bisect_right(heights, line.bottom - line.size)
        return above < len(heights) and heights[above] < line.bottom + line.size

    return sum(map(is_beside, lines)) >= enough
