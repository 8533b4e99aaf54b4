"""Whole conversations, each turn asked with what came before: follow-ups, chit-chat, refusals.

python -m benchmarks.conversation [SQUAD_FILE]; the dialogues are over the articles of that file. A
hit is a sentence of the evidence. Nothing but what Footnote itself answered is in the conversation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_auc_score

from benchmarks.dialogues import DIALOGUES, EMBASSY, Turn, evidence_sentences, load_dialogues
from benchmarks.replies import REPLIES, reply_shares
from benchmarks.squad import Case, chosen_cases, first_gold_rank
from bot.chat import Chat
from index import Answer, Article, Conversation, Encoder, Hit, Library
from index import Turn as Said

_IN_VAIN = ("adversarial", "offtopic")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One turn: ranks of the first right sentence, asked in the conversation and made whole."""

    kind: str
    follow_up: bool
    rank: float
    rank_whole: float
    answer: Answer

    @property
    def handled(self) -> bool:
        """Whether chit-chat was met with words alone."""
        return self.answer.origin == "small talk" and not self.answer.citations


def outcomes(cases: Sequence[Case], encoder: Encoder) -> Iterator[Outcome]:
    """Hold every dialogue over its article, each article being encoded once."""
    texts = {case.title: case.text for case in cases}
    if EMBASSY.is_file():
        texts["embassy"] = EMBASSY.read_text(encoding="utf-8")
    dialogues: dict[str, list[list[Turn]]] = {}
    for title, turns in load_dialogues(DIALOGUES):
        dialogues.setdefault(title, []).append(turns)
    for title, those in dialogues.items():
        if title in texts:
            with Library.open(None, encoder=encoder) as library:
                article = library.add_text(texts[title], title=title)
                for turns in those:
                    yield from _held(library, article, turns)


def _held(library: Library, article: Article, turns: Sequence[Turn]) -> Iterator[Outcome]:
    chat, conversation = Chat(library), Conversation()
    for number, turn in enumerate(turns):
        answer = chat.reply(turn.asked, conversation=conversation)
        gold = evidence_sentences(article, turn)
        hits = library.search(turn.asked, top_k=10, conversation=conversation)
        whole = library.search(turn.question, top_k=10)
        yield Outcome(turn.kind, number > 0, _rank(hits, gold), _rank(whole, gold), answer)
        conversation = conversation.add(Said(turn.asked, answer))


def _rank(hits: Sequence[Hit], gold: set[int]) -> float:
    return first_gold_rank([hit.sentence for hit in hits], gold) or np.inf


def table(cases: Sequence[Case], encoder: Encoder) -> list[str]:
    """Measure, and give the table's lines in Markdown."""
    if not DIALOGUES.is_file():
        return [f"Skipped: there is no {DIALOGUES}."]
    found = list(outcomes(cases, encoder))
    answerable = [each for each in found if each.kind == "answerable"]
    chitchat = [each for each in found if each.kind == "chitchat"]
    follow_ups = [each for each in answerable if each.follow_up]
    in_vain = [each for each in found if each.kind in _IN_VAIN]
    return [
        "| turns | count | hit@1 | hit@3 | made whole by a person: hit@1 | hit@3 |",
        "|---|---|---|---|---|---|",
        _row("first questions", [each for each in answerable if not each.follow_up]),
        _row("follow-ups", follow_ups),
        _row("all answerable", answerable),
        "",
        "| measure | value |",
        "|---|---|",
        f"| AUROC answerable or not, by confidence | {_auroc(found, *_IN_VAIN)} |",
        f"| against on-topic questions alone | {_auroc(found, 'adversarial')} |",
        f"| against off-topic questions alone | {_auroc(found, 'offtopic')} |",
        f"| chit-chat handled | {sum(each.handled for each in chitchat)} of {len(chitchat)} |",
        "",
        f"| turns | count | {REPLIES} |",
        "|---|---|---|---|---|",
        _replies("answerable first questions", [e for e in answerable if not e.follow_up]),
        _replies("answerable follow-ups", follow_ups),
        _replies("not answerable", in_vain),
        _replies("not answerable, on-topic", [e for e in in_vain if e.kind == "adversarial"]),
        _replies("not answerable, off-topic", [e for e in in_vain if e.kind == "offtopic"]),
    ]


def _row(name: str, found: Sequence[Outcome]) -> str:
    ranks = np.array([(each.rank, each.rank_whole) for each in found])
    shares = [(ranks[:, which] <= most).mean() for which in (0, 1) for most in (1, 3)]
    return f"| {name} | {len(found)} | {' | '.join(f'{share:.3f}' for share in shares)} |"


def _replies(name: str, found: Sequence[Outcome]) -> str:
    return f"| {name} | {len(found)} | {reply_shares([each.answer for each in found])} |"


def _auroc(found: Sequence[Outcome], *vain: str) -> str:
    asked = [each for each in found if each.kind in ("answerable", *vain)]
    labels = [each.kind == "answerable" for each in asked]
    return f"{roc_auc_score(labels, [each.answer.confidence for each in asked]):.3f}"


if __name__ == "__main__":
    print("\n".join(table(chosen_cases(), Encoder())))
