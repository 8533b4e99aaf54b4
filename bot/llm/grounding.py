"""Which numbers and names of a statement its source lacks: all that is compared of an LLM's words.

A statement may have every number and name of its source and still be false.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from itertools import zip_longest

from index.text.words import english, function_words

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*")
_OPENING = '.!?:"“'
_MOST_ADDED = 4  # letters by which two forms of one name differ in length: Iraq, Iraqi
_FEWEST_SHARED = 4


def lacking(statement: str, source: str) -> tuple[str, ...]:
    """Return the numbers and names of a statement that its source does not have, as written."""
    known = frozenset(map(str.lower, _WORD.findall(source)))
    names = [name for name in _names(statement) if not any(_is_same(name, each) for each in known)]
    counted = _numbers(source).keys() | {1.0}  # "one" is a pronoun too
    return (*(word for value, word in _numbers(statement).items() if value not in counted), *names)


def _numbers(text: str) -> dict[float, str]:
    """Return the numbers in a text and how each is written: "1,200", "twenty-one", "2 million"."""
    values, scales = _number_words()
    words = _WORD.findall(text)
    found: dict[float, str] = {}
    at = 0
    while at < len(words):
        first, value = at, _value(words[at])
        at += 1
        if value is None:
            continue
        unit = values.get(words[at].lower(), 0.0) if at < len(words) else 0.0
        if words[first].lower() in values and value % 10 == 0 < unit < 10 <= value:
            value, at = value + unit, at + 1
        while at < len(words) and words[at].lower() in scales:
            value, at = value * scales[words[at].lower()], at + 1
        found[value] = " ".join(words[first:at])
    return found


def _value(word: str) -> float | None:
    digits = word.replace(",", "")
    if digits.replace(".", "", 1).isdecimal():
        return float(digits)
    return _number_words()[0].get(word.lower())


def _names(text: str) -> list[str]:
    """Return the capitalised words that name something.

    Every sentence opens with a capital: its first word counts where another capital follows it, or
    where it is no common word.
    """
    found = list(_WORD.finditer(text))
    names = []
    for match, following in zip_longest(found, found[1:]):
        word = match[0].lower()
        opens = text[: match.start()].rstrip()[-1:] in _OPENING  # as the empty text does
        paired = following is not None and following[0][0].isupper()
        common = word in function_words() or (word in english() and not paired)
        if match[0][0].isupper() and _value(word) is None and not (opens and common):
            names.append(match[0])
    return names


def _is_same(name: str, other: str) -> bool:
    """Return whether a name and a word in lower case are forms of one: Iraq, Iraqi, Iraq's."""
    left, right = name.lower().removesuffix("'s").removesuffix("’s"), other.removesuffix("'s")
    shorter, longer = sorted((left, right), key=len)
    shared = next((n for n in range(len(shorter)) if shorter[n] != longer[n]), len(shorter))
    alike = shared >= max(_FEWEST_SHARED, len(shorter) - 1)
    return left == right or (alike and len(longer) - len(shorter) <= _MOST_ADDED)


@cache
def _number_words() -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Return what each number word counts, and what each of the others multiplies by."""
    table = tomllib.loads((files("bot.llm") / "numbers.toml").read_text(encoding="utf-8"))
    values = {
        word: float(row["first"] + row["step"] * at)
        for row in table["row"]
        for at, word in enumerate(row["words"].split())
    }
    return values, {word: float(value) for word, value in table["scales"].items()}
