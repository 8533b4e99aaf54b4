"""Whether a sentence answers, and by which words: a model reads question and sentence together.

The packaged reader is the packaged encoder, taught to judge and to point: its word embeddings are
the encoder's own, and `weights/reader.safetensors` holds the rest. `python -m training` makes it.
"""

import re
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.models.network import Network
from index.models.tokens import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

DEFAULT_READER = "footnote"
"""The reader that comes with Footnote."""

_LONGEST_ANSWER = 30  # tokens
_COMPARED = 20  # spans of the highest scores; the rest is improbable
_WORD = re.compile(r"[^\W_]+")
_MARK = re.compile(r"[^\w\s]")
_ARTICLE = re.compile(r"\b(?:an?|the)\b")


@dataclass(frozen=True, slots=True)
class Window:
    """A text that ends with a sentence of an article, and what it is read behind.

    Only the sentence may answer, which begins at `sentence` in the article. `text[0]` stands for
    `start` there; what is far from the sentence, such as its headings, stands before.
    """

    text: str
    start: int = 0
    sentence: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """What was read in a sentence: the words that answer best, ``article.text[start:end]``.

    judged:          the log-odds that the sentence answers
    log_odds:        how much more probable the words are than that none in it answer, as a natural
                     logarithm
    log_probability: that of their own probability
    """

    start: int
    end: int
    judged: float
    log_odds: float
    log_probability: float


class Reader:
    """A model of answer spans, by name or folder, loaded when it is first needed.

    Takes the packaged one, a folder that `python -m training` wrote, or any folder or cached hub
    name that `AutoModelForQuestionAnswering` loads. Safe to share between threads. Nothing is
    downloaded. `threads` is how many compute at once; None is one for each core that the process
    may use.
    """

    def __init__(self, model: str = DEFAULT_READER, *, threads: int | None = None) -> None:
        self.name = model
        self._threads = threads
        self._lock = threading.Lock()

    def read(self, query: str, windows: Sequence[Window]) -> list[Span | None]:
        """Read windows behind a query; None for one whose sentence was too far in to be read.

        Raises: ModelError when the model cannot be loaded.
        """
        if not windows:
            return []
        with self._lock:
            network = self._network
        rows = network.tokenizer.encode_batch([(query, window.text) for window in windows])
        spans = []
        for row, logits, window in zip(rows, network.run(rows), windows, strict=True):
            inside = np.array([part == 1 for part in row.sequence_ids])
            starts, ends, *judged = logits.T
            span = _best(starts, ends, np.array(row.offsets), inside, window)
            if span is not None and judged:
                span = replace(span, judged=float(judged[0][0]))
            spans.append(span)
        return spans

    @cached_property
    def _network(self) -> Network:
        return _open(self.name, self._threads)


def packaged_reader() -> Path:
    """Return the folder of the reader that comes with Footnote."""
    return Path(__file__).with_name("weights")


def _best(
    starts: FloatArray, ends: FloatArray, offsets: IntArray, inside: BoolArray, window: Window
) -> Span | None:
    """Choose the words of the window's sentence that most probably answer.

    starts, ends: (tokens,) logits; offsets: (tokens, 2) places in the text; inside: (tokens,)
    which stand in the window at all. The first token of all stands for "no answer"; `judged` is
    what the words say, for a model that has no judgement of its own. Spans that
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
    log_odds = score - float(starts[0] + ends[0])
    return Span(
        start=window.start + start,
        end=window.start + end,
        judged=log_odds,
        log_odds=log_odds,
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


def _open(name: str, threads: int | None) -> Network:
    from index.models.onnx_network import READER_WEIGHTS, open_reader

    folder = packaged_reader() if name == DEFAULT_READER else Path(name).expanduser()
    if name == DEFAULT_READER or (folder / READER_WEIGHTS).is_file():
        return open_reader(folder, threads=threads)
    from index.models.torch_networks import open_reader as open_other

    expected = (
        f"{DEFAULT_READER!r} (it comes with Footnote), the folder of a question-answering model"
    )
    return open_other(name, expected=expected, threads=threads)


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
        from index.models.torch_networks import open_reranker

        return open_reranker(self.name)
