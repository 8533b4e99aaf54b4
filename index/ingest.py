"""Text to draft: segment, pack, encode, and count what is rare."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from index.article import Sentence, segment
from index.encoder import Encoder, IntArray
from index.maxsim import TokenBlock
from index.passages import pack, passage_text
from index.records import Draft
from index.sources import Source

Progress = Callable[[int, int], None]
"""Called with how many passages are encoded, and of how many."""

_AT_ONCE = 64  # passages between two calls of Progress; their vectors are a few megabytes


def draft(source: Source, *, encoder: Encoder, progress: Progress | None) -> Draft:
    """Read a text for keeping. Each passage is encoded once and whole."""
    text = source.text
    sentences = segment(text)
    quotes = [text[sentence.start : sentence.end] for sentence in sentences]
    runs = pack(text, sentences, encoder.count_pieces(quotes), capacity=encoder.capacity)
    vectors = []
    frequencies = np.zeros(len(encoder.wordless), np.int64)
    for begin in range(0, len(runs), _AT_ONCE):
        chunk = runs[begin : begin + _AT_ONCE]
        for block in _blocks(text, sentences, chunk, encoder):
            vectors.append(block.sentence_vectors())
            frequencies += _frequencies(block, len(frequencies))
        if progress is not None:
            progress(begin + len(chunk), len(runs))
    [pieces] = np.nonzero(frequencies)
    return Draft(
        source=source,
        sentences=sentences,
        passages=tuple(runs),
        vectors=np.concatenate(vectors),
        piece_ids=pieces,
        piece_counts=frequencies[pieces],
    )


def _blocks(
    text: str, sentences: Sequence[Sentence], runs: Sequence[tuple[int, int]], encoder: Encoder
) -> Iterator[TokenBlock]:
    texts = [passage_text(text, sentences, first, last) for first, last in runs]
    for (first, last), encoding in zip(runs, encoder.encode(texts), strict=True):
        yield TokenBlock.of(encoding, sentences[first - 1 : last])


def _frequencies(block: TokenBlock, vocabulary: int) -> IntArray:
    """(vocabulary,) in how many of the block's sentences each word piece occurs."""
    pairs = np.unique(block.owners * vocabulary + block.pieces)
    return np.bincount(pairs % vocabulary, minlength=vocabulary)
