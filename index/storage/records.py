"""What goes into a store and comes out of it, and what a store is built on."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import numpy as np

from index.documents.document import Document
from index.errors import LibraryError
from index.models.encoder import Encoder
from index.models.tokens import FloatArray, IntArray
from index.text.segmentation import Sentence

TokenCounts = tuple[IntArray, IntArray]
"""Token ids, and in how many sentences each occurs: two arrays of one length."""


@dataclass(frozen=True, slots=True)
class EncodedPassage:
    """What is stored of a passage's encoding.

    vectors:  (sentences, dimension) float32, rows of unit length
    encoding: its tokens, packed; None where they are stored when they are first read
    """

    vectors: FloatArray
    encoding: bytes | None


@dataclass(frozen=True, slots=True)
class EncodedArticle:
    """An article that is segmented and encoded, and not yet stored.

    source:       what was read
    passages:     the numbers of the first and the last sentence of each
    encodings:    each passage's tokens, packed; None where they are stored when first read
    vectors:      (sentences, dimension) float32, rows of unit length
    token_ids:    (m,) the tokens that occur
    token_counts: (m,) in how many of the sentences each occurs
    """

    source: Document
    sentences: tuple[Sentence, ...]
    passages: tuple[tuple[int, int], ...]
    encodings: tuple[bytes | None, ...]
    vectors: FloatArray
    token_ids: IntArray
    token_counts: IntArray


@dataclass(frozen=True, slots=True)
class ModelId:
    """Which model made a library's vectors."""

    name: str
    dimension: int
    fingerprint: str

    @classmethod
    def of(cls, encoder: Encoder) -> Self:
        """Return the identity of an encoder's model."""
        return cls(encoder.name, encoder.dimension, encoder.fingerprint)

    def check(self, made_by: "ModelId | None", library: str) -> None:
        """Raise LibraryError unless this model made the library of that name, or none did yet."""
        if made_by is None or made_by.fingerprint == self.fingerprint:
            return
        if made_by.name == self.name:
            maker, advice = f"other weights of the model {self.name!r}", "put those weights back"
        else:
            maker = (
                f"the model {made_by.name!r} ({made_by.dimension} dimensions), not with"
                f" {self.name!r} ({self.dimension})"
            )
            advice = f"set FOOTNOTE_MODEL={made_by.name}"
        raise LibraryError(
            f"{library} was made with {maker}, and their vectors cannot be compared:"
            f" {advice}, or use another library"
        )


@dataclass(frozen=True, slots=True)
class RowRange:
    """The row ids of one article's sentences: `first` to `last`, both included.

    Row ids are never reused: the same range always means the same text.
    """

    article_id: int
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class IndexStats:
    """The vector index: its kind, and its bytes in memory and on disk."""

    kind: str
    memory: int
    disk: int


@dataclass(frozen=True, slots=True)
class Stats:
    """The size of a library with all its collections.

    index:  the kind of its vector index
    memory: bytes that the vector index takes in this process
    disk:   bytes on disk, the vector index included
    """

    articles: int
    passages: int
    sentences: int
    index: str
    memory: int
    disk: int


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of one part of Footnote, and the SQL script that creates them.

    `upgrades` are the statements that turn an older version into this one.
    """

    part: str
    version: int
    script: str
    upgrades: Mapping[int, str] = field(default_factory=dict)

    def check(self, found: int, database: str) -> None:
        """Raise LibraryError unless the version found in the database of that name is this one."""
        if found == self.version:
            return
        advice = "move it away and add the articles again"
        if found > self.version:
            advice = "upgrade Footnote, or use another library"
        raise LibraryError(
            f"{database} has schema {found}, and this Footnote reads schema {self.version}:"
            f" {advice}"
        )


class Database(Protocol):
    """A database with its tables. Threads may share it; all its errors are LibraryError."""

    @property
    def name(self) -> str:
        """What errors call it: a path, or an address without the password."""

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """Run one statement and return all rows; outside of `writing` it must only read."""

    def many(self, statement: str, values: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each row of values, inside of `writing`."""

    def lock(self, *names: str) -> None:
        """Wait for the lock of this name and hold it until `writing` ends."""

    def reading(self) -> AbstractContextManager[None]:
        """Hold one state of the database until the block ends; may be nested."""

    def writing(self) -> AbstractContextManager[None]:
        """Commit all that is done in the block, or nothing of it."""

    def close(self) -> None:
        """Close the connection; a second call does nothing."""


class SentenceVectors(Protocol):
    """The vectors of a store's sentences, to be searched."""

    def nearest(self, vector: FloatArray, scope: Sequence[RowRange], *, limit: int) -> list[int]:
        """Return the row ids of at most `limit` sentences in scope, the nearest first.

        `vector` is (dimension,) float32 of unit length.
        """

    def stats(self) -> IndexStats:
        """Return the kind and size of the index."""


def token_counts(ids: bytes, counts: bytes) -> TokenCounts:
    """Return token counts that were stored as bytes."""
    return np.frombuffer(ids, np.int64), np.frombuffer(counts, np.int64)


def sum_counts(parts: Sequence[TokenCounts]) -> TokenCounts:
    """Return the sums over all parts, without the tokens whose sum is zero."""
    longest = max((int(ids.max()) + 1 for ids, _ in parts if len(ids)), default=0)
    total = np.zeros(longest, np.int64)
    for ids, counts in parts:
        total[ids] += counts
    [ids] = np.nonzero(total)
    return ids, total[ids]


def sha256(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
