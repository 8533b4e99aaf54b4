"""A source -> its text, and what it says of itself.

A source is a file, a web page or the bytes of either. HTML becomes its main text, Markdown, PDF,
Word and EPUB files the plain text that a reader sees, and subtitles what is said; plain text is
kept as it stands, line ends and all.
"""

import os
import re
import stat
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote, urlsplit

from index.documents.document import Parsed, one_line
from index.documents.encoding import decode
from index.documents.imprint import with_imprint
from index.documents.markdown import read_markdown
from index.documents.sandbox import parse
from index.documents.subtitles import read_subtitles
from index.errors import SourceError
from index.text.article import lone_surrogate
from index.text.marks import Marks

if TYPE_CHECKING:
    from index.documents.web import Fetcher, Page

Kind = Literal["text", "subtitles", "markdown", "html", "pdf", "docx", "epub"]

LARGEST_FILE = 10 * 1024 * 1024
"""Bytes: the largest file that is read. A longer work is added in parts."""

_AT_ONCE = 16 * 1024  # bytes of Markdown that are parsed without a process of their own
_KINDS: dict[str, Kind] = {
    ".vtt": "subtitles",
    ".srt": "subtitles",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".epub": "epub",
    "text/vtt": "subtitles",
    "application/x-subrip": "subtitles",
    "text/markdown": "markdown",
    "text/x-markdown": "markdown",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/epub+zip": "epub",
}
SUFFIXES = frozenset({".txt", *(key for key in _KINDS if key.startswith("."))})
"""What the names of files end in that are read as what they are."""

_FILES = "a text, Markdown, HTML, PDF, Word or EPUB file"
_ADDRESS = re.compile(r"\s*[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_BENT_ADDRESS = re.compile(r"\s*https?:/", re.IGNORECASE)  # pathlib makes one slash of two
_HTML = re.compile(rb"\s*<(?:!doctype html|html)", re.IGNORECASE)
# What is neither text nor a page: how it begins, what it holds, what it is, and what to do.
_SAVE = "open it in the program that made it and save it as .docx or as plain text (.txt)"
_CALLED_TEXT = (
    (b"%PDF-", b"", "a PDF", "give it a name that ends in .pdf"),
    (b"{\\rtf", b"", "rich text (RTF)", _SAVE),
    (b"%!PS", b"", "PostScript", "print it to a PDF"),
    (b"PK\3\4", b"vnd.oasis.opendocument", "an OpenDocument file, such as .odt", _SAVE),
    (b"PK\3\4", b"word/document.xml", "a Word file", "give it a name that ends in .docx"),
    (b"PK\3\4", b"META-INF/container.xml", "an EPUB book", "give it a name that ends in .epub"),
    (b"PK\3\4", b"", "an archive or an office file", "unpack it, or save what it says as a PDF"),
    (b"\xd0\xcf\x11\xe0", b"", "an old office file, such as .doc", _SAVE),
)
# How data begins, and what it holds, whose name is not known.
_SUFFIXED = (
    (b"%PDF-", b"", ".pdf"),
    (b"PK\3\4", b"word/document.xml", ".docx"),
    (b"PK\3\4", b"META-INF/container.xml", ".epub"),
    (b"WEBVTT", b"", ".vtt"),
)
_LINE_END = r"[^\S\n\r]*(?:\r\n|\r|\n)"
_FIRST_LINE = re.compile(  # marked as a heading, underlined or plain, but a paragraph of its own
    rf"(?:#{{1,6}}[^\S\n\r]+)?(?P<line>[^\n\r]{{1,100}}){_LINE_END}"
    rf"(?:[=~*#^_-]{{3,}}{_LINE_END})?{_LINE_END}\s*\S"
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_LIKE_A_TITLE = re.compile(r"[\"'“‘«„¿¡(《「『【]*\w")  # no list mark, no markup
_NO_TITLE = re.compile(
    rf"""
      .*[.,;:…。，；：、]["'”’»)\]]*$    # a sentence, or what leads to something
    | [\w -]{{1,20}}:\s               # a key and its value
    | (?:\d{{1,3}}|[a-z])[.)]\s       # an item of a list
    | \(.*\)$
    | \S+://\S+$
    | \d[\dtz./:+\s-]*(?:[ap]m)?$     # a date or a time
    | (?:(?:mon|tue|wed|thu|fri|sat|sun)\w*,?\s)?(?:{_DAY}\s(?:of\s)?)?{_MONTH}(?:\s{_DAY})?
      (?:,?\s\d{{4}})?(?:,?\s(?:at\s)?[\d:]+\s?(?:[ap]m)?)?(?:\s(?:utc|gmt))?$
    """,
    re.IGNORECASE | re.VERBOSE,
)
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})
# Letters, symbols and marks that show nothing: Hangul and Khmer fillers, joiners, variation
# selectors and the empty Braille cell. Chat users send them as "blank" text.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]")


