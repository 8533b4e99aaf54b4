"""Late interaction: how well each sentence answers to the tokens of a question.

Each of the question's tokens looks for its best match among a sentence's tokens
(MaxSim; ColBERT, Khattab and Zaharia 2020) and counts by its weight. A match in the sentence
before, elsewhere in the passage, or in what the sentence stands under (its headings, the header of
its table) counts in part, since a sentence is read with these: "She resigned a year later" names
nobody.

A token weighs what its word weighs: how rare that is in the articles, capped by how rare it is in
English at large. Rarity in the articles alone would make question words the weightiest of all, for
"what" and "my" hardly occur in them.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from index.models.tokens import BoolArray, Encoding, FloatArray, IntArray, TokenBlock
from index.text.words import WORD, zipf

BEFORE = 0.7
"""What a match in the sentence before counts; from 0.6 to 0.8 the hit rates are level."""
AROUND = 0.5
"""What a match elsewhere in the passage counts."""
ABOVE = 0.85
"""What a match in a heading, a lead-in or a table's header counts for what stands below it."""


def in_context(
    own: FloatArray,
    blocks: Sequence[TokenBlock],
    above: Mapping[int, Sequence[int]] = MappingProxyType({}),
) -> FloatArray:
    """Return each sentence's matches together with those of what it is read with.

    `own` and the result are (sentences, question's tokens); `above` are, by place among the
    sentences from 0, the places of what a sentence stands under, one at least.
    """
    owners = np.repeat(np.arange(len(blocks)), [block.count for block in blocks])
    firsts = np.searchsorted(owners, np.arange(len(blocks)))
    before = np.roll(own, 1, axis=0)
    before[firsts] = -1
    around = np.maximum.reduceat(own, firsts)[owners]
    together: FloatArray = np.maximum(own, np.maximum(BEFORE * before, AROUND * around))
    if above:
        places = np.fromiter(above, np.int64)
        heads = np.concatenate([np.asarray(each, np.int64) for each in above.values()])
        bounds = np.cumsum([0, *map(len, above.values())])[:-1]
        best = np.maximum.reduceat(own[heads], bounds)
        together[places] = np.maximum(together[places], ABOVE * best)
    return together


def matches(question: FloatArray, blocks: Sequence[TokenBlock]) -> FloatArray:
    """(sentences, question's tokens): the best cosine of each token in each sentence."""
    tokens = [len(block.vectors) for block in blocks]
    cosines = np.empty((sum(tokens), len(question)), np.float32)
    for end, block in zip(np.cumsum(tokens), blocks, strict=True):
        np.matmul(block.vectors, question.T, out=cosines[end - len(block.vectors) : end])
    sentences = np.cumsum([0, *(block.count for block in blocks)])
    owners = np.repeat(sentences[:-1], tokens)
    owners += np.concatenate([block.owners for block in blocks])
    present, bounds = np.unique(owners, return_index=True)
    matches = np.full((sentences[-1], len(question)), -1, np.float32)
    if len(present):
        matches[present] = np.maximum.reduceat(cosines, bounds)
    return matches


_CAP = 1.5  # weight for each factor of ten in rarity; from 1.2 to 1.8 the hit rates are level
_CEILING = 8.0  # Zipf: no word is as frequent
_SHARED = 0.6  # a word of several tokens counts more than one of a single token, but not n times


def word_weights(
    text: str,
    encoding: Encoding,
    frequencies: IntArray,
    sentence_count: int,
    punctuation: BoolArray,
) -> FloatArray:
    """Weigh each token of a question: (tokens,), not negative.

    A word weighs its inverse document frequency in the articles searched, a sentence being a
    document, but no more than its rarity in English allows; its tokens share that.
    `frequencies` are, by token id, in how many of `sentence_count` sentences each occurs;
    `punctuation` is true for the token ids without a letter or digit.
    """
    local = rarity(frequencies[encoding.token_ids], sentence_count)
    local[punctuation[encoding.token_ids]] = 0
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
    """Weigh tokens by inverse document frequency, a sentence being a document.

    `frequencies` are in how many of `sentence_count` sentences each occurs.
    """
    return np.log1p(sentence_count / (0.5 + frequencies)).astype(np.float32)
