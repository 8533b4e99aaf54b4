"""Questions as people type them, over the same articles, each also made whole by hand.

A line is a conversation: `article`, and `turns` with `question`, `kind`, `standalone`, `evidence`
and `also_ok` (sentences, verbatim).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from index import Article

DIALOGUES = Path("../shared/data/dialogues-visible.jsonl")


@dataclass(frozen=True, slots=True)
class Turn:
    """A question made whole; `evidence` are the sentences that answer it; `kind` says if any do."""

    article: str
    question: str
    kind: str
    evidence: tuple[str, ...]


def load_turns(path: Path) -> Iterator[Turn]:
    """Read every turn that asks something; `kind` is answerable, adversarial or offtopic."""
    for line in path.read_text(encoding="utf-8").splitlines():
        dialogue = json.loads(line)
        for turn in dialogue["turns"]:
            if turn["kind"] != "chitchat":
                yield Turn(
                    article=dialogue["article"].replace("_", " "),
                    question=turn["standalone"],
                    kind=turn.get("subtype", turn["kind"]),
                    evidence=(*turn["evidence"], *turn["also_ok"]),
                )


def evidence_sentences(article: Article, turn: Turn) -> set[int]:
    """Give the numbers of the sentences in which a piece of evidence begins."""
    starts = {article.text.index(quote) for quote in turn.evidence}
    return {
        sentence.number
        for sentence in article.sentences
        if any(sentence.start <= start < sentence.end for start in starts)
    }
