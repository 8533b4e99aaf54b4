"""The table of formats: how files of each are recognised, and what reads them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pkgutil import resolve_name

from index.documents.document import Document
from index.errors import SourceError

LARGEST_FILE = 10 * 1024 * 1024
"""Bytes: the largest file that is read. A longer work is added in parts."""

EXPECTED = "a text, Markdown, HTML, PDF, Word or EPUB file"
"""What error messages say that they expected."""


@dataclass(frozen=True, slots=True)
class Format:
    """One format of documents.

    reader:     module and function that read it, imported at first use
    keys:       suffixes of file names, and media types
    is_text:    whether its files are encoded text; then the reader takes the declared `charset`
    in_process: bytes: larger files are read in a process of their own
    """

    name: str
    reader: str
    keys: tuple[str, ...]
    is_text: bool = True
    in_process: int = 0

    def read(self, data: bytes, *, name: str, charset: str | None = None) -> Document:
        """Read a document in this process. Raises: SourceError, and whatever its parser raises."""
        reader: Callable[..., Document] = resolve_name(f"index.documents.{self.reader}")
        declared = {"charset": charset} if self.is_text else {}
        return reader(data, name=name, **declared)


PLAIN_TEXT = Format("text", "plain_text:read_plain", (".txt",), in_process=LARGEST_FILE)
MARKDOWN = Format(
    "Markdown",
    "markdown:read_markdown",
    (".md", ".markdown", "text/markdown", "text/x-markdown"),
    in_process=16 * 1024,  # a longer one may take its parser any time
)
HTML = Format(
    "HTML",
    "html:read_html",
    (".html", ".htm", ".xhtml", "text/html", "application/xhtml+xml"),
)
READERS = {
    each.name: each
    for each in (
        PLAIN_TEXT,
        Format(
            "subtitles",
            "plain_text:read_subtitles",
            (".vtt", ".srt", "text/vtt", "application/x-subrip"),
            in_process=LARGEST_FILE,
        ),
        MARKDOWN,
        HTML,
        Format("PDF", "pdf:read_pdf", (".pdf", "application/pdf"), is_text=False),
        Format(
            "DOCX",
            "docx:read_docx",
            (".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            is_text=False,
        ),
        Format("EPUB", "epub:read_epub", (".epub", "application/epub+zip"), is_text=False),
    )
}
"""All formats by their names."""

_BY_KEY = {key: each for each in READERS.values() for key in each.keys}
SUFFIXES = frozenset(key for key in _BY_KEY if key.startswith("."))
"""Suffixes of file names that stand for a format; files with others are read as plain text."""

_HTML_START = re.compile(rb"\s*<(?:!doctype html|html)", re.IGNORECASE)
_SAVE = "open it in the program that made it and save it as .docx or as plain text (.txt)"
# Files that are not text: their first bytes, bytes inside, what they are, their suffix where they
# are read, and what to do with them.
_SIGNATURES = (
    (b"%PDF-", b"", "a PDF", ".pdf", "give it a name that ends in .pdf"),
    (b"{\\rtf", b"", "rich text (RTF)", "", _SAVE),
    (b"%!PS", b"", "PostScript", "", "print it to a PDF"),
    (b"PK\3\4", b"vnd.oasis.opendocument", "an OpenDocument file, such as .odt", "", _SAVE),
    (b"PK\3\4", b"word/document.xml", "a Word file", ".docx", "give it a name that ends in .docx"),
    (
        *(b"PK\3\4", b"META-INF/container.xml", "an EPUB book", ".epub"),
        "give it a name that ends in .epub",
    ),
    (
        *(b"PK\3\4", b"", "an archive or an office file", ""),
        "unpack it, or save what it says as a PDF",
    ),
    (b"\xd0\xcf\x11\xe0", b"", "an old office file, such as .doc", "", _SAVE),
)


def format_of(suffix: str) -> Format:
    """Return the format that a suffix stands for, in any case; plain text for unknown ones."""
    return _BY_KEY.get(suffix.lower(), PLAIN_TEXT)


def format_of_page(media_type: str, suffix: str, data: bytes) -> Format:
    """Return the format of what a web server sent, by its media type where it named one.

    A server that sends HTML as plain text means it; only Markdown is often sent so unintended.
    """
    found = _BY_KEY.get(media_type)
    if found is not None:
        return found
    found = format_of(suffix)
    if media_type:
        return found if found is MARKDOWN else PLAIN_TEXT
    return HTML if _HTML_START.match(data) else found


def suffix_of(data: bytes) -> str:
    """Return the suffix for data without a name, guessed from its first bytes."""
    if _HTML_START.match(data):
        return ".html"
    if data.startswith(b"WEBVTT"):
        return ".vtt"
    signature = _signature(data)
    return (signature[3] if signature else "") or ".txt"


def check_is_text(data: bytes, *, name: str) -> None:
    """Refuse a file in another format that is named like a text.

    Raises: SourceError, which calls the file `name`, says what it is and what to do.
    """
    signature = _signature(data)
    if signature is not None:
        *_, kind, _, advice = signature
        raise SourceError(f"{name} is {kind}; expected {EXPECTED}; {advice}")


def _signature(data: bytes) -> tuple[bytes, bytes, str, str, str] | None:
    return next(
        (each for each in _SIGNATURES if data.startswith(each[0]) and each[1] in data), None
    )
