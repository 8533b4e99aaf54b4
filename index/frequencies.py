"""How much each word of a question weighs: how rare it is in the articles and in English at large.

Rarity in the articles alone would make question words the weightiest of all, for "what" and "my"
hardly occur in them; how frequent a word is in English caps that.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import numpy as np

from index.encoder import BoolArray, Encoding, FloatArray, IntArray
from index.maxsim import rarity

WORD = re.compile(r"\w+(?:['’]\w+)*")

_CAP = 1.5  # weight for each factor of ten in rarity; from 1.2 to 1.8 the hit rates are level
_CEILING = 8.0  # Zipf: no word is as frequent
_UNKNOWN = 2.8  # Zipf of words that the table does not hold
_NUMBER = 3.0  # and of numbers, which say more than their frequency tells
_SHARED = 0.6  # a word in several pieces counts more than one in a single piece, but not n times


@cache
def english() -> Mapping[str, float]:
    """Return how frequent the common words of English are: Zipf values, from 3.5 to 7.7.

    A Zipf value is the base-10 logarithm of a word's uses in a billion words (van Heuven et al.
    2014). `python -m training.frequencies` makes the table and names its source.
    """
    table = (files("index") / "data" / "english.tsv").read_text(encoding="utf-8")
    return {word: float(zipf) for word, zipf in (line.split("\t") for line in table.splitlines())}


def zipf(word: str) -> float:
    """Return how frequent a word is in English at large, as a Zipf value."""
    plain = word.lower().replace("’", "'")
    if any(map(str.isdigit, plain)):
        return _NUMBER
    return english().get(plain) or english().get(plain.replace("'", ""), _UNKNOWN)


def word_weights(
    text: str, encoding: Encoding, frequencies: IntArray, sentence_count: int, wordless: BoolArray
) -> FloatArray:
    """Weigh each token of a question: (tokens,), not negative.

    A word weighs its inverse document frequency in the articles searched, a sentence being a
    document, but no more than its rarity in English allows; its tokens share that.
    `frequencies` are, by token id, in how many of `sentence_count` sentences each occurs;
    `wordless` is true for the token ids without a letter or digit.
    """
    local = rarity(frequencies[encoding.pieces], sentence_count)
    local[wordless[encoding.pieces]] = 0
    weights = np.zeros(len(local), np.float32)
    starts = encoding.starts
    for word in WORD.finditer(text):
        begin, end = np.searchsorted(starts, [word.start(), word.end()])
        tokens = np.flatnonzero(local[begin:end]) + begin
        if len(tokens):
            weight = min(float(local[tokens].max()), _CAP * (_CEILING - zipf(word[0])))
            weights[tokens] = weight / len(tokens) ** _SHARED
    return weights
