"""Write the graphs that ONNX Runtime runs: python -m training.export

A graph is six BERT layers without their weights, which are added by name when it is loaded. The
encoder computes in float32. The reader's linear layers multiply in int8, and their inputs are
rounded with a scale for each token, not one for all (as ONNX Runtime's own `quantize_dynamic`
does): so what is read in a window does not depend on what else is in its batch, and is nearer to
the exact values. `python -m benchmarks.precision` compares the two ways.
"""

import argparse
import hashlib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from index.models.network import packaged_model
from index.models.onnx_network import GRAPHS, MANIFEST, WORDS

_CONTRIBUTED = "com.microsoft"  # operators of ONNX Runtime's own
_OPSET, _FORMAT = 21, 10
_HEAD = "qa_outputs"
_CONSTANTS: dict[str, npt.NDArray[Any]] = {
    "zero": np.array([0], np.int64),
    "last axis": np.array([-1], np.int64),
    "mask axes": np.array([1, 2], np.int64),
    "one": np.array(1, np.float32),
    "masked": np.array(-1e4, np.float32),
    "least": np.array(1e-9, np.float32),
    "step": np.array(1 / 127, np.float32),
    "fine step": np.array(1 / 127 / 254, np.float32),
    "middle": np.array(128, np.uint8),
    "Gelu zero": np.array(32, np.uint8),
    "Gelu step": np.array(1 / 223, np.float32),
    "least of Gelu": np.array(0.17 * 223 / 32, np.float32),  # -0.17 is the least that Gelu gives
}


