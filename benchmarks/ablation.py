"""What each part of the ranking is worth: the shipped retriever with one part changed at a time.

python -m benchmarks.ablation [SQUAD_FILE]
"""

from collections.abc import Iterator, Sequence
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.dialogues import DIALOGUES, evidence_sentences, load_turns
from benchmarks.squad import Case, chosen_cases, first_gold_rank, gold_sentences
from index import Article, Encoder, Library
from index.models.tokens import Encoding, FloatArray


def _alike(_text: str, encoding: Encoding, *_: object) -> FloatArray:
    return np.ones(len(encoding.token_ids), np.float32)


_VARIANTS: dict[str, dict[str, Any]] = {
    "as shipped": {},
    "no neighbours": {"maxsim.BEFORE": 0, "maxsim.AROUND": 0},
    "sentence before at 0.5": {"maxsim.BEFORE": 0.5},
    "sentence before at 0.9": {"maxsim.BEFORE": 0.9},
    "sentence before alone": {"maxsim.AROUND": 0},
    "passage alone": {"maxsim.BEFORE": 0},
    "nothing of headings and titles": {"maxsim.ABOVE": 0},
    "rarity in the articles alone": {"maxsim._CAP": np.inf},
    "all words weigh alike": {"retriever.word_weights": _alike},
    "what sentences hold not looked at": {
        "evidence._NO_FIT": 0,
        "evidence._NO_NUMBER": 0,
        "evidence._PROVENANCE": 0,
    },
}
"""What is replaced in modules of `index.search`, by the name of what changes with it."""


def table(cases: Sequence[Case], encoder: Encoder) -> list[str]:
    """Measure, and return the table's lines in Markdown."""
    ranks: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in _VARIANTS}
    for case in cases:
        with Library.open(None, encoder=encoder, reader="off") as library:
            article = library.add_text(case.text, title=case.title)
            asked = list(_asked(case, article))
            for name, replaced in _VARIANTS.items():
                for typed, question, gold in asked:
                    rank = _rank(library, question, gold, replaced)
                    ranks[name][typed].append(rank)
    return [
        "| ranking | hit@1 | hit@3 | typed: hit@1 | hit@3 |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {_shares(squad)} | {_shares(typed)} |"
            for name, (squad, typed) in ranks.items()
        ),
    ]


def _asked(case: Case, article: Article) -> Iterator[tuple[bool, str, set[int]]]:
    for question in case.questions:
        if question.answerable:
            yield False, question.text, gold_sentences(article, question)
    for turn in load_turns(DIALOGUES) if DIALOGUES.is_file() else ():
        if turn.article == case.title and turn.kind == "answerable":
            yield True, turn.question, evidence_sentences(article, turn)


def _rank(library: Library, question: str, gold: set[int], replaced: dict[str, Any]) -> float:
    patches = [patch(f"index.search.{name}", value) for name, value in replaced.items()]
    for each in patches:
        each.start()
    try:
        hits = library.search(question, top_k=3)
    finally:
        for each in patches:
            each.stop()
    return first_gold_rank([hit.sentence for hit in hits], gold) or np.inf


def _shares(ranks: list[float]) -> str:
    if not ranks:
        return "– | –"
    return " | ".join(f"{np.mean(np.array(ranks) <= most):.3f}" for most in (1, 3))


if __name__ == "__main__":
    print("\n".join(table(chosen_cases(), Encoder())))
