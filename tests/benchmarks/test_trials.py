import json
from pathlib import Path

import pytest

from benchmarks.replies import reply_shares
from benchmarks.results import share
from benchmarks.trials import (
    KEYWORDS,
    MEASURED,
    YES_OR_NO,
    Case,
    Outcome,
    Question,
    as_json,
    described,
    is_good,
    load_cases,
    outcomes,
    question_word,
    table,
)
from index import Answer, Encoder, Reader
from tests.support.answered import answered

FOUNDED = "It was founded in 1894."
CLOSED = "It closed\nin 1983."


@pytest.mark.parametrize(
    ("expected", "answer", "good"),
    [
        (["1894"], answered(FOUNDED), True),
        (["FOUNDED"], answered(FOUNDED), True),
        (["1894", "1983"], answered(FOUNDED), False),
        (["1894", "1983"], answered(FOUNDED, CLOSED), True),
        (["1894.* \\|\\| It"], answered(FOUNDED, CLOSED), True),
        (["1894"], answered(FOUNDED, tentative=True), True),
        (["1894"], answered(), False),
        (["REFUSE"], answered(), True),
        (["REFUSE"], answered(FOUNDED, tentative=True), True),
        (["REFUSE"], answered(FOUNDED), False),
        (["REFUSE"], answered(origin="small talk"), False),
        (["OVERVIEW"], answered(FOUNDED, origin="overview"), True),
        (["OVERVIEW"], answered(FOUNDED), False),
        (["SMALLTALK"], answered(origin="small talk"), True),
        (["SMALLTALK"], answered(), False),
    ],
)
def test_an_answer_is_good_when_it_is_as_expected(
    expected: list[str], answer: Answer, good: bool
) -> None:
    assert is_good(Question("?", tuple(expected), None), answer) is good


@pytest.mark.parametrize(
    ("wanted", "given", "good"),
    [
        ("1894", "1894", True),
        ("1894", "in 1894", True),
        ("1894", "founded", False),
        ("1894", None, True),
        (None, "founded", True),
    ],
)
def test_a_short_answer_must_match_where_both_are_there(
    wanted: str | None, given: str | None, good: bool
) -> None:
    assert is_good(Question("?", ("1894",), wanted), answered(FOUNDED, short=given)) is good


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("Who's the mayor?", "who"),
        ("whose boat is it", "who"),
        ("By when do I have to pay?", "when"),
        ("whats the fee", "what, which"),
        ("In which country is it?", "what, which"),
        ("According to the text, why did it close?", "why"),
        ("by how much did it fall", MEASURED),
        ("How old is the ferry?", MEASURED),
        ("How do I cancel?", "how else"),
        ("and where?", "where"),
        ("Is it true that the mayor, who was ill, left?", YES_OR_NO),
        ("and can I freeze it?", YES_OR_NO),
        ("opening hours", KEYWORDS),
        ("whatever, the somewhat showy one", KEYWORDS),
    ],
)
def test_a_question_is_sorted_by_the_word_that_asks(question: str, word: str) -> None:
    assert question_word(question) == word


TURNS = [
    {"question": "When did the harbour freeze?", "expected": ["1947"], "short": "1947"},
    {"question": "thanks!", "expected": ["SMALLTALK"], "short": None},
    {"question": "Who painted the ceiling of the chapel?", "expected": ["REFUSE"], "short": None},
]


def test_each_conversation_is_asked_in_order_of_the_documents_of_its_case(
    tmp_path: Path, encoder: Encoder, reader: Reader
) -> None:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "a.txt").write_text("The harbour froze in 1947. Nobody was hurt.\n")
    (tmp_path / "inputs" / "b.md").write_text("# Plums\n\nThe plums are ripe in September.\n")
    plums = {"question": "When are the plums ripe?", "expected": ["September"], "short": None}
    cases = [
        {"id": "a", "kind": "two", "files": ["a.txt", "b.md"], "conversations": [TURNS, [plums]]},
        {"id": "b", "kind": "one", "files": ["a.txt"], "conversations": [[plums]]},
    ]
    path = tmp_path / "cases.json"
    path.write_text(json.dumps(cases))
    found = list(outcomes(load_cases(path), encoder, reader))
    assert [(each.case.name, each.turn, each.good) for each in found] == [
        ("a", 1, True),
        ("a", 2, True),
        ("a", 3, True),
        ("a", 1, True),
        ("b", 1, False),
    ]


def outcome(kind: str, turn: int, text: str, expected: str, answer: Answer) -> Outcome:
    return Outcome(Case(kind, kind, (), ()), turn, Question(text, (expected,), "1894"), answer)


FOUND = [
    outcome("news", 1, "When was it founded?", "1894", answered(FOUNDED, short="1894")),
    outcome("news", 2, "and closed?", "1983", answered(CLOSED, tentative=True)),
    outcome("news", 3, "when did it burn?", "REFUSE", answered()),
    outcome("FAQ", 1, "How old is it?", "1894", answered(CLOSED, short="1983")),
    outcome("FAQ", 1, "Is it old?", "1894", answered()),
]


@pytest.mark.parametrize(
    "row",
    [
        "| good answers | 0.600 (3 of 5) |",
        "| good answers on FAQs | 0.000 (0 of 2) |",
        "| good answers to follow-ups | 1.000 (2 of 2) |",
        "| good answers to follow-ups that the text answers | 1.000 (1 of 1) |",
        "| questions that the text does not answer, refused or answered tentatively"
        " | 1.000 (1 of 1) |",
        "| answerable questions refused | 0.250 (1 of 4) |",
        "| right answers to answerable questions, given outright | 0.500 (1 of 2) |",
        "| answerable questions given a short answer | 0.500 (2 of 4) |",
        "| of these right, where one is known | 0.500 (1 of 2) |",
        "| follow-ups | 2 | 1.000 | 0.500 | 0.500 | 0.000 |",
        "| all: answerable | 4 | 0.500 | 0.250 | 0.250 | 0.500 |",
        "| when | 2 | 1.000 | 0.500 | 0.000 | 0.500 |",
        "| FAQ | 2 | 0.000 | 0.500 | 0.000 | 0.500 |",
    ],
)
def test_the_tables_count_what_was_good(row: str) -> None:
    assert row in table(FOUND)


def test_an_outcome_is_one_line_and_goes_into_json() -> None:
    assert described(FOUND[3]) == (
        "FAQ turn 1: How old is it? -> extracted 0.00 short='1983' It closed in 1983."
        " | expected 1894, short 1894"
    )
    assert described(FOUND[1]).startswith("news turn 2: and closed? -> tentative 0.00 ")
    kept = json.loads(json.dumps(as_json(FOUND[0])))
    assert (kept["good"], kept["quotes"], kept["given_short"]) == (True, [FOUNDED], "1894")


def test_replies_are_refused_tentative_or_outright() -> None:
    answers = [answered(), answered(), answered(FOUNDED, tentative=True), answered(FOUNDED)]
    assert reply_shares(answers) == "0.500 | 0.250 | 0.250"


def test_a_share_says_how_many_of_how_many() -> None:
    assert share([True, False, "x", None]) == "0.500 (2 of 4)"
    assert share([]) == "none asked"
