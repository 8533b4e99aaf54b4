"""The bot in a process of its own with the real model, and everything that can go wrong around it.

Whatever goes wrong, the loopback Discord's one invariant holds: it is checked after each test.
"""

import signal
from collections.abc import Iterator

import pytest

from tests.bot_process import BotProcess
from tests.loopback_discord import TOKEN, Loopback
from tests.loopback_rest import Fault, rate_limited
from tests.loopback_world import BOT, MANAGER, OTHER_GUILD

SHIPS = b"""# Ships

The ship Aurora sank near Iceland in 1911. Her captain drowned with 11 sailors.

The ship Borealis sank near Norway in 1920. Her captain swam to the shore."""
QUESTION = "When did the ship Aurora sink?"
ANSWER = "sank near Iceland in **1911**"
CALLBACK, ORIGINAL, CHANNEL = r"/callback$", r"/messages/@original$", r"/channels/\d+/messages$"
BEFORE, AFTER = Fault(), Fault(applied=True)
CUT, CUT_AFTER = Fault(dropped=True), Fault(applied=True, dropped=True)
LATE = Fault(status=None, delay=1.0)
EXPIRED = Fault(status=None, expired=True)


@pytest.fixture(scope="module")
def discord() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture(scope="module")
def bot(discord: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotProcess]:
    """A bot that knows one article on its first server."""
    folder = tmp_path_factory.mktemp("bot")
    settings = {"FOOTNOTE_COOLDOWN": "0"}
    with BotProcess(discord.address, folder, token=TOKEN, settings=settings) as started:
        discord.wait(lambda: discord.gateway.online == 1 or not started.running, seconds=300)
        assert started.running, started.said()
        file = discord.attach("ships.md", SHIPS)
        added = discord.slash("article add", rights=MANAGER, file=file)
        discord.settle(seconds=300)
        [outcome] = discord.outcomes(added)
        assert "Ships" in outcome.text
        yield started


@pytest.fixture(autouse=True)
def _invariant(discord: Loopback, bot: BotProcess) -> Iterator[None]:
    yield
    discord.clear_faults()
    discord.check()
    said = bot.said()
    assert TOKEN not in said
    assert "Aurora" not in said, "a question or an article is logged"


def ask(discord: Loopback, *, seconds: float = 60) -> str:
    """Ask in a channel of its own, and give all that the member sees: one message, or nothing."""
    interaction = discord.slash("ask", channel=discord.new_channel(), question=QUESTION)
    discord.settle(seconds=seconds)
    return "\n".join(message.text for message in discord.outcomes(interaction))


def test_a_command_is_acknowledged_and_answered_once(discord: Loopback, bot: BotProcess) -> None:
    assert ANSWER in ask(discord)


def test_a_mention_is_replied_to_once(discord: Loopback, bot: BotProcess) -> None:
    asked = discord.say(f"<@{BOT}> {QUESTION}")
    discord.settle()
    [reply] = discord.replies(asked)
    assert ANSWER in reply.text
    assert reply.allowed_mentions is not None
    assert not reply.allowed_mentions.get("parse")


def test_another_server_does_not_see_the_article(discord: Loopback, bot: BotProcess) -> None:
    channel = discord.new_channel(OTHER_GUILD)
    asked = discord.slash("ask", channel=channel, question=QUESTION)
    discord.settle()
    [outcome] = discord.outcomes(asked)
    assert "Iceland" not in outcome.text


@pytest.mark.parametrize(
    ("method", "path", "faults"),
    [
        pytest.param("POST", CALLBACK, [rate_limited(0.3)], id="callback-429"),
        pytest.param("POST", CALLBACK, [BEFORE], id="callback-500"),
        pytest.param("POST", CALLBACK, [AFTER], id="callback-500-applied"),
        pytest.param("POST", CALLBACK, [CUT], id="callback-cut"),
        pytest.param("POST", CALLBACK, [CUT, CUT], id="callback-cut-twice"),
        pytest.param("POST", CALLBACK, [CUT_AFTER], id="callback-cut-applied"),
        pytest.param("POST", CALLBACK, [LATE], id="callback-late"),
        pytest.param("PATCH", ORIGINAL, [rate_limited(0.3)], id="edit-429"),
        pytest.param("PATCH", ORIGINAL, [BEFORE], id="edit-500"),
        pytest.param("PATCH", ORIGINAL, [AFTER], id="edit-500-applied"),
        pytest.param("PATCH", ORIGINAL, [CUT], id="edit-cut"),
        pytest.param("PATCH", ORIGINAL, [CUT, CUT], id="edit-cut-twice"),
        pytest.param("PATCH", ORIGINAL, [CUT_AFTER], id="edit-cut-applied"),
        pytest.param("PATCH", ORIGINAL, [LATE], id="edit-late"),
        pytest.param("PATCH", ORIGINAL, [EXPIRED], id="edit-expired"),
    ],
)
def test_a_fault_on_the_way_of_an_answer_neither_loses_nor_doubles_it(
    discord: Loopback, bot: BotProcess, method: str, path: str, faults: list[Fault]
) -> None:
    discord.inject(method, path, *faults)
    assert ANSWER in ask(discord)
    assert discord.clear_faults() == 0


