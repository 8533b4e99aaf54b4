"""The words inside a sentence that answer: a model of spans reads question and sentence together.

The packaged reader is the packaged encoder, taught to point: its word embeddings are the encoder's
own, and `weights/reader.safetensors` holds the rest. `python -m training` makes it.
"""

import hashlib
import json
import re
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from index.errors import ModelError
from index.models.encoder import FloatArray, IntArray, loading, located, packaged_model

if TYPE_CHECKING:
    import torch
    from torch import Tensor
    from transformers import BertForQuestionAnswering, PreTrainedModel
if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


DEFAULT_READER = "footnote"
"""The reader that comes with Footnote."""

WEIGHTS, MANIFEST = "reader.safetensors", "reader.json"

_SHARED = "embeddings.word_embeddings.weight"
_MAX_TOKENS = 384  # tokens of question and window together
_LONGEST_ANSWER = 30  # tokens
_COMPARED = 20  # spans of the highest scores; the rest is improbable
_WORD = re.compile(r"[^\W_]+")
_MARK = re.compile(r"[^\w\s]")
_ARTICLE = re.compile(r"\b(?:an?|the)\b")


@dataclass(frozen=True, slots=True)
class Window:
    """A part of an article, from `start` to the end of the sentence that begins at `sentence`.

    Only the sentence may answer. What stands before it is context: it says who "she" is.
    """

    text: str
    start: int = 0
    sentence: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """The words of a sentence that answer best: ``article.text[start:end]``.

    `odds` is the natural logarithm of how much more probable they are than that nothing in the
    sentence answers; `log_probability` that of their own probability.
    """

    start: int
    end: int
    log_odds: float
    log_probability: float


class Reader:
    """A model of answer spans, by name or folder, loaded when it is first needed.

    Takes the packaged one, a folder that `python -m training` wrote, or any folder or cached hub
    name that `AutoModelForQuestionAnswering` loads. Safe to share between threads. Nothing is
    downloaded.
    """

    def __init__(self, model: str = DEFAULT_READER) -> None:
        self.name = model
        self._lock = threading.Lock()

    def read(self, query: str, windows: Sequence[Window]) -> list[Span | None]:
        """Read all windows in one batch; None for one whose sentence was too far in to be read.

        Raises: ModelError when the model cannot be loaded.
        """
        if not windows:
            return []
        import torch

        with self._lock:
            model, tokenizer = self._model
            rows = tokenizer(
                [query] * len(windows),
                [window.text for window in windows],
                truncation=True,
                max_length=_MAX_TOKENS,
                padding=True,
                return_offsets_mapping=True,
                return_tensors="pt",
            )
            offsets = rows.pop("offset_mapping").numpy()
            device = model.device
            with torch.inference_mode(), half_precision(device):
                output = model(**rows.to(device))
        starts = output.start_logits.float().cpu().numpy()
        ends = output.end_logits.float().cpu().numpy()
        spans = []
        for row, window in enumerate(windows):
            inside = np.array([part == 1 for part in rows.sequence_ids(row)])
            spans.append(_best(starts[row], ends[row], offsets[row], inside, window))
        return spans

    @cached_property
    def _model(self) -> "tuple[PreTrainedModel, Any]":
        import torch

        model, tokenizer = _load(self.name)
        model.eval()  # type: ignore[no-untyped-call]
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        model.to(device)  # type: ignore[arg-type]
        return model, tokenizer


def packaged_reader() -> Path:
    """Return the folder of the reader that comes with Footnote."""
    return Path(__file__).with_name("weights")


def pretrained(*, dropout: float) -> "BertForQuestionAnswering":
    """Return the packaged encoder with an untrained head; its word embeddings are frozen.

    The head is drawn from torch's generator. On a CPU, training is quicker with plain attention
    that has no dropout of its own.
    """
    from transformers import BertConfig, BertForQuestionAnswering

    config = BertConfig.from_pretrained(packaged_model())
    config.hidden_dropout_prob, config.attention_probs_dropout_prob = dropout, 0.0
    with loading(DEFAULT_READER, expected="the packaged encoder"):
        model = BertForQuestionAnswering.from_pretrained(
            packaged_model(), config=config, attn_implementation="eager"
        )
    model.bert.embeddings.word_embeddings.requires_grad_(False)
    return model


def half_precision(device: "torch.device") -> "torch.autocast":
    """Multiply in bfloat16 where the device can, in about half the time; elsewhere as ever."""
    import torch

    if device.type == "cuda":
        able = torch.cuda.is_bf16_supported()
    else:
        able = bool(torch.cpu.get_capabilities().get("avx512_bf16"))
    return torch.autocast(device.type, torch.bfloat16, enabled=able)


