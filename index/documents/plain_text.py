"""Bytes -> text, in the encodings that people have; plain text and subtitles as documents."""

import codecs
import html
import re
from dataclasses import dataclass

from index.documents.document import Document, one_line
from index.errors import SourceError

_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# What old pages call Latin-1 or ASCII was written on Windows, and browsers read it so.
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252"}
# Only what pages are written in: some of Python's other codecs are slow, or evaluate escapes.
_KNOWN = re.compile(
    r"utf-8|utf-16(-le|-be)?|cp(125[0-8]|874|866|932|949|950)|iso8859-\d+|koi8-[rut]|mac-\w+"
    r"|gb2312|gbk|gb18030|big5(hkscs)?|euc_(jp|kr)|shift_jis|iso2022_(jp|kr)|tis-620|ascii"
)
_UTF_8_SEQUENCES = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_LINE_END = r"[^\S\n\r]*(?:\r\n|\r|\n)"
_FIRST_LINE = re.compile(  # marked as a heading, underlined or plain, but always a paragraph
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


def decode(data: bytes, *, name: str, declared: str | None = None) -> str:
    """Return the text of a file, without a byte order mark.

    A byte order mark decides on the encoding, else what was `declared`, else UTF-8, each where the
    bytes are valid in it, else Windows-1252.
    Raises: SourceError, which calls the file `name`, when it is binary or in no such encoding.
    """
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return _strict(data, encoding, name=name)
    nul = data.find(b"\0")
    if nul >= 0:
        raise SourceError(
            f"{name} is binary: it holds a NUL byte at offset {nul}; expected text in UTF-8; "
            "export the document as plain text or Markdown"
        )
    for encoding in (_known(declared), "utf-8"):
        try:
            return data.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            failed = error
    # UTF-8 with a few errors, or cut short, rather than Windows-1252
    valid = sum(len(each) for each in _UTF_8_SEQUENCES.findall(data))
    is_cut = failed.reason == "unexpected end of data" and len(data) - failed.start > 1
    is_utf_8 = is_cut or valid * 2 > len(_BEYOND_ASCII.findall(data))
    return _strict(data, "utf-8" if is_utf_8 else "windows-1252", name=name)


def _known(declared: str | None) -> str:
    """Return Python's name of an encoding that pages are written in; UTF-8 for any other."""
    try:
        named = codecs.lookup(declared or "utf-8").name
    except (LookupError, ValueError):
        return "utf-8"
    return _MEANT.get(named, named) if _KNOWN.fullmatch(named) else "utf-8"


def _strict(data: bytes, encoding: str, *, name: str) -> str:
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        label = {"windows-1252": "UTF-8"}.get(encoding, encoding.upper())
        raise SourceError(
            f"{name} is not {label}: byte 0x{data[error.start]:02x} at offset {error.start} does "
            "not fit; expected text in UTF-8; open it in an editor and save it as UTF-8"
        ) from error


def read_plain(data: bytes, *, name: str, charset: str | None = None) -> Document:
    """Return a plain text as it stands; its first line is the title if it looks like one.

    Raises: SourceError as `decode`.
    """
    text = decode(data, name=name, declared=charset)
    found = _FIRST_LINE.match(text.lstrip())
    line = found["line"].strip() if found else ""
    is_title = _LIKE_A_TITLE.match(line) and not _NO_TITLE.match(line)
    return Document(text, one_line(line) if is_title and any(map(str.isalpha, line)) else "")


@dataclass(slots=True)
class _Turn:
    """What one speaker says until another speaks; the name is empty where it is not known."""

    speaker: str
    lines: list[str]
    length: int = 0


def read_subtitles(data: bytes, *, name: str, charset: str | None = None) -> Document:
    """Return what WebVTT or SubRip subtitles say as running text, without times and styles.

    A paragraph is what one speaker says at a time; the words of a speaker whose name is known
    follow ``Name:``. A text without a single cue stays as it is.
    Raises: SourceError as `decode`.
    """
    text = decode(data, name=name, declared=charset)
    turns: list[_Turn] = []
    until, cues = 0.0, 0
    for block in _BLANK.split(text.replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.strip("\n\ufeff").split("\n")
        timings = [_TIMING.match(line) for line in lines[:3]]  # after a number, or a name
        timing = next(filter(None, timings), None)
        if timing is None:
            continue
        paused = _seconds(*timing.groups()[:4]) - until >= _PAUSE
        until, cues = _seconds(*timing.groups()[4:]), cues + 1
        for line in lines[timings.index(timing) + 1 :]:
            _add_line(turns, line, paused=paused)
            paused = False
    said = ((f"{turn.speaker}: " if turn.speaker else "") + " ".join(turn.lines) for turn in turns)
    return Document("\n\n".join(said) if cues else text)


def _add_line(turns: list[_Turn], line: str, *, paused: bool) -> None:
    """Add a line of a cue to the last turn, or start a new one."""
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
