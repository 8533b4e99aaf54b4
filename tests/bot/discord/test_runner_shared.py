"""What the bot, in a process of its own, answers on servers that have no article of their own."""

from pathlib import Path

from tests.bot.discord.conftest import Footnote
from tests.support.bot_process import BotProcess
from tests.support.loopback_discord import TOKEN, Loopback
from tests.support.loopback_world import MANAGER, OTHER_GUILD

EMBASSY = "Who broke into the embassy compound?"
FAIR = "The fair of Lund opens in May. Its mayor cuts a red ribbon."
OPENS = "When does the fair of Lund open?"


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


def asked(discord: Loopback, question: str, *, channel: int) -> str:
    interaction = discord.slash("ask", channel=channel, question=question)
    discord.settle(seconds=300)
    [outcome] = discord.outcomes(interaction)
    return outcome.text


def test_a_new_library_shares_the_shipped_article_until_another_is_added(
    discord: Loopback, tmp_path: Path, footnote: Footnote
) -> None:
    with serving(discord, tmp_path, "everywhere") as bot:
        shared, example, *_ = begin(discord, bot)
        assert shared.startswith("1 article is shared with every server and in direct messages: ")
        assert example.startswith("that is the example which ships with Footnote")
        places = [discord.new_channel(), discord.new_channel(OTHER_GUILD), discord.new_dm(77)]
        for place in places:
            assert "forced their way into" in asked(discord, EMBASSY, channel=place)
        (tmp_path / "fairs.txt").write_text(FAIR)
        library = str(tmp_path / "library")
        added = footnote("", "add", str(tmp_path / "fairs.txt"), FOOTNOTE_LIBRARY=library)
        assert "removed 1: " in "".join(added.out)
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
    discord: Loopback, tmp_path: Path, footnote: Footnote
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
        library, file = str(tmp_path / "library"), str(tmp_path / "fairs.txt")
        footnote("", "add", "--server", guild, file, FOOTNOTE_LIBRARY=library)
        assert "opens in May" in asked(discord, OPENS, channel=server)
        bot.stop()
        assert bot.exit_code() == 0
