"""Subtitles (WebVTT, SubRip) -> what was said, as running text: a paragraph a turn of a speaker.

Cue numbers, times, styles and notes are left out. Words of a speaker who is named follow ``Name:``.
"""

import html
import re
from dataclasses import dataclass

_BLANK = re.compile(r"\n[ \t]*\n")
_TIME = r"(?:(\d+):)?(\d\d):(\d\d)[.,](\d{1,3})"
_TIMING = re.compile(rf"\s*{_TIME}\s+-->\s+{_TIME}[^\n]*")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]{1,100})>")
_TAG = re.compile(r"<[^>\n]{0,200}>|\{\\[^}\n]{0,100}\}")
_NAMED = re.compile(r"(?:>>\s*)?([^\W\d_][\w.’'-]*(?: [^\W_][\w.’'-]*){0,2}):\s+")
_DASH = re.compile(r"(?:[-–—]|>>)\s*(?=\S)")
_ENDED = re.compile(r"[.!?…][\"”’)]*\Z")
_PAUSE = 3.0  # seconds; after a sentence and so long a pause something else is said
_LONG = 600  # code points of a turn without a name; the next sentence begins a new paragraph


@dataclass(slots=True)
class _Turn:
    """What one speaker says without another's words between; the name is "" if none is known."""

    speaker: str
    lines: list[str]
    length: int = 0


def read_subtitles(source: str) -> str:
    """Give what subtitles say; a text without a single cue stays what it is."""
    turns: list[_Turn] = []
    until, cues = 0.0, 0
    for block in _BLANK.split(source.replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.strip("\n\ufeff").split("\n")
        timings = [_TIMING.match(line) for line in lines[:3]]  # behind a number, or a name
        timing = next(filter(None, timings), None)
        if timing is None:
            continue
        paused = _seconds(*timing.groups()[:4]) - until >= _PAUSE
        until, cues = _seconds(*timing.groups()[4:]), cues + 1
        for line in lines[timings.index(timing) + 1 :]:
            _take(turns, line, paused=paused)
            paused = False
    if not cues:
        return source
    return "\n\n".join(
        (f"{turn.speaker}: " if turn.speaker else "") + " ".join(turn.lines) for turn in turns
    )


def _take(turns: list[_Turn], line: str, *, paused: bool) -> None:
    """Add a line of a cue to the turn that is open, or open one."""
    voice = _VOICE.search(line)
    words = " ".join(html.unescape(_TAG.sub("", line)).split())
    speaker = " ".join(html.unescape(voice[1]).split()) if voice else ""
    dash = _DASH.match(words)
    named = None if voice else _NAMED.match(words)
    if named:
        speaker, words = named[1], words[named.end() :]
    elif dash:
        words = words[dash.end() :]
    if not words:
        return
    last = turns[-1] if turns else None
    if last is not None and last.lines[-1:] == [words]:  # as captions that roll up repeat it
        return
    ended = last is not None and bool(_ENDED.search(last.lines[-1]))
    if last is None or (speaker and speaker != last.speaker) or (dash and not named):
        turns.append(_Turn(speaker, [words]))
    elif not last.speaker and ended and (paused or last.length > _LONG):
        turns.append(_Turn("", [words]))
    else:
        last.lines.append(words)
        last.length += len(words)


def _seconds(hours: str | None, minutes: str, seconds: str, fraction: str) -> float:
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction}")
