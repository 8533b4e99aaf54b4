"""The words of an English statement: their stems, and the numbers, names and denials among them."""

import re
from dataclasses import dataclass
from itertools import chain

from index.text.words import function_words
from index.verification.english import (
    DENIALS,
    ENDINGS,
    HALF_DENIALS,
    MONTHS,
    OPPOSITES,
    PEOPLES,
    SCALES,
    TENS,
    VALUES,
)

_PREFIXES = re.compile(r"(?:un|in|dis|non|mis|il(?=l)|ir(?=r)|im(?=[mpb]))(?=.{4})")
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Word:
    """A word or a number, and where it starts and ends in its text, in code points."""

    text: str
    start: int
    end: int
    lower: str
    stem: str

    @property
    def is_content(self) -> bool:
        """Whether it says something on its own."""
        return self.lower not in function_words()

    @property
    def is_capital(self) -> bool:
        """Whether it looks like part of a name."""
        common = self.lower in function_words() or self.lower in MONTHS
        return self.text[0].isupper() and not common

    @property
    def value(self) -> float | None:
        """What it counts, if it is a number, in digits or in letters."""
        return number(self.lower)


def words(text: str) -> list[Word]:
    """Find the words and numbers of a text, in order."""
    found = []
    for match in _WORD.finditer(text):
        lower = match.group().lower().replace("’", "'")
        found.append(Word(match.group(), *match.span(), lower, stem(lower)))
    return found


def stem(word: str) -> str:
    """Cut the usual endings from a word in lower case, so that its forms come out alike."""
    word = word.removesuffix("'s").rstrip("'")
    for _ in range(2):
        for ending in ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= (3 if len(ending) < 4 else 4):
                word = word.removesuffix(ending)
                break
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] else word


def number(word: str) -> float | None:
    """Return what one word counts: digits with or without separators, or a number word."""
    digits = word.replace(",", "")
    if digits.replace(".", "", 1).isdecimal():
        return float(digits)
    return VALUES.get(word)


def numbers(text: str) -> set[float]:
    """Return the numbers in a text: "1,200", "twenty-one" and "two million" are one each."""
    sequence, found, at = [word.lower for word in words(text)], set(), 0
    while at < len(sequence):
        value = number(sequence[at])
        at += 1
        if value is None:
            continue
        if at < len(sequence) and sequence[at - 1] in TENS:
            unit = VALUES.get(sequence[at], 0.0)
            value, at = (value + unit, at + 1) if 0 < unit < 10 else (value, at)
        while at < len(sequence) and sequence[at] in SCALES:
            value, at = value * SCALES[sequence[at]], at + 1
        found.add(value)
    return found


def same_name(left: str, right: str) -> bool:
    """Return whether two words in lower case name one thing, or a country and its people."""
    left, right = left.removesuffix("'s").rstrip("'"), right.removesuffix("'s").rstrip("'")
    if left == right or any({left, right} <= names for names in PEOPLES):
        return True
    shorter, longer = sorted((left, right), key=len)
    shared = next((n for n in range(len(shorter)) if shorter[n] != longer[n]), len(shorter))
    return shared >= max(4, len(shorter) - 1) and len(longer) - len(shorter) <= 4


def denies(word: str) -> bool:
    """Return whether a word in lower case is a negation or holds one."""
    return word in DENIALS or word.endswith("n't")


def half_denies(word: str) -> bool:
    """Return whether a word in lower case could stand for a negation."""
    return denies(word) or word in HALF_DENIALS or bool(_PREFIXES.match(word))


def is_contrary(word: str, other: str) -> bool:
    """Return whether one of two words in lower case is the other with a prefix such as un-."""
    shorter, longer = sorted((word, other), key=len)
    prefix = _PREFIXES.match(longer)
    return prefix is not None and stem(longer[prefix.end() :]) == stem(shorter)


def _sides() -> list[tuple[frozenset[str], frozenset[str]]]:
    lines = [line.split("|") for line in OPPOSITES.strip().splitlines()]
    pairs = [[frozenset(map(stem, side.split())) for side in line] for line in lines]
    return list(chain.from_iterable(((a - b, b - a), (b - a, a - b)) for a, b in pairs))


SIDES = _sides()
"""Pairs of sides, both ways round: the stems of each side say the contrary of the other's."""
