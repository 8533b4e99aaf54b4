"""The greeting, `/help`, `/articles`, `/about` and `/privacy`, over the loopback Discord."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.discord.state import State
from index import Encoder
from index.storage.opening import Folder
from tests.support.bot_process import BotProcess
from tests.support.discord_world import world
from tests.support.loopback_discord import TOKEN, Loopback
from tests.support.loopback_servers import join
from tests.support.loopback_world import (
    BOT_RIGHTS,
    GUILD,
    MANAGER,
    Fault,
    Interaction,
    Message,
)

SHIPS = b"""# Ships

The ship Aurora was built in 1901. Her captain drowned with 11 sailors.

The ship Borealis was sold in 1920. Her captain swam to the shore."""
CUT_AFTER = Fault(applied=True, dropped=True)
FORBIDDEN = Fault(status=403, code=50013)
AUDIT = 1 << 7
LABELS = ["Try a question", "Add an article", "Answer in this channel"]


@pytest.fixture(scope="module")
def discord() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bot")


@pytest.fixture(scope="module")
def bot(discord: Loopback, folder: Path) -> Iterator[BotProcess]:
    """A bot that shares the article that ships with Footnote, and has one of its server's own."""
    settings = {"FOOTNOTE_COOLDOWN": "0", "FOOTNOTE_PRIVACY_URL": "https://example.com/privacy"}
    with BotProcess(discord.address, folder, token=TOKEN, settings=settings) as started:
        discord.at_work = lambda: started.at_work
        discord.wait(lambda: discord.gateway.online == 1 or not started.running, seconds=300)
        assert started.running, started.said()
        file = discord.attach("ships.md", SHIPS)
        added = discord.slash("article add", rights=MANAGER, file=file)
        discord.settle(seconds=300)
        assert discord.outcomes(added)[0].text.startswith("Added **Ships**")
        yield started


@pytest.fixture(autouse=True)
def _invariant(discord: Loopback, bot: BotProcess) -> Iterator[None]:
    yield
    discord.check()
    assert discord.clear_faults() == 0


def outcome(discord: Loopback, interaction: Interaction) -> Message:
    discord.settle()
    [seen] = discord.outcomes(interaction)
    return seen


def buttons(message: Message) -> dict[str, str]:
    """The ids of a message's buttons, by their labels."""
    children = [child for row in message.components for child in row["components"]]
    return {child["label"]: child["custom_id"] for child in children}


def greeting(discord: Loopback, channel: int) -> Message:
    discord.wait(lambda: bool(discord.world.said_in(channel)))
    discord.come_to_rest()
    [said] = discord.world.said_in(channel)
    return said


def test_the_invite_link_is_logged_with_scopes_and_permissions(
    discord: Loopback, bot: BotProcess
) -> None:
    [link] = [each["invite"] for each in bot.logged() if "invite" in each]
    query = parse_qs(urlsplit(str(link)).query)
    assert query["client_id"] == ["900"]
    assert set(query["scope"][0].split()) == {"bot", "applications.commands"}
    needed = 1 << 10 | 1 << 11 | 1 << 16 | 1 << 35 | 1 << 38
    assert int(query["permissions"][0]) == needed


def test_the_presence_says_how_to_ask_and_how_many_articles_are_shared(
    discord: Loopback, bot: BotProcess
) -> None:
    discord.wait(lambda: bool(discord.gateway.presences))
    [activity] = discord.gateway.presences[-1]["activities"]
    assert activity["state"] == "/ask · 1 article"


def test_a_new_server_is_greeted_once_in_its_system_channel(
    discord: Loopback, bot: BotProcess
) -> None:
    _, channel = join(discord)
    said = greeting(discord, channel)
    assert said.text.startswith("Hello! I answer questions with the exact sentences of **Militia")
    assert list(buttons(said)) == LABELS


