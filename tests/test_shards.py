"""Many bots: which shards a process runs, and what they share."""

from contextlib import closing

import pytest

from bot.__main__ import _parser
from bot.desk import Desk
from bot.serve import Shards, _secrets, client_of
from bot.settings import Settings
from bot.state import State
from index import ConfigError, Library
from index.stores import connect
from tests.standin import StandIn


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
    options = _parser().parse_args(["serve", *given])
    assert Shards.read(options.shards, options.of) == shards


@pytest.mark.parametrize(
    ("shards", "of"),
    [("0-3", None), (None, 4), ("3-0", 4), ("0-4", 4), ("-1", 4), ("a", 4), ("0-1-2", 4), ("0", 0)],
)
def test_shards_that_cannot_be_are_refused(shards: str | None, of: int | None) -> None:
    with pytest.raises(ConfigError, match="expected both, and shards from 0 on"):
        Shards.read(shards, of)


async def test_a_client_runs_its_shards_alone() -> None:
    with closing(Desk(lambda _: Library.open(None), State(None))) as desk:
        some = client_of(Settings(), desk, Shards(2, 4, 8))
        assert (some.shard_ids, some.shard_count) == ([2, 3, 4], 8)
        every = client_of(Settings(), desk)
        assert every.shard_ids is None
        assert every.shard_count is None


def test_the_librarys_password_is_kept_out_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "postgresql://me:geheim@host/footnote"
    monkeypatch.setenv("FOOTNOTE_LIBRARY", address)
    assert {address, ":geheim@"} <= set(_secrets(Settings()))


def test_bots_share_a_library_and_what_one_opened_another_may_close(address: str) -> None:
    with closing(connect(address)) as connections:
        one, other = (
            Desk(
                lambda shelf: Library.open(connections, shelf=shelf, encoder=StandIn()),
                State(connections),
            )
            for _ in range(2)
        )
        with closing(one), one._leased("guild-7") as shelf:
            article = shelf.library.add_text("The otter swims.", title="Otters", source="/a")
            one.state.bind(7, 70, [article.id])
        with closing(other), other._leased("guild-7") as shelf:
            assert shelf.library.titles() == {article.id: "Otters"}
            assert other.state.bound(70) == [article.id]
        assert connections.closed is False
