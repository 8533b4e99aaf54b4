"""A text becomes an encoded article: segment, pack, encode, and count tokens."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np

from index.documents.document import Document
from index.models.encoder import Encoder
from index.models.tokens import Encoding, TokenBlock
from index.storage.records import EncodedArticle, EncodedPassage
from index.storage.store import Store
from index.text.segmentation import Reading, Sentence, pack, passage_text, reading_of, segment
from index.text.structure import outline

Stage = Literal["reading", "encoding", "storing"]

Progress = Callable[[Stage, int, int], None]
"""Called with a stage and how much of it is done, of how much.

Encoding counts passages, the reused ones first; the other stages begin at 0 of 1.
"""

MOST_ENCODINGS = 5_000
"""Of an article with more sentences no tokens are stored when it is added.

They would take 12 KB of memory a sentence; each passage's are stored when it is first read.
"""

_BATCH = 64  # passages between two calls of Progress; their vectors are a few megabytes


def encode_article(
    source: Document,
    *,
    encoder: Encoder,
    progress: Progress | None,
    reusable: Mapping[Reading, EncodedPassage] | None = None,
) -> EncodedArticle:
    """Return the article that a text becomes. Each passage is encoded once, in one pass.

    `reusable` holds what is stored of passages that this encoder has encoded before: these are only
    tokenized.
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
    made = {run: reusable[each] for run, each in readings.items() if reusable and each in reusable}
    vocabulary = len(encoder.punctuation)
    frequencies = np.zeros(vocabulary, np.int64)
    known, new = list(made), [run for run in runs if run not in made]
    stores = len(sentences) <= MOST_ENCODINGS
    for each, read in ((known, encoder.tokenize), (new, encoder.encode)):
        for begin in range(0, len(each), _BATCH):
            batch = each[begin : begin + _BATCH]
            encodings = _encodings(text, sentences, batch, read)
            for (first, last), encoding in zip(batch, encodings, strict=True):
                block = TokenBlock.of(encoding, sentences[first - 1 : last])
                if (first, last) not in made:
                    packed = encoding.pack() if stores else None
                    made[first, last] = EncodedPassage(block.sentence_vectors(), packed)
                pairs = np.unique(block.owners * vocabulary + block.token_ids)
                frequencies += np.bincount(pairs % vocabulary, minlength=vocabulary)
            if progress is not None and read == encoder.encode:
                progress("encoding", len(made), len(runs))
        if progress is not None and read == encoder.tokenize and known:
            progress("encoding", len(known), len(runs))
    [tokens] = np.nonzero(frequencies)
    return EncodedArticle(
        source=source,
        sentences=sentences,
        passages=tuple(runs),
        encodings=tuple(made[run].encoding for run in runs),
        vectors=np.concatenate([made[run].vectors for run in runs]),
        token_ids=tokens,
        token_counts=frequencies[tokens],
    )


def reusable_passages(store: Store, source: str | None) -> dict[Reading, EncodedPassage]:
    """Return what is stored of the passages of the article from this source.

    It is a copy: the article that it is used for is whole, whatever becomes of the stored one
    meanwhile.
    """
    if source is None:
        return {}
    with store.reading():
        rows = store.rows_from(source)
        if rows is None:
            return {}
        article, vectors = store.article(rows.article_id), store.vectors(rows)
        passages = store.passages(rows)
        encodings = store.encodings([passage_id for passage_id, _ in passages])
    return {
        reading_of(article.text, article.sentences, each.first, each.last): EncodedPassage(
            vectors[each.first - 1 : each.last], encodings.get(passage_id)
        )
        for passage_id, each in passages
    }


def _encodings(
    text: str,
    sentences: Sequence[Sentence],
    runs: Sequence[tuple[int, int]],
    read: Callable[[Sequence[str]], list[Encoding]],
) -> list[Encoding]:
    """Return the tokens of passages; equal texts are read once."""
    texts = [passage_text(text, sentences, first, last) for first, last in runs]
    unique = list(dict.fromkeys(texts))
    encodings = dict(zip(unique, read(unique), strict=True))
    return [encodings[each] for each in texts]