def test_a_greeting_whose_response_is_lost_is_not_repeated(
    discord: Loopback, bot: BotProcess
) -> None:
    discord.inject("POST", r"/channels/\d+/messages$", CUT_AFTER)
    _, channel = join(discord)
    assert "Hello!" in greeting(discord, channel).text


def test_without_a_system_channel_whoever_added_the_bot_is_greeted(
    discord: Loopback, bot: BotProcess
) -> None:
    _, channel = join(discord, system=False, rights=BOT_RIGHTS | AUDIT, added_by=7_000)
    assert "Hello!" in greeting(discord, 7_001).text
    assert discord.world.said_in(channel) == []


def test_a_system_channel_that_cannot_be_written_to_is_passed_over(
    discord: Loopback, bot: BotProcess
) -> None:
    join(discord, rights=(BOT_RIGHTS | AUDIT) & ~(1 << 11), added_by=8_000)
    assert "Hello!" in greeting(discord, 8_001).text
    discord.inject("POST", r"/channels/\d+/messages$", FORBIDDEN)
    join(discord, rights=BOT_RIGHTS | AUDIT, added_by=9_000)
    assert "Hello!" in greeting(discord, 9_001).text


def test_nobody_is_greeted_where_neither_is_known(discord: Loopback, bot: BotProcess) -> None:
    before = len(discord.requests("POST", "/messages$"))
    join(discord, system=False)
    discord.wait(lambda: any(line["event"] == "unsaid" for line in bot.logged()))
    assert len(discord.requests("POST", "/messages$")) == before


@pytest.mark.parametrize("faults", [(), (CUT_AFTER,)])
def test_an_example_of_the_greeting_is_asked_by_its_button(
    discord: Loopback, bot: BotProcess, faults: tuple[Fault, ...]
) -> None:
    _, channel = join(discord)
    said = greeting(discord, channel)
    tried = outcome(discord, discord.press(said, buttons(said)["Try a question"]))
    assert tried.flags & 1 << 6
    asked = buttons(tried)
    assert list(asked) == ["What happened in 2015?"]
    discord.inject("PATCH", "/messages/@original$", *faults)
    pressed = discord.press(tried, asked["What happened in 2015?"])
    answer = outcome(discord, pressed)
    assert answer.text.startswith("-# “What happened in 2015?”")
    assert "Iran had signed with world powers in 2015" in answer.text
    assert not answer.flags & 1 << 6


def test_the_other_buttons_of_the_greeting_say_what_to_do(
    discord: Loopback, bot: BotProcess
) -> None:
    _, channel = join(discord)
    said = greeting(discord, channel)
    add = outcome(discord, discord.press(said, buttons(said)["Add an article"]))
    assert add.text.startswith("Use `/article add` with a `file`")
    here = outcome(discord, discord.press(said, buttons(said)["Answer in this channel"]))
    assert here.text.startswith("I answer in every channel that I can see, when I am asked")


def test_a_button_of_a_greeting_that_was_deleted_meanwhile_is_answered(
    discord: Loopback, bot: BotProcess
) -> None:
    _, channel = join(discord)
    said = greeting(discord, channel)
    said.deleted = True
    pressed = discord.press(said, "fp:add")
    assert outcome(discord, pressed).text.startswith("Use `/article add`")


def test_help_tells_members_what_can_be_asked_and_how(discord: Loopback, bot: BotProcess) -> None:
    shown = outcome(discord, discord.slash("help", channel=discord.new_channel()))
    first, how, last = shown.text.splitlines()
    assert first.startswith("I answer questions with the exact sentences of **Militia")
    assert how.startswith("Ask with `/ask`, or mention me")
    assert last == "Try one of these:"
    assert "When was the ship Aurora built?" in buttons(shown)


