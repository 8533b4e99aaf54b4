"""Kill writers and servers in the middle of their work, and count what is lost.

python -m benchmarks.crash [ROUNDS]

The library is in PostgreSQL, and before that in a folder, where a process that changes it is killed
70 times, and one that makes it 40 times: each must leave a library that is right.
"""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from index import Library
from tests.index.storage.test_durability import (
    Child,
    Ledger,
    assert_finds,
    assert_whole,
    child_has_children_on_postgres,
    holding,
    kill_while_it_changes,
    kill_while_it_is_made,
)
from tests.support.postgres_server import DURABLE, PostgresServer
from tests.support.standin import StandIn

ROUNDS = 30
_SHORTEST, _LONGEST = 0.05, 0.6  # seconds of work before a kill
_AFTERWARDS = 0.3  # seconds for a writer to notice that its server was killed
_UNFIT = """
SELECT (SELECT count(*) FROM sentence LEFT JOIN passage ON passage.id = passage_id
        AND passage.article_id = sentence.article_id WHERE passage.id IS NULL)
    + (SELECT count(*) FROM article WHERE last_row - first_row + 1 <>
        (SELECT count(*) FROM sentence WHERE article_id = article.id
            AND sentence.id BETWEEN first_row AND last_row))
"""
"""How many sentences and articles do not fit the rest."""


@dataclass(slots=True)
class Crashes:
    """What came of killing: changes that were acknowledged, and under way at a kill."""

    rounds: int = 0
    acknowledged: int = 0
    under_way: int = 0
    lost: int = 0
    half_added: int = 0

    @property
    def row(self) -> str:
        """Its cells of the table."""
        cells = (self.rounds, self.acknowledged, self.under_way, self.lost, self.half_added)
        return " | ".join(map(str, cells))


def kill_writers(server: PostgresServer, address: str, *, rounds: int, random: Random) -> Crashes:
    """Kill a process that adds, replaces and removes articles, at any moment."""
    crashes, ledger = Crashes(), Ledger()
    with Child(child_has_children_on_postgres) as child:
        assert child.hear() == ["ready"]
        for seed in range(rounds):
            child.say("_changes", address, seed, random.uniform(_SHORTEST, _LONGEST))
            _, told = child.hear()
            _look(server, address, told, crashes, ledger, random)
    return crashes


def kill_servers(server: PostgresServer, address: str, *, rounds: int, random: Random) -> Crashes:
    """Kill every process of the server while another adds, replaces and removes, and start it."""
    crashes, ledger = Crashes(), Ledger()
    with Child(child_has_children_on_postgres) as child:
        assert child.hear() == ["ready"]
        for seed in range(rounds):
            seconds = random.uniform(_SHORTEST, _LONGEST)
            child.say("_changes", address, seed, seconds + _AFTERWARDS)
            time.sleep(seconds)
            server.kill()
            _, told = child.hear()
            server.start()
            _look(server, address, told, crashes, ledger, random)
    return crashes


def _look(
    server: PostgresServer,
    address: str,
    told: list[list[object]],
    crashes: Crashes,
    ledger: Ledger,
    random: Random,
) -> None:
    """Open the library and compare it with what the writer told."""
    ledger.follow(told)
    crashes.rounds += 1
    crashes.acknowledged += told.count(["done"])
    crashes.under_way += len(ledger.possible) - 1
    with Library.open(address, encoder=StandIn(), reader="off") as library:
        held = holding(library)
        crashes.lost += held not in ledger.possible
        ledger.possible = [held]
        try:
            assert_whole(library, ledger.drafts)
            assert server.execute(_UNFIT) == [(0,)]
            ledger.finds_ids(library)
            if held:
                assert_finds(library, random)
        except AssertionError as error:
            print(f"round {crashes.rounds}: {error}", file=sys.stderr)
            crashes.half_added += 1


def main(rounds: int) -> None:
    """Print the table."""
    with TemporaryDirectory() as name:
        acknowledged, cut_short = kill_while_it_changes(Path(name) / "library", rounds=70)
        kill_while_it_is_made(Path(name), rounds=40)
    print(f"In a folder: {acknowledged} changes acknowledged, {cut_short} cut short, none lost.\n")
    print("| killed | rounds | changes acknowledged | under way | lost | half-added |")
    print("|---|---|---|---|---|---|")
    with PostgresServer(**DURABLE) as server:
        for name, kill in (("a writer", kill_writers), ("the server", kill_servers)):
            crashes = kill(server, server.emptied(), rounds=rounds, random=Random(rounds))
            print(f"| {name} | {crashes.row} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
