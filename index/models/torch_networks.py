"""Any other model, on PyTorch: sentence-transformers' encoders and rerankers, readers of answers.

Only this module of `index` imports PyTorch, transformers or sentence-transformers, which takes
seconds: it is imported when a model is named that does not come with Footnote.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from sentence_transformers import CrossEncoder, SentenceTransformer
from tokenizers import Encoding as Row
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import AutoModelForQuestionAnswering, AutoTokenizer
from transformers.utils import logging

from index.errors import ModelError
from index.models.network import READER_TOKENS, run_in_batches
from index.models.tokens import FloatArray

_BATCH = 1_024  # tokens
_ROW_OF = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
"""What transformers calls the inputs of a model, and tokenizers the parts of a row."""


class TorchNetwork:
    """A PyTorch module behind its tokenizer; `forward` gives (batch, tokens, dimension) of it."""

    def __init__(
        self,
        module: nn.Module,
        tokenizer: Any,
        forward: Callable[[Mapping[str, Tensor]], Tensor],
        *,
        max_tokens: int,
        dimension: int,
    ) -> None:
        self._module = module
        self._forward = forward
        self._padding = int(tokenizer.pad_token_id or 0)
        self._inputs = [name for name in tokenizer.model_input_names if name in _ROW_OF]
        self.tokenizer: Tokenizer = tokenizer.backend_tokenizer
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(max_tokens)
        self.max_tokens = max_tokens
        self.dimension = dimension

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the weights."""
        digest = hashlib.sha256()
        for name, tensor in sorted(self._module.state_dict().items()):
            digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}\n".encode())
            # As bytes, since numpy has no bfloat16.
            digest.update(tensor.cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
        return digest.hexdigest()

    def run(self, rows: Sequence[Row]) -> list[FloatArray]:
        """Return (tokens, dimension) float32 for each row, special tokens counted."""
        return run_in_batches(rows, self._output, tokens=_BATCH)

    def _output(self, rows: Sequence[Row]) -> FloatArray:
        """Run one batch: (rows, tokens, dimension), padded to the first row, the longest."""
        device = next(self._module.parameters()).device
        features = {}
        for name in self._inputs:
            padding = self._padding if name == "input_ids" else 0
            parts = [getattr(row, _ROW_OF[name]) for row in rows]
            padded = [[*part, *[padding] * (len(rows[0]) - len(part))] for part in parts]
            features[name] = torch.tensor(padded, device=device)
        with torch.inference_mode():
            output: FloatArray = self._forward(features).float().cpu().numpy()
        return output


def open_encoder(name: str, *, expected: str, threads: int | None) -> TorchNetwork:
    """Open a sentence-transformers model: a vector of unit length for each token.

    Raises: ModelError, which says what was `expected`.
    """
    with _loading(name, expected=expected, threads=threads):
        model = SentenceTransformer(_located(name), local_files_only=True)
    _check_tokenizer(model.tokenizer, f"the model {name!r}")
    return TorchNetwork(
        model,
        model.tokenizer,
        lambda features: nn.functional.normalize(
            model(dict(features))["token_embeddings"].float(), dim=-1
        ),
        max_tokens=model.max_seq_length or 512,
        dimension=int(model.get_embedding_dimension() or 0),
    )


def open_reader(name: str, *, expected: str, threads: int | None) -> TorchNetwork:
    """Open a question-answering model: the logits of an answer's start and end for each token.

    Raises: ModelError, which says what was `expected`.
    """
    with _loading(name, expected=expected, threads=threads):
        path = _located(name)
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        model = AutoModelForQuestionAnswering.from_pretrained(path, local_files_only=True)
    _check_tokenizer(tokenizer, f"the reader {name!r}")
    model.eval().to("cuda" if torch.cuda.is_available() else "cpu")

    def logits(features: Mapping[str, Tensor]) -> Tensor:
        output = model(**features)
        return torch.stack([output.start_logits, output.end_logits], dim=-1)

    return TorchNetwork(model, tokenizer, logits, max_tokens=READER_TOKENS, dimension=2)


def open_reranker(name: str) -> CrossEncoder:
    """Open a sentence-transformers cross-encoder. Raises: ModelError."""
    expected = "the folder of a sentence-transformers cross-encoder"
    with _loading(name, expected=expected, threads=None):
        model: CrossEncoder = CrossEncoder(_located(name), local_files_only=True, num_labels=1)
    return model


@contextmanager
def _loading(name: str, *, expected: str, threads: int | None) -> Iterator[None]:
    """Keep progress bars away while a model is loaded, and say plainly when it cannot be.

    Raises: ModelError, which says what was `expected`.
    """
    if threads is not None:
        torch.set_num_threads(threads)
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


def _located(name: str) -> str:
    """Return the folder that a model's name is, or the name itself, as the hub's.

    Raises: FileNotFoundError for a path without a folder, which would pass for a hub's name.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return str(folder)
    if folder.is_absolute() or name.startswith("."):
        raise FileNotFoundError(f"no folder {name}")
    return name


def _check_tokenizer(tokenizer: Any, model: str) -> None:
    if not getattr(tokenizer, "is_fast", False):
        raise ModelError(f"{model} has no fast tokenizer, which exact positions need")
