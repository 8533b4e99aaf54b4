"""Whether `index/verification/support.py` tells supported statements, and its constants.

python -m benchmarks.support [SQUAD_FILE] fits and prints them. The statements are written by hand
about three articles of the public development set: paraphrases of a sentence, and false ones of
six kinds. Every figure is of constants that were fitted on the other articles.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from benchmarks.folds import held_out
from benchmarks.squad import chosen_cases
from index import Encoder
from index.text.segmentation import Sentence, same_paragraph, segment
from index.verification.support import BAR, Evidence, Judge

STATEMENTS = Path(__file__).with_name("data") / "statements.jsonl"
TRUE = "paraphrase"
BARS = (0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8)
REFUSABLE = 0.02  # of the false ones, at most this share should pass


@dataclass(frozen=True, slots=True)
class Judged:
    """One row a statement: its article, its kind, whether words ruled it out, its measures."""

    articles: Any
    kinds: Any
    excluded: Any
    measured: Any

    def fit(self, rows: Any) -> LogisticRegression:
        """Fit the logistic on those of some rows that no word rules out."""
        kept = rows & ~self.excluded
        model = LogisticRegression(C=3.0, class_weight="balanced", max_iter=1_000)
        return model.fit(self.measured[kept], self.kinds[kept] == TRUE)

    def held_out(self) -> Any:
        """Give every row's support by constants that were fitted on the other articles."""
        return np.where(self.excluded, 0.0, held_out(self.articles, self.measured, self.fit))


def judge(encoder: Encoder) -> Judged:
    """Measure every statement whose article is in the chosen file."""
    texts = {case.title: case.text for case in chosen_cases()}
    lines = STATEMENTS.read_text(encoding="utf-8").splitlines()
    return _judged(list(_rows(texts, [json.loads(line) for line in lines], Judge(encoder))))


def _rows(
    texts: dict[str, str], statements: Sequence[Any], judged_by: Judge
) -> Iterator[tuple[str, str, tuple[float, ...] | None]]:
    titles = {each["article"].replace("_", " ") for each in statements} & texts.keys()
    sentences = {title: segment(texts[title]) for title in titles}
    for each in statements:
        title = each["article"].replace("_", " ")
        if title in titles:
            evidence = cited(texts[title], sentences[title], each["sentence"])
            measured = judged_by.measure(each["statement"], [evidence], each["question"])
            yield title, each["kind"], measured


def cited(text: str, sentences: Sequence[Sentence], number: int) -> Evidence:
    """Give a sentence, by its number, with the one before it in its paragraph."""
    sentence = sentences[number - 1]
    before = sentences[number - 2] if number > 1 else None
    if before is None or not same_paragraph(text, before, sentence):
        return Evidence(text[sentence.start : sentence.end])
    return Evidence(text[sentence.start : sentence.end], text[before.start : before.end])


def _judged(rows: Sequence[tuple[str, str, tuple[float, ...] | None]]) -> Judged:
    articles, kinds, measured = zip(*rows, strict=True)
    width = max(len(each) for each in measured if each is not None)
    filled = [(0.0,) * width if each is None else each for each in measured]
    excluded = np.array([each is None for each in measured])
    return Judged(np.array(articles), np.array(kinds), excluded, np.array(filled))


def table(found: Judged) -> list[str]:
    """Give the table's lines in Markdown: at each bar, the share of every kind that passes."""
    support, true = found.held_out(), found.kinds == TRUE
    kinds = [str(kind) for kind in np.unique(found.kinds[~true])]
    bar = float(np.sort(support[~true])[::-1][int(REFUSABLE * (~true).sum())])
    lines = [
        f"{true.sum()} true statements and {(~true).sum()} false ones. Where at most"
        f" {REFUSABLE:.0%} of the false pass, {(support[true] > bar).mean():.3f} of the true do.",
        "",
        f"| bar | true | false | {' | '.join(kinds)} |",
        "|---|---|---|" + "---|" * len(kinds),
    ]
    for least in sorted({*BARS, BAR}):
        passing = support >= least
        shares = [passing[true].mean(), passing[~true].mean()]
        shares += [passing[found.kinds == kind].mean() for kind in kinds]
        lines.append(f"| {least:.2f} | {' | '.join(f'{share:.3f}' for share in shares)} |")
    return lines


def main() -> None:
    """Print the table, and the constants as they stand in `index/verification/support.py`."""
    found = judge(Encoder())
    print("\n".join(table(found)))
    model = found.fit(np.full(len(found.kinds), True))
    weights = ", ".join(f"{weight:.2f}" for weight in model.coef_[0])
    print(f"\nSUPPORTED = Logistic(({weights}), {model.intercept_[0]:.2f})")


if __name__ == "__main__":
    main()
