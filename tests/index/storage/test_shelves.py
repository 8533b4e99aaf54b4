import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from index.storage.records import Rows
from index.storage.shelves import Changes
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


def test_changes_are_told_since_any_generation(path: Path, store: Store) -> None:
    start = store.generation
    first = keep(store, 1)
    one = store.generation
    second = keep(store, 2)
    with closing(Store(path, shelf="other")) as other:
        third = keep(other, 3)
    store.remove(first.article_id)
    assert store.changes(one) == Changes((second, third), ((first.first, first.last),))
    assert store.changes(start) == Changes((second, third), ((first.first, first.last),))
    assert store.changes(store.generation) == Changes((), ())
    assert store.changes("of another library") is None


def test_a_change_that_fails_is_not_told(store: Store) -> None:
    keep(store, 1)
    before = store.generation
    broken = drafted(story(2, sentences=8))
    with pytest.raises(IndexError):
        store.add(
            type(broken)(
                broken.source,
                broken.sentences,
                broken.passages,
                broken.vectors[:3],
                broken.piece_ids,
                broken.piece_counts,
            ),
            MODEL,
        )
    assert store.changes(before) == Changes((), ())
    assert frequencies(store) == summed(store)


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


def test_a_library_of_the_second_schema_is_brought_up(path: Path) -> None:
    with closing(Store(path, shelf="default")) as store:
        for seed in range(3):
            keep(store, seed)
        before = summed(store)
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        for name in ("shelf", "removed", "change"):
            raw.execute(f"DROP TABLE {name}")
        for name in ("article_rows", "article_first"):
            raw.execute(f"DROP INDEX {name}")
        raw.execute("ALTER TABLE article DROP COLUMN marks")
        raw.execute("PRAGMA user_version = 2")
    with closing(Store(path, shelf="default")) as store:
        assert frequencies(store) == before == summed(store)
        since = store.generation
        added = keep(store, 5)
        assert store.changes(since) == Changes((added,), ())
        assert frequencies(store) == summed(store)
        store.remove(2)
        assert frequencies(store) == summed(store)
