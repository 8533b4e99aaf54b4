"""Articles without end: the paragraphs of real ones, with names, numbers and words exchanged.

What is made depends on the seed and the number of an article alone, so it is the same everywhere.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from index.text.segmentation import segment

_WORD = re.compile(r"([^\W\d_]+|\d+)")
_LONG = 5  # letters, from which a word in lower case is likely to say something
_NEW_NAME = 0.9  # of the names are another's, most of them nobody's
_INVENTED = 0.7
_NEW_WORD = 0.35
_ONSETS = (
    *("b", "br", "c", "ch", "d", "dr", "f", "g", "gr", "h", "j", "k", "kl", "l", "m", "n"),
    *("p", "pr", "r", "s", "sh", "st", "t", "tr", "v", "w", "z"),
)
_VOWELS = ["a", "e", "i", "o", "u", "ai", "ea", "ia", "io", "ou"]
_ENDINGS = ("", "n", "r", "s", "l", "th", "ck", "nd", "rg", "sk")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A real paragraph, taken apart.

    parts:     its words and what stands between them
    sentences: where each sentence begins among the parts
    places:    where each word stands that may be exchanged, in order of appearance
    """

    parts: tuple[str, ...]
    sentences: tuple[int, ...]
    places: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Pool:
    """What is exchanged for what: paragraphs, names, and words in lower case by their ending."""

    paragraphs: tuple[Paragraph, ...]
    names: tuple[str, ...]
    known: frozenset[str]
    words: dict[str, tuple[str, ...]]


def pool_of(texts: Sequence[str]) -> Pool:
    """Take apart real articles; paragraphs stand between blank lines."""
    found = [match.group() for text in texts for match in _WORD.finditer(text)]
    lower = {word for word in found if word.islower()}
    names = sorted({word for word in found if word.istitle() and word.lower() not in lower})
    words: dict[str, list[str]] = {}
    for word in sorted(lower):
        if len(word) >= _LONG:
            words.setdefault(word[-2:], []).append(word)
    by_ending = {ending: tuple(alike) for ending, alike in words.items()}
    pool = Pool((), tuple(names), frozenset(names), by_ending)
    paragraphs = [part for text in texts for part in text.split("\n\n") if part.strip()]
    return replace(pool, paragraphs=tuple(_taken_apart(part, pool) for part in paragraphs))


def article_of(pool: Pool, number: int, *, passages: int, seed: int = 0) -> list[list[str]]:
    """Give one article: so many paragraphs, each of varied sentences with what follows them."""
    random = Random(seed * 1_000_003 + number)  # noqa: S311
    chosen = random.choices(pool.paragraphs, k=passages)
    return [_varied(paragraph, pool, random) for paragraph in chosen]


def text_of(article: list[list[str]]) -> str:
    """Put an article together."""
    return "\n\n".join("".join(paragraph) for paragraph in article)


def _taken_apart(text: str, pool: Pool) -> Paragraph:
    begins = [sentence.start for sentence in segment(text)][1:]
    parts: list[str] = []
    sentences = []
    for begin, end in zip([0, *begins], [*begins, len(text)], strict=True):
        sentences.append(len(parts))
        parts += _WORD.split(text[begin:end])
    places: dict[str, list[int]] = {}
    for place, part in enumerate(parts):
        if _is_exchanged(part, pool):
            places.setdefault(part, []).append(place)
    return Paragraph(
        tuple(parts),
        tuple(sentences),
        tuple((word, tuple(where)) for word, where in places.items()),
    )


def _varied(paragraph: Paragraph, pool: Pool, random: Random) -> list[str]:
    parts = list(paragraph.parts)
    for word, places in paragraph.places:  # within a paragraph a name stays one name
        other = _another(word, pool, random)
        for place in places:
            parts[place] = other
    ends = [*paragraph.sentences[1:], len(parts)]
    return ["".join(parts[begin:end]) for begin, end in zip(paragraph.sentences, ends, strict=True)]


def _is_name(word: str, pool: Pool) -> bool:
    return word in pool.known or (word.istitle() and len(word) > _LONG)


def _is_exchanged(part: str, pool: Pool) -> bool:
    word = len(part) >= _LONG and part.isalpha() and bool(pool.words.get(part[-2:]))
    return part.isdigit() or _is_name(part, pool) or word


def _another(word: str, pool: Pool, random: Random) -> str:
    if word.isdigit():
        return str(random.randrange(10 ** (len(word) - 1), 10 ** len(word)))
    if _is_name(word, pool):
        if random.random() > _NEW_NAME:
            return word
        return _invented(random) if random.random() < _INVENTED else random.choice(pool.names)
    return random.choice(pool.words[word[-2:]]) if random.random() < _NEW_WORD else word


def _invented(random: Random) -> str:
    """Give a name of two or three syllables; some come often, and most are rare."""
    syllables = [
        random.choice(_ONSETS) + random.choice(_VOWELS) for _ in range(random.choice((2, 2, 3)))
    ]
    return ("".join(syllables) + random.choice(_ENDINGS)).capitalize()
