"""A writer is killed, the server is killed, and several bots work at once: nothing is lost.

`python -m benchmarks.crash` does the same for longer.
"""

import time
from collections.abc import Callable
from random import Random

import pytest

from benchmarks.crash import Crashes, kill_servers, kill_writers
from index import Library
from index.storage.records import sum_counts
from index.text.segmentation import segment
from tests.index.storage.test_durability import Child, orders, tale, tell
from tests.support.postgres_server import PostgresServer
from tests.support.standin import StandIn

ROUNDS = 4
TURNS = 12


@pytest.mark.parametrize("kill", [kill_writers, kill_servers])
def test_nothing_acknowledged_is_lost_and_nothing_half_added_is_found(
    postgres: PostgresServer, address: str, kill: Callable[..., Crashes]
) -> None:
    found = kill(postgres, address, rounds=ROUNDS, random=Random(1))
    assert (found.rounds, found.lost, found.half_added) == (ROUNDS, 0, 0)
    assert found.acknowledged > 0


def child_adds_and_removes() -> None:
    """Replace an article that the other writer replaces too, and add and remove others."""
    address, name, turns = orders()
    with Library.open(address, encoder=StandIn()) as library:
        before = None
        for turn in range(1, turns + 1):
            library.add_text(tale(turn), title="A tale", source="/shared")
            added = library.add_text(tale(turn), title="A tale", source=f"/{name}/{turn}")
            if before is not None:
                library.remove(before)
            before = added.id
    tell("done")


def test_two_write_in_one_collection_while_a_third_asks(address: str) -> None:
    with (
        Library.open(address, encoder=StandIn(), reader="off") as library,
        Child(child_adds_and_removes) as one,
        Child(child_adds_and_removes) as other,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("index.search.retriever.EXACT", 0)
        library.add_text(tale(1), title="A tale", source="/shared")
        for name, writer in (("one", one), ("other", other)):
            writer.order(address, name, TURNS)
        asked, versions = 0, set()
        while one.alive or other.alive:
            versions |= ask(library)
            asked += 1
        assert [each.finish() for each in (one, other)] == [[["done"]]] * 2
        assert asked >= 5
        assert len(versions) > 1
        assert {article.source for article in library.articles()} == {
            "/shared",
            f"/one/{TURNS}",
            f"/other/{TURNS}",
        }
        store = library._store
        [whole] = store.tokens_in(store.rows(None))
        parts = [store.tokens(rows) for rows in store.rows(None)]
        assert [each.tolist() for each in whole] == [each.tolist() for each in sum_counts(parts)]


def ask(library: Library) -> set[str]:
    """Ask once, compare every citation with its article as it then was, and give the versions."""
    with library._store.reading():
        answer = library.ask("Version of the tale tells of number 3.")
        articles = {each.article_id: library.article(each.article_id) for each in answer.citations}
    assert not answer.abstained
    for citation in answer.citations:
        article = articles[citation.article_id]
        assert article.text[citation.start : citation.end] == citation.quote
        assert article.text == tale(int(article.text.split()[1]))
        assert article.sentences == segment(article.text)
    return {citation.quote.split()[1] for citation in answer.citations}


def test_a_lock_dies_with_the_process_that_held_it(address: str) -> None:
    with Child(child_holds_a_lock) as child:
        child.order(address)
        assert child.hear() == ["holds"]
    with Library.open(address, encoder=StandIn()) as library:
        assert library.add_text(tale(1), title="A tale", source="/shared").id == 1


def child_holds_a_lock() -> None:
    from index.storage.postgres import Pool
    from index.storage.postgres_store import PostgresStore

    [address] = orders()
    database = PostgresStore(Pool(address), collection="default").database
    with database.writing():
        for names in (("source", "default", "/shared"), ("collection", "default"), ("schema",)):
            database.lock(*names)
        tell("holds")
        time.sleep(60)
