"""What happens to a server's articles, votes and bindings after it removed the bot."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.discord.departures import DAYS_KEPT, Departures
from bot.discord.pool import CollectionPool, OpenCollection
from bot.discord.state import State
from index import Encoder
from index.storage.opening import Folder
from tests.support.bot_process import BotProcess
from tests.support.discord_world import SHIPS, open_pool
from tests.support.loopback_discord import TOKEN, Loopback
from tests.support.loopback_servers import join, leave
from tests.support.loopback_world import GUILD, OTHER_GUILD

DAY = 24 * 60 * 60


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def pool(tmp_path: Path, encoder: Encoder) -> Iterator[CollectionPool]:
    with closing(open_pool(tmp_path, encoder)) as made:
        yield made


def every(_: int) -> bool:
    return True


async def fill(pool: CollectionPool, server: int) -> None:
    def work(collection: OpenCollection) -> None:
        article = collection.library.add_text(SHIPS, title="Ships")
        pool.state.bind(server, server, [article.id])
        pool.state.vote(server, server, 1, helpful=True)

    await pool.ingest(server, work)


async def kept(pool: CollectionPool, server: int) -> tuple[int, int, int]:
    titles = await pool.titles(server, own=True)
    return len(titles), len(pool.state.bound(server)), sum(pool.state.votes(server))


async def test_a_server_is_forgotten_thirty_days_after_it_removed_the_bot(
    pool: CollectionPool,
) -> None:
    clock = Clock()
    departures = Departures(pool, clock=clock)
    for server in (7, 8):
        await fill(pool, server)
        await departures.joined(server)
    await departures.left(7)
    clock.now = DAYS_KEPT * DAY
    assert await departures.forget(is_own=every) == 0
    assert await kept(pool, 7) == (1, 1, 1)
    clock.now += 1
    assert await departures.forget(is_own=every) == 1
    assert await kept(pool, 7) == (0, 0, 0)
    assert await kept(pool, 8) == (1, 1, 1)
    assert await departures.forget(is_own=every) == 0


async def test_a_server_that_adds_the_bot_again_in_time_finds_all_as_it_was(
    pool: CollectionPool,
) -> None:
    clock = Clock()
    departures = Departures(pool, clock=clock)
    await fill(pool, 7)
    await departures.left(7)
    clock.now = 29 * DAY
    await departures.joined(7)
    clock.now = 90 * DAY
    assert await departures.forget(is_own=every) == 0
    assert await kept(pool, 7) == (1, 1, 1)


async def test_what_was_left_while_the_bot_was_off_is_noticed_by_the_process_of_its_shard(
    pool: CollectionPool,
) -> None:
    clock = Clock()
    departures = Departures(pool, clock=clock)
    await departures.note({7, 8, 9}, is_own=every)
    await departures.note({8}, is_own=lambda server: server != 9)
    clock.now = 31 * DAY
    assert pool.state.known_servers() == [8, 9]
    assert await departures.forget(is_own=lambda server: server == 9) == 0
    assert await departures.forget(is_own=every) == 1


def test_joining_and_leaving_are_noted_while_the_bot_runs(tmp_path: Path) -> None:
    with (
        Loopback() as discord,
        BotProcess(discord.address, tmp_path, token=TOKEN) as bot,
    ):
        discord.wait(lambda: discord.gateway.online == 1 or not bot.running, seconds=300)
        discord.wait(lambda: bool(discord.gateway.presences))
        joined, channel = join(discord)
        discord.wait(lambda: bool(discord.world.said_in(channel)))
        with closing(State(Folder(tmp_path / "library"))) as state:
            assert state.known_servers() == sorted([GUILD, OTHER_GUILD, joined])
            leave(discord, joined)
            discord.wait(lambda: joined not in state.known_servers())
            assert state.known_servers() == [GUILD, OTHER_GUILD]