def test_help_shows_managers_a_checklist(discord: Loopback, bot: BotProcess) -> None:
    channel = discord.new_channel()
    shown = outcome(discord, discord.slash("help", channel=channel, rights=MANAGER))
    checks = [line for line in shown.text.splitlines() if line[:1] in "✓✗" and line]
    assert checks == [
        "✓ 2 articles can be asked",
        "✓ I have the permissions that I need in this channel",
        "✗ Message Content is off: in threads members mention me or press **Follow up**;"
        " whoever runs me can change that",
        "✓ This channel asks every article; `/article use` chooses some",
    ]


async def test_the_checklist_shows_what_is_missing_and_what_the_channel_asks(
    tmp_path: Path, encoder: Encoder
) -> None:
    async with world(tmp_path, encoder, message_content=True) as here:

        async def checks() -> list[str]:
            shown = await here.manager.slash(here.channel, "help")
            return [
                line for line in shown.response.content.splitlines() if line[:1] in "✓✗" and line
            ]

        assert (await checks())[0].startswith("✗ There is no article here yet: a manager")
        assert (await checks())[3] == "✗ This channel asks nothing yet"
        await here.add()
        await here.manage("use", articles="1")
        articles, permissions, content, asks = await checks()
        assert articles == "✓ 1 article can be asked"
        assert permissions.startswith(("✓ I have", "✗ In this channel I miss the permissions"))
        assert content == "✓ Message Content is on: I read my threads without a mention"
        assert asks == "✓ This channel asks **Ships** alone"


def test_help_names_the_permissions_that_are_missing_in_a_channel(
    discord: Loopback, bot: BotProcess
) -> None:
    channel = discord.new_channel()
    rights = BOT_RIGHTS & ~(1 << 11 | 1 << 35)
    shown = discord.slash("help", channel=channel, rights=MANAGER, app_rights=rights)
    assert "✗ In this channel I miss the permissions Send Messages, Create Public Threads" in (
        outcome(discord, shown).text
    )


def test_help_works_in_direct_messages(discord: Loopback, bot: BotProcess) -> None:
    shown = outcome(discord, discord.slash("help", channel=discord.new_dm(5_000)))
    assert "**Militia leaves the US embassy in Baghdad**" in shown.text
    assert "For managers" not in shown.text


def test_all_members_see_the_articles(discord: Loopback, bot: BotProcess) -> None:
    shown = outcome(discord, discord.slash("articles", channel=discord.new_channel()))
    assert "**Ships**" in shown.text or "- Ships" in shown.text
    assert "Militia leaves the US embassy in Baghdad" in shown.text


def test_about_says_the_version_what_is_kept_and_where_more_is_said(
    discord: Loopback, bot: BotProcess
) -> None:
    shown = outcome(discord, discord.slash("about", channel=discord.new_channel())).text
    assert shown.startswith("**Footnote** 0.")
    assert "running since <t:" in shown
    assert "neither questions nor answers" in shown
    assert "its articles, votes and bindings are deleted after 30 days" in shown
    assert "(<https://example.com/privacy>)" in shown


def test_a_member_deletes_what_is_kept_of_them_alone(
    discord: Loopback, bot: BotProcess, folder: Path
) -> None:
    answers = outcome(discord, discord.slash("ask", question="When was the ship Aurora built?"))
    for member in (31, 32):
        outcome(discord, discord.press(answers, "fn:vote:helpful", user=member))
    channel = discord.new_channel()
    said = outcome(discord, discord.slash("privacy delete-mine", channel=channel, user=31))
    assert said.text == "Deleted all that I kept of you, on every server: 1 vote."
    with closing(State(Folder(folder / "library"))) as state:
        assert state.votes(GUILD) == (1, 0)
    again = discord.slash("privacy delete-mine", channel=discord.new_channel(), user=31)
    assert "no votes" in outcome(discord, again).text


def test_a_burst_of_servers_is_greeted_each_once(discord: Loopback, bot: BotProcess) -> None:
    joined: list[int] = []
    threads = [threading.Thread(target=lambda: joined.append(join(discord)[1])) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for channel in joined:
        assert "Hello!" in greeting(discord, channel).text
