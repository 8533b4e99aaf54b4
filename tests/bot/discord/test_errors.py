"""What members are told when something goes wrong, and text that means ill."""

import logging
import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from index import Encoder, LibraryError, ModelError
from tests.support.discord_world import AURORA, SHIPS, World, world

BUSY = "too many questions waiting: busy, try again in 2 s."
GONE = "Something went wrong unexpectedly; it is in my log. Try again in a while."


async def refused(ships: World, question: str = AURORA, **options: Any) -> str:
    """Ask; give the one thing that the member is told, and see that nothing else is left."""
    asked = await ships.ask(question, **options)
    assert asked.acknowledged
    assert asked.response is None
    [told] = asked.followups
    assert told.ephemeral
    return str(told.content)


def breaks(ships: World, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    async def answer(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(ships.pool, "answer", answer)


async def test_a_question_without_words_is_told_what_is_missing(ships: World) -> None:
    assert await refused(ships, "???") == r"The question '???' has no words; ask for something."


async def test_whoever_asks_twice_at_once_is_asked_to_wait(
    tmp_path: Path, encoder: Encoder
) -> None:
    async with world(tmp_path, encoder, cooldown=60) as ships:
        await ships.add()
        await ships.ask(AURORA)
        said = await refused(ships)
        assert said.startswith("One question every 60 s: try again in ")
        assert said.endswith(" s.")
        await ships.mention(AURORA)
        assert ships.channel.last_message.content.startswith("One question every 60 s")
        other = await ships.ask(AURORA, by=ships.bob)
        assert "in 1911" in other.response.content


async def test_a_full_queue_is_told_after_the_acknowledgement(ships: World) -> None:
    with ExitStack() as places:
        for member in range(16):
            places.enter_context(ships.bot.admission.slot(member, ships.guild.id))
        assert await refused(ships) == f"This server has {BUSY}"
    calls = [(each.method, each.path.rsplit("/", 1)[-1]) for each in ships.env.http_requests[-4:]]
    assert calls[0] == ("POST", "callback")
    assert calls[1][0] == "PATCH"
    assert calls[3] == ("DELETE", "@original")


@pytest.mark.parametrize("error", [LibraryError("secret path"), ModelError("secret url")])
async def test_a_broken_library_is_told_without_its_secrets(
    ships: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    breaks(ships, monkeypatch, error)
    assert await refused(ships) == (
        "My library cannot be used at the moment, and whoever runs me can see why in the log."
        " Try again later."
    )
    assert str(error) in caplog.text


@pytest.mark.parametrize("error", [RuntimeError("a secret"), ValueError("a secret")])
async def test_an_unexpected_error_is_logged_with_its_traceback_and_not_shown(
    ships: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    breaks(ships, monkeypatch, error)
    assert await refused(ships) == GONE
    [record] = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert record.exc_info is not None
    assert record.exc_info[1] is error
    await ships.mention(AURORA)
    assert ships.channel.last_message.content == GONE


async def test_a_command_that_is_no_more_is_told_of(ships: World) -> None:
    ships.bot.tree.remove_command("stats")
    ships.errors.append("CommandNotFound")
    asked = await ships.alice.slash(ships.channel, "stats")
    assert asked.ephemeral
    assert asked.response.content.startswith("That command has changed: wait a minute")


async def test_no_question_is_ever_logged(ships: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("discord", "asyncio", "simcord"):  # what others log at DEBUG is theirs
        caplog.set_level(logging.INFO, logger=name)
    asked = await ships.ask("When did Aurora XYZZY sink?")
    assert "XYZZY" in asked.response.content
    await refused(ships, "XYZZY", article=77)
    assert "XYZZY" not in caplog.text


async def test_an_answer_that_cannot_be_edited_in_goes_to_the_channel(ships: World) -> None:
    ships.env.inject_error("PATCH", "/webhooks/*/messages/@original", status=404, code=10015)
    await ships.ask(AURORA)
    assert "The ship Aurora sank near Iceland in 1911." in ships.channel.last_message.content
    assert len(ships.channel.history()) == 2


async def test_an_acknowledgement_that_came_through_after_all_is_one(ships: World) -> None:
    ships.env.inject_error("POST", "/interactions/*/callback", status=400, code=40060)
    asked = await ships.ask(AURORA)
    assert asked.followups == []
    assert "The ship Aurora sank" in ships.channel.last_message.content


async def test_an_interaction_that_is_over_is_let_go(ships: World) -> None:
    ships.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062)
    asked = await ships.ask(AURORA)
    assert not asked.acknowledged
    assert ships.channel.history() == []


async def test_an_error_stays_where_all_see_it_if_the_member_alone_cannot_be_told(
    ships: World,
) -> None:
    ships.env.inject_error("POST", "/webhooks/*", status=403)
    asked = await ships.ask("???")
    assert asked.followups == []
    assert asked.response.content.startswith("The question '???' has no words")


async def test_an_error_that_cannot_be_shown_is_logged_and_ends_there(
    ships: World, caplog: pytest.LogCaptureFixture
) -> None:
    ships.env.inject_error("*", "/webhooks/*", status=403, times=None)
    await ships.ask("???")
    assert "an error could not be shown: Forbidden" in caplog.text


async def test_a_question_that_is_deleted_while_it_is_answered_leaves_no_answer(
    ships: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ships.pool.answer

    async def late(*arguments: Any, **options: Any) -> Any:
        [question] = ships.channel.history()
        ships.env.backend.delete_message(ships.channel.id, question.id)
        return await real(*arguments, **options)

    monkeypatch.setattr(ships.pool, "answer", late)
    assert ships.bot.user is not None
    ships.env.backend.create_message(
        ships.channel.id, ships.alice.id, f"<@{ships.bot.user.id}> {AURORA}"
    )
    await ships.env.settle()
    assert ships.channel.history() == []


HOSTILE = [
    "@everyone",
    "@here",
    "<@1> and <@&2> in <#3>",
    "**bold** __under__ `code` ||spoiler|| ~~gone~~",
    "[click me](https://evil.example)",
    "```\nblock\n```",
    "> quote\n\n# heading\n-# small\n- item",
    "zero\u200bwidth \u202eright to left\u202c \u2066isolate\u2069 \ufeffmark",
    "<t:0:R> </ask:1> <a:party:2> <id:customize>",
    "https://discord.gg/evil discord.gg/evil",
    "” closing \\ back\\slash\\*",
]


def harmless(content: str) -> None:
    """What is shown pings, formats, links and hides nothing but what the bot itself put tships."""
    kept = re.sub(r"\\[^\w\s]|\\_", "", content)  # what is escaped is shown as it stands
    for token in ("@", "<", "](", "`", "||", "~~", "://"):
        assert token not in kept
    for line in kept.split("\n")[1:]:
        assert line.startswith(("> ", "-# ", "**The article does not say"))
    assert not set(kept) & set("\u200b\u202e\u202c\u2066\u2069\ufeff")


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_is_harmless_in_question_article_and_title(
    ships: World, text: str
) -> None:
    line = " ".join(text.split())
    await ships.add(f"The ferry {line} sank in 1999.\n\n{SHIPS}", title=f"Ferries {text}")
    for question in (f"When did the ferry sink? {text}", "Where did the ferry sink in 1999?"):
        asked = await ships.ask(question, article=2)
        harmless(asked.response.content)
        assert "sank in 1999." in asked.response.content
    last = [each.json for each in ships.env.http_requests if each.method == "PATCH"][-1]
    assert last["allowed_mentions"]["parse"] == []
    name = (await ships.alice.autocomplete(ships.channel, "ask", "article", "fer"))[0]["name"]
    assert not set(name) & set("\u200b\u202e\u2066\n")
    listed = await ships.manager.slash(ships.channel, "article list")
    assert not re.search(r"(?<!\\)(?:\\\\)*[@<]", listed.response.content)
    shown = await ships.alice.click(
        asked.response,
        custom_id=asked.response.components[0]["components"][0]["custom_id"],
    )
    assert not re.search(r"(?<!\\)(?:\\\\)*[@<]", shown.response.content)


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_is_read_back_as_it_was_asked(
    ships: World, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.answers.answer.TENTATIVE", 0.0)  # what is refused is not leant on
    question = f"When did the ship Borealis sink? {text}"
    asked = await ships.ask(question)
    opened = await ships.alice.click(asked.response, label="Follow up")
    again = await ships.alice.submit_modal(opened, {"question": "and where was it?"})
    assert "Searched for: When did the ship Borealis sink?" in again.response.content
    assert again.response.content.count("and where was it?") == 2
