"""What goes into the store, and how it is named there."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from index.documents.document import Document
from index.errors import LibraryError
from index.models.encoder import Encoder, FloatArray, IntArray
from index.text.marks import Marks
from index.text.segmentation import Sentence

Pieces = tuple[IntArray, IntArray]
"""Word pieces, and in how many sentences each occurs."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An article that is read and encoded, and not yet kept.

    source:       what was read
    passages:     first and last sentence number of each
    vectors:      (sentences, dimension) float32, rows of unit length
    piece_ids:    (m,) the word pieces that occur
    piece_counts: (m,) in how many of the sentences each occurs
    """

    source: Document
    sentences: tuple[Sentence, ...]
    passages: tuple[tuple[int, int], ...]
    vectors: FloatArray
    piece_ids: IntArray
    piece_counts: IntArray

    @property
    def columns(self) -> dict[str, object]:
        """What is kept alike wherever an article is kept, by column."""
        read = self.source
        return {
            "title": read.title,
            "text": read.text,
            "source": read.source,
            "author": read.author,
            "published": read.published,
            "marks": None if read.marks is None else json.dumps(read.marks),
            "sha256": sha256(read.text),
            "piece_ids": self.piece_ids.tobytes(),
            "piece_counts": self.piece_counts.tobytes(),
        }


@dataclass(frozen=True, slots=True)
class Model:
    """Which model made a library's vectors."""

    name: str
    dimension: int
    fingerprint: str

    @classmethod
    def of(cls, encoder: Encoder) -> Self:
        """The model that an encoder runs."""
        return cls(encoder.name, encoder.dimension, encoder.fingerprint)

    def check(self, made_by: "Model | None", library: str) -> None:
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
class Rows:
    """The row ids of one article's sentences: `first` to `last`, both included."""

    article_id: int
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class IndexStats:
    """What the vectors are kept in: sizes in bytes; `memory` is without what is mapped."""

    kind: str
    sentences: int
    memory: int
    disk: int


@dataclass(frozen=True, slots=True)
class Stats:
    """What a library holds on all its shelves, and in what; sizes in bytes.

    index:  the kind of the index of its vectors
    memory: what that index takes, without what is mapped from disk
    """

    articles: int
    passages: int
    sentences: int
    index: str
    memory: int
    disk: int


def not_own(article_id: int) -> LibraryError:
    """Give the error of removing what stands on another shelf than the one that is written to."""
    return LibraryError(
        f"article {article_id} is on another shelf, which is only read from here: remove it where"
        " it was added"
    )


def other_schema(name: str, *, found: int, expected: int) -> LibraryError:
    """Return the error of opening tables that another version of Footnote made."""
    advice = "move it away and add the articles again"
    if found > expected:
        advice = "upgrade Footnote, or use another library"
    return LibraryError(
        f"{name} has schema {found}, and this Footnote reads schema {expected}: {advice}"
    )


def pieces_from(ids: bytes, counts: bytes) -> Pieces:
    """Read word pieces that were kept as bytes."""
    return np.frombuffer(ids, np.int64), np.frombuffer(counts, np.int64)


def marks_from(kept: str | None) -> Marks | None:
    """Read marks that were kept as JSON."""
    return None if kept is None else tuple((offset, kind) for offset, kind in json.loads(kept))


def sum_of(parts: Sequence[Pieces]) -> Pieces:
    """Add up; pieces that no sentence holds are left out."""
    longest = max((int(ids.max()) + 1 for ids, _ in parts if len(ids)), default=0)
    total = np.zeros(longest, np.int64)
    for ids, counts in parts:
        total[ids] += counts
    [ids] = np.nonzero(total)
    return ids, total[ids]


def sha256(text: str) -> str:
    """The SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