class Graph:
    """The graph of a BERT model, built layer by layer.

    `prefix` stands before the names of the weights, and `config` is the model's `config.json`.
    """

    def __init__(self, config: dict[str, int], *, prefix: str = "", exact: bool = False) -> None:
        self._config = config
        self._prefix = prefix
        self._exact = exact
        self._nodes: list[onnx.NodeProto] = []
        self._parts: dict[str, tuple[list[tuple[str, str, str]], str]] = {}
        self._shapes: dict[str, tuple[int, ...]] = {}
        self.float32: list[str] = []
        self.int8: list[str] = []
        """The names of the weights that the graph takes, by how they are held."""

    def states(self) -> str:
        """Add all layers, and return the name of the (batch, tokens, width) states of the last."""
        width = self._config["hidden_size"]
        kinds = self._weight(
            f"{self._prefix}embeddings.token_type_embeddings.weight",
            self._config["type_vocab_size"],
            width,
        )
        places = self._weight(
            f"{self._prefix}embeddings.position_embeddings.weight",
            self._config["max_position_embeddings"],
            width,
        )
        length = self._add("Shape", "attention_mask", start=1, end=2)
        states = self._add("Add", WORDS, self._add("Gather", kinds, "token_type_ids"))
        states = self._add("Add", states, self._add("Slice", places, "zero", length))
        states = self._normalized(states, f"{self._prefix}embeddings.LayerNorm")
        given = self._add("Cast", "attention_mask", to=TensorProto.FLOAT)
        absent = self._add("Sub", "one", self._add("Unsqueeze", given, "mask axes"))
        mask = self._add("Mul", absent, "masked")
        for number in range(self._config["num_hidden_layers"]):
            states = self._layer(states, mask, f"{self._prefix}encoder.layer.{number}.")
        return states

    def unit_rows(self, states: str) -> str:
        """Scale each token's state to unit length."""
        return self._add("LpNormalization", states, axis=-1, p=2)

    def reader_logits(self, states: str) -> str:
        """Return (batch, tokens, 3): where an answer starts and ends, and whether there is one."""
        return self._product(states, _HEAD, 3, self._config["hidden_size"], exact=True)

    def model(self, output: str, *, width: int) -> bytes:
        """Return the serialized model, which gives (batch, tokens, width) values."""
        self._nodes.append(helper.make_node("Identity", [output], ["output"]))
        constants: dict[str, npt.NDArray[Any]] = {
            **_CONSTANTS,
            "by head": np.array([0, 0, self._config["num_attention_heads"], -1], np.int64),
            "together": np.array([0, 0, self._config["hidden_size"]], np.int64),
        }
        used = {name for node in self._nodes for name in node.input}
        held = [
            numpy_helper.from_array(constants[name], name) for name in sorted(used & {*constants})
        ]
        held += [_external(name, TensorProto.FLOAT, self._shapes[name]) for name in self.float32]
        for name in self.int8:
            outputs, inputs = self._shapes[name]
            held.append(_external(f"{name}.int8", TensorProto.INT8, (inputs, outputs)))
            held.append(_external(f"{name}.scale", TensorProto.FLOAT, (outputs,)))
        shape: list[str | int] = ["batch", "tokens"]
        given = [
            helper.make_tensor_value_info(name, TensorProto.INT64, shape)
            for name in ("attention_mask", "token_type_ids")
        ]
        words = [*shape, self._config["hidden_size"]]
        given.append(helper.make_tensor_value_info(WORDS, TensorProto.FLOAT, words))
        result = helper.make_tensor_value_info("output", TensorProto.FLOAT, [*shape, width])
        graph = helper.make_graph(self._nodes, "footnote", given, [result], held)
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_CONTRIBUTED, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_FORMAT)
        return bytes(model.SerializeToString(deterministic=True))

    def _layer(self, states: str, mask: str, name: str) -> str:
        width, inner = self._config["hidden_size"], self._config["intermediate_size"]
        query, key, value = (
            self._add(
                "Transpose",
                self._add(
                    "Reshape",
                    self._product(states, f"{name}attention.self.{each}", width, width),
                    "by head",
                ),
                perm=[0, 2, 1, 3],
            )
            for each in ("query", "key", "value")
        )
        scale = 1 / math.sqrt(width / self._config["num_attention_heads"])
        scores = self._contributed("FusedMatMul", query, key, transB=1, alpha=scale)
        attention = self._add("Softmax", self._add("Add", scores, mask), axis=-1)
        heads = self._add("Transpose", self._add("MatMul", attention, value), perm=[0, 2, 1, 3])
        attended = self._product(
            self._add("Reshape", heads, "together"), f"{name}attention.output.dense", width, width
        )
        states = self._normalized(
            self._add("Add", attended, states), f"{name}attention.output.LayerNorm"
        )
        inner_states = self._contributed(
            "Gelu", self._product(states, f"{name}intermediate.dense", inner, width)
        )
        fed = self._product(inner_states, f"{name}output.dense", width, inner)
        return self._normalized(self._add("Add", fed, states), f"{name}output.LayerNorm")

    def _product(
        self, states: str, name: str, outputs: int, inputs: int, *, exact: bool = False
    ) -> str:
        """Add a linear layer: the states times its weights, and its bias."""
        bias = self._weight(f"{name}.bias", outputs)
        if exact or self._exact:
            weights = self._weight(f"{name}.weight", outputs, inputs)
            product = self._contributed("FusedMatMul", states, weights, transB=1)
            return self._add("Add", product, bias)
        held = f"{name}.weight"
        self.int8.append(held)
        self._shapes[held] = outputs, inputs
        parts, largest = self._rounded(states)
        products = [
            self._contributed(
                "MatMulIntegerToFloat", part, f"{held}.int8", step, f"{held}.scale", middle
            )
            for part, step, middle in parts
        ]
        product = products[0] if len(products) == 1 else self._add("Add", *products)
        return self._add("Add", self._add("Mul", product, largest), bias)

    def _rounded(self, states: str) -> tuple[list[tuple[str, str, str]], str]:
        """Return states as uint8 with their step and zero point, and each token's magnitude, once.

        What Gelu gives is hardly negative, and takes most of the range for what is positive. All
        else is the sum of two parts: some of a token's states are far larger than the others, which
        would be lost in one.
        """
        if states not in self._parts:
            if states.startswith("Gelu"):
                largest = self._add("ReduceMax", states, "last axis", keepdims=1)
                largest = self._add("Max", largest, "least of Gelu")
                shares = self._add("Div", states, largest)
                rounded = self._add("QuantizeLinear", shares, "Gelu step", "Gelu zero")
                parts = [(rounded, "Gelu step", "Gelu zero")]
            else:
                largest = self._add("ReduceMax", self._add("Abs", states), "last axis", keepdims=1)
                largest = self._add("Max", largest, "least")
                shares = self._add("Div", states, largest)
                coarse = self._add("QuantizeLinear", shares, "step", "middle")
                rest = self._add(
                    "Sub", shares, self._add("DequantizeLinear", coarse, "step", "middle")
                )
                fine = self._add("QuantizeLinear", rest, "fine step", "middle")
                parts = [(coarse, "step", "middle"), (fine, "fine step", "middle")]
            self._parts[states] = parts, largest
        return self._parts[states]

    def _normalized(self, states: str, name: str) -> str:
        width = self._config["hidden_size"]
        factors, bias = self._weight(f"{name}.weight", width), self._weight(f"{name}.bias", width)
        epsilon = self._config["layer_norm_eps"]
        return self._add("LayerNormalization", states, factors, bias, axis=-1, epsilon=epsilon)

    def _weight(self, name: str, *shape: int) -> str:
        self.float32.append(name)
        self._shapes[name] = shape
        return name

    def _contributed(self, kind: str, *inputs: str, **attributes: Any) -> str:
        return self._add(kind, *inputs, domain=_CONTRIBUTED, **attributes)

    def _add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        output = f"{kind} {len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output


