from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from index.storage.postgres import Connections
from index.storage.postgres_store import PostgresStore
from index.storage.records import Pieces, Rows, sum_of
from index.storage.stores import connect
from tests.support.standin import StandIn, drafted, story

MODEL = StandIn().model


@pytest.fixture
def connections(address: str) -> Iterator[Connections]:
    with closing(connect(address)) as opened:
        yield opened


def keep(store: PostgresStore, seed: int, *, source: str | None = None) -> Rows:
    article = store.add(drafted(story(seed, sentences=8), source=source), MODEL)
    [rows] = store.rows([article.id])
    return rows


def listed(pieces: Pieces) -> list[list[int]]:
    return [each.tolist() for each in pieces]


def whole(store: PostgresStore) -> list[list[int]]:
    """What the shelf says of its word pieces as a whole."""
    [pieces] = store.pieces_in(store.rows(None))
    return listed(pieces)


def summed(store: PostgresStore) -> list[list[int]]:
    """The same, article by article."""
    return listed(sum_of([store.pieces(rows) for rows in store.rows(None)]))


def test_a_shelf_s_word_pieces_are_those_of_its_articles(connections: Connections) -> None:
    with ExitStack() as stack:
        store, again, other = (
            stack.enter_context(closing(PostgresStore(connections, shelf=shelf)))
            for shelf in ("s", "s", "other")
        )
        assert whole(store) == [[], []]
        keep(other, 9)
        for seed in range(4):
            keep(store if seed % 2 else again, seed, source=f"/{seed}")
        assert whole(store) == summed(store) == whole(again)
        keep(again, 7, source="/2")
        for rows in store.rows(None)[:2]:
            store.remove(rows.article_id)
        assert whole(store) == summed(store) == whole(again) != whole(other)
        for rows in store.rows(None):
            again.remove(rows.article_id)
        assert whole(store) == [[], []]


def test_a_shelf_s_rows_are_the_same_tuple_until_something_has_changed(
    connections: Connections,
) -> None:
    with closing(PostgresStore(connections, shelf="s")) as store:
        first = keep(store, 1)
        rows = store.rows(None)
        assert rows == (first,)
        assert store.rows(None) is rows
        with closing(PostgresStore(connections, shelf="s")) as other:
            second = keep(other, 2)
        assert store.rows(None) == (first, second)