@dataclass(frozen=True, slots=True)
class Source:
    """What was taken in: a text, its title, where it came from and what it says of itself.

    `source` is an absolute path, a web address, what a caller named, or None. `published` is an
    ISO date: a year, a month or a day. `pages` are the code points of `text` at which its pages
    begin, ascending from 0; it is empty where there are none. `marks` say which kind of block
    begins where (see `index.text.marks`); None where the format does not tell.
    """

    text: str = field(repr=False)
    title: str
    source: str | None
    author: str | None = None
    published: str | None = None
    pages: tuple[int, ...] = field(default=(), repr=False)
    marks: Marks | None = field(default=None, repr=False, compare=False)
    notice: str = field(default="", compare=False)


def load(source: str | os.PathLike[str], *, fetcher: "Fetcher | None" = None) -> Source:
    """Read a text, Markdown, HTML, PDF, Word or EPUB file, or the page at a web address.

    ``~`` is expanded. The title is what the document says of itself, for Markdown that of its front
    matter, else its first heading, for plain text its first line where that looks like one; where
    there is none, it is the name without suffix.
    Raises: SourceError when it is missing, not a file, not readable, empty, larger than
    `LARGEST_FILE`, not text, without a visible character, or an address that is not fetched.
    """
    given = os.fspath(source)
    if _ADDRESS.match(given):
        from index.documents.web import Fetcher  # it takes longer to import than a file to read

        return _from_page((fetcher or Fetcher()).fetch(given))
    path = _locate(given)
    name = repr(str(path))
    # The name as given, not as resolved: a link may point to a file that is named otherwise.
    kind = _KINDS.get(Path(given).suffix.lower(), "text")
    parsed = _parsed(_read(path, name=name), kind, name=name)
    return _source(parsed, _title_from_name(Path(given)), str(path))


def read(data: bytes, *, name: str, source: str | None = None) -> Source:
    """Read the bytes of a file that is called `name`, such as ``report.html``.

    Raises: SourceError as `load`.
    """
    called = repr(name)
    _check_size(len(data), name=called)
    if not data:
        raise SourceError(f"{called} is empty; expected text; write the article into it first")
    path = Path(name)
    parsed = _parsed(data, _KINDS.get(path.suffix.lower(), "text"), name=called)
    return _source(parsed, _title_from_name(path), source)


def suffix_of(data: bytes) -> str:
    """Return the suffix of the kind of file that data without a name is, by how it begins."""
    if _HTML.match(data):
        return ".html"
    kinds = (each for begin, inside, each in _SUFFIXED if data.startswith(begin) and inside in data)
    return next(kinds, ".txt")


def _from_page(page: "Page") -> Source:
    name = repr(page.address)
    parts = urlsplit(page.address)
    path = PurePosixPath(unquote(parts.path))
    kind = _KINDS.get(page.media_type)
    if kind is None:
        kind = _KINDS.get(path.suffix.lower(), "text")
        if page.media_type and kind != "markdown":  # a server that shows HTML as text means it
            kind = "text"
        elif _HTML.match(page.data) and not page.media_type:
            kind = "html"
    parsed = _parsed(page.data, kind, name=name, charset=page.charset)
    named = _title_from_name(path) if path.name else parts.hostname
    return _source(parsed, named or page.address, page.address)


def _source(parsed: Parsed, named: str, source: str | None) -> Source:
    return Source(
        parsed.text,
        parsed.title or named,
        source,
        author=parsed.author,
        published=parsed.published,
        pages=parsed.pages,
        marks=parsed.marks,
        notice=parsed.notice,
    )


