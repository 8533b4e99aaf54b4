import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.support import Judged, cited
from index import Encoder
from index.text.segmentation import segment
from index.verification.support import (
    BAR,
    Evidence,
    Judge,
    contradicts,
    is_opposed,
    is_swapped,
    lacking_names,
    lacks_number,
)
from index.verification.words import is_contrary, numbers, same_name, stem, words

SHIP = "The Aurora left Bergen in March 1902 with 1,200 passengers and reached Boston in April."
BRIDGE = "The council rejected the plan for a new bridge over the river because it cost too much."


@pytest.fixture(scope="module")
def judge(encoder: Encoder) -> Judge:
    return Judge(encoder)


@pytest.mark.parametrize(
    ("statement", "evidence"),
    [
        ("The Aurora set out from Bergen in March 1902 with 1,200 passengers.", SHIP),
        ("The plan for a new bridge was rejected by the council because it cost too much.", BRIDGE),
        ("The council did not accept the plan for a new bridge over the river.", BRIDGE),
        ("The old mill has twenty-one windows.", "There are 21 windows in the old mill."),
        ("The painter Anna Ancher died in Skagen.", "Anna Ancher, the painter, died in Skagen."),
    ],
)
def test_what_a_sentence_says_in_other_words_is_supported(
    judge: Judge, statement: str, evidence: str
) -> None:
    assert judge.support(statement, [Evidence(evidence)]) >= BAR


@pytest.mark.parametrize(
    ("statement", "evidence"),
    [
        ("The Aurora left Bergen in March 1903 with 1,200 passengers.", SHIP),
        ("The Aurora left Bergen in May 1902 with 1,200 passengers.", SHIP),
        ("The Aurora left Bergen with two thousand passengers.", SHIP),
        ("The Aurora left Oslo in March 1902.", SHIP),
        ("The Aurora never reached Boston.", SHIP),
        ("The council accepted the plan for a new bridge over the river.", BRIDGE),
        ("Hamlet killed Laertes.", "Laertes killed Hamlet."),
        ("Hamlet was killed by Laertes.", "Laertes was killed by Hamlet."),
        ("The tower is the highest in the town.", "The tower is the lowest in the town."),
    ],
)
def test_what_a_word_of_the_sentence_rules_out_has_no_support(
    judge: Judge, statement: str, evidence: str
) -> None:
    assert judge.support(statement, [Evidence(evidence)]) == 0


@pytest.mark.parametrize(
    ("statement", "evidence"),
    [
        ("The passengers were given free meals by the company that owned the ship.", SHIP),
        ("The council rejected the plan since most farmers had signed a petition.", BRIDGE),
        ("Whales sleep with one half of the brain awake.", BRIDGE),
    ],
)
def test_what_the_sentence_does_not_say_is_not_supported(
    judge: Judge, statement: str, evidence: str
) -> None:
    assert judge.support(statement, [Evidence(evidence)]) < BAR


def test_a_name_may_stand_in_the_sentence_before_or_in_the_question(judge: Judge) -> None:
    statement, evidence = "The captain, Ada Berg, sold the ship in 1910.", "She sold it in 1910."
    assert judge.support(statement, [Evidence(evidence)]) == 0
    assert judge.support(statement, [Evidence(evidence, "The captain was Ada Berg.")]) > 0
    assert judge.support(statement, [Evidence(evidence)], "Who was Ada Berg?") > 0


def test_two_cited_sentences_support_together(judge: Judge) -> None:
    both = [Evidence("The mill was built in 1720."), Evidence("It burnt down in 1801.")]
    statement = "The mill was built in 1720, and it burnt down in 1801."
    assert judge.support(statement, both) >= BAR
    assert judge.support(statement, both[:1]) == 0


@pytest.mark.parametrize("empty", ["", " ", "Yes.", "…"])
def test_nothing_supports_a_statement_that_says_nothing(judge: Judge, empty: str) -> None:
    assert judge.support(empty, [Evidence(SHIP)]) == 0
    assert judge.support("The Aurora left Bergen.", [Evidence(empty)]) == 0
    assert judge.support("The Aurora left Bergen.", []) == 0