def test_an_answer_that_must_go_to_the_channel_is_sent_once_there(
    discord: Loopback, bot: BotProcess
) -> None:
    discord.inject("PATCH", ORIGINAL, EXPIRED)
    discord.inject("POST", CHANNEL, CUT_AFTER, AFTER)
    assert ANSWER in ask(discord)
    assert discord.clear_faults() == 0


def test_an_edit_that_never_works_leaves_no_member_waiting(
    discord: Loopback, bot: BotProcess
) -> None:
    discord.inject("PATCH", ORIGINAL, Fault(status=400, code=50035))
    assert ask(discord, seconds=60) != ""


def test_an_interaction_that_cannot_be_acknowledged_in_time_is_let_go(
    discord: Loopback, bot: BotProcess
) -> None:
    discord.inject("POST", CALLBACK, Fault(delay=3.2), BEFORE)
    assert ask(discord) == ""
    assert ANSWER in ask(discord)


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([rate_limited(0.3)], id="429"),
        pytest.param([BEFORE], id="500"),
        pytest.param([AFTER], id="500-applied"),
        pytest.param([CUT], id="cut"),
        pytest.param([CUT_AFTER, CUT_AFTER], id="cut-applied-twice"),
    ],
)
def test_a_fault_on_the_way_of_a_reply_neither_loses_nor_doubles_it(
    discord: Loopback, bot: BotProcess, faults: list[Fault]
) -> None:
    channel = discord.new_channel()
    discord.inject("POST", f"/channels/{channel}/messages$", *faults)
    asked = discord.say(f"<@{BOT}> {QUESTION}", channel=channel)
    discord.settle()
    [reply] = discord.replies(asked)
    assert ANSWER in reply.text
    assert discord.clear_faults() == 0


def test_an_attachment_that_cannot_be_had_is_a_visible_error(
    discord: Loopback, bot: BotProcess
) -> None:
    lost = discord.attach("lost.md", b"") | {"url": f"{discord.address}/attachments/0/lost.md"}
    added = discord.slash("article add", channel=discord.new_channel(), rights=MANAGER, file=lost)
    discord.settle()
    [outcome] = discord.outcomes(added)
    assert outcome.text


def test_what_was_asked_while_the_connection_was_down_is_answered_after_resuming(
    discord: Loopback, bot: BotProcess
) -> None:
    before = discord.gateway.identified, discord.gateway.resumed
    discord.drop_gateway()
    assert ANSWER in ask(discord)
    after = discord.gateway.identified, discord.gateway.resumed
    assert after == (before[0], before[1] + 1)


def test_a_drop_in_mid_answer_does_not_touch_the_answer(discord: Loopback, bot: BotProcess) -> None:
    interaction = discord.slash("ask", channel=discord.new_channel(), question=QUESTION)
    discord.wait(lambda: interaction.callback is not None)
    discord.drop_gateway()
    discord.settle()
    [outcome] = discord.outcomes(interaction)
    assert ANSWER in outcome.text


def test_a_session_that_is_declared_invalid_is_begun_anew(
    discord: Loopback, bot: BotProcess
) -> None:
    before = discord.gateway.identified
    discord.invalidate_sessions()
    discord.wait(lambda: discord.gateway.identified == before + 1)
    assert ANSWER in ask(discord)


def test_a_request_to_reconnect_is_followed(discord: Loopback, bot: BotProcess) -> None:
    before = discord.gateway.resumed
    discord.ask_to_reconnect()
    discord.wait(lambda: discord.gateway.resumed == before + 1)
    assert ANSWER in ask(discord)


def test_heartbeats_are_never_late(discord: Loopback, bot: BotProcess) -> None:
    assert max(discord.gateway.lateness) < discord.gateway.interval


def test_sigterm_in_mid_answer_finishes_or_marks_every_answer_and_exits_with_0(
    discord: Loopback, bot: BotProcess
) -> None:
    asked = [
        discord.slash("ask", channel=discord.new_channel(), question=QUESTION) for _ in range(12)
    ]
    discord.wait(lambda: all(each.callback is not None for each in asked))
    bot.stop(signal.SIGTERM)
    assert bot.exit_code(seconds=30) == 0
    discord.check()
    assert all(len(discord.outcomes(each)) == 1 for each in asked)
