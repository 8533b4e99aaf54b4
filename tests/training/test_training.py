"""The command that trains the reader, on little data: the same weights however it is stopped."""

import hashlib
import json
import random
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, BertConfig

from index.models.network import packaged_model
from index.models.onnx_network import READER_MANIFEST, READER_WEIGHTS
from training import __main__ as training_command
from training import export, train
from training.__main__ import main, split
from training.documents import PUBLIC
from training.examples import Example, Examples
from training.qamr import FILES, Question, Text
from training.train import Recipe, Trainer, collate, rows_of

PLACES = (
    "Iceland",
    "Norway",
    "Malta",
    "Crete",
    "Java",
    "Cuba",
    "Oslo",
    "Perth",
    "Lima",
    "Kobe",
    "Bari",
    "Nome",
)
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
RECIPE = Recipe(seed=7, passes=2)


@pytest.fixture
def one_layer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The encoder is its first layer alone, which is quick to train."""
    whole = BertConfig.from_pretrained
    config = json.loads((packaged_model() / "config.json").read_bytes())
    monkeypatch.setattr(export, "_config", lambda: config | {"num_hidden_layers": 1})
    export.export(tmp_path / "graphs", encoder=export.encoder_graph(), reader=export.reader_graph())
    monkeypatch.setattr("index.models.onnx_network.GRAPHS", tmp_path / "graphs")

    def first(folder: Path) -> BertConfig:
        config = whole(folder)
        config.num_hidden_layers = 1
        return config

    monkeypatch.setattr(BertConfig, "from_pretrained", first)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(packaged_model())


@pytest.fixture(scope="module")
def draws() -> list[list[Example]]:
    texts = {
        f"d:0:{n}": Text("d", f"The ship {n} sank in {1900 + n} .", (), None) for n in range(8)
    }
    asked = [
        Question(
            identity, f"When did ship {n} sink?", ((text.text.index("19"), len(text.text) - 2),) * 2
        )
        for n, (identity, text) in enumerate(texts.items())
    ]
    examples = Examples(texts, asked, unanswered=0.5)
    return [examples.draw(random.Random(n)) for n in range(2)]


def test_rows_mark_the_tokens_of_the_answer(tokenizer: Any) -> None:
    examples = [
        Example("Who sank?", "It blew . The Aurora sank .", 10, True, ((14, 20), (10, 20))),
        Example("Who flew?", "The Aurora sank .", 0, False),
        Example("Who sank?", "The Aurora sank .", 0, True, ((5, 10),)),  # no token begins there
        Example("Why did it sink?", "The Aurora sank in a storm.", 0, True),
    ]
    rows = rows_of(examples, tokenizer)
    marked = [tokenizer.decode(rows[0].tokens[a : b + 1]) for a, b in rows[0].answers]
    assert marked == ["aurora", "the aurora"]
    assert [row.answers for row in rows[1:]] == [[(0, 0)], [], []]
    assert [row.is_answer for row in rows] == [True, False, True, True]


def test_only_the_sentence_and_the_first_token_may_answer(tokenizer: Any) -> None:
    examples = [
        Example("Who?", "It blew . The Aurora sank .", 10, True, ((14, 20), (10, 20))),
        Example("Who sank?", "It .", 0, False),
    ]
    inputs, targets, masked, answers = collate(rows_of(examples, tokenizer))
    # [CLS] who ? [SEP] it blew . the aurora sank . [SEP]
    assert (~masked[0]).nonzero().flatten().tolist() == [0, 7, 8, 9, 10]
    # [CLS] who sank ? [SEP] it . [SEP] and padding
    assert (~masked[1]).nonzero().flatten().tolist() == [0, 5, 6]
    assert inputs["attention_mask"].sum(1).tolist() == [12, 8]
    assert targets[0, 0].nonzero().flatten().tolist() == [7, 8]  # the annotators weigh alike
    assert targets[0, 0, [7, 8]].tolist() == [0.5, 0.5]
    assert targets[1, 0, 8] == 1.0
    assert targets[:, 1, 0].tolist() == [1.0, 1.0]
    assert answers.tolist() == [1.0, 0.0]


@pytest.mark.usefixtures("one_layer")
def test_a_run_that_was_stopped_ends_with_the_weights_of_one_that_was_not(
    tmp_path: Path,
    tokenizer: Any,
    draws: list[list[Example]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(train, "_BATCH", 8)
    whole = Trainer(draws, tokenizer, recipe=RECIPE, checkpoint=tmp_path / "whole.pt")
    losses = [loss for _, loss in whole.run()]
    monkeypatch.setattr(train, "_SAVE_EVERY", 2)
    begun = Trainer(draws, tokenizer, recipe=RECIPE, checkpoint=tmp_path / "stopped.pt")
    for step, _ in begun.run():
        if step == 2:  # the third: what it learnt after the second is lost
            break
    resumed = Trainer(draws, tokenizer, recipe=RECIPE, checkpoint=tmp_path / "stopped.pt")
    assert resumed.step == 2
    assert [loss for _, loss in resumed.run()] == losses[2:]
    assert len(losses) == whole.steps == 4
    for name, weights in whole.averaged().items():
        assert torch.equal(weights, resumed.averaged()[name]), name


@pytest.mark.usefixtures("one_layer")
def test_a_checkpoint_of_another_run_is_refused(
    tmp_path: Path, tokenizer: Any, draws: list[list[Example]]
) -> None:
    checkpoint = tmp_path / "checkpoint.pt"
    for _ in Trainer(draws[:1], tokenizer, recipe=RECIPE, checkpoint=checkpoint).run():
        pass
    with pytest.raises(SystemExit, match="is of another run: .* remove it to start over"):
        Trainer(draws, tokenizer, recipe=Recipe(seed=8), checkpoint=checkpoint)


@pytest.mark.usefixtures("one_layer")
def test_the_word_embeddings_stay_the_encoders(
    tmp_path: Path, tokenizer: Any, draws: list[list[Example]]
) -> None:
    trainer = Trainer(draws, tokenizer, recipe=RECIPE, checkpoint=tmp_path / "checkpoint.pt")
    assert not [name for name in trainer.averaged() if "word_embeddings" in name]


def test_no_document_is_both_trained_on_and_held_out() -> None:
    sentences = {f"{n}:0:0": Text(f"{n}", "Yes .", (), None) for n in range(100)}
    questions = [Question(identity, "What?", ((0, 3),)) for identity in sentences] * 3
    trained, held_out = split(sentences, questions, seed=1)
    assert len(held_out) == 15
    assert {each.sentence for each in trained}.isdisjoint(each.sentence for each in held_out)


@pytest.fixture
def qamr(data: Path) -> Path:
    """A small data set in QAMR's files: where and when ships sank."""
    sentences, rows = [], []
    for n, (place, month) in enumerate(product(PLACES, MONTHS)):
        identity = f"Wiki1k:{n}:0:0"
        sentences.append(f"{identity}\tThe ship Aurora {n} sank near {place} in {month} .")
        for question, token in ((f"Where did Aurora {n} sink?", 6), ("When did she sink?", 8)):
            marked = (str(token), f"12:{token}", f"9:{token}")
            rows.append("\t".join((identity, "0 1", "3", "0", "1", question, *marked)))
    (data / "qamr").mkdir()
    for name, lines in zip(FILES, (sentences, rows[:100], rows[100:]), strict=True):
        (data / "qamr" / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return data


@pytest.mark.usefixtures("one_layer")
def test_the_command_writes_a_reader_that_finds_answers_in_documents_held_out(
    qamr: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = qamr / "out"
    monkeypatch.setattr(training_command, "Recipe", partial(Recipe, qamr_share=1.0))
    main([str(qamr), "--passes", "6", "--out", str(out)])
    manifest = json.loads((out / READER_MANIFEST).read_text("utf-8"))
    assert json.loads(capsys.readouterr().out.splitlines()[-1]).items() <= manifest.items()
    assert (manifest["qamr"], manifest["held_out"]) == (274, 14)
    assert manifest["f1"] > 0.9  # by chance, any word of the sentence: 0.1
    assert (manifest["cases"], manifest["stories"]) == (5 * 6 + len(PUBLIC), 2 * 6)
    assert len(load_file(out / READER_WEIGHTS)) == 22
    assert load_file(out / READER_WEIGHTS)["qa_outputs.bias"].shape == (3,)
    assert not (out / "checkpoint.pt").exists()
    again = qamr / "again"
    main([str(qamr), "--passes", "1", "--start", str(out), "--out", str(again)])
    begun = json.loads((again / READER_MANIFEST).read_text("utf-8"))
    assert begun["start"] == manifest["sha256"]
    assert begun["f1"] > 0.9


def test_the_mean_of_two_readers_is_written_with_their_recipes(tmp_path: Path) -> None:
    runs = [tmp_path / "one", tmp_path / "two"]
    for number, run in enumerate(runs):
        run.mkdir()
        save_file({"weights": torch.full((2,), 1.0 + 2 * number)}, run / READER_WEIGHTS)
        (run / READER_MANIFEST).write_text(json.dumps({"seed": number}))
    main([str(tmp_path), "--mean", *map(str, runs), "--out", str(tmp_path / "mean")])
    assert load_file(tmp_path / "mean" / READER_WEIGHTS)["weights"].tolist() == [2.0, 2.0]
    manifest = json.loads((tmp_path / "mean" / READER_MANIFEST).read_text("utf-8"))
    assert manifest["mean_of"] == [{"seed": 0}, {"seed": 1}]
    digest = hashlib.sha256((tmp_path / "mean" / READER_WEIGHTS).read_bytes()).hexdigest()
    assert manifest["sha256"] == digest


def test_a_question_may_be_joined_with_one_of_the_same_answer() -> None:
    text = Text("d", "The Aurora sank in 1911 .", (), None)
    asked = [Question("d:0:0", each, ((19, 23),)) for each in ("When did it sink?", "What year?")]
    drawn = Examples({"d:0:0": text}, asked * 50, unanswered=0).draw(random.Random(1))
    joined = {each.question for each in drawn if "," in each.question}
    assert {"When did it sink, What year?", "What year, When did it sink?"} <= joined
    assert (
        len([each for each in drawn if each.question in ("When did it sink?", "What year?")]) > 70
    )
    assert {span for each in drawn for span in each.spans} == {(19, 23)}


def test_a_near_miss_names_somebody_else_or_asks_for_what_nobody_asked() -> None:
    texts = {
        "d:0:0": Text("d", "In 1911 the captain Liam Pike sold it .", (), None),
        "d:0:1": Text("d", "In 1935 his friend Ada Penn sank it .", (), None),
    }
    asked = [Question("d:0:0", "When did captain Liam Pike sell it?", ((3, 7),))]
    examples = Examples(texts, asked * 200, unanswered=0)
    drawn = examples.draw(random.Random(1))
    changed = {each.question for each in drawn if not each.answers}
    assert changed == {
        "When did captain Ada Penn sell it?",
        "Why did captain Liam Pike sell it?",
        "Where did captain Liam Pike sell it?",
    }
    assert {each.window for each in drawn if not each.answers} == {texts["d:0:0"].text}
    assert sum(each.answers for each in drawn) == 200
    assert len(examples.draw(random.Random(2), share=0.1)) < 60
