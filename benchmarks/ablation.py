"""What each part of the ranking is worth, and what was tried and did not pay.

python -m benchmarks.ablation [SQUAD_FILE]
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.dialogues import DIALOGUES, evidence_sentences, load_turns
from benchmarks.squad import Case, chosen_cases, gold_sentences
from index import Article, Encoder, maxsim
from index.encoder import Encoding, FloatArray
from index.maxsim import TokenBlock, rarity, score
from index.passages import pack, passage_text

Scorer = Callable[["Subject", Encoding, FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class Subject:
    """An article, read in three ways: in passages, under its title, and a sentence at a time."""

    article: Article
    passages: list[TokenBlock]
    titled: list[TokenBlock]
    alone: list[TokenBlock]
    frequencies: Any


def table(cases: Sequence[Case], encoder: Encoder) -> list[str]:
    """Measure, and give the table's lines in Markdown."""
    ranks: dict[str, tuple[list[int], list[int]]] = {name: ([], []) for name in _VARIANTS}
    for case in cases:
        subject = _subject(case, encoder)
        for typed, question, gold in _asked(case, subject.article):
            [encoding] = encoder.encode([question])
            weights = (
                rarity(subject.frequencies[encoding.pieces], len(subject.article.sentences))
                * ~encoder.wordless[encoding.pieces]
            )
            for name, scorer in _VARIANTS.items():
                order = np.argsort(-scorer(subject, encoding, weights), kind="stable") + 1
                ranks[name][typed].append(int(np.argmax(np.isin(order, list(gold)))) + 1)
    return [
        "| ranking | hit@1 | hit@3 | typed: hit@1 | hit@3 |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {_shares(squad)} | {_shares(typed)} |"
            for name, (squad, typed) in ranks.items()
        ),
    ]


def _shares(ranks: list[int]) -> str:
    if not ranks:
        return "– | –"
    return " | ".join(f"{np.mean(np.array(ranks) <= most):.3f}" for most in (1, 3))


def _asked(case: Case, article: Article) -> Iterator[tuple[bool, str, set[int]]]:
    for question in case.questions:
        if question.answerable:
            yield False, question.text, gold_sentences(article, question)
    for turn in load_turns(DIALOGUES) if DIALOGUES.is_file() else ():
        if turn.article == case.title and turn.kind == "answerable":
            yield True, turn.question, evidence_sentences(article, turn)


def _subject(case: Case, encoder: Encoder) -> Subject:
    article = Article(1, case.title, case.text, None, "", datetime.now(UTC))
    sentences = article.sentences
    quotes = [case.text[sentence.start : sentence.end] for sentence in sentences]
    lengths = encoder.count_pieces(quotes)
    capacity = encoder.capacity - encoder.count_pieces([case.title])[0] - 2
    runs = pack(case.text, sentences, lengths, capacity=capacity)
    texts = [passage_text(case.text, sentences, *run) for run in runs]
    groups = [sentences[first - 1 : last] for first, last in runs]
    alone = [
        TokenBlock.of(encoding, [sentence])
        for encoding, sentence in zip(encoder.encode(quotes), sentences, strict=True)
    ]
    frequencies = np.zeros(len(encoder.wordless), np.int64)
    for block in alone:
        frequencies[np.unique(block.pieces)] += 1
    return Subject(
        article=article,
        passages=_blocks(encoder.encode(texts), groups),
        titled=_blocks(_under_title(case.title, texts, encoder), groups),
        alone=alone,
        frequencies=frequencies,
    )


def _blocks(encodings: Iterable[Encoding], groups: Sequence[Any]) -> list[TokenBlock]:
    return [TokenBlock.of(each, group) for each, group in zip(encodings, groups, strict=True)]


def _under_title(title: str, texts: Sequence[str], encoder: Encoder) -> Iterator[Encoding]:
    """Read each passage behind the article's title, and drop the title's word pieces."""
    prefix = f"{title}. "
    for encoding in encoder.encode([prefix + text for text in texts]):
        kept = encoding.starts >= len(prefix)
        yield Encoding(
            encoding.pieces[kept], encoding.starts[kept] - len(prefix), encoding.vectors[kept]
        )


def _neighbours(before: float, around: float) -> Scorer:
    def scorer(subject: Subject, question: Encoding, weights: FloatArray) -> FloatArray:
        with patch.multiple(maxsim, BEFORE=before, AROUND=around):
            return score(question.vectors, weights, subject.passages)

    return scorer


def _dense(subject: Subject, question: Encoding, _: FloatArray) -> FloatArray:
    vectors = np.concatenate([block.sentence_vectors() for block in subject.passages])
    scores: FloatArray = vectors @ question.vectors.mean(axis=0)
    return scores


_VARIANTS: dict[str, Scorer] = {
    "as shipped": lambda it, question, weights: score(question.vectors, weights, it.passages),
    "no neighbours": _neighbours(0.0, 0.0),
    "sentence before at 0.5": _neighbours(0.5, maxsim.AROUND),
    "sentence before at 0.9": _neighbours(0.9, maxsim.AROUND),
    "sentence before alone": _neighbours(maxsim.BEFORE, 0.0),
    "passage alone": _neighbours(0.0, maxsim.AROUND),
    "all word pieces weigh alike": lambda it, question, weights: score(
        question.vectors, (weights > 0).astype(np.float32), it.passages
    ),
    "weights to the power of 0.5": lambda it, question, weights: score(
        question.vectors, np.sqrt(weights), it.passages
    ),
    "weights to the power of 1.5": lambda it, question, weights: score(
        question.vectors, weights**1.5, it.passages
    ),
    "passages under the title": lambda it, question, weights: score(
        question.vectors, weights, it.titled
    ),
    "sentences read alone, no neighbours": lambda it, question, weights: score(
        question.vectors, weights, it.alone
    ),
    "with 0.2 of the sentence vectors": lambda it, question, weights: (
        score(question.vectors, weights, it.passages) + 0.2 * _dense(it, question, weights)
    ),
    "sentence vectors alone": _dense,
}


if __name__ == "__main__":
    print("\n".join(table(chosen_cases(), Encoder())))
