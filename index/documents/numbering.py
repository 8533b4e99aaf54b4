"""The numbers of a Word file's lists, which stand in no paragraph: Word counts them anew each time.

A paragraph, or the style of one, names a list (``numId``) and a level in it (``ilvl``); the list
names how each level counts, and from what. Runs in the process of `index.documents.sandbox` alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

_PLACE = re.compile(r"%([1-9])")
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc")),
    *((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_LARGEST = 5_000  # a number above it is shown in digits
_LONGEST = 40  # code points of what a level shows
_DEEPEST = 9  # levels, in Word


@dataclass(frozen=True, slots=True)
class Level:
    """How one level of a list counts: ``decimal`` from 1, shown as ``%1.``, for one."""

    kind: str
    shown: str
    start: int


@dataclass(slots=True)
class Numbering:
    """Gives each item of a file's lists its number; items are to be asked for in their order."""

    levels: Mapping[str, Mapping[int, Level]]
    homes: Mapping[str, str] = field(default_factory=dict)  # lists with the same home count on
    counts: dict[str, dict[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, numbering: "_Element | None") -> "Numbering":
        """Read ``word/numbering.xml``."""
        if numbering is None:
            return cls({})
        abstract = {
            _value(each, "abstractNumId"): dict(map(_level, each.iterfind("{*}lvl")))
            for each in numbering.iterfind("{*}abstractNum")
        }
        levels, homes = {}, {}
        for each in numbering.iterfind("{*}num"):
            base, name = _child(each, "abstractNumId"), _value(each, "numId")
            own = dict(abstract.get(base, {}))
            homes[name] = f"abstract {base}"
            for override in each.iterfind("{*}lvlOverride"):
                homes[name] = name
                depth, start = _number(_value(override, "ilvl")), _child(override, "startOverride")
                own.update(map(_level, override.iterfind("{*}lvl")))
                if start and depth in own:
                    own[depth] = Level(own[depth].kind, own[depth].shown, _number(start))
            levels[name] = own
        return cls(levels, homes)

    def marker(self, list_id: str, depth: int) -> str:
        """Give what stands before the next item of a list, at a depth from 0: ``2. ``, ``- ``."""
        levels = self.levels.get(list_id, {})
        level = levels.get(depth)
        if level is None or level.kind == "bullet":
            return "- "
        counts = self.counts.setdefault(self.homes.get(list_id, list_id), {})
        counts[depth] = counts.get(depth, level.start - 1) + 1
        for deeper in range(depth + 1, _DEEPEST):
            counts.pop(deeper, None)

        def shown(found: re.Match[str]) -> str:
            at = int(found[1]) - 1
            above = levels.get(at, level)
            return _written(counts.get(at, above.start), above.kind)

        number = _PLACE.sub(shown, level.shown).strip()
        return f"{number} " if number else ""


def list_of(properties: "_Element | None") -> tuple[str, int] | None:
    """Give the list and the level that a paragraph's or a style's properties name."""
    named = properties.find("{*}numPr") if properties is not None else None
    if named is None:
        return None
    return _child(named, "numId"), _number(_child(named, "ilvl") or "0")


def _level(level: "_Element") -> tuple[int, Level]:
    start = _child(level, "start")
    made = Level(
        _child(level, "numFmt") or "decimal",
        _child(level, "lvlText")[:_LONGEST],
        _number(start or "1"),
    )
    return _number(_value(level, "ilvl")), made


def _written(number: int, kind: str) -> str:
    if not 0 < number <= _LARGEST:
        return str(number)
    if kind in ("lowerLetter", "upperLetter"):
        times, place = divmod(number - 1, 26)
        word = chr(ord("a") + place) * (times + 1)
    elif kind in ("lowerRoman", "upperRoman"):
        word = ""
        for value, digits in _ROMAN:
            word += digits * (number // value)
            number %= value
    else:
        return "" if kind == "none" else str(number)
    return word.upper() if kind.startswith("upper") else word


def _number(written: str) -> int:
    return int(written) if written.isdecimal() and len(written) < 10 else 0


def _child(element: "_Element", kind: str) -> str:
    found = element.find(f"{{*}}{kind}")
    return "" if found is None else _value(found, "val")


def _value(element: "_Element", kind: str) -> str:
    return next((value for key, value in element.items() if key.rpartition("}")[2] == kind), "")