def _best(
    starts: FloatArray, ends: FloatArray, offsets: IntArray, inside: Any, window: Window
) -> Span | None:
    """Choose the words of the window's sentence that most probably answer.

    starts, ends: (tokens,) logits; offsets: (tokens, 2) places in the text; inside: (tokens,)
    which stand in the window at all. The first token of all stands for "no answer". Spans that
    differ in an article or a full stop alone say the same, and are probable together.
    """
    own = np.flatnonzero(inside & (offsets[:, 0] >= window.sentence - window.start))
    scores = _scores(starts[own], ends[own], offsets[own], window.text)
    alike: dict[str, list[tuple[float, int, int]]] = defaultdict(list)
    for place in np.argsort(-scores, axis=None, kind="stable")[:_COMPARED]:
        first, last = divmod(int(place), len(own))
        if np.isfinite(scores[first, last]):
            start, end = int(offsets[own[first], 0]), int(offsets[own[last], 1])
            start += len(window.text[start:end]) - len(window.text[start:end].lstrip())
            wording = _wording(window.text[start:end])
            alike[wording].append((float(scores[first, last]), start, end))
    if not alike:
        return None
    together, spans = max(
        (_log_sum(np.array([score for score, *_ in each])), each) for each in alike.values()
    )
    score, start, end = max(spans)
    rivals = np.append(own, 0)
    return Span(
        start=window.start + start,
        end=window.start + end,
        log_odds=score - float(starts[0] + ends[0]),
        log_probability=together - _log_sum(starts[rivals]) - _log_sum(ends[rivals]),
    )


def _scores(starts: FloatArray, ends: FloatArray, offsets: IntArray, text: str) -> FloatArray:
    """(tokens, tokens): of each first and last token; -inf where no answer can stand."""
    words = [match.span() for match in _WORD.finditer(text)]
    within = {at for start, end in words for at in range(start + 1, end)}
    opens = np.array([start not in within for start, _ in offsets], bool)
    closes = np.array([end not in within for _, end in offsets], bool)
    lengths = np.arange(len(ends)) - np.arange(len(starts))[:, None]
    allowed = opens[:, None] & closes & (lengths >= 0) & (lengths < _LONGEST_ANSWER)
    return np.where(allowed, starts[:, None] + ends, -np.inf)


def _wording(text: str) -> str:
    """Return the words alone: no case, articles and punctuation, as SQuAD compares answers."""
    return " ".join(_ARTICLE.sub(" ", _MARK.sub("", text.lower())).split())


def _log_sum(logits: FloatArray) -> float:
    highest = logits.max()
    return float(highest + np.log(np.exp(logits - highest).sum()))


def _load(name: str) -> "tuple[PreTrainedModel, Any]":
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    folder = packaged_reader() if name == DEFAULT_READER else Path(name).expanduser()
    if name == DEFAULT_READER or (folder / WEIGHTS).is_file():
        return _trained(folder), AutoTokenizer.from_pretrained(packaged_model())
    expected = (
        f"{DEFAULT_READER!r} (it comes with Footnote), the folder of a question-answering model"
    )
    with loading(name, expected=expected):
        path = located(name)
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        model = AutoModelForQuestionAnswering.from_pretrained(path, local_files_only=True)
    if not tokenizer.is_fast:
        raise ModelError(f"the reader {name!r} has no fast tokenizer, which exact places need")
    return model, tokenizer


def _trained(folder: Path) -> "BertForQuestionAnswering":
    """Put a reader that we trained together: the encoder's embeddings, and its own layers.

    Raises: ModelError when a file is missing or its hash is not the one written beside it.
    """
    from safetensors import safe_open
    from safetensors.torch import load
    from transformers import BertConfig, BertForQuestionAnswering

    try:
        weights = (folder / WEIGHTS).read_bytes()
        wanted = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"the reader in {folder} cannot be read: {error}; install it again"
        ) from error
    found = hashlib.sha256(weights).hexdigest()
    if found != wanted:
        raise ModelError(
            f"{folder / WEIGHTS} is not what {MANIFEST} beside it says: its SHA-256 is {found},"
            f" expected {wanted}; install it again"
        )
    state: dict[str, Tensor] = load(weights)
    with safe_open(packaged_model() / "model.safetensors", "pt") as encoder:
        state[f"bert.{_SHARED}"] = encoder.get_tensor(_SHARED)
    config = BertConfig.from_pretrained(packaged_model())
    with loading(str(folder), expected="six layers and a head"):
        model: BertForQuestionAnswering = BertForQuestionAnswering.from_pretrained(
            None, config=config, state_dict=state, dtype="float32"
        )
    return model


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
        """Return the indices of the quotes, the one that answers best first; ties as they came.

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
