"""Lists in pages, the menu of what a channel asks, and *Undo*, over the loopback Discord."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.discord.admission import Refused
from bot.discord.managing import Managing
from bot.discord.panels import Listing, Page
from bot.discord.pool import OpenCollection
from bot.discord.uploads import Limits, Uploads
from index import Encoder
from tests.support.bot_process import BotProcess
from tests.support.discord_world import SHIPS, open_pool
from tests.support.loopback_discord import TOKEN, Loopback
from tests.support.loopback_world import (
    BOT,
    EPHEMERAL,
    MANAGER,
    Fault,
    Interaction,
    Message,
    meetings,
)

QUESTION = "When was the harbour built?"
CUT_AFTER = Fault(applied=True, dropped=True)
FORBIDDEN = Fault(status=403, code=50013)
UPDATED = {
    "none": [],
    "callback-500-applied": meetings("POST", "/callback$", Fault(applied=True)),
    "callback-cut-applied": meetings("POST", "/callback$", CUT_AFTER),
    "edit-500-applied": meetings("PATCH", "/@original$", Fault(applied=True)),
    "edit-cut": meetings("PATCH", "/@original$", Fault(dropped=True)),
    "edit-cut-applied": meetings("PATCH", "/@original$", CUT_AFTER),
}
"""What the press of a button that changes its message may meet, and yet change it."""


@pytest.fixture(scope="module")
def discord() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture(scope="module")
def bot(discord: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotProcess]:
    """A bot with twelve articles on its first server."""
    folder = tmp_path_factory.mktemp("bot")
    settings = {"FOOTNOTE_COOLDOWN": "1", "FOOTNOTE_SHARED": "off"}
    with BotProcess(discord.address, folder, token=TOKEN, settings=settings) as started:
        discord.at_work = lambda: started.at_work
        discord.wait(lambda: discord.gateway.online == 1 or not started.running, seconds=300)
        assert started.running, started.said()
        for number in range(1, 13):
            add(discord, number)
        yield started


@pytest.fixture(autouse=True)
def _invariant(discord: Loopback, bot: BotProcess) -> Iterator[None]:
    yield
    discord.check()
    assert discord.clear_faults() == 0


def add(discord: Loopback, number: int) -> int:
    """Add an article, and return its id."""
    text = f"# Harbour {number}\n\nThe harbour was built in {1800 + number}."
    file = discord.attach(f"harbour-{number}.md", text.encode())
    said = outcome(discord, discord.slash("article add", rights=MANAGER, file=file)).text
    found = re.search(r"\(id (\d+),", said)
    assert found is not None, said
    return int(found[1])


def outcome(discord: Loopback, interaction: Interaction) -> Message:
    discord.settle()
    [seen] = discord.outcomes(interaction)
    return seen


def children(message: Message) -> list[dict[str, str]]:
    return [child for row in message.components for child in row["components"]]


def button(message: Message, label: str) -> str:
    [found] = [child["custom_id"] for child in children(message) if child.get("label") == label]
    return found


def use(discord: Loopback, command: str, **options: Any) -> Message:
    return outcome(
        discord, discord.slash(command, channel=discord.new_channel(), rights=MANAGER, **options)
    )


@pytest.mark.parametrize("command", ["article list", "articles"])
@pytest.mark.parametrize("met", UPDATED)
def test_a_list_is_paged_in_place(
    discord: Loopback, bot: BotProcess, command: str, met: str
) -> None:
    shown = use(discord, command)
    assert shown.text.count("Harbour ") == 10
    assert "-# Page 1 of 2" in shown.text
    assert [child["label"] for child in children(shown)] == ["Next"]
    pressed = discord.press(shown, button(shown, "Next"), faults=list(UPDATED[met]))
    assert outcome(discord, pressed) is shown
    assert pressed.faults == []
    assert "-# Page 2 of 2" in shown.text
    assert shown.text.count("Harbour ") == 2
    outcome(discord, discord.press(shown, button(shown, "Previous")))
    assert "-# Page 1 of 2" in shown.text


@pytest.mark.parametrize("met", UPDATED)
def test_what_a_channel_asks_is_chosen_in_a_menu_of_titles(
    discord: Loopback, bot: BotProcess, met: str
) -> None:
    menu = use(discord, "article use")
    assert menu.flags & EPHEMERAL
    [select, _] = children(menu)
    options = {each["label"]: each["value"] for each in select["options"]}  # type: ignore[index]
    values = [options["Harbour 3"], options["Harbour 4"]]
    chosen = discord.press(menu, select["custom_id"], values=values, faults=list(UPDATED[met]))
    assert outcome(discord, chosen) is menu
    assert "now ask **Harbour 3**, **Harbour 4** alone." in menu.text
    assert menu.components == []
    asked = discord.slash("ask", channel=menu.channel_id, question=QUESTION)
    answer = outcome(discord, asked).text
    assert "built in 1803" in answer or "built in 1804" in answer
    again = discord.slash("article use", channel=menu.channel_id, rights=MANAGER)
    everything = outcome(discord, again)
    outcome(discord, discord.press(everything, button(everything, "Every article")))
    assert "now ask every article here." in everything.text


def test_an_article_that_was_removed_meanwhile_cannot_be_chosen(
    discord: Loopback, bot: BotProcess
) -> None:
    menu = use(discord, "article use")
    [select, _] = children(menu)
    pressed = discord.press(menu, select["custom_id"], values=["9999"])
    discord.settle()
    [told] = pressed.followups
    assert told.flags & EPHEMERAL
    assert told.text.startswith("One of these articles was removed meanwhile")
    assert menu.components != []


def test_a_menu_that_was_dismissed_meanwhile_is_answered_below(
    discord: Loopback, bot: BotProcess
) -> None:
    menu = use(discord, "article use")
    menu.deleted = menu.dismissed = True
    pressed = discord.press(menu, "fp:use:all")
    discord.settle()
    assert [each.text for each in pressed.followups] == [
        "Questions in this channel and its threads now ask every article here."
    ]


def test_a_menu_that_all_can_see_changes_nothing(discord: Loopback, bot: BotProcess) -> None:
    answer = outcome(discord, discord.slash("ask", question=QUESTION))
    pressed = discord.press(answer, "fp:use:all")
    discord.settle()
    [told] = pressed.followups
    assert told.text.startswith("Use `/article` yourself")


@pytest.mark.parametrize("met", UPDATED)
def test_a_removed_article_is_brought_back_with_the_channels_that_ask_it(
    discord: Loopback, bot: BotProcess, met: str
) -> None:
    number = add(discord, 70)
    place = use(discord, "article use", articles=f"{number}").channel_id
    removed = use(discord, "article remove", article=number)
    assert removed.text.startswith("Removed **Harbour 70**.\n")
    pressed = discord.press(removed, button(removed, "Undo"), faults=list(UPDATED[met]))
    assert outcome(discord, pressed) is removed
    found = re.fullmatch(r"\*\*Harbour 70\*\* is back \(id (\d+)\)\.", removed.text)
    assert found is not None, removed.text
    asked = discord.slash("ask", channel=place, question=QUESTION)
    assert "built in 1870" in outcome(discord, asked).text
    again = discord.press(removed, f"fp:undo:{number}")
    discord.settle()
    assert again.followups[0].text == "That cannot be undone any more: add the article again."
    use(discord, "article remove", article=int(found[1]))


def test_an_article_that_was_added_again_is_not_replaced_by_undo(
    discord: Loopback, bot: BotProcess
) -> None:
    removed = use(discord, "article remove", article=add(discord, 80))
    add(discord, 80)
    pressed = discord.press(removed, button(removed, "Undo"))
    discord.settle()
    assert pressed.followups[0].text.startswith("It was added again meanwhile")


def test_an_error_that_all_would_see_is_removed_after_ten_seconds(
    discord: Loopback, bot: BotProcess
) -> None:
    asked = discord.say(f"<@{BOT}>", channel=discord.new_channel())
    discord.settle()
    [told] = discord.replies(asked)
    assert told.text.startswith("Ask me something")
    discord.wait(lambda: told.deleted, seconds=15)
    assert told.taken_back


def test_an_error_in_a_direct_message_stays(discord: Loopback, bot: BotProcess) -> None:
    asked = discord.say("???", channel=discord.new_dm(4_000), user=4_000)
    discord.settle()
    before = len(discord.requests("DELETE", "/messages/"))
    [told] = discord.replies(asked)
    assert "has not shared their articles" in told.text
    assert len(discord.requests("DELETE", "/messages/")) == before


def test_where_the_bot_may_not_write_the_member_gets_a_direct_message(
    discord: Loopback, bot: BotProcess
) -> None:
    channel = discord.new_channel()
    discord.inject("POST", f"/channels/{channel}/messages$", FORBIDDEN, FORBIDDEN)
    asked = discord.say(f"<@{BOT}> {QUESTION}", channel=channel, user=12_000)
    discord.settle()
    [told] = discord.world.said_in(12_001)
    assert told.text.startswith(f"You asked me in <#{channel}>, and I may not write there.")
    assert discord.replies(asked) == [told]


def test_a_direct_message_that_is_refused_too_ends_it(discord: Loopback, bot: BotProcess) -> None:
    channel = discord.new_channel()
    discord.inject("POST", f"/channels/{channel}/messages$", FORBIDDEN, FORBIDDEN)
    discord.inject("POST", "/channels/13001/messages$", Fault(status=403, code=50007))
    asked = discord.say(f"<@{BOT}> {QUESTION}", channel=channel, user=13_000)
    discord.asked.remove(asked)  # nothing reaches them
    discord.wait(lambda: "nobody could be told of it" in bot.said())
    assert discord.world.said_in(13_001) == []


def test_a_short_cooldown_is_waited_out(discord: Loopback, bot: BotProcess) -> None:
    asked = [
        discord.slash("ask", channel=discord.new_channel(), user=14_000, question=QUESTION)
        for _ in range(3)
    ]
    discord.settle()
    assert all("The harbour was built in" in outcome(discord, each).text for each in asked)


async def test_what_was_removed_is_kept_for_ten_minutes_and_up_to_a_size(
    tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    pool = open_pool(tmp_path, encoder)
    uploads = Uploads(pool, Limits())
    managing = Managing(pool, None, uploads, clock=lambda: now)  # type: ignore[arg-type]

    async def removed(removal: int) -> None:
        article = await pool.ingest(9, lambda each: each.library.add_text(SHIPS, title="Ships"))
        await managing.remove(9, article.id, removal=removal)

    await removed(1)
    with pytest.raises(Refused, match="cannot be undone any more"):
        await managing._undo(8, 1)  # another server's
    now = 600.0
    assert "is back" in (await managing._undo(9, 1)).parts[0]
    await removed(2)
    now = 1_200.5
    with pytest.raises(Refused, match="cannot be undone any more"):
        await managing._undo(9, 2)
    monkeypatch.setattr("bot.discord.managing._MOST_REMEMBERED", len(SHIPS))
    await removed(3)
    await removed(4)
    with pytest.raises(Refused, match="cannot be undone any more"):
        await managing._undo(9, 3)
    assert "is back" in (await managing._undo(9, 4)).parts[0]
    pool.close()


def add_titled(collection: OpenCollection, *, title: str) -> None:
    collection.library.add_text(SHIPS, title=title)


async def test_a_page_fits_into_one_message_whatever_the_titles(
    tmp_path: Path, encoder: Encoder
) -> None:
    pool = open_pool(tmp_path, encoder)
    for number in range(11):
        title = f"{number}" + "*" * 150
        await pool.ingest(9, partial(add_titled, title=title))
    managing = Managing(pool, None, Uploads(pool, Limits()))  # type: ignore[arg-type]
    for listing in Listing:
        outgoing = await managing.page(9, 5, Page(listing, 0))
        [content] = outgoing.parts
        assert content.count("\n") >= 10
        last = await managing.page(9, 5, Page(listing, 77))
        assert "-# Page 2 of 2" in last.parts[0]
    pool.close()
