from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from index.storage.records import Rows
from index.storage.store import Store
from tests.support.standin import StandIn, drafted, story

MODEL = StandIn().model


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with closing(Store(path, shelf="default")) as made:
        yield made


def keep(store: Store, seed: int, *, source: str | None = None) -> Rows:
    article = store.add(drafted(story(seed, sentences=8), source=source), MODEL)
    [rows] = store.rows([article.id])
    return rows


def frequencies(store: Store) -> dict[int, int]:
    """What the shelf says of its word pieces as a whole."""
    with store.reading():
        [(ids, counts)] = store.pieces_in(store.rows(None))
    return dict(zip(ids.tolist(), counts.tolist(), strict=True))


def summed(store: Store) -> dict[int, int]:
    """The same, article by article."""
    total = np.zeros(10_000, np.int64)
    for rows in store.rows(None):
        ids, counts = store.pieces(rows)
        total[ids] += counts
    return {int(piece): int(total[piece]) for piece in np.flatnonzero(total)}


def test_a_shelf_s_rows_are_the_same_tuple_until_something_has_changed(
    path: Path, store: Store
) -> None:
    first = keep(store, 1)
    rows = store.rows(None)
    assert rows == (first,)
    assert store.rows(None) is rows
    with closing(Store(path, shelf="default")) as other:
        second = keep(other, 2)
        assert store.rows(None) == (first, second)
        other.remove(first.article_id)
        assert store.rows(None) == (second,)
        third = keep(other, 3, source="/c")
        replaced = keep(other, 4, source="/c")
        assert replaced.article_id == third.article_id
        assert store.rows(None) == (second, replaced)
    with closing(Store(path, shelf="elsewhere")) as elsewhere:
        keep(elsewhere, 5)
    assert store.rows(None) == (second, replaced)


def test_a_shelf_s_word_pieces_are_those_of_its_articles(path: Path, store: Store) -> None:
    with closing(Store(path, shelf="other")) as other:
        keep(other, 9)
        for seed in range(4):
            keep(store, seed, source=f"/{seed}")
        assert frequencies(store) == summed(store)
        keep(store, 7, source="/2")
        for rows in store.rows(None)[:2]:
            store.remove(rows.article_id)
        assert frequencies(store) == summed(store) != frequencies(other)
