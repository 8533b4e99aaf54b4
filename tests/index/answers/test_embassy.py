"""The shipped article, and the one that it tells anew: the same questions over both."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.spans import exact
from index import Encoder, Library
from index.answers.confidence import OFF_TOPIC
from tests.conftest import SHARED

ROOT = Path(__file__).parents[3]
QUESTIONS: dict[str, Any] = json.loads((ROOT / "tests/data/embassy.json").read_text("utf-8"))
ARTICLES = {"shipped": ROOT / "articles/embassy.md", "original": SHARED / "articles/embassy.txt"}
FACTS = [
    *("1 January 2020", "AP", "Baghdad", "Iraqi army", "two days", "the government", "militias"),
    *("hundreds more troops", "Sunday", "reception area", "windows", "graffiti", "25 fighters"),
    *("Shia militia", "Kataeb Hezbollah", "American contractor", "week before", "rockets"),
    *("military base in Iraq", "tents", "Wednesday", "Marines", "stones", "tear gas", "Apache"),
    *("Fadhil al-Gezzi", "triumph", "nose rubbed in the dirt", "Donald Trump", "battalion"),
    *("750 soldiers", "Middle East", "no part in the attack", "nuclear agreement", "2015"),
    *("world powers", "maximum pressure", "economic sanctions", "fortified", "evacuated"),
]


@pytest.fixture(scope="module", params=ARTICLES)
def asked(request: pytest.FixtureRequest, encoder: Encoder) -> Iterator[tuple[str, Library]]:
    path = ARTICLES[request.param]
    if not path.is_file():
        pytest.skip(f"{path.name} is not on this machine")
    with Library.open(None, encoder=encoder) as library:
        library.add(path)
        yield request.param, library


@pytest.mark.parametrize("case", QUESTIONS["answered"], ids=lambda case: case["question"])
def test_a_question_is_answered_from_the_right_sentence(
    asked: tuple[str, Library], case: dict[str, str]
) -> None:
    name, library = asked
    answer = library.ask(case["question"])
    assert case[name] in answer.text
    for citation in answer.citations:
        text = library.article(citation.article_id).text
        assert text[citation.start : citation.end] == citation.quote


def test_most_of_ten_short_answers_are_given_and_most_are_exactly_right(
    asked: tuple[str, Library],
) -> None:
    name, library = asked
    if name != "shipped":
        pytest.skip("the short answers are of the shipped article's words")
    cases = [case for case in QUESTIONS["answered"] if "short" in case]
    given = {case["question"]: library.ask(case["question"]).short for case in cases}
    for cited in filter(None, given.values()):
        assert library.article(cited.article_id).text[cited.start : cited.end] == cited.quote
    right = [
        case["question"]
        for case in cases
        if (short := given[case["question"]]) and exact(short.quote, case["short"])
    ]
    assert len(cases) == 10
    assert len(right) >= 6, given
    assert len(list(filter(None, given.values()))) - len(right) <= 2, given


@pytest.mark.parametrize("question", QUESTIONS["abstained"])
def test_the_article_does_not_say(asked: tuple[str, Library], question: str) -> None:
    answer = asked[1].ask(question)
    assert answer.abstained
    assert answer.citations == ()
    assert len(answer.nearest) == (3 if answer.confidence >= OFF_TOPIC else 0)


@pytest.mark.parametrize("fact", FACTS)
def test_the_shipped_article_keeps_every_fact(fact: str) -> None:
    assert fact in ARTICLES["shipped"].read_text(encoding="utf-8")


def test_the_shipped_article_copies_no_sentence() -> None:
    if not ARTICLES["original"].is_file():
        pytest.skip("the original is not on this machine")
    shipped, original = (
        re.findall(r"\w+", ARTICLES[name].read_text(encoding="utf-8").lower()) for name in ARTICLES
    )
    runs = {tuple(original[at : at + 6]) for at in range(len(original) - 5)}
    assert [at for at in range(len(shipped) - 5) if tuple(shipped[at : at + 6]) in runs] == []
