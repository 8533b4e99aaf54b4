"""Text of an article, or of a person, as Discord shows it: plain, on one line, and harmless."""

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
_END = re.compile(r"[.!?…]['\"”’»)\]]*(?=\s)")


def plain(text: str) -> str:
    """Give text as one line that Discord shows as it stands.

    It cannot format, mention, link, or leave a quotation, and holds no invisible character.
    """
    return _MARKUP.sub(_escaped, visible(text))


def visible(text: str) -> str:
    """Give text as one line without control, direction and zero-width characters."""
    kept = (
        character
        for at, character in enumerate(text)
        if character.isspace()
        or (unicodedata.category(character) not in {"Cc", "Cf", "Cs"} and character not in _BLANKS)
        or (character in _JOINERS and _joins(text, at))
    )
    return " ".join("".join(kept).split())


def title(text: str, *, longest: int = 100) -> str:
    """Give a title as `visible` does, and cut."""
    return (
        cut(visible(text).replace(_JOINERS[0], "").replace(_JOINERS[1], ""), longest) or "untitled"
    )


def cut(text: str, longest: int) -> str:
    """Cut a text after so many code points, and say so with an ellipsis."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def unplain(shown: str) -> str:
    """Give back what `plain` was given, as far as it was visible; links become their markers."""
    return _ESCAPED.sub(r"\1", _LINK.sub(r"\1", shown))


def length(text: str) -> int:
    """Count as Discord's clients do: in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def split(blocks: Iterable[str], *, limit: int = LIMIT) -> list[str]:
    """Join blocks by line ends to messages, each of at most `limit` UTF-16 units.

    A message ends between two blocks; a block that is longer than a message is divided after a
    sentence, or else at a space. The rest of a quotation is a quotation.
    """
    parts: list[str] = []
    for block in blocks:
        for piece in _pieces(block, limit):
            if parts and length(parts[-1]) + 1 + length(piece) <= limit:
                parts[-1] += f"\n{piece}"
            else:
                parts.append(piece)
    return parts


def _pieces(block: str, limit: int) -> list[str]:
    prefix = next((each for each in ("> ", "-# ") if block.startswith(each)), "")
    pieces = []
    while length(block) > limit:
        room = block[: limit // 2] if length(block[:limit]) > limit else block[:limit]
        at = _place(room)
        pieces.append(block[:at].rstrip())
        block = prefix + block[at:].lstrip()
    return [*pieces, block]


def _place(room: str) -> int:
    """Choose where to divide: after the last sentence in the second half, else at a space."""
    half = len(room) // 2
    ends = [found.end() for found in _END.finditer(room, half)]
    if ends:
        return ends[-1]
    space = room.rfind(" ", half)
    if space > 0:
        return space
    return len(room) - (1 if room.endswith("\\") and not room.endswith("\\\\") else 0)


def _escaped(found: re.Match[str]) -> str:
    # A backslash before a digit would be shown: it is the full stop behind that makes the list.
    return found.group() + "\\" if found.group()[-1].isdigit() else "\\" + found.group()


def _joins(text: str, at: int) -> bool:
    around = text[at - 1 : at] + text[at + 1 : at + 2]
    return len(around) == 2 and not around.isascii() and all(each > "\x7f" for each in around)
