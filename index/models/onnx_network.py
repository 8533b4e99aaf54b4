"""The packaged networks on ONNX Runtime, which needs no PyTorch.

A graph in `onnx/` holds no weights: these come from the package's own files, so that nothing is
shipped twice. Where a graph multiplies in int8, weights are rounded when they are loaded, with a
scale for each output. `python -m training.export` makes the graphs.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding as Row
from tokenizers import Tokenizer

from index.errors import ModelError
from index.models.network import READER_TOKENS, packaged_model, run_in_batches
from index.models.tokens import FloatArray

GRAPHS = Path(__file__).with_name("onnx")
MANIFEST = "manifest.json"
"""The SHA-256 of each graph, and the weights that it takes."""

READER_WEIGHTS, READER_MANIFEST = "reader.safetensors", "reader.json"
"""What `python -m training` writes, and beside it the SHA-256 of that."""

ENCODER_TOKENS = 256  # of a row, as sentence-transformers reads with this model
WORD_EMBEDDINGS = "embeddings.word_embeddings.weight"
WORDS = "words"
"""The graphs' input of (batch, tokens, width) word embeddings, looked up before it is run.

ONNX Runtime would copy the table of all words, which takes most of the memory, for each network.
"""

_BATCH = 128  # tokens: more take more memory, and are not faster
_TYPES: dict[str, type[np.generic]] = {"F16": np.float16, "F32": np.float32, "I64": np.int64}
_MODULE = "0.model."  # what sentence-transformers puts before the names of the weights


class OnnxNetwork:
    """A packaged network: `encoder` or `reader`, with its weights by name.

    words: (vocabulary, width) the word embeddings
    weights_file: what the fingerprint is of

    `threads` is how many compute at once; None is one for each core that the process may use.
    """

    def __init__(
        self,
        graph: str,
        weights: Mapping[str, npt.NDArray[Any]],
        words: FloatArray,
        *,
        weights_file: Path,
        max_tokens: int,
        threads: int | None,
    ) -> None:
        self._words = words
        self._weights_file = weights_file
        self._session, self.dimension = _session(graph, weights)
        # A batch in each thread: ONNX Runtime's own threads, which share a matrix, gained nothing.
        count = threads or available_cores()
        self._pool = ThreadPoolExecutor(count, f"{graph}-network") if count > 1 else None
        self.max_tokens = max_tokens
        self.tokenizer = Tokenizer.from_file(str(packaged_model() / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(max_tokens)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the weights as sentence-transformers names and holds them."""
        digest = hashlib.sha256()
        with self._weights_file.open("rb") as file:
            for each in _tensors(self._weights_file):
                if each.type == np.float32:
                    digest.update(f"{_MODULE}{each.name} {each.shape} torch.float32\n".encode())
                    file.seek(each.begin)
                    digest.update(file.read(each.size))
        return digest.hexdigest()

    def run(self, rows: Sequence[Row]) -> list[FloatArray]:
        """Return (tokens, dimension) float32 for each row, special tokens counted."""
        return run_in_batches(rows, self._output, tokens=_BATCH, pool=self._pool)

    def _output(self, rows: Sequence[Row]) -> FloatArray:
        """Run one batch: (rows, tokens, dimension), padded to the first row, the longest."""
        ids, mask, kinds = np.zeros((3, len(rows), len(rows[0])), np.int64)
        for at, row in enumerate(rows):
            ids[at, : len(row)], mask[at, : len(row)] = row.ids, 1
            kinds[at, : len(row)] = row.type_ids
        inputs = {WORDS: self._words[ids], "attention_mask": mask, "token_type_ids": kinds}
        [output] = self._session.run(None, inputs)
        return np.asarray(output)


