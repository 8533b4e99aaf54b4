import math
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import (
    AutoModelForQuestionAnswering,
    AutoTokenizer,
    BertConfig,
    BertForQuestionAnswering,
    DistilBertConfig,
    DistilBertForQuestionAnswering,
)

from benchmarks.spans import normalised
from index import ModelError, Reader
from index.models.network import packaged_model
from index.models.onnx_network import READER_MANIFEST, READER_WEIGHTS
from index.models.reader import Window, _best, packaged_reader

BEFORE = "Amina Diallo built the bridge at Kayes."
SENTENCE = "She finished it in 1931, with 40 workers and a loan from the bank of Dakar."
WINDOW = Window(f"{BEFORE} {SENTENCE}", 100, 100 + len(BEFORE) + 1)
ALONE = Window(SENTENCE)


def words(window: Window, span: Any) -> str:
    return window.text[span.start - window.start : span.end - window.start]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When was the bridge finished?", "1931"),
        ("How many workers were there?", "40"),
        ("Where did the loan come from?", "bank of Dakar"),
    ],
)
def test_the_packaged_reader_points_at_the_words_that_answer(
    reader: Reader, question: str, answer: str
) -> None:
    [in_context, alone] = reader.read(question, [WINDOW, ALONE])
    assert in_context is not None
    assert alone is not None
    assert words(WINDOW, in_context).removeprefix("in ").removeprefix("the ") == answer
    assert words(ALONE, alone).removeprefix("in ").removeprefix("the ") == answer


def test_only_the_sentence_may_answer_not_what_stands_before_it(reader: Reader) -> None:
    [span] = reader.read("Who built the bridge at Kayes?", [WINDOW])
    assert span is not None
    assert span.start >= WINDOW.sentence
    assert span.end <= WINDOW.start + len(WINDOW.text)


def test_what_does_not_answer_has_worse_odds(reader: Reader) -> None:
    unrelated = Window("The weather stayed dry, and the fair went on as it had been planned.")
    good, bad = reader.read("When was the bridge finished?", [ALONE, unrelated])
    assert good is not None
    assert bad is not None
    assert good.judged > 0 > bad.judged
    assert good.log_odds > 0 > bad.log_odds
    assert bad.log_probability < good.log_probability <= 0


def test_a_batch_is_read_as_its_windows_are_one_by_one(reader: Reader) -> None:
    windows = [ALONE, WINDOW, Window("In 1931."), Window(BEFORE)]
    together = reader.read("When was it finished?", windows)
    for window, span in zip(windows, together, strict=True):
        [alone] = reader.read("When was it finished?", [window])
        assert span is not None
        assert alone is not None
        assert (span.start, span.end) == (alone.start, alone.end)
        assert span.log_odds == pytest.approx(alone.log_odds, abs=0.3)  # bfloat16
        assert span.judged == pytest.approx(alone.judged, abs=0.1)


def test_an_answer_with_its_article_and_without_is_one_answer() -> None:
    text = "The lighthouse keeper lit the lamp"
    offsets = np.array([(0, 0), (0, 3), (4, 14), (15, 21), (22, 25), (26, 29), (30, 34)])
    starts = np.array([0.0, 2.0, 2.0, 2.2, -9, -9, -9], np.float32)
    ends = np.array([0.0, -9, -9, 3.0, -9, -9, -9], np.float32)
    inside = np.arange(7) > 0
    span = _best(starts, ends, offsets, inside, Window(text))
    assert span is not None
    assert text[span.start : span.end] in ("The lighthouse keeper", "lighthouse keeper")
    assert span.log_odds == pytest.approx(5.0)
    alone = _best(np.where(np.arange(7) == 1, -9, starts), ends, offsets, inside, Window(text))
    assert alone is not None
    assert text[alone.start : alone.end] == "keeper"


def test_no_answer_begins_or_ends_inside_a_word() -> None:
    text = "In Timbuktu"
    offsets = np.array([(0, 0), (0, 2), (3, 6), (6, 11)])  # a word of two pieces
    scores = np.array([0.0, 1.0, 0.5, 9.0], np.float32)
    span = _best(scores, scores, offsets, np.arange(4) > 0, Window(text))
    assert span is not None
    assert text[span.start : span.end] == "In Timbuktu"


def test_nothing_to_read_is_nothing_read(reader: Reader) -> None:
    assert reader.read("Who?", []) == []


