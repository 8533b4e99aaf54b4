from dataclasses import replace

import numpy as np
import pytest

from index.answers.selection import cited_hits
from index.search.retriever import Ranking
from tests.support.rankings import alike, article, hit, ranking, ranking_of


def cited(found: Ranking) -> list[str]:
    """The quotes that are cited, in reading order."""
    hits = sorted(cited_hits(found), key=lambda each: (each.article_id, each.sentence))
    return [each.quote for each in hits]


HIKE = article(
    "Packing\n\nFor a day in the hills you need:\n\n- a rope\n- a map\n- warm socks\n\n"
    "The hut is open in May.\n\n- no dogs"
)


@pytest.mark.parametrize(
    "question",
    ["What should I bring?", "List what to bring", "Which things are needed?", "Which items?"],
)
def test_of_a_list_that_is_asked_for_all_items_are_cited(question: str) -> None:
    found = ranking((4, 0.8), (6, 0.6), question=question, of=HIKE)
    assert cited(found) == ["- a rope", "- a map", "- warm socks"]


def test_one_item_is_enough_where_one_thing_is_asked_for() -> None:
    found = ranking((4, 0.8), (5, 0.6), question="Is a map needed?", of=HIKE)
    assert cited(found) == ["- a map"]


def test_an_item_that_answers_far_worse_is_not_cited() -> None:
    found = ranking((4, 0.8), (3, 0.6), (5, 0.39), question="What should I bring?", of=HIKE)
    assert cited(found) == ["- a rope", "- a map"]


def test_no_more_than_eight_items_are_cited() -> None:
    of = article("Bring:\n\n" + "\n".join(f"- thing number {number}" for number in range(20)))
    found = ranking((2, 0.8), question="What should I bring?", of=of)
    assert cited(found) == [f"- thing number {number}" for number in range(8)]


def test_a_row_is_cited_behind_the_header_of_its_table() -> None:
    of = article("Fares\n\nTicket | Single\n\nAdult | 7.20\n\nCar | 31.00\n\nDogs are free.")
    found = ranking((4, 0.8), (3, 0.6), question="What does a car cost?", of=of)
    assert cited(found) == ["Ticket | Single", "Car | 31.00"]


LOG = article("Changes\n\nVersion 2.1\n\nIt has a dark mode.\n\nVersion 2.0\n\nIt exports tables.")


@pytest.mark.parametrize(
    ("question", "quotes"),
    [
        ("Which version added tables?", ["Version 2.0", "It exports tables."]),
        ("In which release came tables?", ["Version 2.0", "It exports tables."]),
        ("When did it learn to export tables?", ["Version 2.0", "It exports tables."]),
        ("What does it export?", ["It exports tables."]),
    ],
)
def test_a_dated_heading_is_cited_where_it_is_asked_for(question: str, quotes: list[str]) -> None:
    assert cited(ranking((5, 0.8), (3, 0.6), question=question, of=LOG)) == quotes


def test_a_heading_without_a_number_tells_no_date() -> None:
    of = article("Spring 1931\n\nThe mill\n\nIt was sold in a hurry.\n\nThen it burnt.")
    found = ranking((3, 0.8), question="When was the mill sold?", of=of)
    assert "The mill" not in cited(found)


def test_a_question_with_a_number_in_it_is_no_dated_heading() -> None:
    of = article("Is the mill from 1931?\n\nIt is from the spring of that year.\n\nYes it is.")
    found = ranking((2, 0.8), question="When was the mill built?", of=of)
    assert cited(found) == ["It is from the spring of that year."]


@pytest.mark.parametrize(
    ("text", "number", "quotes"),
    [
        (
            "“We need boats,” said Mia Holm. “The bridge is gone.”",
            2,
            ["“We need boats,” said Mia Holm.", "“The bridge is gone.”"],
        ),
        (
            "[00:01] Bo: Hello. It leaks.\n[00:02] Mia: Where?",
            2,
            ["[00:01] Bo: Hello.", "It leaks."],
        ),
        (
            "Mia Holm came. “We need boats,” she said. “The bridge is gone.”",
            3,
            ["Mia Holm came.", "“We need boats,” she said.", "“The bridge is gone.”"],
        ),
        ("“We need boats,” said Mia Holm. “No.”", 1, ["“We need boats,” said Mia Holm."]),
    ],
)
def test_what_is_said_is_cited_with_the_sentence_that_names_who_says_it(
    text: str, number: int, quotes: list[str]
) -> None:
    found = ranking((number, 0.8), question="Who says so?", of=article(text))
    assert cited(found) == quotes


@pytest.mark.parametrize("word", ["No.", "Yes!", "Not yet.", "Never."])
def test_a_no_is_cited_with_the_sentence_that_explains_it(word: str) -> None:
    of = article(f"Is there a lift?\n\n{word} It is being built.")
    found = ranking((3, 0.8), question="Is there a lift?", of=of)
    assert cited(found) == [word, "It is being built."]


def test_a_no_of_the_paragraph_before_belongs_to_another_question() -> None:
    of = article("Is it open? No.\n\nA lift is being built.")
    found = ranking((3, 0.8), question="Is there a lift?", of=of)
    assert cited(found) == ["A lift is being built."]


def test_articles_that_disagree_are_both_cited() -> None:
    one, two = article("The fee is 5."), article("The fee is 8.", article_id=2)
    found = ranking_of([hit(one, 1, 0.8), hit(two, 1, 0.73, 2)], [one, two], question="The fee?")
    assert cited(alike(found, (1, 2))) == ["The fee is 5.", "The fee is 8."]
    assert cited(found) == ["The fee is 5."]  # they speak of unlike things


def test_an_article_that_says_the_same_to_the_letter_is_not_cited() -> None:
    one, two = article("The fee is 5."), article("The fee is 5.", article_id=2)
    found = ranking_of([hit(one, 1, 0.8), hit(two, 1, 0.74, 2)], [one, two], question="The fee?")
    assert [each.article_id for each in cited_hits(alike(found, (1, 2)))] == [1]


def test_a_question_for_two_things_is_answered_by_sentences_that_match_both() -> None:
    of = article("Ada Penn built it. It was in 1931. It rained. Nobody came.")
    found = replace(
        ranking((1, 0.8), (4, 0.6), (2, 0.55), (3, 0.3), question="Who built it and when?", of=of),
        coverage=np.array([[1, 0.1], [0.9, 0.1], [0.3, 0.9], [0.1, 1]], np.float32),
        shares=np.array([0.5, 0.5], np.float32),
    )
    # The second adds nothing, and the last is too far below the best.
    assert cited(found) == ["Ada Penn built it.", "It was in 1931."]
    single = replace(found, query=replace(found.query, text="Who built it?"))
    assert cited(single) == ["Ada Penn built it."]
