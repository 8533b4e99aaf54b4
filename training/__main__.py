"""Train the reader: python -m training DATA [--out FOLDER] [--seed N] [--start FOLDER].

DATA holds `stories`, `training` and `qamr`. What is read is searched for first, and kept beside the
weights as `cases.jsonl`. Started again with the same arguments, an interrupted run resumes from
its last checkpoint. `--start` names a reader whose weights it begins with, rather than those of the
encoder. With `--mean FOLDER FOLDER…` nothing is trained: the mean of trained readers' weights is
written. Runs from the same weights are better averaged (Wortsman et al. 2022, model soups).
"""

import argparse
import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from sklearn.metrics import roc_auc_score
from torch import Tensor
from transformers import AutoTokenizer

from benchmarks.spans import exact, overlap
from index import Encoder
from index.models.network import packaged_model
from index.models.onnx_network import READER_MANIFEST, READER_WEIGHTS
from index.models.reader import Reader, Window, packaged_reader
from training.candidates import Case, cases, read, write
from training.documents import documents, held_out_stories
from training.examples import Example, Examples, of_cases
from training.qamr import Question, Text, load
from training.train import Recipe, Trainer

_UNANSWERED = 0.2  # of QAMR's questions also get a window that does not answer
_HELD_OUT = 0.05  # of QAMR's documents are for evaluation
_SHOWN_EVERY = 100  # steps


def main(arguments: list[str] | None = None) -> None:
    """Train, evaluate on held-out documents, and write the weights with their hash."""
    options = _parser().parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    if options.mean:
        _write_mean(options.mean, options.out)
        return
    recipe = Recipe(seed=options.seed, passes=options.passes)
    sentences, questions = load(options.data / "qamr")
    trained, held_out = split(sentences, questions, seed=recipe.seed)
    found = _cases(options.data, options.out / "cases.jsonl")
    examples = Examples(sentences, trained, unanswered=_UNANSWERED)
    checkpoint = options.out / "checkpoint.pt"
    weights = _trained(_draws(found, examples, recipe), recipe, checkpoint, options.start)
    manifest: dict[str, object] = {**asdict(recipe), "cases": len(found), "qamr": len(trained)}
    if options.start:
        manifest["start"] = sha256((options.start / READER_WEIGHTS).read_bytes()).hexdigest()
    _write(weights, options.out, manifest)
    reader = Reader(str(options.out))
    manifest |= evaluate(reader, sentences, held_out)
    manifest |= evaluate_cases(reader, list(cases(held_out_stories(options.data), Encoder())))
    _write(weights, options.out, manifest)
    checkpoint.unlink()
    print(json.dumps(manifest))


def split(
    sentences: Mapping[str, Text], questions: Sequence[Question], *, seed: int
) -> tuple[list[Question], list[Question]]:
    """Split questions by document into those to train on and those held out."""
    documents = sorted({text.document for text in sentences.values()})
    held_out = set(random.Random(seed).sample(documents, round(len(documents) * _HELD_OUT)))
    outside = [sentences[question.sentence].document in held_out for question in questions]
    return (
        [question for question, out in zip(questions, outside, strict=True) if not out],
        [question for question, out in zip(questions, outside, strict=True) if out],
    )


def evaluate(
    reader: Reader, sentences: Mapping[str, Text], questions: Sequence[Question]
) -> dict[str, float]:
    """Return exact match and F1 on each question's own sentence, against the nearest annotator."""
    matches, overlaps = 0, 0.0
    for question in questions:
        text = sentences[question.sentence].text
        golds = [text[start:end] for start, end in question.spans]
        [span] = reader.read(question.text, [Window(text)])
        given = text[span.start : span.end] if span else ""
        matches += exact(given, golds)
        overlaps += overlap(given, golds)
    count = len(questions)
    return {
        "held_out": count,
        "exact": round(matches / count, 4),
        "f1": round(overlaps / count, 4),
    }


