"""What the bot, in a process of its own, answers on servers that have no article of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.bot_process import ROOT, BotProcess
from tests.support.loopback_discord import TOKEN, Loopback
from tests.support.loopback_world import MANAGER, OTHER_GUILD

EMBASSY = "Who broke into the embassy compound?"
FAIR = "The fair of Lund opens in May. Its mayor cuts a red ribbon."
OPENS = "When does the fair of Lund open?"


@pytest.fixture
def discord() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def serving(discord: Loopback, folder: Path, sharing: str) -> BotProcess:
    """The bot over a new library, as Docker and systemd start it."""
    settings = {"FOOTNOTE_COOLDOWN": "0", "FOOTNOTE_SHARED": sharing}
    return BotProcess(discord.address, folder, token=TOKEN, settings=settings)


def begin(discord: Loopback, bot: BotProcess) -> list[str]:
    """Wait until members can ask, and give what was said at the start."""
    discord.wait(lambda: discord.gateway.online == 1 or not bot.running, seconds=300)
    assert bot.running, bot.said()
    said = [line["event"] for line in bot.logged()]
    return said[: said.index("connected")] if "connected" in said else said


def footnote(folder: Path, *arguments: str) -> str:
    """Run a command over the bot's library, while it runs; give what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.launch_bot", "", *arguments],
        cwd=ROOT,
        env=os.environ
        | {
            "FOOTNOTE_LIBRARY": str(folder / "library"),
            "FOOTNOTE_READER": "off",
            "STAND_IN": "0",
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return done.stdout


def asked(discord: Loopback, question: str, *, channel: int) -> str:
    interaction = discord.slash("ask", channel=channel, question=question)
    discord.settle(seconds=300)
    [outcome] = discord.outcomes(interaction)
    return outcome.text


def test_a_new_library_shares_the_shipped_article_until_another_is_added(
    discord: Loopback, tmp_path: Path
) -> None:
    with serving(discord, tmp_path, "everywhere") as bot:
        shared, example, *_ = begin(discord, bot)
        assert shared.startswith("1 article is shared with every server and in direct messages: ")
        assert example.startswith("that is the example which ships with Footnote")
        places = [discord.new_channel(), discord.new_channel(OTHER_GUILD), discord.new_dm(77)]
        for place in places:
            assert "forced their way into" in asked(discord, EMBASSY, channel=place)
        (tmp_path / "fairs.txt").write_text(FAIR)
        added = footnote(tmp_path, "add", str(tmp_path / "fairs.txt"))
        assert "removed 1: " in added
        for place in places:
            assert "opens in May" in asked(discord, OPENS, channel=place)
            assert "forced their way into" not in asked(discord, EMBASSY, channel=place)
        listed = discord.slash("article list", channel=places[0], rights=MANAGER)
        discord.settle(seconds=300)
        [outcome] = discord.outcomes(listed)
        assert outcome.text.startswith("`   2` **fairs** · 2 sentences · shared\n")
        bot.stop()
        assert bot.exit_code() == 0


def test_with_nothing_shared_servers_and_members_are_told_what_to_do(
    discord: Loopback, tmp_path: Path
) -> None:
    with serving(discord, tmp_path, "off") as bot:
        [said, *_] = begin(discord, bot)
        assert said.startswith("nobody can ask anything yet: FOOTNOTE_SHARED is off")
        server = discord.new_channel()
        assert asked(discord, EMBASSY, channel=server).startswith(
            "There is no article here yet: a member who may manage the server adds one with"
        )
        assert asked(discord, EMBASSY, channel=discord.new_dm(77)).startswith(
            "Whoever runs me has not shared their articles in direct messages"
        )
        (tmp_path / "fairs.txt").write_text(FAIR)
        guild = discord.world.channels[server]["guild_id"]
        footnote(tmp_path, "add", "--server", guild, str(tmp_path / "fairs.txt"))
        assert "opens in May" in asked(discord, OPENS, channel=server)
        bot.stop()
        assert bot.exit_code() == 0
