"""Articles without end: the paragraphs of real ones, with names, numbers and words exchanged.

What is made depends on the seed and the number of an article alone, so it is the same everywhere.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

_WORD = re.compile(r"[^\W\d_]+|\d+")
_LONG = 5  # letters, from which a word in lower case is likely to say something
_NEW_NAME = 0.9  # of the names are another's, most of them nobody's
_INVENTED = 0.7
_NEW_WORD = 0.35
_ONSETS = ("b br c ch d dr f g gr h j k kl l m n p pr r s sh st t tr v w z").split()
_VOWELS = ("a e i o u ai ea ia io ou").split()
_ENDINGS = ("", "n", "r", "s", "l", "th", "ck", "nd", "rg", "sk")


@dataclass(frozen=True, slots=True)
class Pool:
    """What is exchanged for what: paragraphs, names, and words in lower case by their ending."""

    paragraphs: tuple[str, ...]
    names: tuple[str, ...]
    known: frozenset[str]
    words: dict[str, tuple[str, ...]]


def pool_of(texts: Sequence[str]) -> Pool:
    """Take apart real articles; paragraphs stand between blank lines."""
    paragraphs = tuple(part for text in texts for part in text.split("\n\n") if part.strip())
    found = [match.group() for text in texts for match in _WORD.finditer(text)]
    lower = {word for word in found if word.islower()}
    names = sorted({word for word in found if word.istitle() and word.lower() not in lower})
    words: dict[str, list[str]] = {}
    for word in sorted(lower):
        if len(word) >= _LONG:
            words.setdefault(word[-2:], []).append(word)
    by_ending = {ending: tuple(alike) for ending, alike in words.items()}
    return Pool(paragraphs, tuple(names), frozenset(names), by_ending)


def article_of(pool: Pool, number: int, *, passages: int, seed: int = 0) -> str:
    """Give the text of one article: so many paragraphs, each varied."""
    random = Random(seed * 1_000_003 + number)
    chosen = random.choices(pool.paragraphs, k=passages)
    return "\n\n".join(_varied(paragraph, pool, random) for paragraph in chosen)


def _varied(paragraph: str, pool: Pool, random: Random) -> str:
    exchanged: dict[str, str] = {}  # within a paragraph a name stays one name

    def another(match: re.Match[str]) -> str:
        word = match.group()
        if word not in exchanged:
            exchanged[word] = _another(word, pool, random)
        return exchanged[word]

    return _WORD.sub(another, paragraph)


def _another(word: str, pool: Pool, random: Random) -> str:
    if word.isdigit():
        return str(random.randrange(10 ** (len(word) - 1), 10 ** len(word)))
    if word in pool.known or (word.istitle() and len(word) > _LONG):
        if random.random() > _NEW_NAME:
            return word
        return _invented(random) if random.random() < _INVENTED else random.choice(pool.names)
    alike = pool.words.get(word[-2:], ())
    if len(word) >= _LONG and alike and random.random() < _NEW_WORD:
        return random.choice(alike)
    return word


def _invented(random: Random) -> str:
    """Give a name of two or three syllables; some come often, and most are rare."""
    syllables = [
        random.choice(_ONSETS) + random.choice(_VOWELS) for _ in range(random.choice((2, 2, 3)))
    ]
    return ("".join(syllables) + random.choice(_ENDINGS)).capitalize()
