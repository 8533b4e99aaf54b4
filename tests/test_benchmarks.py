import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from benchmarks.abstention import Samples, calibration_error
from benchmarks.reading import Reading, probable
from benchmarks.squad import Question, first_gold_rank, gold_sentences, load_cases
from index import Article

SQUAD = {
    "data": [
        {
            "title": "Two_ships",
            "paragraphs": [
                {
                    "context": "The Aurora sank. The Boreas burnt.",
                    "qas": [
                        {
                            "question": "What burnt?",
                            "answers": [{"answer_start": 17, "text": "Boreas"}],
                        },
                        {"question": "What flew?", "answers": []},
                    ],
                },
                {
                    "context": "The Corona sailed.",
                    "qas": [
                        {
                            "question": "What sailed?",
                            "answers": [{"answer_start": 4, "text": "Corona"}] * 2,
                        }
                    ],
                },
            ],
        }
    ]
}


def test_answers_are_found_in_the_joined_article(tmp_path: Path) -> None:
    path = tmp_path / "squad.json"
    path.write_text(json.dumps(SQUAD))
    [case] = load_cases(path)
    assert case.title == "Two ships"
    assert case.text == "The Aurora sank. The Boreas burnt.\n\nThe Corona sailed."
    article = Article(1, case.title, case.text, None, "", datetime.now(UTC))
    assert [gold_sentences(article, question) for question in case.questions] == [{2}, set(), {3}]
    assert [question.answerable for question in case.questions] == [True, False, True]
    assert case.questions[2] == Question("What sailed?", (40,), ("Corona",))


@pytest.mark.parametrize(("gold", "rank"), [({5}, 1), ({7, 9}, 2), ({1}, None)])
def test_the_rank_is_that_of_the_first_gold_sentence(gold: set[int], rank: int | None) -> None:
    assert first_gold_rank([5, 9, 7], gold) == rank


def test_the_calibration_error_is_the_gap_of_each_bin_by_its_weight() -> None:
    probabilities = np.array([0.05, 0.05, 0.95, 0.95])
    true = np.array([False, True, True, True])
    assert calibration_error(probabilities, true, np.ones(4)) == pytest.approx(0.25)
    assert calibration_error(probabilities, true, np.array([1, 1, 3, 3])) == pytest.approx(0.15)


def test_no_article_is_judged_by_constants_that_were_fitted_on_it() -> None:
    # In article a high measures mean the contrary of what they mean in the two others.
    articles = np.repeat(["a", "b", "c"], 6)
    kinds = np.array(["answerable", "adversarial", "off-topic"] * 6)
    sign = np.where(articles == "a", -1.0, 1.0)
    measured = ((kinds == "answerable") * sign)[:, np.newaxis]
    probabilities = Samples(articles, kinds, measured).held_out()
    inside = articles == "a"
    assert probabilities[inside & (kinds == "answerable")].max() < 0.5


def reading(article: str, odds: float, f1: float) -> Reading:
    return Reading(article, True, (1.0, 1.0), (0.0, f1), True, True, True, (0.5, odds, -1.0))


def test_no_short_answer_is_judged_by_constants_that_were_fitted_on_its_article() -> None:
    # In article a high odds mean the contrary of what they mean in the others.
    found = [
        reading(article, odds * (-1 if article == "a" else 1), 0.6 if odds > 0 else 0.4)
        for article in "abcd"
        for odds in (-4.0, -2.0, 2.0, 4.0)
    ]
    probabilities = probable(found)
    assert probabilities[2:4].max() < 0.5  # right, and yet not thought so
    assert probabilities[6:8].min() > 0.5
