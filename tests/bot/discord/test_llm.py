"""An answer that an LLM is asked for: the extracted one first, and then what takes its place."""

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from bot.chat import ASKING, WORDED
from bot.llm.client import open_llm
from index import Encoder
from tests.support.discord_world import AURORA, World, world
from tests.support.scripted import Scripted, Turn, says

SANK = "> **[1]** The ship Aurora sank near Iceland in 1911."
DROWNED = "> **[1]** Her captain drowned with 11 sailors."
CHOICE = json.dumps({"answered": True, "sentences": [2], "words": "11 sailors"})
CHOSEN = "> **[1]** Her captain drowned with **11 sailors**."

Opened = Callable[..., AbstractAsyncContextManager[World]]


@pytest.fixture
def opened(tmp_path: Path, encoder: Encoder) -> Opened:
    """A world with an article and an LLM that takes these turns."""
    encoder.encode(["warm"])

    @asynccontextmanager
    async def open_world(*turns: Turn, mode: str = "quote") -> AsyncIterator[World]:
        with Scripted(*turns) as server:
            llm = open_llm(server.url, "m", None, timeout=20)
            async with world(tmp_path, encoder, llm=llm, llm_mode=mode) as made:
                await made.add()
                yield made

    return open_world


def edits(here: World) -> list[str]:
    return [each.json["content"] for each in here.env.http_requests if each.method == "PATCH"]


async def test_a_command_shows_the_extracted_answer_until_the_llm_has_chosen(
    opened: Opened,
) -> None:
    async with opened(says(CHOICE)) as here:
        asked = await here.ask(AURORA)
        first, last = edits(here)
    assert SANK in first.splitlines()
    assert f"-# {ASKING}" in first.splitlines()
    assert asked.response.content == last
    assert last.splitlines() == [f"-# “{AURORA}”", "**11 sailors**", CHOSEN, "-# — Ships"]


async def test_a_mention_gets_one_reply_in_which_the_answer_takes_the_place_of_the_extracted_one(
    opened: Opened,
) -> None:
    async with opened(says(CHOICE)) as here:
        sent = await here.mention(AURORA)
        reply = here.channel.last_message
        posts = [each for each in here.env.http_requests if each.path.endswith("/messages")]
        assert reply.reference.message_id == sent.id
        assert len(here.channel.history()) == 2
    assert [post.json["content"].splitlines()[0] for post in posts] == [SANK]
    assert reply.content.splitlines() == ["**11 sailors**", CHOSEN, "-# — Ships"]
    assert reply.components


async def test_where_the_extracted_answer_was_removed_the_answer_is_a_new_reply(
    opened: Opened,
) -> None:
    removed: list[str] = []

    def reply(_: str) -> str:
        deadline = time.monotonic() + 20  # the LLM is asked while the answer is on its way
        while SANK not in here.channel.last_message.content and time.monotonic() < deadline:
            time.sleep(0.01)
        shown = here.channel.last_message
        removed.append(shown.content)
        here.env.backend.delete_message(here.channel.id, shown.id)
        return CHOICE

    async with opened(says(reply)) as here:
        await here.mention(AURORA)
        assert CHOSEN in here.channel.last_message.content
        assert len(here.channel.history()) == 2
    assert SANK in removed[0]


async def test_a_worded_answer_is_read_back_with_the_sentences_that_it_cites(
    opened: Opened,
) -> None:
    statement = {"text": "Eleven sailors died.", "sentences": [2]}
    worded = json.dumps({"answered": True, "statements": [statement]})
    async with opened(says(worded), mode="word") as here:
        sent = await here.mention(AURORA)
        lines = here.channel.last_message.content.splitlines()
        assert lines == [f"-# {WORDED}", "Eleven sailors died. [1]", DROWNED, "-# — Ships"]
        assert sent.id
