"""An LLM's reply as it grows, to the statements in it and the markers that each has.

A marker is ``[1]``, ``[1, 2]``, ``[1-3]`` or ``【1】``; ``(1)`` is text, for people write so too.
One that opens a line belongs to what follows it there, any other to the statement before.
"""

import re
from dataclasses import dataclass

from index.text.segmentation import segment

_ONE = r"(?:\[\^?\d{1,3}(?:\s*[,;–-]\s*\^?\d{1,3})*\]|【\d{1,3}(?:[^【】\n]{0,40})】)"
_MARKER = re.compile(_ONE)
_OPENING = re.compile(rf"^([ \t]*)((?:{_ONE}[ \t]*)+)(?=\w|[\"“'‘(*_])", re.MULTILINE)
_BEFORE_STOP = re.compile(rf"([ \t]*(?:{_ONE}[ \t]*)+)([.!?;:,]+)")
_AFTER_MARKER = re.compile(
    rf"(?:(?<=[^\W\d_])[.!?]+[\"”’)]*[ \t]*(?:{_ONE}[ \t]*)+\s*|(?:{_ONE}[ \t]*)+[.!?]+\s+)"
    r"(?=[\"“(*_]*\w)"
)
_AFTER_STOP = re.compile(r"\b[a-z]{2,}[.!?]+[\"”’)]*\s+(?=[\"“(]?[A-Z])")
_RANGE = re.compile(r"(\d{1,3})\s*[–-]\s*\^?(\d{1,3})")
_BEGUN = re.compile(r"[^\W\d_]\S*\s")
_BULLET = re.compile(r"^\s*(?:[-*+•–—]|#{1,6}|\(?\d{1,3}[.)]|>)\s+")
_EMPHASIS = re.compile(r"(?<!\w)(\*{1,3}|_{1,3}|`+)(?=\S)(.+?)(?<=\S)\1(?!\w)", re.DOTALL)
_POINTING = re.compile(rf"^(?:According to|As stated in) (?:sentences? )?(?:{_ONE}\s*)+,?\s*", re.I)


@dataclass(frozen=True, slots=True)
class Statement:
    """What was said in one sentence, without its markers, and the numbers that those name."""

    text: str
    numbers: tuple[int, ...]


class Statements:
    """Takes a reply piece by piece; a statement is complete when the next one has begun."""

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, piece: str) -> list[Statement]:
        """Take the next piece. Gives the statements that it completes."""
        self._rest += piece
        starts = _starts(self._rest)
        if starts and not _BEGUN.search(_MARKER.sub("", self._rest[starts[-1] :])):
            starts.pop()  # it may yet turn out to go on what is before it
        if len(starts) < 2:
            return []
        complete, self._rest = self._rest[: starts[-1]], self._rest[starts[-1] :]
        return _parsed(complete, starts[:-1])

    def finish(self) -> list[Statement]:
        """Return what is left at the end of a reply that is whole."""
        rest, self._rest = self._rest, ""
        return _parsed(rest, _starts(rest))


def _starts(text: str) -> list[int]:
    """Return where each statement starts: sentences of the text without its markers, and more.

    Two sentences in one would let the one stand on the support of the other.
    """
    plain = _BEFORE_STOP.sub(lambda found: found[2].ljust(len(found[0])), text)
    plain = _OPENING.sub(lambda found: found[1] + "-".ljust(len(found[2])), plain)
    plain = _MARKER.sub(lambda found: " " * len(found[0]), plain)
    starts = {sentence.start for sentence in segment(plain)}
    starts |= {found.end() for found in _AFTER_MARKER.finditer(text)}
    starts |= {found.end() for found in _AFTER_STOP.finditer(plain)}
    return sorted(starts)


def _parsed(text: str, starts: list[int]) -> list[Statement]:
    ends = [*starts[1:], len(text)]
    first = [0, *starts[1:]]  # markers before the first statement are its own
    parts = [text[start:end] for start, end in zip(first, ends, strict=False)]
    found = [Statement(_cleaned(part), _numbers(part)) for part in parts]
    return [each for each in found if any(map(str.isalnum, each.text))]


def _cleaned(text: str) -> str:
    """Return one line without markers, bullets and emphasis."""
    text = _MARKER.sub("", _POINTING.sub("", _BULLET.sub("", text)))
    text = _EMPHASIS.sub(r"\2", _EMPHASIS.sub(r"\2", text))
    text = re.sub(r"\s+([.,;:!?])", r"\1", " ".join(text.split()))
    return text[:1].upper() + text[1:]


def _numbers(text: str) -> tuple[int, ...]:
    """Return the numbers that the markers in it name, each once, in order of mention."""
    named: dict[int, None] = {}
    for marker in _MARKER.findall(text):
        inside = marker[1:-1].split("†")[0]
        for first, last in _RANGE.findall(inside):
            named |= dict.fromkeys(range(int(first), int(last) + 1))
        named |= dict.fromkeys(map(int, re.findall(r"\d+", inside)))
    return tuple(named)
