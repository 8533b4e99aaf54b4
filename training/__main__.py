"""Train the reader: python -m training QAMR_FOLDER [--out FOLDER] [--seed N] [--share S].

Started again with the same arguments, an interrupted run resumes from its last checkpoint.
With `--mean FOLDER FOLDER…` nothing is trained: the mean of trained readers' weights is written.
Runs from the same pretrained weights are better averaged (Wortsman et al. 2022, model soups).
"""

import argparse
import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import AutoTokenizer

from benchmarks.spans import exact, overlap
from index.models.network import packaged_model
from index.models.onnx_network import READER_MANIFEST, READER_WEIGHTS
from index.models.reader import Reader, Window, packaged_reader
from training.examples import Examples
from training.qamr import Question, Text, load
from training.train import Recipe, Trainer

_UNANSWERED = 0.2  # of the questions also get a window that does not answer
_HELD_OUT = 0.05  # of the documents are for evaluation
_SHOWN_EVERY = 100  # steps


def main(arguments: list[str] | None = None) -> None:
    """Train, evaluate on held-out documents, and write the weights with their hash."""
    options = _parser().parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    if options.mean:
        _write_mean(options.mean, options.out)
        return
    recipe = Recipe(seed=options.seed, passes=options.passes)
    sentences, questions = load(options.data)
    trained, held_out = split(sentences, questions, seed=recipe.seed, share=options.share)
    examples = Examples(sentences, trained, unanswered=_UNANSWERED)
    checkpoint = options.out / "checkpoint.pt"
    weights = _trained(examples, recipe, checkpoint)
    manifest = {**asdict(recipe), "share": options.share, "questions": len(trained)}
    _write(weights, options.out, manifest)
    manifest |= evaluate(Reader(str(options.out)), sentences, held_out)
    _write(weights, options.out, manifest)
    checkpoint.unlink()
    print(json.dumps(manifest))


def split(
    sentences: Mapping[str, Text], questions: Sequence[Question], *, seed: int, share: float
) -> tuple[list[Question], list[Question]]:
    """Split a `share` of the questions by document into those to train on and those held out."""
    generator = random.Random(seed)
    documents = sorted({text.document for text in sentences.values()})
    held_out = set(generator.sample(documents, round(len(documents) * _HELD_OUT)))
    kept = [question for question in questions if generator.random() < share]
    outside = [sentences[question.sentence].document in held_out for question in kept]
    return (
        [question for question, out in zip(kept, outside, strict=True) if not out],
        [question for question, out in zip(kept, outside, strict=True) if out],
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


def _trained(examples: Examples, recipe: Recipe, checkpoint: Path) -> dict[str, Tensor]:
    """Train to the end, and print the progress."""
    generators = [random.Random(f"{recipe.seed} {number}") for number in range(recipe.passes)]
    trainer = Trainer(
        [examples.draw(generator) for generator in generators],
        AutoTokenizer.from_pretrained(packaged_model()),
        recipe=recipe,
        checkpoint=checkpoint,
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
    parser.add_argument("data", type=Path, metavar="QAMR_FOLDER")
    parser.add_argument("--out", type=Path, default=packaged_reader(), metavar="FOLDER")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--share", type=float, default=1.0, help="of the questions to use")
    parser.add_argument("--mean", type=Path, nargs="+", metavar="FOLDER", help="of these readers")
    return parser


if __name__ == "__main__":
    main()
