"""How the bot starts and stops, and what a program learns of it; some in a process of its own."""

import json
import os
import pickle
import signal
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from bot.__main__ import parser
from bot.discord.pool import CollectionPool
from bot.discord.runner import (
    MISSING_INTENT,
    UNREACHABLE,
    WRONG_TOKEN,
    Shards,
    StartError,
    _secrets,
    create_client,
)
from bot.discord.state import State
from bot.settings import Settings
from index import ConfigError, Library
from index.storage.opening import Folder
from tests.bot.discord.conftest import Footnote
from tests.support.bot_process import BotProcess, nobody
from tests.support.loopback_discord import TOKEN, Loopback
from tests.support.loopback_world import GUILD, MANAGER, Fault
from tests.support.scripted import Scripted, hangs
from tests.support.standin import story

SHIPS = b"The ship Aurora sank near Iceland in 1911. Her captain drowned with 11 sailors."
QUESTION = "When did the ship Aurora sink?"
CUT = Fault(dropped=True)


def test_without_a_token_it_says_where_to_get_one(footnote: Footnote) -> None:
    code, _, [line] = footnote("http://127.0.0.1:9", "serve", token=None)
    assert code == 2
    assert line.startswith("footnote: DISCORD_TOKEN is not set; expected the token")


def test_a_wrong_token_is_said_in_one_line_and_an_exit_code(
    discord: Loopback, footnote: Footnote
) -> None:
    code, _, lines = footnote(discord.address, "serve", token="wrong.token")
    assert code == WRONG_TOKEN
    assert lines[-1].startswith("footnote: Discord does not accept the token in DISCORD_TOKEN")
    assert "wrong.token" not in "".join(lines)


def test_an_intent_that_is_not_allowed_is_said_in_one_line_and_an_exit_code(
    discord: Loopback, footnote: Footnote
) -> None:
    discord.gateway.refuses_privileged = True
    code, _, lines = footnote(discord.address, "serve", FOOTNOTE_MESSAGE_CONTENT="true")
    assert code == MISSING_INTENT
    assert lines[-1].startswith("footnote: FOOTNOTE_MESSAGE_CONTENT is set, and Discord does")


def test_without_a_network_it_tries_for_a_while_and_says_so(footnote: Footnote) -> None:
    with nobody() as address:
        code, _, lines = footnote(address, "serve", FOOTNOTE_CONNECT_TIMEOUT="2")
    assert code == UNREACHABLE
    assert lines[-1].startswith("footnote: Discord cannot be reached: Cannot connect to host")
    logged = [json.loads(line) for line in lines if line.startswith("{")]
    tried = [line["pause"] for line in logged if line["event"] == "Discord cannot be reached"]
    assert tried == [0.5, 1.0]


def test_sync_registers_the_commands_for_every_server_or_for_one(
    discord: Loopback, footnote: Footnote
) -> None:
    for given in ([], ["--guild", str(GUILD)]):
        assert footnote(discord.address, "sync", *given) == (
            0,
            ["registered 11 commands with Discord"],
            [],
        )
    for commands in (discord.world.commands, discord.world.guild_commands[GUILD]):
        assert {"ask", "article", "stats"} <= {command["name"] for command in commands}


def test_sync_says_in_one_line_what_discord_refuses(discord: Loopback, footnote: Footnote) -> None:
    discord.inject("PUT", "/commands$", Fault(status=403, code=50001))
    code, _, [line] = footnote(discord.address, "sync", "--guild", "1")
    assert code == UNREACHABLE
    assert line.startswith("footnote: Discord does not let the bot go on: 403 Forbidden")


def test_a_start_error_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(StartError("it cannot", UNREACHABLE)))
    assert (str(error), error.exit_code) == ("it cannot", UNREACHABLE)


@pytest.mark.parametrize(
    ("given", "shards"),
    [
        (["--shards", "0-3", "--of", "16"], Shards(0, 3, 16)),
        (["--shards", "15", "--of", "16"], Shards(15, 15, 16)),
        (["--of", "2", "--shards", "0-1"], Shards(0, 1, 2)),
        ([], None),
    ],
)
def test_the_shards_to_run_are_read(given: list[str], shards: Shards | None) -> None:
    options = parser().parse_args(["serve", *given])
    assert Shards.read(options.shards, options.of) == shards


@pytest.mark.parametrize(
    ("shards", "of"),
    [("0-3", None), (None, 4), ("3-0", 4), ("0-4", 4), ("-1", 4), ("a", 4), ("0-1-2", 4), ("0", 0)],
)
def test_shards_that_cannot_be_are_refused(shards: str | None, of: int | None) -> None:
    with pytest.raises(ConfigError, match="expected both, and shards from 0 on"):
        Shards.read(shards, of)


async def test_a_client_runs_its_shards_alone() -> None:
    with closing(CollectionPool(lambda *_: Library.open(None), State(Folder(None)))) as pool:
        some = create_client(Settings(), pool, Shards(2, 4, 8))
        assert (some.shard_ids, some.shard_count) == ([2, 3, 4], 8)
        every = create_client(Settings(), pool)
        assert every.shard_ids is None
        assert every.shard_count is None


def test_the_librarys_password_is_kept_out_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "postgresql://me:geheim@host/footnote"
    monkeypatch.setenv("FOOTNOTE_LIBRARY", address)
    for settings in (Settings(), Settings().at(address)):
        assert {address, ":geheim@"} <= set(_secrets(settings))


def test_a_start_that_meets_faults_is_tried_again_and_commands_are_registered_once(
    footnote: Footnote,
) -> None:
    with Loopback(shards=2) as discord:
        discord.inject("GET", "/users/@me$", CUT)
        discord.inject("PUT", "/commands$", CUT)
        discord.inject("GET", "/gateway/bot$", CUT)

        def interrupt() -> None:
            with suppress(AssertionError):  # it was not online in time: then it ends by itself
                discord.wait(lambda: discord.gateway.online == 2)
                os.kill(os.getpid(), signal.SIGINT)

        for _ in range(2):
            threading.Thread(target=interrupt, daemon=True).start()
            assert footnote(discord.address, "serve", FOOTNOTE_CONNECT_TIMEOUT="20").code == 0
            discord.wait(lambda: discord.gateway.online == 0)
        assert discord.clear_faults() == 0
        asked = discord.requests("PUT", "/commands$")
        [registered] = [each for each in asked if each.status == 200]
        assert {"ask", "article", "stats"} <= {command["name"] for command in registered.body}


def test_a_signal_before_the_first_connection_ends_it_at_once(tmp_path: Path) -> None:
    with nobody() as address, BotProcess(address, tmp_path, token=TOKEN) as bot:
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
        with BotProcess(
            discord.address, tmp_path, token=TOKEN, settings=settings, stand_in=0.05
        ) as bot:
            discord.wait(lambda: discord.gateway.online == 1 or not bot.running, seconds=300)
            assert bot.running, bot.said()
            discord.wait(lambda: bot.look("healthz") == (200, '{"status": "ok"}'))
            file = discord.attach("ships.txt", SHIPS)
            discord.slash("article add", channel=discord.new_channel(), rights=MANAGER, file=file)
            discord.settle(seconds=300)
            asked = discord.slash("ask", channel=discord.new_channel(), question=QUESTION)
            mentioned = discord.say(f"<@900> {QUESTION}")
            file = discord.attach("long.txt", story(1, sentences=2_000).encode())
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
