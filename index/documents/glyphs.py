"""A page of a PDF -> its lines, from the characters and where they stand.

Runs in the process of `index.documents.sandbox` alone.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from ctypes import c_ushort
from math import hypot
from typing import NamedTuple

from pypdfium2 import PdfPage, PdfTextPage, raw

from index.documents.pdf_layout import Line

_WIDE_SPACE = 0.8  # times the height of a word: what parts two pieces of a line
_OVERLAP = 0.4  # of the height of the lower of two words in one line
# Letters that were set as one, and the bullet of a font without Unicode.
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\uf0b7": "•"}
)
# PDFium gives a character of its own for a hyphen at the end of a line.
_RUN = re.compile(r"(?P<text>[^\s\2\ufffe]+)(?P<divides>[\2\ufffe]?)|[\n\2\ufffe]")


class _Word(NamedTuple):  # a page has hundreds, and a dataclass takes twice as long to make
    """Characters without a space between, their box in points, and how often they are turned.

    `turns` are quarters, counter-clockwise.
    """

    text: str
    left: float
    bottom: float
    right: float
    top: float
    size: float
    turns: int


def read_lines(page: PdfPage) -> list[Line]:
    """Give a page's lines, parted at wide gaps, in the order that they were written in.

    What most of its text is, is upright, however the page is turned.
    """
    words = _words(page)
    counts = Counter(word.turns for word in words if word)
    turns = counts.most_common(1)[0][0] if counts else 0
    if page.get_rotation() != 90 * turns:  # PDFium orders lines by how the page is shown
        page.set_rotation(90 * turns)
        words = _words(page)
    return list(_lines(_turned(word, turns) if word and turns else word for word in words))


def _lines(words: Iterable[_Word | None]) -> Iterator[Line]:
    piece: list[_Word] = []
    row = 0
    for word in words:
        if piece and (word is None or not _follows(word, piece[-1])):
            yield _line(piece, row)
            piece = []
            row += 1
        elif piece and word is not None and _is_apart(word, piece[-1]):
            yield _line(piece, row)
            piece = []
        if word is not None:
            piece.append(word)
    if piece:
        yield _line(piece, row)


def _follows(word: _Word, before: _Word) -> bool:
    """Say whether it stands in the same line, which PDFium need not be right about."""
    if word.turns or before.turns:
        return word.turns == before.turns
    if before.left - word.right > _wide(
        before
    ):  # back to the left; where that is read on, it is near
        return False
    least = min(word.top - word.bottom, before.top - before.bottom)
    return min(word.top, before.top) - max(word.bottom, before.bottom) > _OVERLAP * least


def _is_apart(word: _Word, before: _Word) -> bool:
    return not word.turns and word.left - before.right > _wide(before)


def _wide(word: _Word) -> float:
    return _WIDE_SPACE * (word.top - word.bottom)


def _line(words: list[_Word], row: int) -> Line:
    longest = max(words, key=lambda word: len(word.text))
    return Line(
        " ".join([word.text for word in words]),
        row,
        left=min([word.left for word in words]),
        right=max([word.right for word in words]),
        bottom=longest.bottom,
        size=longest.size,
        upright=not longest.turns,
    )


def _words(page: PdfPage) -> list[_Word | None]:
    with closing(page.get_textpage()) as characters:
        return list(_read_words(characters))


def _read_words(page: PdfTextPage) -> Iterator[_Word | None]:
    """Give the words of a page in the order that they were written in; None ends a line."""
    for found in _RUN.finditer(_characters(page)):
        text, divides = _clean(found["text"] or ""), found["divides"]
        if text:
            text += "-" if divides else ""
            yield _word(page.raw, text, found.start(), found.end() - 1)
        if divides or not found["text"]:
            yield None


def _characters(page: PdfTextPage) -> str:
    """Give one code unit for each character that PDFium knows the place of."""
    count = page.count_chars()
    buffer = (c_ushort * (count + 1))()
    if raw.FPDFText_GetText(page, 0, count, buffer) == count + 1:
        return "".join(map(chr, buffer[:count]))
    return "".join(chr(raw.FPDFText_GetUnicode(page, number)) for number in range(count))


def _clean(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    return "".join(filter(str.isprintable, whole.translate(_LIGATURES)))


def _word(page: object, text: str, first: int, last: int) -> _Word:
    matrix, box, end = raw.FS_MATRIX(), raw.FS_RECTF(), raw.FS_RECTF()
    raw.FPDFText_GetMatrix(page, first, matrix)
    raw.FPDFText_GetLooseCharBox(page, first, box)
    raw.FPDFText_GetLooseCharBox(page, last, end)
    along, up = matrix.a, matrix.b
    return _Word(
        text,
        min(box.left, end.left),
        min(box.bottom, end.bottom),
        max(box.right, end.right),
        max(box.top, end.top),
        raw.FPDFText_GetFontSize(page, first) * hypot(matrix.c, matrix.d),
        (0 if along > 0 else 2) if abs(along) >= abs(up) else (1 if up > 0 else 3),
    )


def _turned(word: _Word, turns: int) -> _Word:
    """Turn the page clockwise, in quarters about the origin."""
    left, bottom, right, top = word[1:5]
    for _ in range(turns):
        left, bottom, right, top = bottom, -right, top, -left
    return _Word(word.text, left, bottom, right, top, word.size, (word.turns - turns) % 4)
