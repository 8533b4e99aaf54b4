"""The tokens of a text with a vector each: by text, and by the sentences of a passage."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.text.segmentation import Sentence

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_LEAST = 2**-14  # the least number that half precision holds in full
_BYTES_BESIDE = 10  # of a packed token, beside its vector: the id, the start and the scale


@dataclass(frozen=True, slots=True)
class Encoding:
    """What the encoder made of one text; special tokens are left out.

    token_ids: (n,) ids in the model's vocabulary
    starts:  (n,) where each token starts in the text, in code points, never falling
    vectors: (n, dimension) float32, rows of unit length
    """

    token_ids: IntArray
    starts: IntArray
    vectors: FloatArray

    def pack(self) -> bytes:
        """Return the encoding as it is stored: `dimension` + 10 bytes a token.

        A vector's values are rounded to 127ths of its largest magnitude.
        """
        largest = np.abs(self.vectors).max(axis=1, initial=_LEAST).astype(np.float16)
        rounded = np.rint(self.vectors * (127 / largest.astype(np.float32))[:, None])
        parts = (
            self.token_ids.astype("<i4"),
            self.starts.astype("<i4"),
            largest.astype("<f2"),
            rounded.clip(-127, 127).astype(np.int8),
        )
        return b"".join(part.tobytes() for part in parts)

    @classmethod
    def unpack(cls, stored: bytes, *, dimension: int) -> "Encoding":
        """Return an encoding that was packed; its vectors have this dimension."""
        count = len(stored) // (dimension + _BYTES_BESIDE)
        token_ids, starts = np.frombuffer(stored, "<i4", 2 * count).reshape(2, count)
        largest = np.frombuffer(stored, "<f2", count, 8 * count).astype(np.float32)
        rounded = np.frombuffer(stored, np.int8, offset=_BYTES_BESIDE * count)
        vectors = rounded.reshape(count, dimension).astype(np.float32)
        vectors *= (largest / 127)[:, None]
        return cls(token_ids.astype(np.int64), starts.astype(np.int64), vectors)


@dataclass(frozen=True, slots=True)
class TokenBlock:
    """A passage's tokens, divided by sentence.

    token_ids: (n,) ids in the model's vocabulary
    vectors: (n, dimension) float32, a unit row each
    owners:  (n,) which of the passage's sentences each stands in, 0-based, never falling
    count:   how many sentences the passage has; one may hold no token at all
    """

    token_ids: IntArray
    vectors: FloatArray
    owners: IntArray
    count: int

    @classmethod
    def of(cls, encoding: Encoding, sentences: Sequence[Sentence]) -> "TokenBlock":
        """Divide the encoding of a passage by the sentences it is made of."""
        starts = np.array([sentence.start - sentences[0].start for sentence in sentences])
        owners = np.searchsorted(starts, encoding.starts, side="right") - 1
        return cls(encoding.token_ids, encoding.vectors, owners, len(sentences))

    @classmethod
    def whole(cls, encoding: Encoding) -> "TokenBlock":
        """Return the tokens of a text, such as a title, as one sentence."""
        owners = np.zeros(len(encoding.token_ids), np.int64)
        return cls(encoding.token_ids, encoding.vectors, owners, 1)

    def sentence_vectors(self) -> FloatArray:
        """(count, dimension): each sentence's mean, of unit length; 0 where it has no token."""
        means = np.zeros((self.count, self.vectors.shape[1]), np.float32)
        present, bounds = np.unique(self.owners, return_index=True)
        if len(present):
            means[present] = np.add.reduceat(self.vectors, bounds, axis=0)
        return unit(means)


def unit(vectors: FloatArray) -> FloatArray:
    """Scale rows to unit length; rows of zeros stay so."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: FloatArray = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return scaled


def mean_of(encoding: Encoding) -> FloatArray:
    """(dimension,) of unit length: what stands for the whole text in the vector index."""
    [mean] = unit(encoding.vectors.mean(axis=0, keepdims=True))
    return np.asarray(mean, np.float32)
