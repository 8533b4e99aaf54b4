"""A text becomes an encoded article: segment, pack, encode, and count tokens."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

import numpy as np

from index.documents.document import Document
from index.models.encoder import Encoder, Encoding, FloatArray, TokenBlock
from index.storage.records import EncodedArticle
from index.storage.store import Store
from index.text.segmentation import Reading, Sentence, pack, passage_text, reading_of, segment
from index.text.structure import outline

Stage = Literal["reading", "encoding", "storing"]

Progress = Callable[[Stage, int, int], None]
"""Called with a stage and how much of it is done, of how much.

Encoding counts passages, the reused ones first; the other stages begin at 0 of 1.
"""

_BATCH = 64  # passages between two calls of Progress; their vectors are a few megabytes


def encode_article(
    source: Document,
    *,
    encoder: Encoder,
    progress: Progress | None,
    reusable: Mapping[Reading, FloatArray] | None = None,
) -> EncodedArticle:
    """Return the article that a text becomes. Each passage is encoded once, in one pass.

    `reusable` holds the (sentences, dimension) vectors of passages that this encoder has encoded
    before: these are only tokenized.
    """
    text = source.text
    sentences = segment(text)
    quotes = [text[sentence.start : sentence.end] for sentence in sentences]
    runs = pack(
        text,
        sentences,
        encoder.count_tokens(quotes),
        max_tokens=encoder.max_tokens,
        joined=outline(text, sentences, source.marks).joined,
    )
    readings = {run: reading_of(text, sentences, *run) for run in runs}
    vectors = {
        run: reusable[each] for run, each in readings.items() if reusable and each in reusable
    }
    vocabulary = len(encoder.punctuation)
    frequencies = np.zeros(vocabulary, np.int64)
    known, new = list(vectors), [run for run in runs if run not in vectors]
    for each, read in ((known, encoder.tokenize), (new, encoder.encode)):
        for begin in range(0, len(each), _BATCH):
            batch = each[begin : begin + _BATCH]
            for run, block in zip(batch, _blocks(text, sentences, batch, read), strict=True):
                if run not in vectors:
                    vectors[run] = block.sentence_vectors()
                pairs = np.unique(block.owners * vocabulary + block.token_ids)
                frequencies += np.bincount(pairs % vocabulary, minlength=vocabulary)
            if progress is not None and read == encoder.encode:
                progress("encoding", len(vectors), len(runs))
        if progress is not None and read == encoder.tokenize and known:
            progress("encoding", len(known), len(runs))
    [tokens] = np.nonzero(frequencies)
    return EncodedArticle(
        source=source,
        sentences=sentences,
        passages=tuple(runs),
        vectors=np.concatenate([vectors[run] for run in runs]),
        token_ids=tokens,
        token_counts=frequencies[tokens],
    )


def reusable_vectors(store: Store, source: str | None) -> dict[Reading, FloatArray]:
    """Return the vectors of the passages of the stored article from this source.

    They are a copy: the article that they are used for is whole, whatever becomes of the stored
    one meanwhile.
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


def _blocks(
    text: str,
    sentences: Sequence[Sentence],
    runs: Sequence[tuple[int, int]],
    read: Callable[[Sequence[str]], list[Encoding]],
) -> Iterator[TokenBlock]:
    """Return the tokens of passages; equal texts are read once."""
    texts = [passage_text(text, sentences, first, last) for first, last in runs]
    unique = list(dict.fromkeys(texts))
    encodings = dict(zip(unique, read(unique), strict=True))
    for (first, last), each in zip(runs, texts, strict=True):
        yield TokenBlock.of(encodings[each], sentences[first - 1 : last])
