"""How much each word of a question weighs: how rare it is in the articles and in English at large.

Rarity in the articles alone would make question words the weightiest of all, for "what" and "my"
hardly occur in them; how frequent a word is in English caps that.
"""

import numpy as np

from index.models.encoder import BoolArray, Encoding, FloatArray, IntArray
from index.text.frequencies import WORD, zipf

_CAP = 1.5  # weight for each factor of ten in rarity; from 1.2 to 1.8 the hit rates are level
_CEILING = 8.0  # Zipf: no word is as frequent
_SHARED = 0.6  # a word in several pieces counts more than one in a single piece, but not n times


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


def rarity(frequencies: IntArray, sentence_count: int) -> FloatArray:
    """Weigh word pieces by inverse document frequency, a sentence being a document.

    `frequencies` are in how many of `sentence_count` sentences each occurs.
    """
    return np.log1p(sentence_count / (0.5 + frequencies)).astype(np.float32)
