"""How the bot starts and stops, in a process of its own."""

import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from bot.serve import MISSING_INTENT, UNREACHABLE, WRONG_TOKEN
from tests.bot_process import BotProcess
from tests.loopback_discord import TOKEN, Loopback
from tests.loopback_rest import Fault
from tests.loopback_world import MANAGER
from tests.scripted import Scripted, hangs

SHIPS = b"The ship Aurora sank near Iceland in 1911. Her captain drowned with 11 sailors."
QUESTION = "When did the ship Aurora sink?"


@pytest.fixture
def discord() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


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
    settings = {"FOOTNOTE_MESSAGE_CONTENT": "true"}
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
    discord: Loopback, tmp_path: Path
) -> None:
    cut = Fault(dropped=True)
    discord.inject("GET", "/users/@me$", cut)
    discord.inject("PUT", "/commands$", cut)
    discord.inject("GET", "/gateway/bot$", cut)
    for _ in range(2):
        with BotProcess(discord.address, tmp_path, token=TOKEN) as bot:
            discord.wait(lambda: discord.gateway.online == 1 or not bot.running, seconds=300)
            assert bot.running, bot.said()
            bot.stop(signal.SIGINT)
            assert bot.exit_code() == 0
    assert discord.clear_faults() == 0
    [told_once] = [each for each in discord.requests("PUT", "/commands$") if each.status == 200]
    assert {"ask", "article", "stats"} <= {command["name"] for command in told_once.body}


def test_a_signal_before_the_first_connection_ends_it_at_once(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    with BotProcess(nobody, tmp_path, token=TOKEN) as bot:
        while not bot.logged() and bot.running:
            time.sleep(0.05)
        bot.stop()
        assert bot.exit_code(seconds=10) == 0


def test_health_is_shown_and_an_answer_that_hangs_is_marked_when_it_must_stop(
    discord: Loopback, tmp_path: Path
) -> None:
    port = free_port()
    with Scripted(hangs(60)) as llm:
        settings = {
            "FOOTNOTE_HEALTH": f"{port}",
            "FOOTNOTE_LLM_URL": llm.url,
            "FOOTNOTE_LLM_MODEL": "silent",
            "FOOTNOTE_COOLDOWN": "0",
        }
        with BotProcess(discord.address, tmp_path, token=TOKEN, settings=settings) as bot:
            discord.wait(lambda: discord.gateway.online == 1 or not bot.running, seconds=300)
            assert bot.running, bot.said()
            discord.wait(lambda: look(port, "healthz") == (200, '{"status": "ok"}'))
            file = discord.attach("ships.txt", SHIPS)
            discord.slash("article add", channel=discord.new_channel(), rights=MANAGER, file=file)
            discord.settle(seconds=300)
            asked = discord.slash("ask", channel=discord.new_channel(), question=QUESTION)
            mentioned = discord.say(f"<@900> {QUESTION}")
            discord.wait(lambda: len(llm.requests) == 2)
            assert "footnote_questions_under_way 2.0" in look(port, "metrics")[1].splitlines()
            bot.stop()
            discord.wait(lambda: look(port, "healthz") == (503, '{"status": "stopping"}'))
            late = discord.slash("ask", channel=discord.new_channel(), question=QUESTION)
            assert bot.exit_code(seconds=30) == 0
            discord.check()
            for seen in (
                discord.outcomes(asked),
                discord.replies(mentioned),
                discord.outcomes(late),
            ):
                [outcome] = seen
                assert "restarted" in outcome.text


def look(port: int, page: str) -> tuple[int, str]:
    try:
        with urlopen(f"http://127.0.0.1:{port}/{page}", timeout=5) as response:
            return response.status, response.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()
