"""Fine-tune the encoder to mark and judge answers: AdamW, linear decay, averaged weights.

The same seed on the same machine yields the same weights, also when an interrupted run resumes.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from index.models.network import packaged_model
from training.examples import Example

_BATCH = 32
_POOL = 50  # batches whose rows are sorted by length, so that little is padded
_LONGEST = 256  # tokens; the longest window of the data has fewer
_SAVE_EVERY = 200  # steps
_WARM_UP = 0.05  # of all steps
_WEIGHT_DECAY = 0.01
_LARGEST_GRADIENT = 1.0
_NO_ANSWER = -1e4  # the logit of a token that must not answer


@dataclass(frozen=True, slots=True)
class Recipe:
    """The hyperparameters of a training run.

    public_share, qamr_share: of public questions, and of QAMR's, how many are in a pass
    kept: the decay of the averaged weights, per step
    """

    seed: int = 1
    passes: int = 3
    public_share: float = 0.3
    qamr_share: float = 0.1
    body_rate: float = 2e-4
    head_rate: float = 1e-3
    kept: float = 0.998


@dataclass(frozen=True, slots=True)
class Row:
    """A tokenized example.

    tokens:     their ids, of the question and the window
    kinds:      0 for a token of the question, 1 for one of the window
    may_answer: the positions of the sentence's tokens, and 0, which stands for "no answer"
    answers:    the first and last position of each annotator's answer; (0, 0) where the sentence
                does not answer, none where the words are not known
    is_answer:  whether the sentence answers
    """

    tokens: list[int]
    kinds: list[int]
    may_answer: list[int]
    answers: list[tuple[int, int]]
    is_answer: bool


class ReaderModel(nn.Module):
    """A BERT with three logits a token: of an answer's start, of its end, and on the first token
    alone of whether the sentence answers.
    """

    def __init__(self, bert: BertModel) -> None:
        super().__init__()
        self.bert = bert
        self.qa_outputs = nn.Linear(bert.config.hidden_size, 3)
        nn.init.normal_(self.qa_outputs.weight, std=bert.config.initializer_range)
        nn.init.zeros_(self.qa_outputs.bias)

    def begin_with(self, weights: Mapping[str, Tensor]) -> None:
        """Take on the weights of a reader; of one without a judgement, all but that of the head."""
        own = dict(self.named_parameters())
        with torch.no_grad():
            for name, each in weights.items():
                own[name][: len(each)].copy_(each)

    def forward(self, **inputs: Tensor) -> Tensor:
        """Return the (rows, tokens, 3) logits."""
        logits: Tensor = self.qa_outputs(self.bert(**inputs).last_hidden_state)
        return logits


class Trainer:
    """A run over the examples drawn for each of its passes.

    It saves its state to `checkpoint` every so often, and resumes from there.
    """

    def __init__(
        self,
        draws: Sequence[Sequence[Example]],
        tokenizer: Any,
        *,
        recipe: Recipe,
        checkpoint: Path,
        start: Mapping[str, Tensor] | None = None,
    ) -> None:
        self._draws = draws
        self._tokenizer = tokenizer
        self._recipe = recipe
        self._checkpoint = checkpoint
        self.steps = sum(-(-len(examples) // _BATCH) for examples in draws)
        self.step = 0
        torch.manual_seed(recipe.seed)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = pretrained().train()
        if start is not None:
            self.model.begin_with(start)
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
        """Train to the end, and yield the number and loss of each step."""
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
        self._save()

    def averaged(self) -> dict[str, Tensor]:
        """Return the averaged weights of all trained parameters."""
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
            pool = sorted(rows[begin : begin + _BATCH * _POOL], key=lambda row: len(row.tokens))
            batches += [pool[at : at + _BATCH] for at in range(0, len(pool), _BATCH)]
        generator.shuffle(batches)
        return batches

    def _advance(self, batch: Sequence[Row]) -> float:
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
        if self.step % _SAVE_EVERY == 0:
            self._save()
        return loss.item()

    def _loss(self, batch: Sequence[Row]) -> Tensor:
        """Return the cross-entropy of first and last token, and that of whether it answers.

        Annotators have equal weight. Where the words are not known, the first is 0.
        """
        inputs, targets, masked, answers = collate(batch)
        inputs = {name: tensor.to(self._device) for name, tensor in inputs.items()}
        with half_precision(self._device):
            output = self.model(**inputs)
        starts, ends, judged = output.float().unbind(-1)
        logits = torch.stack([starts, ends]).masked_fill(masked.to(self._device), _NO_ANSWER)
        spans = -(targets.to(self._device) * logits.log_softmax(-1)).sum(-1).mean()
        judgement = nn.functional.binary_cross_entropy_with_logits(
            judged[:, 0], answers.to(self._device)
        )
        return spans + judgement

    def _save(self) -> None:
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
                f"{self._checkpoint} is of another run: {state['recipe']}; remove it to start over"
            )
        self.step = state["step"]
        with torch.no_grad():
            for name, weights in self._named.items():
                weights.copy_(state["weights"][name])
                self._averaged[name].copy_(state["averaged"][name])
        self._optimizer.load_state_dict(state["optimizer"])


def rows_of(examples: Sequence[Example], tokenizer: Any) -> list[Row]:
    """Tokenize examples; an answer that does not start and end with tokens counts as none."""
    tokenized = tokenizer(
        [example.question for example in examples],
        [example.window for example in examples],
        truncation=True,
        max_length=_LONGEST,
        return_offsets_mapping=True,
    )
    rows = []
    for number, example in enumerate(examples):
        offsets = tokenized["offset_mapping"][number]
        parts = tokenized.sequence_ids(number)
        own = [at for at, part in enumerate(parts) if part == 1 and offsets[at][0] >= example.first]
        starts = {offsets[at][0]: at for at in own}
        ends = {offsets[at][1]: at for at in own}
        answers = [
            (starts[start], ends[end])
            for start, end in example.spans
            if start in starts and end in ends
        ]
        if not example.answers:
            answers = [(0, 0)]
        kinds = tokenized["token_type_ids"][number]
        rows.append(Row(tokenized["input_ids"][number], kinds, [0, *own], answers, example.answers))
    return rows


def collate(batch: Sequence[Row]) -> tuple[dict[str, Tensor], Tensor, Tensor, Tensor]:
    """Pad rows to one length, and return the inputs, the targets, a mask, and what answers.

    The inputs of the model are (rows, tokens) each. The targets, (2, rows, tokens), are
    distributions over the first and the last token of the answer. The mask, (rows, tokens), is True
    where a token must not answer. What answers is (rows,) 1 where the sentence does, else 0.
    """
    length = max(len(row.tokens) for row in batch)
    names = ("input_ids", "token_type_ids", "attention_mask")
    inputs = {name: torch.zeros(len(batch), length, dtype=torch.long) for name in names}
    targets = torch.zeros(2, len(batch), length)
    masked = torch.ones(len(batch), length, dtype=torch.bool)
    for number, row in enumerate(batch):
        size = len(row.tokens)
        inputs["input_ids"][number, :size] = torch.tensor(row.tokens)
        inputs["token_type_ids"][number, :size] = torch.tensor(row.kinds)
        inputs["attention_mask"][number, :size] = 1
        masked[number, row.may_answer] = False
        for ends in row.answers:
            for end, token in enumerate(ends):
                targets[end, number, token] += 1 / len(row.answers)
    return inputs, targets, masked, torch.tensor([float(row.is_answer) for row in batch])


def pretrained() -> ReaderModel:
    """Return the packaged encoder with an untrained head; its word embeddings are frozen.

    The head is drawn from torch's generator. On a CPU, training is quicker with plain attention,
    and a fifth quicker without dropout; the passes are few, and the weights are averaged.
    """
    config = BertConfig.from_pretrained(packaged_model())
    config.hidden_dropout_prob, config.attention_probs_dropout_prob = 0.0, 0.0
    bert = BertModel.from_pretrained(
        packaged_model(), config=config, attn_implementation="eager", add_pooling_layer=False
    )
    bert.embeddings.word_embeddings.requires_grad_(False)
    return ReaderModel(bert)


def half_precision(device: torch.device) -> torch.autocast:
    """Multiply in bfloat16 where the device can, in about half the time; elsewhere as ever."""
    if device.type == "cuda":
        able = torch.cuda.is_bf16_supported()
    else:
        able = bool(torch.cpu.get_capabilities().get("avx512_bf16"))
    return torch.autocast(device.type, torch.bfloat16, enabled=able)
