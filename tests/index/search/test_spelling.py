import pytest

from index.search.questions import correct
from index.text.words import english

WORDS = {"brenning", "observatory", "founded", "telescope", "calder", "comet", "lumerite", "falk"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("who founded the obsrvatory", "who founded the observatory"),  # a letter is missing
        ("who founded the obseervatory", "who founded the observatory"),  # one too many
        ("who foundet it", "who founded it"),  # another
        ("who fuonded it", "who founded it"),  # two exchanged
        ("what is lumerit", "what is lumerite"),
        ("Did Caldre see it?", "Did calder see it?"),
        ("a tellescoppe", "a telescope"),  # two mistakes in a long word
    ],
)
def test_a_misspelt_word_is_the_nearest_of_the_articles(typed: str, meant: str) -> None:
    assert correct(typed, lambda: WORDS) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("whne did it close", "when did it close"), ("does it hapen often", "does it happen often")],
)
def test_or_else_of_common_english(typed: str, meant: str) -> None:
    assert correct(typed, lambda: WORDS) == meant


def test_the_articles_come_before_common_english() -> None:
    assert "honey" in english()
    assert correct("who sells honye", lambda: {"honyx"}) == "who sells honyx"
    assert correct("who sells honye", lambda: {"bread"}) == "who sells honey"


@pytest.mark.parametrize(
    "question",
    [
        "What is lumerite?",  # an article's word, though English has it not
        "Who was Zacharov?",  # near nothing
        "what is a qkz",  # too short
        "What happened in 2004?",
        "What does E7xq1 mean?",
        "is a dog allowed",  # all of them common
        "tescope",  # two mistakes in a short word
        "",
        "?!",
    ],
)
def test_what_is_known_or_near_nothing_stays(question: str) -> None:
    assert correct(question, lambda: WORDS) == question


def test_the_articles_are_not_looked_at_where_all_words_are_common() -> None:
    def never() -> set[str]:
        raise AssertionError("the vocabulary was asked for")

    assert correct("When does the train leave?", never) == "When does the train leave?"


def test_nothing_else_of_the_question_changes() -> None:
    asked = "  WHO (really) foundet  the “mill” in 1894?  "
    assert correct(asked, lambda: WORDS) == asked.replace("foundet", "founded")


def test_a_name_is_not_taken_for_a_common_word_or_another_short_name() -> None:
    question = "What did Ole Lund discover?"
    assert correct(question, lambda: ["lind", "comet"]) == question
    assert correct("Who was Ines Caldar?", lambda: ["ines", "calder"]) == "Who was Ines calder?"
    assert correct("WHO WAS OLE LINT?", lambda: ["lind"]) == "WHO WAS OLE lind?"
