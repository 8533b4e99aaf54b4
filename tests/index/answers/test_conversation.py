import dataclasses

import pytest

from index import Answer, Conversation, Library, Turn
from index.search.questions import Query

REED = "Who was the founder of the town of Harrow?"


def turn(question: str) -> Turn:
    return Turn(question, Answer(question, question, "Yes. [1]", (), None, 0.9, False, ()))


def talk(*questions: str) -> Conversation:
    return Conversation(tuple(map(turn, questions)))


def test_adding_a_turn_gives_a_new_conversation_and_leaves_the_old() -> None:
    empty = Conversation()
    one = empty.add(turn("Who?"))
    two = one.add(turn("Where?"))
    assert empty.turns == ()
    assert one.turns == (turn("Who?"),)
    assert [each.question for each in two.turns] == ["Who?", "Where?"]
    assert one == talk("Who?")


def test_a_conversation_cannot_be_changed() -> None:
    conversation = talk("Who?")
    with pytest.raises(dataclasses.FrozenInstanceError):
        conversation.turns = ()  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        conversation.turns[0].question = "Where?"  # type: ignore[misc]


@pytest.mark.parametrize(
    "question",
    [
        "When did he found it?",
        "How large is THEIR harbour today?",
        "Did the council agree to that?",
        "When?",
        "And where?",
        "Why not?",
        "What about the harbour?",
    ],
)
def test_a_question_that_leans_on_the_one_before_is_read_after_it(question: str) -> None:
    conversation = talk("Is there a bakery?", REED)
    assert conversation.query(question).expanded == f"{REED} {question}"


def test_a_chain_of_follow_ups_leads_back_to_the_question_that_stood_alone() -> None:
    conversation = talk("Is there a bakery?", REED, "Where was he born?")
    whole = f"{REED} Where was he born? When did he die?"
    assert conversation.query("When did he die?").expanded == whole
    longer = conversation.add(turn("When did he die?"))
    assert longer.query("Why?").expanded == f"{REED} When did he die? Why?"
    assert talk("Where?", "When?").query("Why?").expanded == "When? Why?"


@pytest.mark.parametrize(
    "question",
    ["When does the night train leave?", "Who built the lighthouse?", "Name two bakers of Kell"],
)
def test_a_question_that_stands_alone_is_searched_for_as_it_is(question: str) -> None:
    assert talk(REED).query(question).expanded == question


@pytest.mark.parametrize("origin", ["small talk", "overview"])
def test_a_turn_that_names_nothing_is_not_leant_on(origin: str) -> None:
    said = turn("thanks")
    nameless = Turn("thanks", dataclasses.replace(said.answer, origin=origin))
    assert talk(REED).add(nameless).query("When?").expanded == f"{REED} When?"
    assert Conversation((nameless,)).query("When?").expanded == "When?"


@pytest.mark.parametrize("question", ["When?", "When did he found it?", "", "?!"])
def test_the_first_question_is_searched_for_as_it_is(question: str) -> None:
    assert Conversation().query(question) == Query(question)


@pytest.mark.parametrize(
    ("before", "quote"),
    [
        (REED, "He was a miller, and he was born in Kell."),
        ("Who runs the bakery?", "He was a nurse, and he was born in Orra."),
    ],
)
def test_a_follow_up_is_answered_from_what_it_leans_on(
    library: Library, before: str, quote: str
) -> None:
    library.add_text(
        "Anders Reed founded the town of Harrow. He was a miller, and he was born in Kell.\n\n"
        "Ole Lund runs the bakery. He was a nurse, and he was born in Orra.",
        title="Harrow",
    )
    conversation = Conversation().add(Turn(before, library.ask(before)))
    answer = library.ask("Where was he born?", conversation=conversation)
    assert answer.question == "Where was he born?"
    assert answer.query == f"{before} Where was he born?"
    born = [citation.quote for citation in answer.citations if "born" in citation.quote]
    assert born == [quote]


def test_a_follow_up_looks_near_where_what_was_cited_stands_now(
    library: Library, searched: list[Query]
) -> None:
    """The article was changed between a question and the next."""
    text = "Ole Lund runs the bakery. He was a nurse. He was born in Orra."
    library.add_text(text, title="Harrow", source="there")
    before = "Who runs the bakery?"
    conversation = Conversation().add(Turn(before, library.ask(before)))
    cited = [(each.article_id, each.sentence) for each in conversation.cited]
    assert cited == [(1, 1)]
    searched.clear()
    for text_now, places in [
        (text, ((1, 1),)),
        (f"Harrow is old. It is small.\n\n{text}", ((1, 3),)),
        (text.replace("Ole Lund runs", "Mr Lund runs"), ((1, 1),)),
        ("Harrow is old. It is small.", ()),
    ]:
        library.add_text(text_now, title="Harrow", source="there")
        library.search("Where was he born?", conversation=conversation)
        library.ask("Where was he born?", conversation=conversation)
        assert [query.cited for query in searched] == [places] * 2
        searched.clear()
    library.remove(1)
    library.add_text(text, title="Harrow", source="there")
    assert library.search("Where was he born?", conversation=conversation)
    assert searched[0].cited == ()
