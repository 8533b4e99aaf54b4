"""A document as it was read: its text, and what it says about itself, cleaned."""

import re
from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import date

from index.text.article import Marks

LONGEST = 200
"""Code points: how much of a title or of the authors is stored."""

DUBLIN_CORE = "//*[local-name() = $kind and namespace-uri() = 'http://purl.org/dc/elements/1.1/']"
"""An XPath to the metadata of a PDF or an EPUB of one kind, such as ``creator``."""

# ISO 8601, with hyphens or without, and the format of PDF; a time may follow.
_DATE = re.compile(
    r"\s*(?:D:)?(?P<year>\d{4})"
    r"(?:(?P<hyphen>-?)(?P<month>\d\d)(?:(?P=hyphen)(?P<day>\d\d))?)?(?:\d{2,6})?(?!\d)",
    re.ASCII,
)
_EARLIEST = 1000  # programs write year 1 or 101 where they know none
_UNKNOWN = frozenset({"anonymous", "unknown", "unspecified", "untitled", "none", "null"})
# What programs write as the author where the user has not set one.
_NOBODY = frozenset(
    {"admin", "administrator", "author", "user", "owner", "microsoft office user", "python-docx"}
)
_PRINTED_BY = "Microsoft Word - "  # before the name of the file, in PDFs
_INVISIBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]+"
)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Document:
    """A text, its title, where it came from and what it says about itself.

    title:     empty where the document has none; `index.documents.loading` then takes its name
    source:    an absolute path, a web address, a name that the caller chose, or None
    published: an ISO date: a year, a month or a day
    pages:     offsets in `text`, in code points, at which its pages begin, ascending from 0; empty
               for formats without pages
    marks:     which kind of block begins where, as `Marks` says; None for formats that do not say
    notice:    what the user should know about the text, such as that parts may be missing
    """

    text: str = field(repr=False)
    title: str = ""
    source: str | None = None
    _: KW_ONLY
    author: str | None = None
    published: str | None = None
    version: str | None = None
    pages: tuple[int, ...] = field(default=(), repr=False)
    marks: Marks | None = field(default=None, repr=False, compare=False)
    notice: str = field(default="", compare=False)


def one_line(words: str | None) -> str:
    """Return words as one line of at most `LONGEST` code points, without invisible characters.

    It is empty where they say nothing, as ``untitled`` does.
    """
    line = " ".join(_INVISIBLE.sub(" ", words or "").split()).removeprefix(_PRINTED_BY)
    if line.strip("()[]<>?-").lower() in _UNKNOWN or not any(map(str.isalnum, line)):
        return ""
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"


def first_line(candidates: Iterable[str | None]) -> str:
    """Return the first candidate that `one_line` does not make empty, else an empty string."""
    return next(filter(None, map(one_line, candidates)), "")


def authors(names: Iterable[str | None]) -> str | None:
    """Return each name once, separated by commas; None where there is no name."""
    found = dict.fromkeys(filter(None, map(one_line, names)))
    return one_line(", ".join(name for name in found if name.lower() not in _NOBODY)) or None


def iso_date(*written: str | None) -> str | None:
    """Return the first of these that begins with a date, as an ISO date; PDF's format counts."""
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


def with_metadata(document: Document) -> Document:
    """Append a block with the author, date and version that the text does not mention.

    Only what the text says can be cited, so a question for them is answered from this block.
    """
    text, lines = document.text, []
    if document.author and not _names(text, document.author):
        lines.append(_sentence(f"Written by {document.author}"))
    if document.published and not _mentions_date(text, document.published):
        on = "on" if document.published.count("-") == 2 else "in"
        lines.append(f"Published {on} {document.published}.")
    if document.version:
        number = rf"(?i)\b(?:version|release|v)\.?\s*{re.escape(document.version)}(?!\.?\d)"
        if not re.search(number, text):
            lines.append(_sentence(f"Version {document.version}"))
    if not lines:
        return document
    text = text.rstrip() + "\n\n"
    marks = (*(document.marks or ()), (len(text), "meta"))
    return replace(document, text=text + "\n".join(lines), marks=marks)


def _sentence(words: str) -> str:
    return words if words.endswith(".") else words + "."


def _names(text: str, author: str) -> bool:
    """Return whether a text names each author, ignoring case and white space."""
    words = " ".join(text.casefold().split())
    return all(" ".join(name.casefold().split()) in words for name in author.split(", "))


def _mentions_date(text: str, published: str) -> bool:
    """Return whether a text has an ISO date in one of its usual spellings."""
    year, _, rest = published.partition("-")
    month, _, day = rest.partition("-")
    if not month:
        claim = rf"(?i)(?:\b(?:published|copyright)|©|\(c\))[^\n]{{0,40}}\b{year}\b"
        return bool(re.search(claim, text))
    name = _MONTHS[int(month) - 1]
    called = rf"(?:{name}|{name[:3]}\.?|{name[:4]}\.?)"
    if not day:
        spellings = [rf"{called}\s+{year}", rf"{year}-{month}"]
    else:
        d, m = rf"(?:0?{int(day)})", rf"(?:0?{int(month)})"
        spellings = [
            rf"{year}([-/.]){m}\1{d}",
            rf"{d}([-/.]){m}\1(?:{year})",
            rf"{m}([-/.]){d}\1(?:{year})",
            rf"{d}(?:st|nd|rd|th)?(?:\s+of)?\s+{called},?\s+{year}",
            rf"{called}\s+{d}(?:st|nd|rd|th)?,?\s+{year}",
        ]
    return any(re.search(rf"(?i)(?<!\d){each}(?!\d)", text) for each in spellings)
