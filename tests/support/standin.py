"""A stand-in for the model: quick, the same everywhere, and without torch.

A word's vector is drawn from its hash, so texts that share words are near and others are not.
"""

import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from random import Random

import numpy as np
import numpy.typing as npt

from index.documents.document import Document
from index.models.encoder import Encoder
from index.models.tokens import Encoding, FloatArray, unit
from index.storage.indexing import encode_article
from index.storage.records import EncodedArticle, ModelId

VOCABULARY = 8_192
_MARKS = 64  # the ids below are for marks, the others for words
_PIECE = re.compile(r"\w+|[.,;:!?…]")  # as with a real model, some characters are no piece at all


class StandIn(Encoder):
    """Reads up to 48 words at once; another number of `weights` is another model."""

    def __init__(self, name: str = "stand-in", *, weights: int = 0) -> None:
        super().__init__(name)
        self._table = unit(
            np.random.default_rng(weights).standard_normal((VOCABULARY, 16)).astype(np.float32)
        )

    @cached_property
    def dimension(self) -> int:
        return int(self._table.shape[1])

    @cached_property
    def max_tokens(self) -> int:
        return 48

    @cached_property
    def punctuation(self) -> npt.NDArray[np.bool_]:
        return np.arange(VOCABULARY) < _MARKS

    @cached_property
    def fingerprint(self) -> str:
        return f"{zlib.crc32(self._table.tobytes()):08x}"

    @property
    def model(self) -> ModelId:
        return ModelId.of(self)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(_PIECE.findall(text)) for text in texts]

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        return [self._encode(text) for text in texts]

    def tokenize(self, texts: Sequence[str]) -> list[Encoding]:
        return [replace(self._encode(text), vectors=self._table[:0]) for text in texts]

    def _encode(self, text: str) -> Encoding:
        found = list(_PIECE.finditer(text))
        pieces = np.array([piece_id(piece.group()) for piece in found], np.int64)
        starts = np.array([piece.start() for piece in found], np.int64)
        return Encoding(pieces, starts, self._table[pieces])

    def mean(self, text: str) -> FloatArray:
        """(dimension,) of unit length: what a sentence of this text is kept as."""
        [encoding] = self.encode([text])
        vector: FloatArray = unit(encoding.vectors.mean(axis=0))
        return vector


def piece_id(piece: str) -> int:
    """The id of a word or mark; a word's case does not matter."""
    digest = zlib.crc32(piece.lower().encode())
    return _MARKS + digest % (VOCABULARY - _MARKS) if piece[0].isalnum() else digest % _MARKS


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute in one thread: small matrices take no longer, and far less beside other processes."""
    import faiss
    import torch

    before = torch.get_num_threads(), faiss.omp_get_max_threads()
    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        faiss.omp_set_num_threads(before[1])


def drafted(
    text: str, *, title: str = "A title", source: str | None = None, encoder: Encoder | None = None
) -> EncodedArticle:
    """Read a text for keeping, with the stand-in where nothing else is said."""
    return encode_article(
        Document(text, title, source), encoder=encoder or StandIn(), progress=None
    )


def story(seed: int, *, sentences: int) -> str:
    """An article that is always the same for a seed; each sentence starts with a word of its own.

    Some of its characters take several bytes, or several code points.
    """
    random = Random(seed)
    words = [
        "rivers",
        "naïve",
        "storm",
        "Zürich",
        "lamp",
        "👍🏽",
        "seven",
        "treaty",
        "晴れ",
        "e\u0301tage",
    ]
    parts = []
    for number in range(1, sentences + 1):
        body = " ".join(random.choices(words, k=random.randint(3, 9)))
        gap = random.choice(["\n\n", " ", " ", " "])
        parts.append(f"Mark{seed}x{number} of {body} fell in {random.randint(1000, 1999)}.{gap}")
    return "".join(parts).rstrip()
