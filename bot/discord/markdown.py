"""Discord's Markdown: escape text of an article or a person, and divide it into messages."""

import re
import unicodedata
from collections.abc import Iterable

LIMIT = 2_000
"""UTF-16 units that Discord lets a message hold."""

_MARKUP = re.compile(r"[\\`*_~|<>\[\]()#@:/]|^(?:[-+]|\d+(?=\.))")
_ESCAPED = re.compile(r"\\([^A-Za-z0-9\s])")
_JOINERS = "\u200c\u200d"  # which Persian, Indic scripts and emoji need
_BLANKS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
_LINK = re.compile(r"\[(\[\d+\])\]\(<[^>]*>\)")
_SENTENCE_END = re.compile(r"[.!?…]['\"”’»)\]]*(?=\s)")


def escape_markdown(text: str) -> str:
    """Return text as one line that Discord shows literally.

    It cannot format, mention, link or leave a quotation, and has no invisible characters.
    """
    return _MARKUP.sub(_escape, strip_invisible(text))


def unescape_markdown(shown: str) -> str:
    """Return the visible text that `escape_markdown` was given; links become their markers."""
    return _ESCAPED.sub(r"\1", _LINK.sub(r"\1", shown))


def strip_invisible(text: str) -> str:
    """Return text as one line without control, direction and zero-width characters."""
    visible = (
        character
        for at, character in enumerate(text)
        if character.isspace()
        or (unicodedata.category(character) not in {"Cc", "Cf", "Cs"} and character not in _BLANKS)
        or (character in _JOINERS and _joins(text, at))
    )
    return " ".join("".join(visible).split())


def short_title(text: str, *, longest: int = 100) -> str:
    """Return the visible part of a title on one line, of at most `longest` code points."""
    visible = strip_invisible(text).translate(dict.fromkeys(map(ord, _JOINERS)))
    return truncate(visible, longest) or "untitled"


def truncate(text: str, longest: int) -> str:
    """Cut a text to at most `longest` code points, the last of which is then an ellipsis."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def utf16_length(text: str) -> int:
    """Count UTF-16 units, as Discord's clients do."""
    return len(text) + sum(character > "\uffff" for character in text)


def split(blocks: Iterable[str], *, limit: int = LIMIT) -> list[str]:
    """Join blocks by newlines to messages of at most `limit` UTF-16 units.

    A message ends between two blocks; a block that is longer than a message is divided after a
    sentence, or else at a space. The rest of a quotation is a quotation.
    """
    messages: list[str] = []
    for block in blocks:
        for part in _divide(block, limit):
            if messages and utf16_length(messages[-1]) + 1 + utf16_length(part) <= limit:
                messages[-1] += f"\n{part}"
            else:
                messages.append(part)
    return messages


def _divide(block: str, limit: int) -> list[str]:
    prefix = next((each for each in ("> ", "-# ") if block.startswith(each)), "")
    parts = []
    while utf16_length(block) > limit:
        room = block[: limit // 2] if utf16_length(block[:limit]) > limit else block[:limit]
        at = _division(room)
        parts.append(block[:at].rstrip())
        block = prefix + block[at:].lstrip()
    return [*parts, block]


def _division(room: str) -> int:
    """Return where to divide: after the last sentence in the second half, else at a space."""
    half = len(room) // 2
    ends = [found.end() for found in _SENTENCE_END.finditer(room, half)]
    if ends:
        return ends[-1]
    space = room.rfind(" ", half)
    if space > 0:
        return space
    return len(room) - (1 if room.endswith("\\") and not room.endswith("\\\\") else 0)


def _escape(found: re.Match[str]) -> str:
    # A backslash before a digit would be shown: it is the full stop behind that makes the list.
    return found.group() + "\\" if found.group()[-1].isdigit() else "\\" + found.group()


def _joins(text: str, at: int) -> bool:
    """Whether the joiner at a position stands between two characters that it may join."""
    around = text[at - 1 : at] + text[at + 1 : at + 2]
    return len(around) == 2 and not around.isascii() and all(each > "\x7f" for each in around)