def _parsed(data: bytes, kind: Kind, *, name: str, charset: str | None = None) -> Parsed:
    """Give the text, and what the document says of itself. Raises: SourceError."""
    if kind in ("text", "subtitles", "markdown", "html"):
        _check_honest(data, name=name)
    match kind:
        case "html" | "pdf" | "docx" | "epub":
            parsed = parse(data, kind=kind, name=name, charset=charset)
        case "markdown" if len(data) > _AT_ONCE:  # which may take its parser any time
            parsed = parse(data, kind=kind, name=name, charset=charset)
        case "markdown":
            parsed = read_markdown(decode(data, name=name, declared=charset), name=name)
        case "subtitles":
            text = decode(data, name=name, declared=charset)
            parsed = Parsed(None, read_subtitles(text))
        case "text":
            text = decode(data, name=name, declared=charset)
            parsed = Parsed(_title_in(text), text)
    check_text(parsed.text, name=name)
    return parsed if kind == "text" else with_imprint(parsed)


def _check_honest(data: bytes, *, name: str) -> None:
    for opening, inside, called, advice in _CALLED_TEXT:
        if data.startswith(opening) and inside in data:
            raise SourceError(f"{name} is {called}; expected {_FILES}; {advice}")


def check_text(text: str, *, name: str) -> None:
    """Refuse what is no article: nothing visible, or characters that cannot be kept.

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
            "UTF-8 cannot keep; expected whole characters; decode the text again from its bytes"
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


def _locate(given: str) -> Path:
    """Give the absolute path, with links followed. Raises: SourceError where it can be none."""
    if _BENT_ADDRESS.match(given):
        raise SourceError(
            f"got the web address {given!r} as a path, which bends it; expected two slashes behind "
            "the colon; give the address as a string"
        )
    if not given:
        raise SourceError(f"got an empty path; expected {_FILES}; name the file")
    try:
        path = Path(given).expanduser().resolve()
        str(path).encode("utf-8")
    except (OSError, RuntimeError, ValueError) as error:
        raise SourceError(
            f"{given!r} cannot be a file's path ({error}); expected {_FILES}; "
            "check the path, or rename the file"
        ) from error
    return path


def _read(path: Path, *, name: str) -> bytes:
    try:
        _check_status(path.stat(), name=name)
        with path.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise _unreadable(error, name=name) from error
    _check_size(len(data), name=name)  # again: it may have grown since
    if not data:
        raise SourceError(f"{name} is empty; expected text; write the article into it first")
    return data


def _check_status(status: os.stat_result, *, name: str) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise SourceError(f"{name} is a directory; expected a file; add its files one by one")
    if not stat.S_ISREG(status.st_mode):
        raise SourceError(
            f"{name} is a device, pipe or socket; expected a file; save what it gives to a file"
        )
    _check_size(status.st_size, name=name)


def _check_size(size: int, *, name: str) -> None:
    if size > LARGEST_FILE:
        raise SourceError(
            f"{name} is too large: got {size:,} bytes or more, expected at most {LARGEST_FILE:,}; "
            "split it into smaller files"
        )


def _unreadable(error: OSError, *, name: str) -> SourceError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return SourceError(f"there is no file {name}; expected {_FILES}; check the path")
    if isinstance(error, PermissionError):
        return SourceError(
            f"{name} may not be read by this user; expected a readable file; "
            "change its permissions, or copy it to where you may read it"
        )
    return SourceError(
        f"{name} cannot be read ({error.strerror}); expected {_FILES}; check the path and the disk"
    )


def _title_in(text: str) -> str | None:
    """Return the first line of a plain text, if it stands alone and looks like a title."""
    found = _FIRST_LINE.match(text.lstrip())
    line = found["line"].strip() if found else ""
    looks = _LIKE_A_TITLE.match(line) and not _NO_TITLE.match(line)
    return one_line(line) if looks and any(map(str.isalpha, line)) else None


def _title_from_name(path: PurePath) -> str:
    return " ".join(path.stem.replace("-", " ").replace("_", " ").split()) or path.name
