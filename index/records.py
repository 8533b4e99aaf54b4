"""What goes into the store, and how it is named there."""

import hashlib
from dataclasses import dataclass

from index.article import Sentence
from index.encoder import FloatArray, IntArray
from index.errors import LibraryError
from index.sources import Source


@dataclass(frozen=True, slots=True)
class Draft:
    """An article that is read and encoded, and not yet kept.

    source:       what was read
    passages:     first and last sentence number of each
    vectors:      (sentences, dimension) float32, rows of unit length
    piece_ids:    (m,) the word pieces that occur
    piece_counts: (m,) in how many of the sentences each occurs
    """

    source: Source
    sentences: tuple[Sentence, ...]
    passages: tuple[tuple[int, int], ...]
    vectors: FloatArray
    piece_ids: IntArray
    piece_counts: IntArray


@dataclass(frozen=True, slots=True)
class Model:
    """Which model made a library's vectors."""

    name: str
    dimension: int
    fingerprint: str

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


def sha256(text: str) -> str:
    """The SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
