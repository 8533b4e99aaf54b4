"""Example questions: what the rules make of an article, and what the articles must answer."""

import pytest

from bot.discord.examples import LONGEST, candidates, examples
from bot.sharing import add_shipped
from index import Encoder, Library

HANDBOOK = b"""# The handbook of the harbour

## Opening hours

The office is open from nine to five on weekdays.

## How do I rent a berth?

Write to the harbour master and name the length of your boat.

## Empty

## A heading that is much too long to be asked about

It froze each winter."""


@pytest.fixture
def library(encoder: Encoder) -> Library:
    return Library.open(None, encoder=encoder, reader="off")


def made(library: Library, text: str) -> list[str]:
    return [each.question for each in candidates(library.add_text(text, title="It"))]


@pytest.mark.parametrize(
    ("sentence", "questions"),
    [
        (
            "The harbour was built in 1850.",
            ["When was the harbour built?", "What happened in 1850?"],
        ),
        ("Two cranes were sold on 3 May 1999.", []),
        ("The cranes were sold on 3 May 1999.", ["When were the cranes sold?"]),
        ("It was built in 1850.", ["What happened in 1850?"]),
        ("There was held a vote in 1850 and in 1851.", []),
        ("A clamp is a device that holds a container.", ["What is a clamp?"]),
        ("This is a device.", []),
        ("Its secretary, Tobias Renn, said so.", ["Who is Tobias Renn?"]),
        ("Ada Byron, the daughter of a poet, wrote it.", ["Who is Ada Byron?"]),
        ("Her captain swam to the shore.", []),
    ],
)
def test_a_rule_makes_a_question_of_a_sentence_that_has_its_form(
    library: Library, sentence: str, questions: list[str]
) -> None:
    assert made(library, sentence) == questions


def test_headings_are_asked_about_and_those_that_ask_are_asked(library: Library) -> None:
    article = library.add_bytes(HANDBOOK, name="handbook.md", source="it")
    asked = [each.question for each in candidates(article)]
    assert asked == ["How do I rent a berth?", "What does it say about “Opening hours”?"]


def test_what_is_too_long_for_a_button_is_not_asked(library: Library) -> None:
    name = "-".join(["word"] * 20)
    assert len(name) > LONGEST
    assert made(library, f"The {name} was built in 1850.") == ["What happened in 1850?"]


def test_the_shipped_article_answers_its_three_examples() -> None:
    library = Library.open(None)  # with the packaged models
    article = add_shipped(library)
    shown = examples(library, [article])
    assert shown == ("Who is Fadhil al-Gezzi?", "Who is Donald Trump?", "What happened in 2015?")
    for question in shown:
        answer = library.ask(question)
        assert not answer.abstained
        assert not answer.tentative


def test_articles_take_turns(library: Library) -> None:
    first = library.add_text(
        "The harbour was built in 1850. It froze.\n\nThe pier was sold in 1860.", title="Harbour"
    )
    second = library.add_text("The ship Aurora was lost in 1911. She sank.", title="Ships")
    assert examples(library, [first, second]) == (
        "When was the harbour built?",
        "When was the ship Aurora lost?",
        "When was the pier sold?",
    )


def test_a_question_that_the_article_does_not_answer_is_not_shown(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = library.add_text("The harbour was built in 1850.", title="Harbour")
    monkeypatch.setattr("index.answers.answer.TENTATIVE", 1.0)  # it abstains from everything
    assert examples(library, [article]) == ()


def test_no_example_is_made_where_no_rule_fits(library: Library) -> None:
    assert examples(library, [library.add_text("Her captain swam ashore.", title="It")]) == ()
    assert examples(library, []) == ()
