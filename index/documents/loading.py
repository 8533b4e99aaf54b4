"""A path, an address or bytes -> a document, by a table of formats.

HTML becomes its main text, Markdown, PDF, Word and EPUB files the plain text that a reader sees,
and subtitles what is said; plain text stays as it is, line ends included.
"""

import os
import re
import stat
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from index.documents.document import Document, with_metadata
from index.documents.sandbox import read_here, read_sandboxed
from index.errors import SourceError
from index.text.article import lone_surrogate

if TYPE_CHECKING:
    from index.documents.web import Fetcher, Page

LARGEST_FILE = 10 * 1024 * 1024
"""Bytes: the largest file that is read. A longer work is added in parts."""

_EXPECTED = "a text, Markdown, HTML, PDF, Word or EPUB file"
_ADDRESS = re.compile(r"\s*[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_BENT_ADDRESS = re.compile(r"\s*https?:/", re.IGNORECASE)  # pathlib makes one slash of two
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})
# Letters, symbols and marks that show nothing: Hangul and Khmer fillers, joiners, variation
# selectors and the empty Braille cell. Chat users send them as "blank" text.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]")


@dataclass(frozen=True, slots=True)
class Format:
    """One format of documents.

    reader:     what reads it, as `index.documents.sandbox.read_here` takes it
    keys:       suffixes of file names, and media types
    is_text:    whether its files are encoded text; then the reader takes the declared `charset`
    in_process: bytes: larger files are read in a process of their own, and so are those with
                `unsafe` bytes
    """

    name: str
    reader: str
    keys: tuple[str, ...]
    is_text: bool = True
    in_process: int = 0
    unsafe: bytes | None = None


