"""Text to draft: segment, pack, encode, and count what is rare."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from index.documents.document import Document
from index.models.encoder import Encoder, Encoding, FloatArray, IntArray, TokenBlock
from index.storage.records import Draft
from index.storage.stores import ArticleStore
from index.text.passages import Reading, pack, passage_text, reading_of
from index.text.segmentation import Sentence, segment
from index.text.structure import outline

Progress = Callable[[int, int], None]
"""Called with how many passages are read, and of how many; known ones are read at once."""

_AT_ONCE = 64  # passages between two calls of Progress; their vectors are a few megabytes


def draft(
    source: Document,
    *,
    encoder: Encoder,
    progress: Progress | None,
    known: Mapping[Reading, FloatArray] | None = None,
) -> Draft:
    """Read a text for keeping. Each passage is encoded once and whole, but for `known` ones.

    `known` holds the sentence vectors of passages that this encoder has read before.
    """
    text = source.text
    sentences = segment(text)
    quotes = [text[sentence.start : sentence.end] for sentence in sentences]
    runs = pack(
        text,
        sentences,
        encoder.count_pieces(quotes),
        capacity=encoder.capacity,
        joined=outline(text, sentences, source.marks).joined,
    )
    readings = {run: reading_of(text, sentences, *run) for run in runs}
    vectors = {run: known[each] for run, each in readings.items() if known and each in known}
    unknown = [run for run in runs if run not in vectors]
    frequencies = np.zeros(len(encoder.wordless), np.int64)
    for chunk in _chunks(list(vectors)):
        for block in _blocks(text, sentences, chunk, encoder.tokenize):
            frequencies += _frequencies(block, len(frequencies))
    if progress is not None and vectors:
        progress(len(vectors), len(runs))
    for chunk in _chunks(unknown):
        blocks = _blocks(text, sentences, chunk, encoder.encode)
        for run, block in zip(chunk, blocks, strict=True):
            vectors[run] = block.sentence_vectors()
            frequencies += _frequencies(block, len(frequencies))
        if progress is not None:
            progress(len(vectors), len(runs))
    [pieces] = np.nonzero(frequencies)
    return Draft(
        source=source,
        sentences=sentences,
        passages=tuple(runs),
        vectors=np.concatenate([vectors[run] for run in runs]),
        piece_ids=pieces,
        piece_counts=frequencies[pieces],
    )


def known_from(store: ArticleStore, source: str | None) -> dict[Reading, FloatArray]:
    """Give what the version of a source that is kept leaves to the one that replaces it.

    It is a copy: whatever becomes of that version meanwhile, a draft made with it is whole.
    """
    if source is None:
        return {}
    with store.reading():
        rows = store.rows_from(source)
        if rows is None:
            return {}
        article, vectors = store.article(rows.article_id), store.vectors(rows)
        runs = [(passage.first, passage.last) for _, passage in store.passages(rows)]
    return {
        reading_of(article.text, article.sentences, first, last): vectors[first - 1 : last]
        for first, last in runs
    }


def _chunks(runs: Sequence[tuple[int, int]]) -> Iterator[Sequence[tuple[int, int]]]:
    for begin in range(0, len(runs), _AT_ONCE):
        yield runs[begin : begin + _AT_ONCE]


def _blocks(
    text: str,
    sentences: Sequence[Sentence],
    runs: Sequence[tuple[int, int]],
    read: Callable[[Sequence[str]], list[Encoding]],
) -> Iterator[TokenBlock]:
    texts = [passage_text(text, sentences, first, last) for first, last in runs]
    each_once = list(dict.fromkeys(texts))
    encodings = dict(zip(each_once, read(each_once), strict=True))
    for (first, last), said in zip(runs, texts, strict=True):
        yield TokenBlock.of(encodings[said], sentences[first - 1 : last])


def _frequencies(block: TokenBlock, vocabulary: int) -> IntArray:
    """(vocabulary,) in how many of the block's sentences each word piece occurs."""
    pairs = np.unique(block.owners * vocabulary + block.pieces)
    return np.bincount(pairs % vocabulary, minlength=vocabulary)
