"""What a document tells in its properties alone, as a last block of its text, so that it is cited.

Who wrote it, when it was published and which version it is can be asked only of what the text says.
"""

import re
from dataclasses import replace

from index.documents.document import Parsed

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def with_imprint(parsed: Parsed) -> Parsed:
    """Put the author, the date and the version that the text does not name behind it."""
    text = parsed.text
    lines = []
    if parsed.author and not _names(text, parsed.author):
        lines.append(_sentence(f"Written by {parsed.author}"))
    if parsed.published and not _dates(text, parsed.published):
        on = "on" if parsed.published.count("-") == 2 else "in"
        lines.append(f"Published {on} {parsed.published}.")
    if parsed.version and not _counts(text, parsed.version):
        lines.append(_sentence(f"Version {parsed.version}"))
    if not lines:
        return parsed
    text = text.rstrip() + "\n\n"
    mark = (len(text), "meta")
    return replace(parsed, text=text + "\n".join(lines), marks=(*(parsed.marks or ()), mark))


def _sentence(words: str) -> str:
    return words if words.endswith(".") else words + "."


def _names(text: str, author: str) -> bool:
    """Say whether a text names each author, whatever the case and the space between words."""
    words = " ".join(text.casefold().split())
    return all(" ".join(name.casefold().split()) in words for name in author.split(", "))


def _dates(text: str, published: str) -> bool:
    """Say whether a text has a date in one of its usual spellings."""
    year, _, rest = published.partition("-")
    month, _, day = rest.partition("-")
    if not month:
        told = rf"(?:\b(?:published|copyright)|©|\(c\))[^\n]{{0,40}}\b{year}\b"
        return bool(re.search(rf"(?i){told}", text))
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


def _counts(text: str, version: str) -> bool:
    """Say whether a text names a version as one."""
    number = rf"\b(?:version|release|v)\.?\s*{re.escape(version)}(?!\.?\d)"
    return bool(re.search(rf"(?i){number}", text))
