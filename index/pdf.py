"""PDF -> the title and the text of its pages, as one runs on into the next.

A PDF knows lines and where they stand, no paragraphs: those are guessed from gaps, indents and
sizes. Lines that return on most pages, and page numbers, are left out. Runs in the process of
`index.parsing` alone.
"""

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

from index.errors import SourceError
from index.parsed import Parsed, one_line

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

MOST_PAGES = 2_000
"""More are refused: they could not be read in the time there is."""

_EDGE_LINES = 2  # at the top and the bottom of a page that may be a running head or foot
_WIDE_GAP = 1.3  # times the usual distance of two lines
_TAIL = 80  # code points: what is looked at of a paragraph that may be long
_INDENT = 5.0  # points
_PAGE_NUMBER = re.compile(
    r"\W*(?:page|p\.|seite)?\s*(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:of|/|von)\s*\d{1,4})?\W*",
    re.IGNORECASE,
)
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\0": ""}
)
_HYPHENATED = re.compile(r"(\w+)[-\xad‐]$")
_STOP = re.compile(r"[.!?:;…。][”’\"')\]]*$")


@dataclass(frozen=True, slots=True)
class _Line:
    """One line, and where it begins on its page: points from the left and from the bottom."""

    text: str
    left: float
    bottom: float
    size: float


def read_pdf(data: bytes, *, name: str) -> Parsed:
    """Give the title and the text of a PDF: paragraphs a blank line apart.

    Raises: SourceError when it is no PDF, asks for a password, has more than `MOST_PAGES` pages or
    no text.
    """
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError

    try:
        reader = PdfReader(io.BytesIO(data))
        _check(reader, name)
        pages = [list(_lines(page)) for page in reader.pages]
        title = str((reader.metadata and reader.metadata.title) or "")
    except DependencyError as error:
        raise _locked(name) from error
    except PyPdfError as error:
        raise SourceError(
            f"{name} is no PDF that can be read ({error}); expected one that a viewer opens; "
            "print it to a new PDF, or export its text"
        ) from error
    text = "\n\n".join(_paragraphs(_without_edges(pages)))
    if not text:
        raise SourceError(
            f"{name} has no text, only pictures of pages; expected a PDF with a text layer; "
            "recognise its text (OCR) first"
        )
    return Parsed(one_line(title), text)


def _check(reader: "PdfReader", name: str) -> None:
    if reader.is_encrypted and not reader.decrypt(""):
        raise _locked(name)
    if len(reader.pages) > MOST_PAGES:
        raise SourceError(
            f"{name} has {len(reader.pages):,} pages; expected at most {MOST_PAGES:,}; "
            "add it in parts"
        )


def _locked(name: str) -> SourceError:
    return SourceError(
        f"{name} asks for a password, or is encrypted; expected a PDF that is not; "
        "print it to a new PDF"
    )


def _lines(page: "PageObject") -> Iterator[_Line]:
    """Give a page's lines in the order that they were written in."""
    pieces: list[tuple[str, float, float, float]] = []

    def visit(text: str, matrix: Any, within: Any, _: Any, size: float) -> None:
        left = within[4] * matrix[0] + matrix[4]
        bottom = within[5] * matrix[3] + matrix[5]
        pieces.append((text, left, bottom, abs(size * within[3] * matrix[3])))

    page.extract_text(visitor_text=visit)
    line: _Line | None = None
    for text, left, bottom, size in pieces:
        for part in re.split(r"(\n)", text.translate(_LIGATURES)):
            if part == "\n":
                yield from [line] if line else []
                line = None
            elif line is not None:
                line = replace(line, text=line.text + part)
            elif part.strip():
                line = _Line(part, left, bottom, size)
    yield from [line] if line else []


def _without_edges(pages: Sequence[Sequence[_Line]]) -> Iterator[list[_Line]]:
    """Leave out page numbers, and lines at the edge that most pages, or every other one, have."""
    edges = [_edges(page) for page in pages]
    counts = Counter(pattern for edge in edges for pattern in set(map(_pattern, edge)))
    often = max(2, 0.4 * len(pages))
    for page, edge in zip(pages, edges, strict=True):
        dropped = {
            line
            for line in edge
            if counts[_pattern(line)] >= often or _PAGE_NUMBER.fullmatch(line.text.strip())
        }
        yield [line for line in page if line not in dropped]


def _edges(page: Sequence[_Line]) -> list[_Line]:
    ordered = sorted(page, key=lambda line: -line.bottom)
    return ordered[:_EDGE_LINES] + ordered[_EDGE_LINES:][-_EDGE_LINES:]


def _pattern(line: _Line) -> tuple[str, int]:
    return re.sub(r"\d+", "#", " ".join(line.text.split())), round(line.bottom)


def _paragraphs(pages: Iterable[Sequence[_Line]]) -> Iterator[str]:
    """Join lines to paragraphs; one may run on over the end of a page or a column."""
    pages = list(pages)
    words = Counter(re.findall(r"\w+[-‐]\w+", " ".join(e.text for page in pages for e in page)))
    paragraph = ""
    for page in pages:
        gaps = [upper.bottom - lower.bottom for upper, lower in pairwise(page)]
        usual = median([gap for gap in gaps if gap > 0] or [0.0])
        before: _Line | None = None
        for line in page:
            text = " ".join(line.text.split())
            if paragraph and (_runs_on(paragraph, text, before, line, usual)):
                paragraph = _joined(paragraph, text, words)
            else:
                yield from [paragraph] if paragraph else []
                paragraph = text
            before = line
    yield from [paragraph] if paragraph else []


def _runs_on(paragraph: str, text: str, before: _Line | None, line: _Line, usual: float) -> bool:
    ended = _STOP.search(paragraph[-_TAIL:]) is not None
    if before is None or line.bottom > before.bottom:  # a new page, or a new column
        return not ended or text[:1].islower()
    if abs(line.size - before.size) > 0.1 * before.size:
        return False
    if before.bottom - line.bottom > _WIDE_GAP * usual:
        return False
    return not (ended and line.left - before.left > _INDENT)


def _joined(paragraph: str, text: str, words: Counter[str]) -> str:
    """Join two lines. A hyphen goes where the word was divided, and stays where it is its own."""
    divided = _HYPHENATED.search(paragraph[-_TAIL:])
    following = re.match(r"\w+", text)
    if divided is None or following is None or not text[0].islower():
        return f"{paragraph} {text}"
    if f"{divided[1]}-{following[0]}" in words:
        return paragraph + text
    return paragraph[:-1] + text
