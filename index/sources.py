"""A source -> its text and title.

A source is a file so far: Markdown, which becomes the plain text that a reader sees, or plain
text, which is kept exactly as it stands, line ends and all.
"""

import os
import re
import stat
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from index.article import lone_surrogate
from index.errors import SourceError
from index.markdown import read_markdown

LARGEST_FILE = 10 * 1024 * 1024
"""Bytes: the largest file that is read. A longer work is added in parts."""

_MARKDOWN_SUFFIXES = frozenset({".md", ".markdown"})
_ADDRESS = re.compile(r"\s*https?:/", re.IGNORECASE)  # pathlib makes one slash of two
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})
# Letters, symbols and marks that show nothing: Hangul and Khmer fillers, joiners, variation
# selectors and the empty Braille cell. Chat users send them as "blank" text.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]")


@dataclass(frozen=True, slots=True)
class Source:
    """What was taken in: a text, its title and the absolute path that it came from."""

    text: str = field(repr=False)
    title: str
    source: str


def load(source: str | os.PathLike[str]) -> Source:
    """Read a text or Markdown file in UTF-8; ``~`` is expanded, a byte order mark dropped.

    The title of Markdown is that of its front matter, else its first heading; the title of any
    other file, and of Markdown with neither, is the file's name without suffix.
    Raises: SourceError when it is missing, not a file, not readable, empty, larger than
    `LARGEST_FILE`, not text in UTF-8, without a visible character, or a web address.
    """
    given = os.fspath(source)
    path = _locate(given)
    name = repr(str(path))
    title, text = None, _decode(_read(path, name=name), name=name)
    # The name as given, not as resolved: a link may point to a file that is named otherwise.
    if Path(given).suffix.lower() in _MARKDOWN_SUFFIXES:
        title, text = read_markdown(text, name=name)
    check_text(text, name=name)
    return Source(text, title or _title_from_name(Path(given)), str(path))


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
    if _ADDRESS.match(given):
        raise SourceError(
            f"got the web address {given!r}; expected a file, since this version does not read "
            "web pages yet; save the page as a text or Markdown file and give its path"
        )
    if not given:
        raise SourceError("got an empty path; expected a text or Markdown file; name the file")
    try:
        path = Path(given).expanduser().resolve()
        str(path).encode("utf-8")
    except (OSError, RuntimeError, ValueError) as error:
        raise SourceError(
            f"{given!r} cannot be a file's path ({error}); expected a text or Markdown file; "
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
        return SourceError(
            f"there is no file {name}; expected a text or Markdown file; check the path"
        )
    if isinstance(error, PermissionError):
        return SourceError(
            f"{name} may not be read by this user; expected a readable file; "
            "change its permissions, or copy it to where you may read it"
        )
    return SourceError(
        f"{name} cannot be read ({error.strerror}); expected a text or Markdown file; "
        "check the path and the disk"
    )


def _decode(data: bytes, *, name: str) -> str:
    nul = data.find(b"\0")
    if nul >= 0 and not data.startswith(_UTF_16_MARKS):
        raise SourceError(
            f"{name} is binary: it holds a NUL byte at offset {nul}; expected text in UTF-8; "
            "export the document as plain text or Markdown"
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{name} is not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start} does not "
            "fit; expected text in UTF-8; open it in an editor and save it as UTF-8"
        ) from error
    return text.removeprefix("\ufeff")


def _title_from_name(path: Path) -> str:
    return " ".join(path.stem.replace("-", " ").replace("_", " ").split()) or path.name
