from dataclasses import replace

import pytest

from index.answers.confidence import short_span
from index.models.reader import Span
from tests.support.rankings import article, ranking


def short(question: str, sentence: str, found: str) -> str | None:
    """The short answer where the reader found these words of a text's second sentence."""
    of = article(f"It rained. {sentence}")
    start = of.text.index(found, 11)
    ranked = ranking((2, 0.8), question=question, of=of)
    span = short_span(replace(ranked, spans=(Span(start, start + len(found), 1.0, 3.0, -0.5),)))
    if span is None:
        return None
    assert (span.log_odds, span.log_probability) == (3.0, -0.5)
    return of.text[span.start : span.end]


@pytest.mark.parametrize(
    ("question", "sentence", "found", "whole"),
    [
        ("How many units?", "The East sold 1,530.", "530", "1,530"),
        ("How many units?", "The East sold 1,530.", "1", "1,530"),
        ("Which bug?", "It was CVE-2024-1234 again.", "2024", "CVE-2024-1234"),
        ("Which file?", "It is kept in ~/.config/tool.toml.", "config", "~/.config/tool.toml"),
        ("What is the rate?", "The rate is 2.5%.", "2.5", "2.5%"),
        ("How much is it?", "A return costs £12.00 now.", "12.00", "£12.00"),
        ("Which option?", "Raise `--max-upload` first.", "max", "`--max-upload`"),
        ("Which word?", "He said “well-meant” twice.", "meant", "well-meant"),
        ("Who is she?", "She is (as we know) Ada Penn.", "Ada Penn", "Ada Penn"),
        ("Who is she?", "She is Ada Penn, a miller.", "Penn", "Penn"),
    ],
)
def test_words_numbers_and_paths_are_whole_and_without_punctuation(
    question: str, sentence: str, found: str, whole: str
) -> None:
    assert short(question, sentence, found) == whole


@pytest.mark.parametrize(
    ("sentence", "found", "whole"),
    [
        ("The hill is 612 metres high.", "612", "612 metres"),
        ("It weighs 4.5 kg.", "4.5", "4.5 kg"),
        ("It fails at 18 °C.", "18", "18 °C"),
        ("The line is 30% shorter.", "30", "30%"),
        ("It takes 10-12 days.", "10-12", "10-12 days"),
        ("He took 8 and left.", "8", "8"),
        ("It opened in 1932 when he was away.", "1932", "1932"),
        ("It costs 9.", "9", "9"),
        ("It costs £9 now.", "£9", "£9"),
        ("It cost £9 million then.", "£9", "£9 million"),
        ("It is forty steps high.", "forty", "forty"),
    ],
)
def test_a_bare_number_takes_its_unit_in(sentence: str, found: str, whole: str) -> None:
    assert short("What is it?", sentence, found) == whole


@pytest.mark.parametrize(
    ("question", "sentence", "found"),
    [
        ("Who wants the tram?", "We need it, she said.", "she"),
        ("Who wants the tram?", "It was his idea.", "his idea"),
        ("What broke?", "This broke.", "This"),
        ("How long does delivery take?", "We say how long it takes.", "how long"),
        ("What is new in Kell?", "We asked what the mayor says.", "what the mayor says"),
        ("Who owns the red mill?", "The red mill was sold.", "The red mill"),
        ("How much is a locker?", "The fee is 15 crowns.", "The fee"),
        ("warden", "In 2011 a warden was hired.", "2011"),
        ("When was it?", "It was — then.", "—"),
    ],
)
def test_pronouns_words_of_the_question_and_what_is_not_asked_for_answer_nothing(
    question: str, sentence: str, found: str
) -> None:
    assert short(question, sentence, found) is None


@pytest.mark.parametrize(
    "question",
    [
        "Is there a gym?",
        "can i bring dogs",
        "Why did it close?",
        "What caused it?",
        "How do I reset it?",
        "how was it paid for",
    ],
)
def test_no_few_words_answer_yes_or_no_why_or_how_it_is_done(question: str) -> None:
    assert short(question, "The lottery paid half of it.", "The lottery") is None


def test_words_of_the_question_with_another_answer() -> None:
    found = short(
        "Who owns the red mill?", "Ada Penn of the red mill does.", "Ada Penn of the red mill"
    )
    assert found == "Ada Penn of the red mill"


def test_what_was_not_read_has_no_short_answer() -> None:
    assert short_span(ranking((1, 0.8), question="Who built it?")) is None