def test_a_sentence_too_far_in_is_not_read_and_a_long_question_is_cut(reader: Reader) -> None:
    far = Window("word " * 600 + SENTENCE, 0, 3_000)
    [unread] = reader.read("When was it finished?", [far])
    assert unread is None
    [span] = reader.read("When was it finished? " * 200, [ALONE])
    assert span is not None
    assert span.end <= len(SENTENCE)


def brute_force(folder: Path, question: str, window: Window) -> tuple[int, int]:
    """The words of most weight among the twenty best spans, by the model's own logits."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForQuestionAnswering.from_pretrained(folder).eval()
    row = tokenizer(question, window.text, return_offsets_mapping=True, return_tensors="pt")
    offsets = row.pop("offset_mapping")[0].tolist()
    with torch.inference_mode():
        output = model(**row)
    starts, ends = output.start_logits[0].tolist(), output.end_logits[0].tolist()
    own = [
        at
        for at, part in enumerate(row.sequence_ids(0))
        if part == 1 and offsets[at][0] >= window.sentence - window.start
    ]
    words = [match.span() for match in re.finditer(r"[^\W_]+", window.text)]
    spans = [
        (starts[first] + ends[last], offsets[first][0], offsets[last][1])
        for first in own
        for last in own
        if first <= last < first + 30
        and not any(a < offsets[first][0] < b or a < offsets[last][1] < b for a, b in words)
    ]
    weights: dict[str, float] = {}
    best = sorted(spans, reverse=True)[:20]
    for score, start, end in best:
        wording = " ".join(normalised(window.text[start:end]))
        weights[wording] = weights.get(wording, 0.0) + math.exp(score)
    heaviest = max(weights, key=lambda wording: weights[wording])
    for _, start, end in best:
        if " ".join(normalised(window.text[start:end])) == heaviest:
            break
    return window.start + start, window.start + end


@pytest.fixture(params=["bert", "distilbert"])
def foreign(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A question-answering model as the hub has them, of random weights."""
    torch.manual_seed(4)
    if request.param == "bert":
        config = BertConfig(
            hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
        )
        BertForQuestionAnswering(config).save_pretrained(tmp_path)
    else:  # it knows no kinds of tokens
        small = DistilBertConfig(dim=32, n_layers=1, n_heads=2, hidden_dim=32)
        DistilBertForQuestionAnswering(small).save_pretrained(tmp_path)
    for name in ("vocab.txt", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(packaged_model() / name, tmp_path)
    return tmp_path


def test_any_question_answering_model_reads_through_the_same_door(foreign: Path) -> None:
    for question in ("Who built it?", "When?"):
        spans = Reader(str(foreign)).read(question, [WINDOW, ALONE])
        for window, span in zip((WINDOW, ALONE), spans, strict=True):
            assert span is not None
            assert (span.start, span.end) == brute_force(foreign, question, window)
            assert np.isfinite(span.log_odds)
            assert span.judged == span.log_odds  # it has no judgement of its own


def test_a_reader_that_is_none_is_named_with_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"'footnote' \(it comes with Footnote\), the folder of a"):
        Reader(str(tmp_path / "nowhere")).read("Who?", [ALONE])


def test_weights_that_are_not_what_was_written_are_refused(tmp_path: Path) -> None:
    for name in (READER_WEIGHTS, READER_MANIFEST):
        shutil.copy(packaged_reader() / name, tmp_path)
    [span] = Reader(str(tmp_path)).read("When?", [ALONE])
    assert span is not None
    weights = bytearray((tmp_path / READER_WEIGHTS).read_bytes())
    weights[-1] ^= 1
    (tmp_path / READER_WEIGHTS).write_bytes(weights)
    with pytest.raises(ModelError, match=r"is not what reader.json beside it says: its SHA-256 is"):
        Reader(str(tmp_path)).read("When?", [ALONE])
    (tmp_path / READER_MANIFEST).unlink()
    with pytest.raises(ModelError, match=r"cannot be read: .*reader\.json.*; install it again"):
        Reader(str(tmp_path)).read("When?", [ALONE])


def test_the_packaged_weights_are_small_and_hold_no_words() -> None:
    from safetensors import safe_open

    assert (packaged_reader() / READER_WEIGHTS).stat().st_size <= 25 * 2**20
    with safe_open(packaged_reader() / READER_WEIGHTS, "pt") as weights:
        assert not [name for name in weights.keys() if "word" in name]  # noqa: SIM118
