import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer

from index import Encoder, ModelError, Reader
from index.models import onnx_network
from index.models.network import packaged_model
from index.models.onnx_network import (
    GRAPHS,
    MANIFEST,
    READER_WEIGHTS,
    available_cores,
    open_reader,
    quantized,
)
from index.models.reader import Window, packaged_reader
from training import export, train

PAIRS = [
    ("When did the ferry open?", "The ferry opened in 1911, after a mild winter."),
    ("Who?", "Nobody – not even Mr. Zürich – paid for it."),
    ("How long is it?", "It runs for 40 km along the shore. " * 12),
]


@pytest.fixture
def graphs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the graphs, which the runtime reads instead."""
    copied = tmp_path / "graphs"
    shutil.copytree(GRAPHS, copied)
    monkeypatch.setattr(onnx_network, "GRAPHS", copied)
    return copied


def test_the_shipped_graphs_are_what_the_export_makes(tmp_path: Path) -> None:
    export.main(["--out", str(tmp_path)])
    for name in ("encoder.onnx", "reader.onnx", MANIFEST):
        assert (tmp_path / name).read_bytes() == (GRAPHS / name).read_bytes(), name


def test_the_graphs_hold_no_weights() -> None:
    assert all(graph.stat().st_size < 200_000 for graph in GRAPHS.glob("*.onnx"))


def test_the_reader_says_what_pytorch_says_of_the_same_weights() -> None:
    network = open_reader(packaged_reader(), threads=1)
    rows = network.tokenizer.encode_batch(PAIRS)
    model = train.pretrained().train(False)
    model.begin_with(load_file(packaged_reader() / READER_WEIGHTS))
    tokenizer = AutoTokenizer.from_pretrained(packaged_model())
    for pair, row, logits in zip(PAIRS, rows, network.run(rows), strict=True):
        with torch.inference_mode():
            exact = model(**tokenizer(*pair, return_tensors="pt"))[0].numpy()
        assert logits.shape == exact.shape == (len(row), 3)
        assert logits.argmax(axis=0).tolist() == exact.argmax(axis=0).tolist()
        assert np.corrcoef(logits.ravel(), exact.ravel())[0, 1] > 0.999  # it multiplies in int8


def test_rounded_weights_are_within_half_a_step_of_the_exact_ones() -> None:
    exact = np.random.default_rng(1).standard_normal((5, 7)).astype(np.float32)
    rounded, scales = quantized(exact)
    assert rounded.dtype == np.int8
    assert (rounded.shape, scales.shape) == ((7, 5), (5,))
    assert np.abs(rounded).max() == 127
    assert np.abs(rounded.T * scales[:, None] - exact).max() <= scales.max() / 2 + 1e-6


@pytest.mark.parametrize("threads", [1, 3])
def test_any_number_of_threads_computes_the_same(threads: int, encoder: Encoder) -> None:
    texts = [f"The ferry {number} opened in {1900 + number}. " * 12 for number in range(9)]
    computed = Encoder(threads=threads).encode(texts)
    for text, encoding in zip(texts, computed, strict=True):
        assert np.allclose(encoding.vectors, encoder.encode([text])[0].vectors, rtol=0, atol=1e-5)


def test_without_a_number_of_threads_there_is_one_for_each_core() -> None:
    assert 1 <= available_cores() <= (os.cpu_count() or 1)


def test_a_graph_that_is_not_what_was_written_is_refused(graphs: Path) -> None:
    (graphs / "encoder.onnx").write_bytes(b"something else")
    with pytest.raises(ModelError, match=r"encoder.onnx is not what manifest.json beside it says"):
        Encoder().encode(["One."])


@pytest.mark.parametrize("missing", ["reader.onnx", MANIFEST])
def test_a_graph_that_is_missing_is_named(graphs: Path, missing: str) -> None:
    (graphs / missing).unlink()
    with pytest.raises(ModelError, match=r"reader.onnx cannot be read: .*; install it again"):
        Reader().read("Who?", [Window("She did.")])


@pytest.mark.parametrize("content", [b"", b"cut short", b"\2" + bytes(7) + b"[]"])
def test_weights_that_cannot_be_read_are_refused(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.safetensors").write_bytes(content)
    monkeypatch.setattr(onnx_network, "packaged_model", lambda: tmp_path)
    with pytest.raises(ModelError, match=r"model.safetensors cannot be read: .*install it again"):
        Encoder().encode(["One."])


def test_answering_imports_no_pytorch(tmp_path: Path) -> None:
    script = f"""
import sys
from index import Library
with Library.open({str(tmp_path / "library")!r}) as library:
    library.add_text("The ferry opened in 1911.", title="Ferry")
    assert library.ask("When did the ferry open?").short is not None
heavy = {{"torch", "transformers", "sentence_transformers", "scipy", "llama_index"}}
print(sorted(heavy & set(sys.modules)))
"""
    run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == "[]"


def test_the_manifest_names_every_weight_that_a_graph_takes() -> None:
    manifest = json.loads((GRAPHS / MANIFEST).read_text(encoding="utf-8"))
    assert set(manifest) == {"encoder", "reader"}
    linear = 6 * 6  # six layers of six products each
    assert len(manifest["reader"]["int8"]) == linear
    assert len({*manifest["encoder"]["int8"], *manifest["encoder"]["float32"]}) >= 2 * linear
