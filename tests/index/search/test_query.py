import pytest

from index import Conversation, Encoder, Library, Turn
from index.search.questions import Query

TEXT = (
    "Ada Lund founded the bakery of Kell in 1911. She was born in Orra. She died in 1950.\n\n"
    "Karl Reed founded the brewery of Kell in 1877. He was born in Vell. He died in 1901."
)


def test_a_query_that_leans_is_the_question_behind_what_it_leans_on() -> None:
    assert Query("And when?").expanded == "And when?"
    assert Query("And when?", "Who founded it?", leans=True).expanded == "Who founded it? And when?"
    assert Query("When did it close?", "Who founded it?").expanded == "When did it close?"


def test_a_query_follows_once_something_was_answered() -> None:
    assert not Query("And when?").follows
    assert Query("When did it close?", "Who founded it?").follows


@pytest.mark.parametrize(
    ("first", "born", "died"),
    [
        ("Who founded the bakery?", "She was born in Orra.", "She died in 1950."),
        ("Who founded the brewery?", "He was born in Vell.", "He died in 1901."),
    ],
)
def test_a_follow_up_finds_what_it_leans_on(
    encoder: Encoder, first: str, born: str, died: str
) -> None:
    with Library.open(None, encoder=encoder, reader="off") as library:
        library.add_text(TEXT, title="Kell")
        conversation = Conversation().add(Turn(first, library.ask(first)))
        assert library.search("Born where?", conversation=conversation)[0].quote == born
        assert library.search("And died when?", conversation=conversation)[0].quote == died
        assert {hit.quote for hit in library.search("Born where?")[:2]} == {
            "She was born in Orra.",
            "He was born in Vell.",
        }


def test_a_question_that_stands_alone_is_searched_for_by_itself(encoder: Encoder) -> None:
    with Library.open(None, encoder=encoder, reader="off") as library:
        library.add_text(TEXT, title="Kell")
        first = "Who founded the bakery?"
        conversation = Conversation().add(Turn(first, library.ask(first)))
        answer = library.ask("Who founded the brewery of Kell?", conversation=conversation)
        assert answer.query == "Who founded the brewery of Kell?"
        assert answer.citations[0].quote.startswith("Karl Reed")
