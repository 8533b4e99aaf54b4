"""Many bots that share one library in PostgreSQL."""

import signal
from contextlib import closing
from pathlib import Path

from bot.discord.pool import CollectionPool
from bot.discord.state import State
from index import Library
from index.storage.opening import Server, open_store
from tests.support.bot_process import BotProcess
from tests.support.loopback_discord import TOKEN, Loopback
from tests.support.loopback_world import GUILD, MANAGER, OTHER_GUILD, Interaction
from tests.support.standin import StandIn, story


def test_bots_share_a_library_and_what_one_opened_another_may_close(address: str) -> None:
    with closing(Server(address)) as place:
        one, other = (
            CollectionPool(
                lambda name, also: Library.open(
                    place, collection=name, also=also, encoder=StandIn()
                ),
                State(place),
            )
            for _ in range(2)
        )
        with closing(one), one._lease("guild-7") as collection:
            article = collection.library.add_text("The otter swims.", title="Otters", source="/a")
            one.state.bind(7, 70, [article.id])
        with closing(other), other._lease("guild-7") as collection:
            assert collection.library.titles() == {article.id: "Otters"}
            assert other.state.bound(70) == [article.id]
        assert State(place).bound(70) == [article.id]


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
            settings={"FOOTNOTE_LIBRARY": address},
            stand_in=0.01,
        )

    def online(*bots: BotProcess) -> None:
        discord.wait(lambda: discord.gateway.online == 2, seconds=300, what="both shards")
        assert all(bot.running for bot in bots)

    def shows(made: Interaction, text: str) -> None:
        discord.wait(lambda: text in "".join(each.text for each in discord.outcomes(made)))

    def answers(guild: int) -> None:
        asked = discord.slash("ask", channel=discord.new_channel(guild), question=QUESTION)
        shows(asked, "near Iceland in 1911")

    def adds(guild: int, name: str, content: bytes) -> Interaction:
        file = discord.attach(name, content)
        channel = discord.new_channel(guild)
        return discord.slash("article add", channel=channel, rights=MANAGER, file=file)

    with Loopback(shards=2) as discord, shard(1) as other:
        with shard(0) as doomed:
            online(doomed, other)
            for guild in (GUILD, OTHER_GUILD):
                shows(adds(guild, "ships.txt", SHIPS), "Added")
                answers(guild)
            half_done = adds(GUILD, "long.txt", story(1, sentences=2_000).encode())
            shows(half_done, "Reading")
            doomed.stop(signal.SIGKILL)
            doomed.exit_code()
            answers(OTHER_GUILD)
        with shard(0) as reborn:
            online(reborn, other)
            answers(GUILD)
            shows(adds(GUILD, "more.txt", b"The harbour of Vell lies open to the north."), "Added")
        said = "".join(bot.said() for bot in (doomed, other, reborn))
    assert ":secret@" not in said
    store, _ = open_store(address, collection=f"guild-{GUILD}")
    with closing(store):
        assert sorted(store.titles().values()) == ["more", "ships"]