def encoder_graph(*, exact: bool = True) -> tuple[bytes, Graph]:
    """Return the encoder's graph: a vector of unit length for each token."""
    graph = Graph(_config(), exact=exact)
    states = graph.unit_rows(graph.states())
    return graph.model(states, width=_config()["hidden_size"]), graph


def reader_graph(*, exact: bool = False) -> tuple[bytes, Graph]:
    """Return the reader's graph: three logits for each token.

    They are of an answer's start, its end, and on the first token whether the sentence answers.
    """
    graph = Graph(_config(), prefix="bert.", exact=exact)
    logits = graph.reader_logits(graph.states())
    return graph.model(logits, width=3), graph


def export(folder: Path, **graphs: tuple[bytes, Graph]) -> None:
    """Write graphs by name into a folder, with the manifest that the runtime checks them by."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {}
    for name, (model, graph) in graphs.items():
        (folder / f"{name}.onnx").write_bytes(model)
        digest = hashlib.sha256(model).hexdigest()
        manifest[name] = {"sha256": digest, "float32": graph.float32, "int8": graph.int8}
    text = json.dumps(manifest, indent=1)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def _external(name: str, kind: int, shape: Sequence[int]) -> onnx.TensorProto:
    """Return a weight that is not in the file; the place in another file is never looked up."""
    tensor = TensorProto(name=name, data_type=kind, data_location=TensorProto.EXTERNAL)
    tensor.dims.extend(shape)
    size = math.prod(shape) * (1 if kind == TensorProto.INT8 else 4)
    for key, value in (("location", "weights"), ("offset", "0"), ("length", str(size))):
        tensor.external_data.add(key=key, value=value)
    return tensor


def _config() -> dict[str, int]:
    config: dict[str, int] = json.loads((packaged_model() / "config.json").read_bytes())
    return config


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the graphs beside the code, or into another folder."""
    parser = argparse.ArgumentParser(prog="python -m training.export", description=__doc__)
    parser.add_argument("--out", type=Path, default=GRAPHS, metavar="FOLDER")
    options = parser.parse_args(arguments)
    export(options.out, encoder=encoder_graph(), reader=reader_graph())


if __name__ == "__main__":
    main()
