"""Many bots: which shards a process runs, and what they share."""

import signal
from contextlib import closing
from pathlib import Path

import pytest

from bot.__main__ import parser
from bot.discord.pool import CollectionPool
from bot.discord.runner import Shards, _secrets, create_client
from bot.discord.state import State
from bot.settings import Settings
from index import ConfigError, Library
from index.storage.stores import connect, open_store
from tests.support.bot_process import BotProcess
from tests.support.loopback_discord import TOKEN, Loopback
from tests.support.loopback_world import GUILD, MANAGER, OTHER_GUILD, Interaction
from tests.support.standin import StandIn, story


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
    with closing(CollectionPool(lambda *_: Library.open(None), State(None))) as pool:
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


def test_bots_share_a_library_and_what_one_opened_another_may_close(address: str) -> None:
    with closing(connect(address)) as connections:
        one, other = (
            CollectionPool(
                lambda name, also: Library.open(
                    connections, shelf=name, also=also, encoder=StandIn()
                ),
                State(connections),
            )
            for _ in range(2)
        )
        with closing(one), one._lease("guild-7") as collection:
            article = collection.library.add_text("The otter swims.", title="Otters", source="/a")
            one.state.bind(7, 70, [article.id])
        with closing(other), other._lease("guild-7") as collection:
            assert collection.library.titles() == {article.id: "Otters"}
            assert other.state.bound(70) == [article.id]
        assert connections.closed is False


SHIPS = b"The ship Aurora sank near Iceland in 1911. Her captain drowned with 11 sailors."
QUESTION = "When did the ship Aurora sink?"


def test_a_bot_that_dies_takes_nothing_with_it(address: str, tmp_path: Path) -> None:
    def shard(number: int) -> BotProcess:
        (tmp_path / f"{number}").mkdir(exist_ok=True)
        return BotProcess(
            discord.address,
            tmp_path / f"{number}",
            token=TOKEN,
            arguments=("serve", "--shards", f"{number}", "--of", "2"),
            settings={"FOOTNOTE_LIBRARY": address, "FOOTNOTE_READER": "off"},
        )

    def online(*bots: BotProcess) -> None:
        discord.wait(lambda: discord.gateway.online == 2, seconds=300, what="both shards")
        assert all(bot.running for bot in bots)

    def told(made: Interaction, text: str) -> None:
        discord.wait(lambda: text in "".join(each.text for each in discord.outcomes(made)))

    def answers(guild: int) -> None:
        asked = discord.slash("ask", channel=discord.new_channel(guild), question=QUESTION)
        told(asked, "near Iceland in 1911")

    def adds(guild: int, name: str, content: bytes) -> Interaction:
        file = discord.attach(name, content)
        channel = discord.new_channel(guild)
        return discord.slash("article add", channel=channel, rights=MANAGER, file=file)

    with Loopback(shards=2) as discord, shard(1) as other:
        with shard(0) as doomed:
            online(doomed, other)
            for guild in (GUILD, OTHER_GUILD):
                told(adds(guild, "ships.txt", SHIPS), "Added")
                answers(guild)
            half_done = adds(GUILD, "long.txt", story(1, sentences=20_000).encode())
            told(half_done, "Reading")
            doomed.stop(signal.SIGKILL)
            doomed.exit_code()
            answers(OTHER_GUILD)
        with shard(0) as reborn:
            online(reborn, other)
            answers(GUILD)
            told(adds(GUILD, "more.txt", b"The harbour of Vell lies open to the north."), "Added")
        said = "".join(bot.said() for bot in (doomed, other, reborn))
    assert ":secret@" not in said
    store, _ = open_store(address, shelf=f"guild-{GUILD}")
    with closing(store):
        assert sorted(store.titles().values()) == ["more", "ships"]