_PLAIN_TEXT = Format("text", "plain_text:read_plain", (".txt",), in_process=LARGEST_FILE)
_MARKDOWN = Format(
    "Markdown",
    "markdown:read_markdown",
    (".md", ".markdown", "text/markdown", "text/x-markdown"),
    in_process=16 * 1024,  # a longer one may take its parser any time
    unsafe=b"<",  # HTML, whose parser is not written in Python
)
_HTML = Format(
    "HTML",
    "html:read_html",
    (".html", ".htm", ".xhtml", "text/html", "application/xhtml+xml"),
)
READERS = (
    _PLAIN_TEXT,
    Format(
        "subtitles",
        "plain_text:read_subtitles",
        (".vtt", ".srt", "text/vtt", "application/x-subrip"),
        in_process=LARGEST_FILE,
    ),
    _MARKDOWN,
    _HTML,
    Format("PDF", "pdf:read_pdf", (".pdf", "application/pdf"), is_text=False),
    Format(
        "DOCX",
        "docx:read_docx",
        (".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        is_text=False,
    ),
    Format("EPUB", "epub:read_epub", (".epub", "application/epub+zip"), is_text=False),
)
"""All formats."""

_BY_KEY = {key: each for each in READERS for key in each.keys}
SUFFIXES = frozenset(key for key in _BY_KEY if key.startswith("."))
"""Suffixes of file names that stand for a format; files with others are read as plain text."""

_LIKE_HTML = re.compile(rb"\s*<(?:!doctype html|html)", re.IGNORECASE)
_SAVE = "open it in the program that made it and save it as .docx or as plain text (.txt)"
# Files that are not text: their first bytes, bytes inside, what they are, and their suffix where
# they are read, else what to do with them.
_SIGNATURES = (
    (b"%PDF-", b"", "a PDF", ".pdf"),
    (b"{\\rtf", b"", "rich text (RTF)", _SAVE),
    (b"%!PS", b"", "PostScript", "print it to a PDF"),
    (b"PK\3\4", b"vnd.oasis.opendocument", "an OpenDocument file, such as .odt", _SAVE),
    (b"PK\3\4", b"word/document.xml", "a Word file", ".docx"),
    (b"PK\3\4", b"META-INF/container.xml", "an EPUB book", ".epub"),
    (b"PK\3\4", b"", "an archive or an office file", "unpack it, or save what it says as a PDF"),
    (b"\xd0\xcf\x11\xe0", b"", "an old office file, such as .doc", _SAVE),
)


def load(source: str | os.PathLike[str], *, fetcher: "Fetcher | None" = None) -> Document:
    """Read a text, Markdown, HTML, PDF, Word or EPUB file, or the page at a web address.

    ``~`` is expanded. The title is what the document says itself, for Markdown that of its front
    matter, else its first heading, for plain text its first line where that looks like one; where
    there is none, it is the file's name without suffix.
    Raises: SourceError when it is missing, not a file, not readable, empty, larger than
    `LARGEST_FILE`, not text, without a visible character, or an address that is not fetched.
    """
    given = os.fspath(source)
    if _ADDRESS.match(given):
        from index.documents.web import Fetcher  # it takes longer to import than a file to read

        return _read_page((fetcher or Fetcher()).fetch(given))
    path = _resolve(given)
    data = _read_file(path)
    # The name as given, not as resolved: a link may point to a file that is named otherwise.
    named = Path(given)
    found = _read_as(_BY_KEY.get(named.suffix.lower(), _PLAIN_TEXT), data, name=repr(str(path)))
    return replace(found, title=found.title or _title_from_name(named), source=str(path))


def read(data: bytes, *, name: str, source: str | None = None) -> Document:
    """Read the bytes of a file that is called `name`, such as ``report.html``.

    Raises: SourceError as `load`.
    """
    path = Path(name)
    _check_size(len(data), name=repr(name))
    _check_not_empty(data, name=repr(name))
    found = _read_as(_BY_KEY.get(path.suffix.lower(), _PLAIN_TEXT), data, name=repr(name))
    return replace(found, title=found.title or _title_from_name(path), source=source)


def suffix_of(data: bytes) -> str:
    """Return the suffix for data without a name, guessed from its first bytes."""
    if _LIKE_HTML.match(data):
        return ".html"
    if data.startswith(b"WEBVTT"):
        return ".vtt"
    _, advice = _signature(data)
    return advice if advice in SUFFIXES else ".txt"


def _read_page(page: "Page") -> Document:
    parts = urlsplit(page.address)
    path = PurePosixPath(unquote(parts.path))
    format_ = _BY_KEY.get(page.media_type)
    if format_ is None:
        format_ = _BY_KEY.get(path.suffix.lower(), _PLAIN_TEXT)
        # A server that sends HTML as plain text means it; Markdown is often sent so unintended.
        if page.media_type and format_ is not _MARKDOWN:
            format_ = _PLAIN_TEXT
        elif _LIKE_HTML.match(page.data) and not page.media_type:
            format_ = _HTML
    found = _read_as(format_, page.data, name=repr(page.address), charset=page.charset)
    named = _title_from_name(path) if path.name else parts.hostname
    return replace(found, title=found.title or named or page.address, source=page.address)


def _read_as(format_: Format, data: bytes, *, name: str, charset: str | None = None) -> Document:
    """Read a document, in the sandbox where its format asks for that. Raises: SourceError."""
    if format_.is_text:
        kind, advice = _signature(data)
        if kind:  # a file in another format that is named like a text
            advice = f"give it a name that ends in {advice}" if advice in SUFFIXES else advice
            raise SourceError(f"{name} is {kind}; expected {_EXPECTED}; {advice}")
    options = {"charset": charset} if format_.is_text else {}
    is_unsafe = format_.unsafe is not None and format_.unsafe in data
    if len(data) <= format_.in_process and not is_unsafe:
        document = read_here(format_.reader, data, name=name, **options)
    else:
        document = read_sandboxed(
            format_.reader, data, format_name=format_.name, name=name, **options
        )
    check_text(document.text, name=name)
    return with_metadata(document)


def _signature(data: bytes) -> tuple[str, str]:
    """Return what a file that is not text is, and its suffix or what to do; empty for others."""
    for start, inside, kind, advice in _SIGNATURES:
        if data.startswith(start) and inside in data:
            return kind, advice
    return "", ""


def check_text(text: str, *, name: str) -> None:
    """Refuse a text that cannot be an article: without anything visible, or not storable.

    `name` is what the message calls the text; offsets are code points from 0.
    Raises: SourceError on NUL, on a lone surrogate, above `LARGEST_FILE` bytes of UTF-8, and
    where no character is visible.
    """
    nul = text.find("\0")
    if nul >= 0:
        raise SourceError(
            f"{name} holds a NUL character at offset {nul}; expected text; "
            "remove it, or export the document as plain text"
        )
    half = lone_surrogate(text)
    if half is not None:
        raise SourceError(
            f"{name} holds a lone surrogate at offset {half}, half a character that "
            "UTF-8 cannot encode; expected whole characters; decode the text again from its bytes"
        )
    _check_size(len(text.encode()), name=name)
    if not any(map(_is_visible, set(text))):
        raise SourceError(
            f"{name} holds no visible character; expected an article; "
            "give a text with at least one sentence"
        )


def _is_visible(character: str) -> bool:
    category = unicodedata.category(character)
    return category not in _INVISIBLE_CATEGORIES and not _BLANK.match(character)


def _resolve(given: str) -> Path:
    """Return the absolute path, with links followed. Raises: SourceError if it cannot be one."""
    if _BENT_ADDRESS.match(given):
        raise SourceError(
            f"got the web address {given!r} as a path, which bends it; expected two slashes behind "
            "the colon; give the address as a string"
        )
    if not given:
        raise SourceError(f"got an empty path; expected {_EXPECTED}; name the file")
    try:
        path = Path(given).expanduser().resolve()
        str(path).encode("utf-8")
    except (OSError, RuntimeError, ValueError) as error:
        raise SourceError(
            f"{given!r} cannot be a file's path ({error}); expected {_EXPECTED}; "
            "check the path, or rename the file"
        ) from error
    return path


def _read_file(path: Path) -> bytes:
    name = repr(str(path))
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise SourceError(f"{name} is a directory; expected a file; add its files one by one")
        if not stat.S_ISREG(status.st_mode):
            raise SourceError(
                f"{name} is a device, pipe or socket; expected a file; save its content to a file"
            )
        _check_size(status.st_size, name=name)
        with path.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SourceError(
            f"there is no file {name}; expected {_EXPECTED}; check the path"
        ) from error
    except PermissionError as error:
        raise SourceError(
            f"{name} may not be read by this user; expected a readable file; "
            "change its permissions, or copy it to where you may read it"
        ) from error
    except OSError as error:
        raise SourceError(
            f"{name} cannot be read ({error.strerror}); expected {_EXPECTED}; "
            "check the path and the disk"
        ) from error
    _check_size(len(data), name=name)  # again: it may have grown since
    _check_not_empty(data, name=name)
    return data


def _check_size(size: int, *, name: str) -> None:
    if size > LARGEST_FILE:
        raise SourceError(
            f"{name} is too large: got {size:,} bytes or more, expected at most {LARGEST_FILE:,}; "
            "split it into smaller files"
        )


def _check_not_empty(data: bytes, *, name: str) -> None:
    if not data:
        raise SourceError(f"{name} is empty; expected text; write the article into it first")


def _title_from_name(path: PurePath) -> str:
    return " ".join(path.stem.replace("-", " ").replace("_", " ").split()) or path.name


def check_names(*names: str | None) -> None:
    """Raise SourceError for a title, source or author that cannot be stored."""
    for name in names:
        half = lone_surrogate(name or "")
        if half is not None:
            raise SourceError(
                f"{name!r} holds a lone surrogate at offset {half}, half a character;"
                " expected names of whole ones"
            )
        if "\0" in (name or ""):
            raise SourceError(f"{name!r} holds a NUL character; expected a name without one")
