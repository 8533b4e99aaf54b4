"""A second opinion on the first hits: a cross-encoder reads question and sentence together."""

import threading
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from index.models.loading import loading, located

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

DEPTH = 10
"""So many hits are read again: among ten the right sentence nearly always is."""


class Reranker:
    """A sentence-transformers cross-encoder, by name or folder, loaded when it is first needed.

    Safe to share between threads. Nothing is downloaded.
    """

    def __init__(self, model: str) -> None:
        self.name = model
        self._lock = threading.Lock()

    def order(self, query: str, quotes: Sequence[str]) -> list[int]:
        """Give the indices of the quotes, the one that answers best first; ties as they came.

        Raises: ModelError when the model cannot be loaded.
        """
        with self._lock:
            pairs = [(query, quote) for quote in quotes]
            scores = np.asarray(self._model.predict(pairs, show_progress_bar=False))
        return [int(index) for index in np.argsort(-scores.reshape(len(pairs)), kind="stable")]

    @cached_property
    def _model(self) -> "CrossEncoder":
        from sentence_transformers import CrossEncoder

        with loading(self.name, expected="the folder of a sentence-transformers cross-encoder"):
            model: CrossEncoder = CrossEncoder(
                located(self.name), local_files_only=True, num_labels=1
            )
        return model
