"""The documents that the reader learns from, and what it is given of them."""

import random
from pathlib import Path

import pytest

from index import Encoder
from training.candidates import Candidate, Case, cases, read, write
from training.documents import (
    PublicDocument,
    SentencesDocument,
    StoryDocument,
    documents,
    held_out_stories,
)
from training.examples import of_cases


def test_every_fifth_story_is_held_out(data: Path) -> None:
    trained = [each.title for each in documents(data) if isinstance(each, StoryDocument)]
    held_out = [each.title for each in held_out_stories(data)]
    assert trained == ["kiln-b", "kiln-c", "kiln-d", "kiln-e", "kiln-g"]
    assert held_out == ["kiln-a", "kiln-f"]


def test_data_without_its_files_is_refused_with_their_names(data: Path) -> None:
    (data / "training" / "A_covidqa.jsonl").unlink()
    with pytest.raises(SystemExit, match=r"lacks A_covidqa\.jsonl"):
        list(documents(data))


def test_a_case_holds_what_answers_first_and_then_what_ranks_high(
    data: Path, encoder: Encoder
) -> None:
    story = next(each for each in documents(data) if isinstance(each, StoryDocument))
    found = list(cases([story], encoder))
    built, burnt, paid, sold, went, why = found
    assert built.candidates[0] == Candidate(
        "The kiln\nAda Penn built the kiln at Marlow in 1931.", 9, True, ((9, 17),)
    )
    assert burnt.candidates[0].window[burnt.candidates[0].first :] == "It was fired with peat."
    assert "Ada Penn" in burnt.candidates[0].window  # it is read behind the sentence before
    assert [each.answers for each in paid.candidates] == [False] * 4
    assert went.question.endswith("Her brother Tom sold the bricks. and where did he go?")
    assert went.question.startswith("who sold the bricks?")
    assert (sold.whole, went.whole, why.whole) == (
        "who sold the bricks?",
        "Where did Tom go?",
        "Why did Tom move to Perth?",
    )


def test_cases_are_kept_in_a_file_as_they_are(tmp_path: Path) -> None:
    kept = [Case("s", "Who?", "Who?", (Candidate("“Ada” left", 1, True, ((1, 4),)),))]
    write(kept, tmp_path / "cases.jsonl")
    assert read(tmp_path / "cases.jsonl") == kept


def test_contexts_side_by_side_are_one_document(encoder: Encoder) -> None:
    def row(question: str, context: str, answer: str) -> dict[str, object]:
        answers = [{"text": answer, "start": context.index(answer)}] if answer else []
        found = {"question": question, "context": context, "answers": answers}
        return {**found, "impossible": not answer}

    first = "the ship sank in 1911 . it was old ."
    rows = [row("when ?", first, "1911"), row("who ?", "Ada left.", "Ada"), row("why ?", first, "")]
    when, who, why = cases([PublicDocument("s", rows)], encoder)
    assert when.candidates[0].window == "the ship sank in 1911 ."
    assert when.candidates[0].spans == ((17, 21),)
    assert {each.window for each in when.candidates[1:]} == {
        "the ship sank in 1911 . It was old .",
        "Ada left.",
    }
    assert who.candidates[0].window == "Ada left."
    assert not any(each.answers for each in why.candidates)


def test_an_answer_of_more_than_a_sentence_is_left_out(encoder: Encoder) -> None:
    answer = {"text": "It blew. It rained.", "start": 0}
    row = {"question": "Why?", "context": "It blew. It rained.", "answers": [answer]}
    assert not list(cases([PublicDocument("s", [{**row, "impossible": False}])], encoder))


def test_sentences_that_answer_are_known_without_their_words(encoder: Encoder) -> None:
    row = {
        "question": "Who left?",
        "title": "T",
        "sentences": ["It blew.", "Ada left."],
        "answers": [1],
    }
    [case] = cases([SentencesDocument(row)], encoder)
    assert (case.candidates[0].answers, case.candidates[0].spans) == (True, ())
    assert not case.candidates[1].answers


def test_a_pass_takes_all_that_answers_and_some_that_does_not() -> None:
    windows = [Candidate(f"No {number}.", 0, False) for number in range(9)]
    answered = Case("s", "and he?", "Did Tom?", (Candidate("Yes.", 0, True), *windows))
    vain = Case("s", "Why?", "Why?", tuple(windows))
    examples = of_cases([answered, vain] * 40, random.Random(1))
    of_answered = [each for each in examples if each.question != "Why?"]
    assert sum(each.answers for each in of_answered) == 40
    assert len(of_answered) == 160
    assert len(examples) - len(of_answered) == 120
    asked = [each.question for each in of_answered if each.answers]
    assert 5 <= asked.count("Did Tom?") <= 20
    high = sum(each.window in ("No 0.", "No 1.") for each in examples)
    low = sum(each.window in ("No 7.", "No 8.") for each in examples)
    assert high > 1.5 * low
