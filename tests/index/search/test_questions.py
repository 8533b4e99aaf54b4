import pytest

from index.search.questions import (
    asks,
    content_words,
    echoes,
    fits,
    kind_of,
    leans,
    numbers,
    tells_provenance,
)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who built it?", "who"),
        ("Whose idea was the ferry?", "who"),
        ("who's in charge", "who"),
        ("When did it open?", "when"),
        ("What year did the mill burn?", "when"),
        ("Where is the depot?", "where"),
        ("Which town has a harbour?", "where"),
        ("How many rooms are there?", "number"),
        ("how much does a child pay", "number"),
        ("How long does it take?", "number"),
        ("What is the population of Kell?", "number"),
        ("What's the price?", "number"),
        ("Why was it closed?", "reason"),
        ("how come nobody came", "reason"),
        ("What caused the flood?", "reason"),
        ("How do I reset the clock?", "manner"),
        ("how to open it", "manner"),
        ("How was the dome paid for?", "manner"),
        ("Is there a lift?", "yes or no"),
        ("and can i bring a dog", "yes or no"),
        ("Doesn’t it rust?", "yes or no"),
        ("What is a goose?", "other"),
        ("Name the members.", "other"),
        ("", "other"),
    ],
)
def test_a_question_tells_what_kind_of_thing_it_asks_for(question: str, kind: str) -> None:
    assert kind_of(question) == kind


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("Who built it?", "The mill was built by Ada Penn.", "It was built of oak and slate."),
        ("Who may not dive?", "- people with a cold", "- with a cold"),
        ("When did it open?", "The doors opened in May.", "The doors are made of oak."),
        ("What year was that?", "It was in 1931.", "It was a comet."),
        ("Where is the depot?", "It stands behind the mill.", "The depot holds grain."),
        ("How many came?", "Forty people came.", "The farmers came."),
        ("How much is it?", "Admission is free.", "You pay cash."),
        ("Why did it close?", "It closed because the lights were bright.", "It closed early."),
    ],
)
def test_a_sentence_fits_that_holds_such_a_thing(question: str, right: str, wrong: str) -> None:
    assert fits(question, right)
    assert not fits(question, wrong)


@pytest.mark.parametrize("question", ["What is a goose?", "Is it open?", "How do I open it?"])
def test_where_no_kind_of_thing_is_asked_for_any_sentence_fits(question: str) -> None:
    assert fits(question, "Nothing to see.")


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("what happened in 2004", {"2004"}),
        ("What does E9 mean?", {"e9"}),
        ("Is 1,530 more than 12.5?", {"1,530", "12.5"}),
        ("At 9:30, or at 10:15?", {"9:30", "10:15"}),
        ("It closed in 1983.", {"1983"}),
        ("None of them.", set()),
    ],
)
def test_numbers_are_whole_and_keep_the_letters_before_them(text: str, held: set[str]) -> None:
    assert numbers(text) == held


@pytest.mark.parametrize(
    ("sentence", "does"),
    [
        ("Is it open?", True),
        ("“Is it open?”", True),
        ("(Is it?)", True),
        ("It is.", False),
        ("Is it? It is.", False),
    ],
)
def test_a_question_is_known_by_its_mark(sentence: str, does: bool) -> None:
    assert asks(sentence) == does


def test_content_words_are_all_but_function_words_in_lower_case() -> None:
    assert content_words("What does the Ferry cost in 2026?") == {"ferry", "cost", "2026"}


@pytest.mark.parametrize(
    ("question", "sentence", "does"),
    [
        ("How long does delivery take?", "How long does delivery take?", True),
        ("how long does delivery take", "Delivery", True),
        ("What does a trip cost?", "What a trip costs", False),
        ("How long does delivery take?", "Delivery takes two days.", False),
        ("How long does delivery take?", "Two days.", False),
    ],
)
def test_a_sentence_echoes_that_adds_no_word_to_the_question(
    question: str, sentence: str, does: bool
) -> None:
    assert echoes(question, sentence) == does


def test_a_statement_may_answer_yes_with_the_words_of_the_question_but_a_question_may_not() -> None:
    assert not echoes("Is the hall closed on Mondays?", "The hall is closed on Mondays.")
    assert echoes("Is the hall closed on Mondays?", "Is the hall closed?")


@pytest.mark.parametrize(
    "question",
    [
        "why?",
        "Why",
        "And the other one?",
        "What about children?",
        "how about the blue one",
        "When did he die?",
        "What did they find there?",
        "How heavy is it?",
        "Who did that?",
        "What then?",
        "are you sure?",
        "which one is cheaper?",
        "How old?",
        "?",
    ],
)
def test_a_question_leans_that_names_nothing_or_means_what_was_named(question: str) -> None:
    assert leans(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who is the mayor?",
        "Where is the station?",
        "What is the deposit for a locker?",
        "Does the mill still grind flour?",
        "When did Ada Penn sell her mill?",
        "What do farmers in Kell feed their geese, says Ada?",
        "Is there a lift in the tower?",
        "Is it true that the tower leans to the north?",
        "What does this article say about geese?",
    ],
)
def test_a_question_stands_alone_that_names_what_it_means(question: str) -> None:
    assert not leans(question)


@pytest.mark.parametrize(
    "question", ["Did every child get its cup?", "Does the town heat its hall?"]
)
def test_a_pronoun_may_mean_what_the_question_names_before_it(question: str) -> None:
    assert not leans(question)
    assert leans("Did it get the hall warm?")


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("Who wrote this article?", "Written by Ada Penn."),
        ("who sent the mail", "From: Ada Penn"),
        ("Who is the author?", "By Ada Penn, staff writer"),
        ("When was this published?", "Published on 2024-05-06."),
        ("When was the page last updated?", "Last updated 6 May 2024"),
        ("How old is this?", "Date: 6 May 2024"),
        ("What version is this?", "Version 2.1."),
        ("What’s the latest version?", "Version 2.1."),
    ],
)
def test_a_line_tells_who_wrote_a_document_and_when(question: str, line: str) -> None:
    assert tells_provenance(question, line)
    assert not tells_provenance(question, "Geese graze in May.")
    assert not tells_provenance("What do geese eat?", line)
