"""PDF -> the text of its pages, as one runs on into the next, and what it says of itself.

A PDF knows characters and where they stand, no lines and no paragraphs. Runs in the process of
`index.documents.sandbox` alone.
"""

from contextlib import closing
from typing import TYPE_CHECKING

from index.documents.document import DUBLIN_CORE, Document, authors, first_line, iso_date
from index.documents.glyphs import read_lines
from index.documents.pdf_layout import Line, in_reading_order, without_edges
from index.documents.pdf_paragraphs import flow
from index.errors import SourceError

if TYPE_CHECKING:
    from lxml.etree import _Element
    from pypdfium2 import PdfDocument, PdfiumError

MOST_PAGES = 2_000
"""More are refused: they could not be read in the time there is."""

_LARGEST_PACKET = 1024 * 1024  # bytes
_OPENS, _CLOSES = b"<x:xmpmeta", b"</x:xmpmeta>"


def read_pdf(data: bytes, *, name: str) -> Document:
    """Give what a PDF holds: paragraphs a blank line apart, and where its pages begin.

    Raises: SourceError when it is no PDF, asks for a password, has more than `MOST_PAGES` pages or
    no text.
    """
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        with PdfDocument(data) as document:
            pages = _pages(document, name)
            known = document.get_metadata_dict()
    except PdfiumError as error:
        raise _refusal(error, name) from error
    text, offsets = flow([in_reading_order(page) for page in without_edges(pages)])
    if not text:  # all pages alike
        text, offsets = flow([in_reading_order(page) for page in pages])
    if not text:
        raise SourceError(
            f"{name} has no text, only pictures of pages; expected a PDF with a text layer; "
            "recognise its text (OCR) first"
        )
    told = _packet(data)
    return Document(
        text,
        first_line((known["Title"], *_told(told, "title"))),
        author=authors(_told(told, "creator")) or authors(known["Author"].split(";")),
        # The day that the file was made is better than none.
        published=iso_date(*_told(told, "date"), known["CreationDate"]),
        pages=offsets,
    )


def _pages(document: "PdfDocument", name: str) -> list[list[Line]]:
    if len(document) > MOST_PAGES:
        raise SourceError(
            f"{name} has {len(document):,} pages; expected at most {MOST_PAGES:,}; add it in parts"
        )
    pages: list[list[Line]] = []
    for number in range(len(document)):
        with closing(document[number]) as page:
            pages.append(read_lines(page))
    return pages


def _refusal(error: "PdfiumError", name: str) -> SourceError:
    from pypdfium2 import raw

    if error.err_code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
        return SourceError(
            f"{name} asks for a password; expected a PDF that opens without; print it to a new PDF"
        )
    return SourceError(
        f"{name} is no PDF that can be read ({error}); expected one that a viewer opens; "
        "print it to a new PDF, or export its text"
    )


def _packet(data: bytes) -> "_Element | None":
    """Give the last metadata (XMP) that stands open in the file and is a PDF's, not a picture's."""
    from lxml import etree

    end = data.rfind(_CLOSES)
    while end >= 0:
        start = data.rfind(_OPENS, max(0, end - _LARGEST_PACKET), end)
        packet = data[start : end + len(_CLOSES)]
        if start >= 0 and (b"application/pdf" in packet or b"pdf:Producer" in packet):
            parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
            return etree.fromstring(packet, parser)
        end = data.rfind(_CLOSES, 0, max(0, end - 1))
    return None


def _told(packet: "_Element | None", kind: str) -> list[str]:
    """Give each value that the packet has of a kind, such as ``creator``."""
    if packet is None:
        return []
    found = packet.xpath(f"{DUBLIN_CORE}//text()", kind=kind)
    return [str(value) for value in found if value.strip()]
