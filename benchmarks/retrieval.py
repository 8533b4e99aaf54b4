"""How often the right sentence is found, and how fast: every question over its whole article.

python -m benchmarks.retrieval [SQUAD_FILE]
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_auc_score

from benchmarks.dialogues import DIALOGUES, evidence_sentences, load_turns
from benchmarks.squad import Case, chosen_cases, first_gold_rank, gold_sentences
from index import Encoder, Library


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question: rank of the first right sentence, confidence, what was cited, seconds."""

    answerable: bool
    rank: int | None
    confidence: float
    abstained: bool
    cited: int
    cited_right: bool
    seconds: float


def outcomes(case: Case, encoder: Encoder) -> Iterator[Outcome]:
    """Put an article into a library of its own, and ask it all its questions."""
    with Library.open(None, encoder=encoder) as library:
        article = library.add_text(case.text, title=case.title)
        library.ask(case.questions[0].text)  # the first question reads the passages
        for question in case.questions:
            gold = gold_sentences(article, question)
            found = [hit.sentence for hit in library.search(question.text, top_k=10)]
            begun = time.perf_counter()
            answer = library.ask(question.text)
            seconds = time.perf_counter() - begun
            yield Outcome(
                answerable=question.answerable,
                rank=first_gold_rank(found, gold),
                confidence=answer.confidence,
                abstained=answer.abstained,
                cited=len(answer.citations),
                cited_right=any(each.sentence in gold for each in answer.citations),
                seconds=seconds,
            )


def typed_table(cases: list[Case], encoder: Encoder) -> list[str]:
    """Measure the questions that people typed, made whole, and give the table's lines."""
    turns = [turn for turn in load_turns(DIALOGUES) if turn.kind == "answerable"]
    ranks = []
    for case in cases:
        with Library.open(None, encoder=encoder) as library:
            article = library.add_text(case.text, title=case.title)
            for turn in turns:
                if turn.article == case.title:
                    hits = library.search(turn.question, top_k=10)
                    gold = evidence_sentences(article, turn)
                    rank = first_gold_rank([hit.sentence for hit in hits], gold)
                    ranks.append(rank or np.inf)
    shares = " | ".join(f"{np.mean(np.array(ranks) <= most):.3f}" for most in (1, 3, 10))
    return [
        "| questions | hit@1 | hit@3 | hit@10 |",
        "|---|---|---|---|",
        f"| {len(ranks)} | {shares} |",
    ]


def table(cases: list[Case], encoder: Encoder) -> list[str]:
    """Measure, and give the table's lines in Markdown."""
    found = [outcome for case in cases for outcome in outcomes(case, encoder)]
    answerable = [outcome for outcome in found if outcome.answerable]
    vain = [outcome for outcome in found if not outcome.answerable]
    answered = [outcome for outcome in answerable if not outcome.abstained]
    ranks = np.array([outcome.rank or np.inf for outcome in answerable])
    seconds = np.array([outcome.seconds for outcome in found])
    auroc = roc_auc_score([each.answerable for each in found], [each.confidence for each in found])
    rows = [
        ("questions answerable / not", f"{len(answerable)} / {len(vain)}"),
        ("sentence hit@1", f"{(ranks <= 1).mean():.3f}"),
        ("sentence hit@3", f"{(ranks <= 3).mean():.3f}"),
        ("sentence hit@10", f"{(ranks <= 10).mean():.3f}"),
        ("MRR (first ten)", f"{(1 / ranks).mean():.3f}"),
        ("AUROC answerable or not, by confidence", f"{auroc:.3f}"),
        ("answerable questions refused", f"{1 - len(answered) / len(answerable):.3f}"),
        ("adversarial questions answered", f"{np.mean([not e.abstained for e in vain]):.3f}"),
        (
            "answers that cite the right sentence",
            f"{np.mean([e.cited_right for e in answered]):.3f}",
        ),
        ("sentences cited per answer", f"{np.mean([e.cited for e in answered]):.2f}"),
        ("questions answered per second", f"{len(found) / seconds.sum():.0f}"),
        ("median latency of a warm question", f"{np.median(seconds) * 1e3:.1f} ms"),
        ("95th percentile", f"{np.quantile(seconds, 0.95) * 1e3:.1f} ms"),
    ]
    return ["| measure | value |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]


if __name__ == "__main__":
    print("\n".join(table(chosen_cases(), Encoder())))