def available_cores() -> int:
    """Return how many cores the process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def open_encoder(*, threads: int | None) -> OnnxNetwork:
    """Open the packaged encoder: a vector of unit length for each token. Raises: ModelError."""
    path = packaged_model() / "model.safetensors"
    weights = _mapped(path)
    return OnnxNetwork(
        "encoder",
        weights,
        weights[WORD_EMBEDDINGS],
        weights_file=path,
        max_tokens=ENCODER_TOKENS,
        threads=threads,
    )


def open_reader(folder: Path, *, threads: int | None) -> OnnxNetwork:
    """Open a trained reader: the logits of an answer's start and end for each token.

    Its word embeddings are the packaged encoder's. Raises: ModelError when a file is missing, or
    its hash is not the one written beside it.
    """
    path, manifest = folder / READER_WEIGHTS, folder / READER_MANIFEST
    try:
        expected = json.loads(manifest.read_text(encoding="utf-8"))["sha256"]
        _check_hash(path, path.read_bytes(), expected, manifest=READER_MANIFEST)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{path} cannot be read: {error}; install it again") from error
    return OnnxNetwork(
        "reader",
        _mapped(path),
        _mapped(packaged_model() / "model.safetensors")[WORD_EMBEDDINGS],
        weights_file=path,
        max_tokens=READER_TOKENS,
        threads=threads,
    )


@dataclass(frozen=True, slots=True)
class _Tensor:
    """Where a tensor stands in a safetensors file: its bytes from `begin`."""

    name: str
    type: type[np.generic]
    shape: tuple[int, ...]
    begin: int
    size: int


def _tensors(path: Path) -> list[_Tensor]:
    """Return the tensors of a safetensors file, by name."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > path.stat().st_size:
            raise ValueError("it is cut short")
        header = json.loads(file.read(length))
    return [
        _Tensor(
            name,
            _TYPES[each["dtype"]],
            tuple(each["shape"]),
            8 + length + each["data_offsets"][0],
            each["data_offsets"][1] - each["data_offsets"][0],
        )
        for name, each in sorted(header.items())
        if name != "__metadata__"
    ]


def _mapped(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Return the weights in a safetensors file, mapped: only what is used takes memory.

    Raises: ModelError when the file is missing or damaged.
    """
    try:
        return {
            each.name: np.memmap(path, each.type, "r", each.begin, each.shape)
            for each in _tensors(path)
        }
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise ModelError(f"{path} cannot be read: {error}; install it again") from error


def quantized(weights: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int8], FloatArray]:
    """Return (outputs, inputs) weights as (inputs, outputs) int8 and (outputs,) scales."""
    exact = np.asarray(weights, np.float32)
    scales = np.abs(exact).max(axis=1) / 127
    rounded = np.rint(exact / scales[:, None]).astype(np.int8)
    return np.ascontiguousarray(rounded.T), scales


def _session(graph: str, weights: Mapping[str, npt.NDArray[Any]]) -> tuple[Any, int]:
    """Open a graph with its weights. Raises: ModelError when a file is missing or another."""
    import onnxruntime

    path = GRAPHS / f"{graph}.onnx"
    try:
        model = path.read_bytes()
        manifest = json.loads((GRAPHS / MANIFEST).read_text(encoding="utf-8"))[graph]
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{path} cannot be read: {error}; install it again") from error
    _check_hash(path, model, manifest["sha256"], manifest=MANIFEST)
    values: dict[str, npt.NDArray[Any]] = {}
    for name in manifest["float32"]:
        values[name] = np.ascontiguousarray(weights[name], np.float32)
    for name in manifest["int8"]:
        values[f"{name}.int8"], values[f"{name}.scale"] = quantized(weights[name])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_external_initializers(
        list(values), [onnxruntime.OrtValue.ortvalue_from_numpy(each) for each in values.values()]
    )
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session, int(session.get_outputs()[0].shape[-1])


def _check_hash(path: Path, data: bytes, expected: str, *, manifest: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise ModelError(
            f"{path} is not what {manifest} beside it says: its SHA-256 is {found}, expected"
            f" {expected}; install it again"
        )
