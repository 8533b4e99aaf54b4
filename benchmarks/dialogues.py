"""Questions as people type them, over the same articles, each also made whole by hand.

A line is a conversation: `article`, and `turns` with `question`, `kind`, `standalone`, `evidence`
and `also_ok` (sentences, verbatim).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index import Article

DIALOGUES = Path("../shared/data/dialogues-visible.jsonl")
EMBASSY = Path("../shared/articles/embassy.txt")


@dataclass(frozen=True, slots=True)
class Turn:
    """A question as it was asked, and made whole; `evidence` are the sentences that answer it.

    kind: answerable, adversarial, offtopic or chitchat
    """

    article: str
    asked: str
    question: str
    kind: str
    evidence: tuple[str, ...]


def load_dialogues(path: Path) -> Iterator[tuple[str, list[Turn]]]:
    """Read every conversation: the title of its article, and its turns."""
    for line in path.read_text(encoding="utf-8").splitlines():
        dialogue = json.loads(line)
        title = dialogue["article"].replace("_", " ")
        yield title, [_turn(title, turn) for turn in dialogue["turns"]]


def load_turns(path: Path) -> Iterator[Turn]:
    """Read every turn that asks something."""
    for _, turns in load_dialogues(path):
        yield from (turn for turn in turns if turn.kind != "chitchat")


def _turn(title: str, turn: dict[str, Any]) -> Turn:
    return Turn(
        article=title,
        asked=turn["question"],
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
