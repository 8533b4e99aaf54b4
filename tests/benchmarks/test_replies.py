from collections.abc import Iterator
from io import StringIO

import pytest
from rich.console import Console

from bot.chat import Chat
from bot.terminal.repl import Repl
from index import Answer, Conversation, Encoder, Library, Turn, UnknownArticle

PETS = "The dog of the Millers barked at the postman. The cat slept on the roof of the barn."
SHIPS = "The ship Aurora sank near Iceland in 1911. Her captain drowned with eleven sailors."


@pytest.fixture
def shelf(encoder: Encoder) -> Iterator[Library]:
    with Library.open(None, encoder=encoder, reader="off") as opened:
        opened.add_text(PETS, title="Pets")
        yield opened


def test_chit_chat_is_replied_to_and_cites_nothing(shelf: Library) -> None:
    expected = "Hello! Ask me about “Pets”: I answer with its own sentences."
    assert Chat(shelf).reply("hey there!") == Answer(
        question="hey there!",
        query="hey there!",
        text=expected,
        citations=(),
        short=None,
        confidence=1.0,
        abstained=False,
        nearest=(),
        origin="small talk",
        notice="",
    )


def test_the_reply_names_the_articles_that_are_asked(shelf: Library) -> None:
    ships = shelf.add_text(SHIPS, title="Ships")
    chat = Chat(shelf)
    assert "the 2 articles" in chat.reply("hi").text
    assert "“Ships”" in chat.reply("hi", articles=[ships.id]).text
    with pytest.raises(UnknownArticle):
        chat.reply("hi", articles=[9])


def test_an_empty_library_says_how_to_add_an_article(encoder: Encoder) -> None:
    with Library.open(None, encoder=encoder, reader="off") as empty:
        assert "`footnote add FILE`" in Chat(empty).reply("who are you?").text


def test_what_it_is_about_is_told_with_citations(shelf: Library) -> None:
    answer = Chat(shelf).reply("what is this about?")
    assert answer.origin == "overview"
    assert [citation.sentence for citation in answer.citations] == [1, 2]


def test_a_question_behind_a_greeting_is_answered_from_the_article(shelf: Library) -> None:
    answer = Chat(shelf).reply("hi, where did the cat sleep?")
    assert answer.origin == "extracted"
    assert [citation.sentence for citation in answer.citations] == [2]


def test_a_follow_up_behind_thanks_leans_on_the_question_before(shelf: Library) -> None:
    chat, conversation = Chat(shelf), Conversation()
    for said in ("Where did the cat sleep?", "thanks!"):
        conversation = conversation.add(Turn(said, chat.reply(said, conversation=conversation)))
    answer = chat.reply("and where was it?", conversation=conversation)
    assert answer.query == "Where did the cat sleep? and where was it?"


def test_a_message_without_words_is_refused(shelf: Library) -> None:
    with pytest.raises(ValueError, match="has no words"):
        Chat(shelf).reply("👍")


def test_thanks_leave_the_sources_of_the_last_answer(shelf: Library) -> None:
    console = Console(file=StringIO(), width=100)
    with console.capture() as capture:
        Repl(shelf, console).run(iter(["Where did the cat sleep?", "thanks!", "/sources"]))
    lines = [line.rstrip() for line in capture.get().splitlines()]
    assert "You are welcome! Ask me about “Pets”: I answer with its own sentences." in lines
    assert lines[-2:] == ["[1] Pets, sentence 2 of 2", f"    {PETS}"]