def test_a_year_that_belongs_to_another_event_does_not_support(judge: Judge) -> None:
    evidence = [Evidence("The school opened in 1801, and in the winter of 1820 a fire ruined it.")]
    assert judge.support("The school opened in 1801.", evidence) > 0
    assert judge.support("The school opened in 1820.", evidence) == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("twenty-one", {21.0}),
        ("1,200 of two million", {1200.0, 2e6}),
        ("three hundred thousand", {3e5}),
        ("the 1870s and the 18th century", {1870.0, 18.0}),
        ("4.5 per cent", {4.5}),
        ("no number", set()),
    ],
)
def test_numbers_are_read_in_digits_and_in_letters(text: str, expected: set[float]) -> None:
    assert numbers(text) == expected


def test_a_number_that_the_evidence_lacks_is_found() -> None:
    assert lacks_number("It has 3 towers.", "It has four towers.")
    assert not lacks_number("It has one tower, built in 1500.", "Its tower dates from 1500.")


def test_names_may_be_shortened_and_take_another_form() -> None:
    assert lacking_names("In Paris, Curie met French friends.", "Marie Curie went to Paris.") == [
        "French"
    ]
    assert not lacking_names("The French met Curie.", "Marie Curie lived in France.")
    assert same_name("chinese", "china")
    assert not same_name("austria", "australia's")


@pytest.mark.parametrize(
    ("statement", "evidence", "opposed"),
    [
        ("Prices rose in the town.", "Prices fell in the town.", True),
        ("The town supported the union.", "The town opposed the union.", True),
        ("The judge was not able to walk.", "The judge was unable to walk.", False),
        ("The guests were satisfied.", "The guests were dissatisfied.", True),
        ("Prices rose in the town.", "Prices went up in the town.", False),
    ],
)
def test_opposites_are_known(statement: str, evidence: str, opposed: bool) -> None:
    assert is_opposed(words(statement), words(evidence)) is opposed


def test_a_statement_in_the_passive_swaps_no_names() -> None:
    assert not is_swapped("Hamlet was killed by Laertes.", "Laertes killed Hamlet.")
    assert is_swapped("Hamlet killed Laertes.", "Laertes killed Hamlet.")
    assert not is_swapped("Oslo and Bergen grew.", "Bergen and Oslo grew.")


def test_a_sentence_never_contradicts_itself() -> None:
    for text in (SHIP, BRIDGE, "No one but Ada Berg never left Oslo before May 1902."):
        assert not contradicts(text, text)


def test_stems_and_prefixes() -> None:
    assert stem("rejected") == stem("rejects") == "reject"
    assert is_contrary("stable", "unstable")
    assert not is_contrary("land", "island")


def test_the_sentence_before_counts_only_in_the_same_paragraph() -> None:
    text = "Ada came. She left.\n\nIt rained."
    assert cited(text, segment(text), 2) == Evidence("She left.", "Ada came.")
    assert cited(text, segment(text), 3) == Evidence("It rained.")
    assert cited(text, segment(text), 1) == Evidence("Ada came.")


def test_what_words_rule_out_passes_no_bar() -> None:
    kinds = np.array(["paraphrase", "number"] * 6)
    measured = np.array([[1.0], [0.0]] * 6)
    found = Judged(np.repeat(["a", "b"], 6), kinds, np.arange(12) == 0, measured)
    support = found.held_out()
    assert support[0] == 0
    assert (support[2::2] > 0.5).all()
    assert (support[1::2] < 0.5).all()


def test_the_statements_measured_are_of_known_kinds() -> None:
    path = Path(__file__).parents[3] / "benchmarks" / "data" / "statements.jsonl"
    kinds = {json.loads(line)["kind"] for line in path.read_text("utf-8").splitlines()}
    assert "paraphrase" in kinds
    assert len(kinds) == 7
