"""The short answers: how often they are right, given the right sentence and over whole articles.

python -m benchmarks.reading [SQUAD_FILE] measures; it also fits the constants of
`index/confidence.py` by which a short answer is given or not. Exact match and F1 are SQuAD's. A
short answer is right when its F1 with a gold one is at least a half. Whatever depends on the fit is
measured by constants that were fitted on the other articles.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from benchmarks.folds import held_out
from benchmarks.plots import draw_short
from benchmarks.spans import exact, overlap
from benchmarks.squad import Case, Question, chosen_cases, gold_sentences, ranking_of
from index import Article, Encoder, Reader
from index.confidence import SHORT_THRESHOLD, THRESHOLD, confidence, short_features
from index.found import window_of

RIGHT = 0.5
"""The F1 from which a short answer counts as right."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One question read: what was pointed at in its own sentence, and in the article's best.

    given, found: (exact match, F1); `given` is None for a question in vain.
    hit, hit_unread: whether the best sentence is a gold one, with the reader and without.
    answered: whether the confidence reaches the default threshold.
    measured: what the logistic weighs; None where nothing was read.
    """

    article: str
    answerable: bool
    given: tuple[float, float] | None
    found: tuple[float, float]
    hit: bool
    hit_unread: bool
    answered: bool
    measured: tuple[float, ...] | None


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
            yield Reading(
                article=case.title,
                answerable=question.answerable,
                given=_given(article, question, min(gold), reader) if gold else None,
                found=_figures(pointed, question),
                hit=best.sentence.number in gold,
                hit_unread=rank_unread(question.text).hits[0].sentence.number in gold,
                answered=confidence(best.score, ranking.similarity, ranking.odds) >= THRESHOLD,
                measured=short_features(best.score, span) if span else None,
            )


def _given(
    article: Article, question: Question, number: int, reader: Reader
) -> tuple[float, float]:
    [span] = reader.read(question.text, [window_of(article, number)])
    return _figures(article.text[span.start : span.end] if span else "", question)


def _figures(given: str, question: Question) -> tuple[float, float]:
    if not question.answerable:
        return 0.0, 0.0
    return float(exact(given, question.answers)), overlap(given, question.answers)


def probable(found: Sequence[Reading]) -> Any:
    """Give the probability that each short answer is right, by a fit on the other articles.

    It is 0 where nothing was read.
    """
    read = np.array([each.measured is not None for each in found])
    kept = [each for each in found if each.measured is not None]
    probabilities = np.zeros(len(found))
    probabilities[read] = held_out(
        np.array([each.article for each in kept]),
        np.array([each.measured for each in kept]),
        lambda rows: fit([each for each, used in zip(kept, rows, strict=True) if used]),
    )
    return probabilities


def fit(found: Sequence[Reading]) -> LogisticRegression:
    """Fit the logistic on the answerable questions that were read."""
    used = [each for each in found if each.answerable and each.measured]
    right = [each.found[1] >= RIGHT for each in used]
    return LogisticRegression(C=100.0, max_iter=1_000).fit([e.measured for e in used], right)


def table(found: Sequence[Reading]) -> list[str]:
    """Give the table's lines in Markdown, and draw the curve."""
    probabilities = probable(found)
    answerable = np.array([each.answerable for each in found])
    right = np.array([each.found[1] >= RIGHT for each in found])
    exactly = np.array([each.found[0] for each in found])
    shown = (probabilities >= SHORT_THRESHOLD) & np.array([each.answered for each in found])
    given = np.array([each.given for each in found if each.given])
    whole = np.array([each.found for each in found if each.answerable])
    draw_short(probabilities[answerable], right[answerable])
    rows = [
        ("exact match, F1 given the right sentence", _pair(given.mean(axis=0))),
        ("exact match, F1 over whole articles", _pair(whole.mean(axis=0))),
        ("sentence hit@1 with the reader, without", _pair(_hits(found))),
        ("answerable questions with a short answer", f"{shown[answerable].mean():.3f}"),
        ("of these right", f"{right[answerable & shown].mean():.3f}"),
        ("of these exactly right", f"{exactly[answerable & shown].mean():.3f}"),
        ("adversarial questions with a short answer", f"{shown[~answerable].mean():.3f}"),
    ]
    return [
        *("| measure | value |", "|---|---|"),
        *(f"| {name} | {value} |" for name, value in rows),
        *("", "| share answered | share right |", "|---|---|"),
        *_curve(probabilities[answerable], right[answerable]),
    ]


def _pair(values: Any) -> str:
    return ", ".join(f"{value:.3f}" for value in values)


def _hits(found: Sequence[Reading]) -> Any:
    return np.mean([(each.hit, each.hit_unread) for each in found if each.answerable], axis=0)


def _curve(probabilities: Any, right: Any) -> Iterator[str]:
    surest = right[np.argsort(-probabilities, kind="stable")]
    for tenths in range(1, 11):
        count = round(len(surest) * tenths / 10)
        yield f"| {tenths / 10:.1f} | {surest[:count].mean():.3f} |"


def main() -> None:
    """Print the table, and the constants as they stand in `index/confidence.py`."""
    found = readings(chosen_cases(), Encoder(), Reader())
    print("\n".join(table(found)))
    model = fit(found)
    weights = ", ".join(f"{weight:.3f}" for weight in model.coef_[0])
    print(f"\nSHORT = Logistic(({weights}), {model.intercept_[0]:.3f})")


if __name__ == "__main__":
    main()
