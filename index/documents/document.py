"""What is found in a document: its text, and what it says of itself, made clean."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from index.text.marks import Marks

LONGEST = 200
"""Code points: how much of a title or of the authors is kept."""

DUBLIN_CORE = "//*[local-name() = $kind and namespace-uri() = 'http://purl.org/dc/elements/1.1/']"
"""An XPath to what a PDF and an EPUB tell of themselves, of a kind such as ``creator``."""

# ISO 8601, with hyphens or without, and PDF's own; a time may follow.
_DATE = re.compile(
    r"\s*(?:D:)?(?P<year>\d{4})"
    r"(?:(?P<hyphen>-?)(?P<month>\d\d)(?:(?P=hyphen)(?P<day>\d\d))?)?(?:\d{2,6})?(?!\d)",
    re.ASCII,
)
_EARLIEST = 1000  # programs write year 1 or 101 where they know none
_UNKNOWN = frozenset({"anonymous", "unknown", "unspecified", "untitled", "none", "null"})
# What programs write where nobody has said who the author is.
_NOBODY = frozenset(
    {"admin", "administrator", "author", "user", "owner", "microsoft office user", "python-docx"}
)
_PRINTED_BY = "Microsoft Word - "  # and the name of the file, in PDFs
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]+"
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document's text, and its title, authors, date and version where it has them.

    `published` is an ISO date: a year, a month or a day. `pages` are the code points of `text` at
    which its pages begin, ascending from 0; it is empty where there are none. `marks` say which
    kind of block begins where (see `index.text.marks`); None where the format does not tell.
    `notice` tells the user what may be missing.
    """

    title: str | None
    text: str = field(repr=False)
    author: str | None = None
    published: str | None = None
    version: str | None = None
    pages: tuple[int, ...] = field(default=(), repr=False)
    marks: Marks | None = field(default=None, repr=False, compare=False)
    notice: str = ""


def one_line(words: str | None) -> str | None:
    """Give words as one line of at most `LONGEST` code points, without unseen characters."""
    line = " ".join(_UNSEEN.sub(" ", words or "").split()).removeprefix(_PRINTED_BY)
    if line.strip("()[]<>?-").lower() in _UNKNOWN or not any(map(str.isalnum, line)):
        return None
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"


def first_line(candidates: Iterable[str | None]) -> str | None:
    """Give the first of these that says anything as a title, as `one_line` gives it."""
    return next(filter(None, map(one_line, candidates)), None)


def authors(names: Iterable[str | None]) -> str | None:
    """Give each name once, parted by commas."""
    found = dict.fromkeys(filter(None, map(one_line, names)))
    return one_line(", ".join(name for name in found if name.lower() not in _NOBODY))


def iso_date(*written: str | None) -> str | None:
    """Give the first of these that begins with a date, as an ISO date; a PDF's own counts too."""
    for each in written:
        parts = _DATE.match(each or "")
        if parts is None:
            continue
        year, month, day = parts["year"], parts["month"], parts["day"]
        try:
            date(int(year), int(month or 1), int(day or 1))
        except ValueError:
            continue
        if int(year) >= _EARLIEST:
            return "-".join(filter(None, (year, month, day)))
    return None
