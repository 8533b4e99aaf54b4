"""Teach the encoder to point at answers: AdamW over a span head, linear decay, averaged weights.

The same seed on the same machine gives the same weights, also when the work is taken up again.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from index.models.reader import half_precision, pretrained
from training.examples import Example

_BATCH = 32
_POOL = 50  # batches sorted by length together, so that little is padded
_LONGEST = 256  # word pieces; the data's longest window has fewer
_KEEP_EVERY = 200  # steps
_WARM_UP = 0.05  # of all steps
_WEIGHT_DECAY = 0.01
_LARGEST_GRADIENT = 1.0
_DROPOUT = 0.1
_NO_ANSWER = -1e4  # the logit of what cannot answer


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a training run depends on, beside the data."""

    seed: int = 1
    passes: int = 3
    body_rate: float = 2e-4
    head_rate: float = 1e-3
    kept: float = 0.998  # of the averaged weights, at each step


@dataclass(frozen=True, slots=True)
class Row:
    """An example in word pieces.

    may_answer: where the sentence's pieces stand, and the first piece of all, for "no answer"
    answers:    the first and last piece of each annotator's answer
    """

    pieces: list[int]
    kinds: list[int]
    may_answer: list[int]
    answers: list[tuple[int, int]]


class Trainer:
    """One run over the examples that were drawn for each of its passes.

    Every so often it keeps its state in `checkpoint`, and starts from there.
    """

    def __init__(
        self,
        draws: Sequence[Sequence[Example]],
        tokenizer: Any,
        *,
        recipe: Recipe,
        checkpoint: Path,
    ) -> None:
        self._draws = draws
        self._tokenizer = tokenizer
        self._recipe = recipe
        self._checkpoint = checkpoint
        self.steps = sum(-(-len(examples) // _BATCH) for examples in draws)
        self.step = 0
        torch.manual_seed(recipe.seed)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = pretrained(dropout=_DROPOUT).train()
        self.model.to(self._device)
        self._named = {
            name: weights
            for name, weights in self.model.named_parameters()
            if weights.requires_grad
        }
        self._averaged = {name: weights.detach().clone() for name, weights in self._named.items()}
        self._optimizer = self._new_optimizer()
        self._resume()

    def run(self) -> Iterator[tuple[int, float]]:
        """Train to the end, and give every step's number and loss."""
        ahead = self.step
        for number, examples in enumerate(self._draws):
            count = -(-len(examples) // _BATCH)
            if ahead >= count:
                ahead -= count
                continue
            generator = random.Random(f"{self._recipe.seed} {number}")
            for batch in self._batches(examples, generator)[ahead:]:
                yield self.step, self._advance(batch)
            ahead = 0
        self._keep()

    def averaged(self) -> dict[str, Tensor]:
        """Give the averaged weights of all that was trained."""
        return {name: weights.cpu().contiguous() for name, weights in self._averaged.items()}

    @property
    def _identity(self) -> dict[str, float]:
        return {**asdict(self._recipe), "steps": self.steps}

    def _new_optimizer(self) -> torch.optim.AdamW:
        head = [weights for name, weights in self._named.items() if "qa_outputs" in name]
        body = [weights for name, weights in self._named.items() if "qa_outputs" not in name]
        groups = [
            {"params": body, "peak": self._recipe.body_rate},
            {"params": head, "peak": self._recipe.head_rate},
        ]
        return torch.optim.AdamW(groups, weight_decay=_WEIGHT_DECAY, fused=True)

    def _batches(self, examples: Sequence[Example], generator: random.Random) -> list[list[Row]]:
        rows = rows_of(examples, self._tokenizer)
        generator.shuffle(rows)
        batches = []
        for begin in range(0, len(rows), _BATCH * _POOL):
            pool = sorted(rows[begin : begin + _BATCH * _POOL], key=lambda row: len(row.pieces))
            batches += [pool[at : at + _BATCH] for at in range(0, len(pool), _BATCH)]
        generator.shuffle(batches)
        return batches

    def _advance(self, batch: Sequence[Row]) -> float:
        torch.manual_seed(self._recipe.seed * 1_000_003 + self.step)  # for the dropout
        done = self.step / self.steps
        for group in self._optimizer.param_groups:
            group["lr"] = group["peak"] * min((done + 1 / self.steps) / _WARM_UP, 1 - done)
        loss = self._loss(batch)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._named.values(), _LARGEST_GRADIENT)
        self._optimizer.step()
        self._optimizer.zero_grad()
        self.step += 1
        kept = min(self._recipe.kept, (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            for name, weights in self._named.items():
                self._averaged[name].lerp_(weights, 1 - kept)
        if self.step % _KEEP_EVERY == 0:
            self._keep()
        return loss.item()

    def _loss(self, batch: Sequence[Row]) -> Tensor:
        """Cross-entropy of the first and of the last piece, the annotators weighing alike."""
        inputs, targets, barred = collate(batch)
        inputs = {name: tensor.to(self._device) for name, tensor in inputs.items()}
        with half_precision(self._device):
            output = self.model(**inputs)
        logits = torch.stack([output.start_logits, output.end_logits]).float()
        logits = logits.masked_fill(barred.to(self._device), _NO_ANSWER)
        return -(targets.to(self._device) * logits.log_softmax(-1)).sum(-1).mean()

    def _keep(self) -> None:
        state = {
            "recipe": self._identity,
            "step": self.step,
            "weights": {name: weights.detach() for name, weights in self._named.items()},
            "averaged": self._averaged,
            "optimizer": self._optimizer.state_dict(),
        }
        unfinished = self._checkpoint.with_suffix(".new")
        torch.save(state, unfinished)
        unfinished.replace(self._checkpoint)

    def _resume(self) -> None:
        if not self._checkpoint.is_file():
            return
        state = torch.load(self._checkpoint, map_location=self._device, weights_only=True)
        if state["recipe"] != self._identity:
            raise SystemExit(
                f"{self._checkpoint} is of another run: {state['recipe']}; remove it to start anew"
            )
        self.step = state["step"]
        with torch.no_grad():
            for name, weights in self._named.items():
                weights.copy_(state["weights"][name])
                self._averaged[name].copy_(state["averaged"][name])
        self._optimizer.load_state_dict(state["optimizer"])


def rows_of(examples: Sequence[Example], tokenizer: Any) -> list[Row]:
    """Cut examples into word pieces; an answer that pieces cannot mark counts as none."""
    cut = tokenizer(
        [example.question for example in examples],
        [example.window for example in examples],
        truncation=True,
        max_length=_LONGEST,
        return_offsets_mapping=True,
    )
    rows = []
    for number, example in enumerate(examples):
        offsets = cut["offset_mapping"][number]
        parts = cut.sequence_ids(number)
        own = [at for at, part in enumerate(parts) if part == 1 and offsets[at][0] >= example.first]
        starts = {offsets[at][0]: at for at in own}
        ends = {offsets[at][1]: at for at in own}
        answers = [
            (starts[start], ends[end])
            for start, end in example.spans
            if start in starts and end in ends
        ]
        kinds = cut["token_type_ids"][number]
        rows.append(Row(cut["input_ids"][number], kinds, [0, *own], answers or [(0, 0)]))
    return rows


def collate(batch: Sequence[Row]) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """Pad rows to one length.

    Gives the model's inputs, each (rows, pieces); the targets, (2, rows, pieces), each row a
    distribution over its first and its last pieces; and what cannot answer, (rows, pieces).
    """
    length = max(len(row.pieces) for row in batch)
    names = ("input_ids", "token_type_ids", "attention_mask")
    inputs = {name: torch.zeros(len(batch), length, dtype=torch.long) for name in names}
    targets = torch.zeros(2, len(batch), length)
    barred = torch.ones(len(batch), length, dtype=torch.bool)
    for number, row in enumerate(batch):
        size = len(row.pieces)
        inputs["input_ids"][number, :size] = torch.tensor(row.pieces)
        inputs["token_type_ids"][number, :size] = torch.tensor(row.kinds)
        inputs["attention_mask"][number, :size] = 1
        barred[number, row.may_answer] = False
        for ends in row.answers:
            for end, piece in enumerate(ends):
                targets[end, number, piece] += 1 / len(row.answers)
    return inputs, targets, barred
