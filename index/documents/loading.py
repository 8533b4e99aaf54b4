"""A path, an address or bytes -> a document.

HTML becomes its main text, Markdown, PDF, Word and EPUB files the plain text that a reader sees,
and subtitles what is said; plain text stays as it is, line ends included.
"""

import os
import re
import stat
import unicodedata
from dataclasses import replace
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from index.documents.document import Document, with_metadata
from index.documents.formats import (
    EXPECTED,
    LARGEST_FILE,
    Format,
    check_is_text,
    format_of,
    format_of_page,
)
from index.documents.sandbox import read_sandboxed
from index.errors import SourceError
from index.text.article import lone_surrogate

if TYPE_CHECKING:
    from index.documents.web import Fetcher, Page

_ADDRESS = re.compile(r"\s*[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_BENT_ADDRESS = re.compile(r"\s*https?:/", re.IGNORECASE)  # pathlib makes one slash of two
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})
# Letters, symbols and marks that show nothing: Hangul and Khmer fillers, joiners, variation
# selectors and the empty Braille cell. Chat users send them as "blank" text.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]")


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
    found = _read_as(format_of(named.suffix), data, name=repr(str(path)))
    return replace(found, title=found.title or _title_from_name(named), source=str(path))


def read(data: bytes, *, name: str, source: str | None = None) -> Document:
    """Read the bytes of a file that is called `name`, such as ``report.html``.

    Raises: SourceError as `load`.
    """
    path = Path(name)
    _check_size(len(data), name=repr(name))
    _check_not_empty(data, name=repr(name))
    found = _read_as(format_of(path.suffix), data, name=repr(name))
    return replace(found, title=found.title or _title_from_name(path), source=source)


def _read_page(page: "Page") -> Document:
    parts = urlsplit(page.address)
    path = PurePosixPath(unquote(parts.path))
    format_ = format_of_page(page.media_type, path.suffix, page.data)
    found = _read_as(format_, page.data, name=repr(page.address), charset=page.charset)
    named = _title_from_name(path) if path.name else parts.hostname
    return replace(found, title=found.title or named or page.address, source=page.address)


def _read_as(format_: Format, data: bytes, *, name: str, charset: str | None = None) -> Document:
    """Read a document, in the sandbox where its format asks for that. Raises: SourceError."""
    if format_.is_text:
        check_is_text(data, name=name)
    if len(data) <= format_.in_process:
        document = format_.read(data, name=name, charset=charset)
    else:
        document = read_sandboxed(format_, data, name=name, charset=charset)
    check_text(document.text, name=name)
    return with_metadata(document)


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
        raise SourceError(f"got an empty path; expected {EXPECTED}; name the file")
    try:
        path = Path(given).expanduser().resolve()
        str(path).encode("utf-8")
    except (OSError, RuntimeError, ValueError) as error:
        raise SourceError(
            f"{given!r} cannot be a file's path ({error}); expected {EXPECTED}; "
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
            f"there is no file {name}; expected {EXPECTED}; check the path"
        ) from error
    except PermissionError as error:
        raise SourceError(
            f"{name} may not be read by this user; expected a readable file; "
            "change its permissions, or copy it to where you may read it"
        ) from error
    except OSError as error:
        raise SourceError(
            f"{name} cannot be read ({error.strerror}); expected {EXPECTED}; "
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
