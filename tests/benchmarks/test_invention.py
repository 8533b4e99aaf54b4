import json
from dataclasses import replace

import pytest

from benchmarks.invention import (
    Found,
    Knowing,
    Outcome,
    _is_shown,
    _outcome,
    _row,
    found_in_stories,
)
from benchmarks.story_files import Asked, Said, Story
from index import Answer, Article, Citation, Encoder, Hit, Reader
from tests.support.rankings import article

SAID = Said("It ended at noon.", "date", (3,))


def chosen(of: Article, number: int) -> Answer:
    citation = Citation.of(Hit.of(of, number, score=0.5, rank=1), 1)
    return Answer("?", "?", f"{citation.quote} [1]", (citation,), None, 0.9, False, ())


def test_an_answer_of_the_articles_sentences_shows_no_statement() -> None:
    of = article()
    assert not _is_shown(SAID, chosen(of, 3), of)
    assert not _is_shown(SAID, replace(chosen(of, 3), text="?", abstained=True), of)


@pytest.mark.parametrize(
    "leak",
    [
        {"text": f"{SAID.text} [1]"},
        {"text": f"It ended at dusk. [1] {SAID.text}"},
        {"notice": SAID.text},
        {"query": f"Is it true? {SAID.text}"},
        {"short": replace(chosen(article(), 3).citations[0], quote=SAID.text)},
        {"citations": (replace(chosen(article(), 3).citations[0], quote=SAID.text),)},
    ],
    ids=list,
)
def test_a_statement_is_found_wherever_it_is_shown(leak: dict[str, object]) -> None:
    of = article()
    assert _is_shown(SAID, replace(chosen(of, 3), **leak), of)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "worded", "replaced"),
    [
        ("It was over by dusk.", True, False),
        ("It ended in 1911.", False, True),
        ("It ended in Paris.", False, True),
    ],
)
def test_what_becomes_of_a_statement_in_both_modes(text: str, worded: bool, replaced: bool) -> None:
    of = article()
    said = Said(text, "other", (3,))
    found = _outcome(chosen(of, 1), of, range(1, 6), said)
    assert (found.quoted, found.worded, found.replaced) == (False, worded, replaced)
    missing = _outcome(chosen(of, 1), of, range(1, 6), replace(said, cited=(99,)))
    assert (missing.quoted, missing.worded, missing.replaced) == (False, False, False)


def test_a_row_has_the_shares_of_what_became_of_statements() -> None:
    found = [Outcome(SAID, False, True, False), Outcome(SAID, True, False, False)]
    assert _row("all", found) == "| all | 2 | 0.500 (1) | 0.500 | 0.000 | 0.500 |"


STORY = Story(
    title="harbour",
    text="The harbour of Tarn froze in 1947. Ida Holm wrote about it.\n\nIt thawed in May.",
    markdown=False,
    sentences=(
        "The harbour of Tarn froze in 1947.",
        "Ida Holm wrote about it.",
        "It thawed in May.",
    ),
    questions=(Asked("When did it thaw?", "When did it thaw?", (3,), "in May"),),
    chats=(
        (
            Asked("who wrote about the harbour?", "Who wrote about the harbour?", (2,), None),
            Asked("and where?", "Where did Ida Holm write about it?", (), None),
        ),
    ),
)


def test_a_model_that_knows_the_answers_is_asked_all_questions_and_chats_twice(
    encoder: Encoder, reader: Reader
) -> None:
    found = list(found_in_stories([STORY], encoder, reader))
    assert [(each.place, each.answerable, each.given, each.cited) for each in found] == [
        ("stories: first questions", True, True, True),
        ("stories: first questions", True, True, True),
        ("stories: follow-ups", False, False, False),
        ("stories: follow-ups, not rewritten", False, False, False),
    ]
    assert isinstance(found[0], Found)
    assert found[0].answer.origin == "chosen"


def test_a_model_that_knows_the_answers_rewrites_and_names_what_it_is_given() -> None:
    asked = Asked("and where?", "Where was it?", (1,), "in Tarn")
    llm = Knowing(asked=asked, gold=("It froze.",))
    assert json.loads(llm.written("user: Rewrite the last question so\n")) == {
        "question": "Where was it?"
    }
    choice = {"answered": True, "sentences": [2], "words": "in Tarn"}
    assert json.loads(llm.written("Choose\n[1] It thawed.\n[2] It froze.")) == choice
    assert llm.given
    assert json.loads(llm.written("Choose\n[1] It thawed."))["answered"] is False
    assert not llm.given
