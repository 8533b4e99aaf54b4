"""How frequent words are in English at large, and which say little on their own."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

WORD = re.compile(r"\w+(?:['’]\w+)*")

_UNKNOWN = 2.8  # Zipf of words that the table does not hold
_NUMBER = 3.0  # and of numbers, which say more than their frequency tells


@cache
def english() -> Mapping[str, float]:
    """Return how frequent the common words of English are: Zipf values, from 3.5 to 7.7.

    A Zipf value is the base-10 logarithm of a word's uses in a billion words (van Heuven et al.
    2014). `python -m training.frequencies` makes the table and names its source.
    """
    table = (files("index.text") / "english.tsv").read_text(encoding="utf-8")
    return {word: float(zipf) for word, zipf in (line.split("\t") for line in table.splitlines())}


def zipf(word: str) -> float:
    """Return how frequent a word is in English at large, as a Zipf value."""
    plain = word.lower().replace("’", "'")
    if any(map(str.isdigit, plain)):
        return _NUMBER
    return english().get(plain) or english().get(plain.replace("'", ""), _UNKNOWN)


@cache
def function_words() -> frozenset[str]:
    """Return articles, pronouns, prepositions and their like, in lower case."""
    return frozenset((files("index.text") / "stopwords.txt").read_text(encoding="utf-8").split())
