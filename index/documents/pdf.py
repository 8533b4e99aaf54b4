"""PDF -> the text of its pages, as one continues on the next, and what it says about itself.

A PDF holds characters with their positions, no lines and no paragraphs. Here characters become
lines; in `index.documents.pdf_layout` lines become paragraphs. Imported in the sandbox only.
"""

import re
from collections import Counter
from contextlib import closing
from ctypes import c_ushort
from math import hypot
from typing import NamedTuple

from lxml import etree
from pypdfium2 import PdfDocument, PdfiumError, PdfPage, PdfTextPage, raw

from index.documents.document import DUBLIN_CORE, Document, authors, first_line, iso_date
from index.documents.pdf_layout import Line, in_reading_order, join_lines, without_edges
from index.errors import SourceError

MOST_PAGES = 2_000
"""More are refused: they could not be read within the time limit."""

_LARGEST_XMP = 1024 * 1024  # bytes
_XMP_START, _XMP_END = b"<x:xmpmeta", b"</x:xmpmeta>"
_WIDE_SPACE = 0.8  # times the height of a word: what separates two segments of a line
_OVERLAP = 0.4  # of the height of the lower of two words in one line
# Letters that were set as one, and the bullet of a font without Unicode.
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\uf0b7": "•"}
)
# PDFium has a character of its own for a hyphen at the end of a line.
_RUN = re.compile(r"(?P<text>[^\s\2\ufffe]+)(?P<hyphen>[\2\ufffe]?)|[\n\2\ufffe]")


def read_pdf(data: bytes, *, name: str) -> Document:
    """Return the text of a PDF, paragraphs a blank line apart, and where its pages begin.

    Raises: SourceError if it is no PDF, asks for a password, has more than `MOST_PAGES` pages or
    no text.
    """
    try:
        with PdfDocument(data) as document:
            if len(document) > MOST_PAGES:
                raise SourceError(
                    f"{name} has {len(document):,} pages; expected at most {MOST_PAGES:,}; "
                    "add it in parts"
                )
            pages: list[list[Line]] = []
            for number in range(len(document)):
                with closing(document[number]) as page:
                    pages.append(_read_lines(page))
            properties = document.get_metadata_dict()
    except PdfiumError as error:
        if error.err_code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise SourceError(
                f"{name} asks for a password; expected a PDF that opens without; "
                "print it to a new PDF"
            ) from error
        raise SourceError(
            f"{name} is no PDF that can be read ({error}); expected one that a viewer opens; "
            "print it to a new PDF, or export its text"
        ) from error
    text, offsets = join_lines([in_reading_order(page) for page in without_edges(pages)])
    if not text:  # all pages are alike
        text, offsets = join_lines([in_reading_order(page) for page in pages])
    if not text:
        raise SourceError(
            f"{name} has no text, only pictures of pages; expected a PDF with a text layer; "
            "recognise its text (OCR) first"
        )
    xmp = _find_xmp(data)
    return Document(
        text,
        first_line((properties["Title"], *_values(xmp, "title"))),
        author=authors(_values(xmp, "creator")) or authors(properties["Author"].split(";")),
        # The day on which the file was made is better than none.
        published=iso_date(*_values(xmp, "date"), properties["CreationDate"]),
        pages=offsets,
    )


def _find_xmp(data: bytes) -> etree._Element | None:
    """Return the last uncompressed XMP metadata that describes a PDF and not a picture in it."""
    end = data.rfind(_XMP_END)
    while end >= 0:
        start = data.rfind(_XMP_START, max(0, end - _LARGEST_XMP), end)
        packet = data[start : end + len(_XMP_END)]
        if start >= 0 and (b"application/pdf" in packet or b"pdf:Producer" in packet):
            parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
            return etree.fromstring(packet, parser)
        end = data.rfind(_XMP_END, 0, max(0, end - 1))
    return None


