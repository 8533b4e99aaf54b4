"""Where sentences end besides where nupunkt finds it.

Its tables of abbreviations were learnt from scanned papers and hold ordinary words ("book", "coal",
"month"), after which it seldom divides. Nor does it know that a citation marker behind a full stop
("in 1932.[1] It") belongs to the sentence before.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from index.text.frequencies import english

_MARKER = r"\[(?:\d{1,3}(?:[,–-] ?\d{1,3})*|[a-z]|(?:note|nb|n) \d+|citation needed)\]"
_MARKERS = re.compile(rf"(?: ?{_MARKER})+(?=[ \t]*(?:[\r\n]|\Z)|\s+[^a-z\s])")
_ENTRY = re.compile(rf"[ \t]*{_MARKER}[ \t]")
_CLOSING = '.!?…"”’)'
_STOP = re.compile(
    r"(?<![^\W_])(?P<word>[^\W\d_]{2,})[.][\"”’)\]»]*\s+(?=[\"“‘'(\[«]*(?P<next>\w[\w.]*))"
)
_LONGEST_STOP = 6  # code points, quotation marks and brackets behind it included
_LONGEST_CUT = 4  # code points: a longer word in small letters is hardly an abbreviation
_STARTS = re.compile(r"[A-Z][a-z]|[AI]\b(?!\.)")


def masked(text: str) -> str:
    """Return a text of the same length, each stop behind the citation markers that follow it."""
    pieces, end, line = [], 0, 0
    for found in _MARKERS.finditer(text):
        line = max(line, text.rfind("\n", end, found.start()) + 1)
        if found[0].startswith(" ") and _ENTRY.match(text, line):
            continue  # it opens the next entry of a list of references
        before = text[max(end, found.start() - _LONGEST_STOP) : found.start()]
        stop = before[len(before.rstrip(_CLOSING)) :]
        if stop.strip('"”’)'):
            # Letters for the markers keep the stop from standing alone or behind an abbreviation.
            pieces += [text[end : found.start() - len(stop)], "x" * len(found[0]), stop]
            end = found.end()
    return "".join(pieces) + text[end:]


def stops(text: str, start: int, end: int) -> Iterator[int]:
    """Give each place in a sentence at which another begins after an ordinary word and a stop."""
    for found in _STOP.finditer(text, start, end):
        if _ends(found["word"], found["next"]):
            yield found.end()


def _ends(word: str, following: str) -> bool:
    """Say whether a sentence ends after a word with a full stop, before another word."""
    if word.lower() in ("no", "nos"):
        return bool(_STARTS.match(following))
    before_number = following[0].isdigit()
    if following[0].islower() or _is_abbreviation(word, before_number=before_number):
        return False
    if word.islower():
        return len(word) > _LONGEST_CUT or word in english()
    # A capital may begin a name that is cut short: then another such word or a number follows.
    ordinary = word[1:].islower() and word.lower() in english()
    return ordinary and not before_number and not following.endswith(".")


def _is_abbreviation(word: str, *, before_number: bool) -> bool:
    known = _abbreviations()
    return word in known or word.lower() in known or (before_number and f"#{word.lower()}" in known)


@cache
def _abbreviations() -> frozenset[str]:
    lines = (files("index.text") / "abbreviations.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("# ") for word in line.split())
