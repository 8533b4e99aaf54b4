"""How the bot starts and stops, in a process of its own."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.discord.runner import MISSING_INTENT, UNREACHABLE, WRONG_TOKEN
from tests.support.bot_process import BotProcess, free_port
from tests.support.loopback_discord import TOKEN, Loopback
from tests.support.loopback_world import GUILD, MANAGER, Fault
from tests.support.scripted import Scripted, hangs
from tests.support.standin import story

SHIPS = b"The ship Aurora sank near Iceland in 1911. Her captain drowned with 11 sailors."
QUESTION = "When did the ship Aurora sink?"
CUT = Fault(dropped=True)
LIGHT = {"FOOTNOTE_READER": "off"}  # for where nothing is answered


@pytest.fixture
def discord() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def told(bot: BotProcess) -> str:
    """Give the one line that says why it ended."""
    [line] = [line for line in bot.said().splitlines() if not line.startswith("{")]
    return line


def test_without_a_token_it_says_where_to_get_one(discord: Loopback, tmp_path: Path) -> None:
    with BotProcess(discord.address, tmp_path, token=None) as bot:
        assert bot.exit_code(seconds=120) == 2
        assert told(bot).startswith("footnote: DISCORD_TOKEN is not set; expected the token")


def test_a_wrong_token_is_said_in_one_line_and_an_exit_code(
    discord: Loopback, tmp_path: Path
) -> None:
    with BotProcess(discord.address, tmp_path, token="wrong.token") as bot:
        assert bot.exit_code(seconds=120) == WRONG_TOKEN
        assert told(bot).startswith("footnote: Discord does not accept the token in DISCORD_TOKEN")
        assert "wrong.token" not in bot.said()


def test_an_intent_that_is_not_allowed_is_said_in_one_line_and_an_exit_code(
    discord: Loopback, tmp_path: Path
) -> None:
    discord.gateway.refuses_privileged = True
    settings = LIGHT | {"FOOTNOTE_MESSAGE_CONTENT": "true"}
    with BotProcess(discord.address, tmp_path, token=TOKEN, settings=settings) as bot:
        assert bot.exit_code(seconds=300) == MISSING_INTENT
        assert told(bot).startswith("footnote: FOOTNOTE_MESSAGE_CONTENT is set, and Discord does")


def test_without_a_network_it_tries_for_a_while_and_says_so(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    settings = {"FOOTNOTE_CONNECT_TIMEOUT": "2"}
    with BotProcess(nobody, tmp_path, token=TOKEN, settings=settings) as bot:
        assert bot.exit_code(seconds=120) == UNREACHABLE
        assert told(bot).startswith("footnote: Discord cannot be reached: Cannot connect to host")
        tried = [line for line in bot.logged() if line["event"] == "Discord cannot be reached"]
        assert [line["pause"] for line in tried] == [0.5, 1.0]


def test_a_start_that_meets_faults_is_tried_again_and_commands_are_told_once(
    tmp_path: Path,
) -> None:
    with Loopback(shards=2) as discord:
        discord.inject("GET", "/users/@me$", CUT)
        discord.inject("PUT", "/commands$", CUT)
        discord.inject("GET", "/gateway/bot$", CUT)
        for _ in range(2):
            with BotProcess(discord.address, tmp_path, token=TOKEN, settings=LIGHT) as bot:
                discord.wait(lambda: discord.gateway.online == 2 or not bot.running, seconds=300)
                assert bot.running, bot.said()
                bot.stop(signal.SIGINT)
                assert bot.exit_code() == 0
        assert discord.clear_faults() == 0
        asked = discord.requests("PUT", "/commands$")
        [told_once] = [each for each in asked if each.status == 200]
        assert {"ask", "article", "stats"} <= {command["name"] for command in told_once.body}


def test_sync_tells_the_commands_of_every_server_or_of_one(
    discord: Loopback, tmp_path: Path
) -> None:
    for given in ([], ["--guild", str(GUILD)]):
        with BotProcess(
            discord.address, tmp_path, token=TOKEN, arguments=("sync", *given), settings=LIGHT
        ) as bot:
            assert bot.exit_code(seconds=120) == 0
    told_of = [discord.world.commands, discord.world.guild_commands[GUILD]]
    for commands in told_of:
        assert {"ask", "article", "stats"} <= {command["name"] for command in commands}


def test_sync_says_in_one_line_what_discord_refuses(discord: Loopback, tmp_path: Path) -> None:
    discord.inject("PUT", "/commands$", Fault(status=403, code=50001))
    arguments = ("sync", "--guild", "1")
    with BotProcess(
        discord.address, tmp_path, token=TOKEN, arguments=arguments, settings=LIGHT
    ) as bot:
        assert bot.exit_code(seconds=120) == UNREACHABLE
        assert told(bot).startswith("footnote: Discord does not let the bot go on: 403 Forbidden")


def test_a_signal_before_the_first_connection_ends_it_at_once(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    with BotProcess(nobody, tmp_path, token=TOKEN) as bot:
        while not bot.logged() and bot.running:
            time.sleep(0.05)
        bot.stop()
        assert bot.exit_code(seconds=10) == 0


def test_health_is_shown_and_what_hangs_is_marked_when_the_bot_must_stop(
    discord: Loopback, tmp_path: Path
) -> None:
    with Scripted(hangs(60)) as llm:
        settings = {
            "FOOTNOTE_LLM_URL": llm.url,
            "FOOTNOTE_LLM_MODEL": "silent",
            "FOOTNOTE_COOLDOWN": "0",
        }
        with BotProcess(discord.address, tmp_path, token=TOKEN, settings=settings) as bot:
            discord.wait(lambda: discord.gateway.online == 1 or not bot.running, seconds=300)
            assert bot.running, bot.said()
            discord.wait(lambda: bot.look("healthz") == (200, '{"status": "ok"}'))
            file = discord.attach("ships.txt", SHIPS)
            discord.slash("article add", channel=discord.new_channel(), rights=MANAGER, file=file)
            discord.settle(seconds=300)
            asked = discord.slash("ask", channel=discord.new_channel(), question=QUESTION)
            mentioned = discord.say(f"<@900> {QUESTION}")
            file = discord.attach("long.txt", story(1, sentences=20_000).encode())
            adding = discord.slash(
                "article add", channel=discord.new_channel(), rights=MANAGER, file=file
            )
            discord.wait(lambda: len(llm.requests) == 2 and bool(discord.outcomes(adding)))
            assert "footnote_questions_under_way 2.0" in bot.look("metrics")[1].splitlines()
            bot.stop()
            discord.wait(lambda: bot.look("healthz") == (503, '{"status": "stopping"}'))
            late = discord.slash("ask", channel=discord.new_channel(), question=QUESTION)
            assert bot.exit_code(seconds=30) == 0
            discord.check()
            for seen in (
                discord.outcomes(asked),
                discord.outcomes(adding),
                discord.replies(mentioned),
                discord.outcomes(late),
            ):
                [outcome] = seen
                assert "restarted" in outcome.text
