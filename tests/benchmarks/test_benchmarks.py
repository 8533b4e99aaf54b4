import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from pkgutil import resolve_name

import numpy as np
import pytest

from benchmarks import ablation
from benchmarks.abstention import calibration_error, fit_short, probabilities, weights
from benchmarks.mixture import Sample
from benchmarks.squad import Question, first_gold_rank, gold_sentences, load_cases
from index import Article
from index.answers.confidence import Seen

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


def sample(document: str, similarity: float, *, answerable: bool, right: bool = True) -> Sample:
    seen = Seen(0.5, similarity, 0.0, 0.5, 0.0, 1.0, 1.0)
    short = ((similarity, 0.0, -1.0), right)
    return Sample("stories", document, "Who?", False, answerable, answerable, seen, seen, short)


def test_no_document_is_judged_by_constants_that_were_fitted_on_it() -> None:
    # In document a a high similarity means the contrary of what it means in the others.
    found = [
        sample(document, (0.9 if answerable else 0.1), answerable=answerable != (document == "a"))
        for document in "abcdefgh"
        for answerable in (True, False) * 3
    ]
    confident = probabilities(found)
    of_a = [number for number, each in enumerate(found) if each.document == "a"]
    assert max(confident[number] for number in of_a if found[number].answerable) < 0.5
    assert min(confident[number] for number in of_a if not found[number].answerable) > 0.5


def test_a_kind_weighs_the_same_however_many_are_asked_and_off_topic_ones_more() -> None:
    few = [sample("a", 0.5, answerable=True)]
    many = [replace(sample("b", 0.5, answerable=True), kind="trials") for _ in range(4)]
    vain = [replace(each, kind="off-topic", answerable=False) for each in many]
    weighed = weights([*few, *many, *vain])
    assert weighed[0] == pytest.approx(sum(weighed[1:5]))
    assert sum(weighed[5:]) == pytest.approx(4 * 0.75 * weighed[0])


def test_short_answers_are_judged_by_those_to_answerable_questions() -> None:
    found = [
        sample("a", odds, answerable=answerable, right=odds > 0)
        for answerable in (True, False)
        for odds in ((4.0, -4.0) if answerable else (4.0, 4.0))
    ]
    [[weight, *_]] = fit_short(found).coef_
    assert weight > 0
    assert fit_short(found[:2]).coef_.tolist() == fit_short(found).coef_.tolist()


def test_what_a_ranking_replaces_is_there() -> None:
    replaced = {name for names in ablation._VARIANTS.values() for name in names}
    assert "maxsim.BEFORE" in replaced
    for name in replaced:
        resolve_name(f"index.search.{name}")