def evaluate_cases(reader: Reader, found: Sequence[Case]) -> dict[str, float]:
    """Return how well the reader alone tells what answers, and whether anything does.

    hit_at_1: of questions that have an answer, how often the highest judgement is of one; auroc:
    by the highest judgement, of questions that have one against those that have none.
    """
    highest, answered, hits = [], [], []
    for case in found:
        windows = [Window(each.window, 0, each.first) for each in case.candidates]
        spans = reader.read(case.question, windows)
        judged = [-np.inf if span is None else span.judged for span in spans]
        answers = [each.answers for each in case.candidates]
        highest.append(max(judged))
        answered.append(any(answers))
        if any(answers):
            hits.append(answers[int(np.argmax(judged))])
    return {
        "stories": len(found),
        "hit_at_1": round(float(np.mean(hits)), 4),
        "auroc": round(float(roc_auc_score(answered, highest)), 4),
    }


def _cases(data: Path, kept: Path) -> list[Case]:
    """Return the cases to train on, made once and kept in a file."""
    if not kept.is_file():
        print(f"searching for what is read; this is kept in {kept}", flush=True)
        unfinished = kept.with_suffix(".new")
        write(cases(documents(data), Encoder()), unfinished)
        unfinished.replace(kept)
    return read(kept)


def _draws(found: Sequence[Case], examples: Examples, recipe: Recipe) -> list[list[Example]]:
    draws = []
    for number in range(recipe.passes):
        generator = random.Random(f"{recipe.seed} {number}")
        taken = [
            each
            for each in found
            if each.source == "stories" or generator.random() < recipe.public_share
        ]
        drawn = of_cases(taken, generator) + examples.draw(generator, share=recipe.qamr_share)
        draws.append(drawn)
    return draws


def _trained(
    draws: Sequence[Sequence[Example]], recipe: Recipe, checkpoint: Path, start: Path | None
) -> dict[str, Tensor]:
    """Train to the end, and print the progress."""
    trainer = Trainer(
        draws,
        AutoTokenizer.from_pretrained(packaged_model()),
        recipe=recipe,
        checkpoint=checkpoint,
        start=load_file(start / READER_WEIGHTS) if start else None,
    )
    began, first, running = time.monotonic(), trainer.step, 0.0
    for step, loss in trainer.run():
        running = loss if step == first else 0.98 * running + 0.02 * loss
        if (step + 1) % _SHOWN_EVERY == 0 or step + 1 == trainer.steps:
            spent = time.monotonic() - began
            left = spent / (step + 1 - first) * (trainer.steps - step - 1)
            print(
                f"step {step + 1:,} of {trainer.steps:,}:"
                f" loss {running:.3f}, {left / 60:.0f} minutes left",
                flush=True,
            )
    return trainer.averaged()


def _write_mean(folders: Sequence[Path], out: Path) -> None:
    """Write the mean of the weights of trained readers, with the manifests of their runs."""
    runs = [load_file(folder / READER_WEIGHTS) for folder in folders]
    mean = {name: torch.stack([run[name].float() for run in runs]).mean(0) for name in runs[0]}
    manifests = [
        json.loads((folder / READER_MANIFEST).read_text(encoding="utf-8")) for folder in folders
    ]
    _write(mean, out, {"mean_of": manifests})


def _write(weights: Mapping[str, Tensor], folder: Path, manifest: Mapping[str, object]) -> None:
    halves = {name: tensor.to(torch.float16) for name, tensor in weights.items()}
    save_file(halves, folder / READER_WEIGHTS)
    digest = sha256((folder / READER_WEIGHTS).read_bytes()).hexdigest()
    text = json.dumps({"sha256": digest, **manifest}, indent=2)
    (folder / READER_MANIFEST).write_text(text + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--out", type=Path, default=packaged_reader(), metavar="FOLDER")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--passes", type=int, default=Recipe().passes)
    parser.add_argument("--start", type=Path, metavar="FOLDER", help="with the weights of a reader")
    parser.add_argument("--mean", type=Path, nargs="+", metavar="FOLDER", help="of these readers")
    return parser


if __name__ == "__main__":
    main()