def _values(xmp: etree._Element | None, kind: str) -> list[str]:
    """Return each value that XMP metadata has of a kind, such as ``creator``."""
    if xmp is None:
        return []
    found = xmp.xpath(f"{DUBLIN_CORE}//text()", kind=kind)
    return [str(value) for value in found if value.strip()]


class _Word(NamedTuple):  # a page has hundreds, and a dataclass takes twice as long to construct
    """Characters without a space between: their box and font size in points, and their rotation.

    `turns` counts quarter turns, counter-clockwise.
    """

    text: str
    left: float
    bottom: float
    right: float
    top: float
    size: float
    turns: int

    @property
    def wide_space(self) -> float:
        """The least distance to a word in another segment of its line."""
        return _WIDE_SPACE * (self.top - self.bottom)


def _read_lines(page: PdfPage) -> list[Line]:
    """Return a page's lines, split at wide gaps, in the order of the file.

    The rotation that most words have counts as upright, however the page is rotated.
    """
    words = _read_words(page)
    counts = Counter(word.turns for word in words if word)
    turns = counts.most_common(1)[0][0] if counts else 0
    if page.get_rotation() != 90 * turns:  # PDFium orders lines by how the page is shown
        page.set_rotation(90 * turns)
        words = _read_words(page)
    lines: list[Line] = []
    segment: list[_Word] = []
    row = 0
    for word in (_rotated(word, turns) if word and turns else word for word in words):
        ends_row = bool(segment) and (word is None or not _is_same_row(word, segment[-1]))
        ends_segment = word is None or (
            bool(segment)
            and not word.turns
            and word.left - segment[-1].right > segment[-1].wide_space
        )
        if segment and (ends_row or ends_segment):
            lines.append(_line(segment, row))
            segment = []
            row += ends_row
        if word is not None:
            segment.append(word)
    if segment:
        lines.append(_line(segment, row))
    return lines


def _is_same_row(word: _Word, before: _Word) -> bool:
    """Return whether a word stands in the line of the one before; PDFium is not always right."""
    if word.turns or before.turns:
        return word.turns == before.turns
    # Back to the left: where that is still the same line, it is near.
    if before.left - word.right > before.wide_space:
        return False
    least = min(word.top - word.bottom, before.top - before.bottom)
    return min(word.top, before.top) - max(word.bottom, before.bottom) > _OVERLAP * least


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


def _read_words(page: PdfPage) -> list[_Word | None]:
    """Return the words of a page in the order of the file; None ends a line."""
    words: list[_Word | None] = []
    with closing(page.get_textpage()) as characters:
        for found in _RUN.finditer(_code_units(characters)):
            text = found["text"] or ""
            if not (text.isascii() and text.isprintable()):
                whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
                text = "".join(filter(str.isprintable, whole.translate(_LIGATURES)))
            if text:
                text += "-" if found["hyphen"] else ""
                words.append(_word(characters.raw, text, found.start(), found.end() - 1))
            if found["hyphen"] or not found["text"]:
                words.append(None)
    return words


def _code_units(page: PdfTextPage) -> str:
    """Return a UTF-16 code unit for each character that PDFium knows the position of."""
    count = page.count_chars()
    buffer = (c_ushort * (count + 1))()
    if raw.FPDFText_GetText(page, 0, count, buffer) == count + 1:
        return "".join(map(chr, buffer[:count]))
    return "".join(chr(raw.FPDFText_GetUnicode(page, number)) for number in range(count))


def _word(page: object, text: str, first: int, last: int) -> _Word:
    """Return a word by the numbers of its first and its last character."""
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


def _rotated(word: _Word, turns: int) -> _Word:
    """Rotate a word clockwise, by quarter turns about the origin."""
    left, bottom, right, top = word[1:5]
    for _ in range(turns):
        left, bottom, right, top = bottom, -right, top, -left
    return _Word(word.text, left, bottom, right, top, word.size, (word.turns - turns) % 4)
