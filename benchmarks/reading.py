"""The reader: how often it finds the short answer, given the right sentence and in whole articles.

python -m benchmarks.reading [SQUAD_FILE]. Exact match and F1 are SQuAD's. A short answer is right
when its F1 with a gold one is at least a half; which are given is up to the constants that
`benchmarks/abstention.py` fits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.mixture import SHORT_IS_RIGHT
from benchmarks.spans import exact, overlap
from benchmarks.squad import Case, Question, chosen_cases, gold_sentences, ranking_of
from index import Article, Encoder, Reader
from index.answers.answer import build_answer
from index.search.evidence import window_of
from index.text.structure import outline_of


@dataclass(frozen=True, slots=True)
class Reading:
    """One question read: what was pointed at in its own sentence, and in the article's best.

    given, found, shown: (exact match, F1); `given` is None for a question in vain, `shown` where no
    short answer was given.
    hit, hit_unread: whether the best sentence is a gold one, with the reader and without.
    refused: whether the article is said not to say.
    """

    answerable: bool
    given: tuple[float, float] | None
    found: tuple[float, float]
    shown: tuple[float, float] | None
    hit: bool
    hit_unread: bool
    refused: bool


def readings(cases: Sequence[Case], encoder: Encoder, reader: Reader) -> list[Reading]:
    """Ask every article all its questions."""
    return [reading for case in cases for reading in _readings(case, encoder, reader)]


def _readings(case: Case, encoder: Encoder, reader: Reader) -> Iterator[Reading]:
    with (
        ranking_of(case, encoder, reader=None) as (_, rank_unread),
        ranking_of(case, encoder, reader=reader) as (article, rank),
    ):
        for question in case.questions:
            gold = gold_sentences(article, question)
            ranking = rank(question.text)
            best, span = ranking.hits[0], ranking.span
            pointed = article.text[span.start : span.end] if span else ""
            answered = build_answer(question.text, ranking)
            short = answered.short
            yield Reading(
                answerable=question.answerable,
                given=_given(article, question, min(gold), reader) if gold else None,
                found=_figures(pointed, question),
                shown=_figures(short.quote, question) if short else None,
                hit=best.sentence in gold,
                hit_unread=rank_unread(question.text).hits[0].sentence in gold,
                refused=answered.abstained,
            )


def _given(
    article: Article, question: Question, number: int, reader: Reader
) -> tuple[float, float]:
    window = window_of(article, outline_of(article), number)
    [span] = reader.read(question.text, [window])
    return _figures(article.text[span.start : span.end] if span else "", question)


def _figures(given: str, question: Question) -> tuple[float, float]:
    if not question.answerable:
        return 0.0, 0.0
    return float(exact(given, question.answers)), overlap(given, question.answers)


def table(found: Sequence[Reading]) -> list[str]:
    """Return the table's lines in Markdown."""
    answerable = [each for each in found if each.answerable]
    in_vain = [each for each in found if not each.answerable]
    shown = np.array([each.shown for each in answerable if each.shown])
    rows = [
        ("exact match, F1 given the right sentence", _pair([each.given for each in answerable])),
        ("exact match, F1 over whole articles", _pair([each.found for each in answerable])),
        (
            "sentence hit@1 with the reader, without",
            _pair([(each.hit, each.hit_unread) for each in answerable]),
        ),
        ("answerable questions refused", _share([each.refused for each in answerable])),
        ("answerable questions with a short answer", f"{len(shown) / len(answerable):.3f}"),
        ("of these right", _share(shown[:, 1] >= SHORT_IS_RIGHT)),
        ("of these exactly right", _share(shown[:, 0])),
        (
            "adversarial questions with a short answer",
            _share([each.shown is not None for each in in_vain]),
        ),
    ]
    return [
        *("| measure | value |", "|---|---|"),
        *(f"| {name} | {value} |" for name, value in rows),
    ]


def _pair(values: Any) -> str:
    return ", ".join(f"{value:.3f}" for value in np.mean(values, axis=0))


def _share(values: Any) -> str:
    return f"{np.mean(values):.3f}"


def main() -> None:
    """Print the table."""
    print("\n".join(table(readings(chosen_cases(), Encoder(), Reader()))))


if __name__ == "__main__":
    main()
