from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import pytest

from index.models.tokens import FloatArray, unit
from index.storage.records import RowRange
from index.storage.sqlite_store import SqliteStore
from index.storage.store import Store
from index.storage.vectors import Copies, VectorIndex
from tests.support.standin import StandIn, drafted, story

MODEL = StandIn().model
RANDOM = np.random.default_rng(0)
MANY = 10_000
COUNT = 40  # sentences of each article


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with closing(SqliteStore(path, collection="default")) as made:
        yield made


def keep(store: Store, seed: int, *, sentences: int = COUNT, source: str | None = None) -> RowRange:
    article = store.add(drafted(story(seed, sentences=sentences), source=source), MODEL)
    [rows] = store.rows([article.id])
    return rows


def some_vectors(count: int) -> FloatArray:
    return unit(RANDOM.standard_normal((count, 16)).astype(np.float32))


def brute(
    store: Store, vector: FloatArray, scope: tuple[RowRange, ...], *, limit: int
) -> list[int]:
    """Rank by numpy alone, from what the store holds."""
    ids = np.concatenate([np.arange(rows.first, rows.last + 1) for rows in scope])
    vectors = np.concatenate([store.vectors(rows) for rows in scope])
    best = np.argsort(-(vectors.astype(float) @ vector.astype(float)))[:limit]
    return [int(row) for row in ids[best]]


def assert_right(index: VectorIndex, store: Store) -> None:
    with store.reading():
        scope = store.rows(None)
        for vector in some_vectors(5):
            for limit in (1, 7, MANY):
                expected = brute(store, vector, scope, limit=limit)
                assert index.nearest(vector, scope, limit=limit) == expected


def reads_of(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[RowRange]:
    """Give the list, filled from now on, of whose vectors are read from the store."""
    reads: list[RowRange] = []
    vectors = store.vectors

    def noted(rows: RowRange) -> FloatArray:
        reads.append(rows)
        return vectors(rows)

    monkeypatch.setattr(store, "vectors", noted)
    return reads


def test_the_nearest_are_those_that_brute_force_finds(store: Store) -> None:
    for seed in range(4):
        keep(store, seed)
    index = VectorIndex(store)
    assert_right(index, store)
    assert len(index.nearest(some_vectors(1)[0], store.rows(None), limit=MANY)) == 160


def test_a_sentence_is_nearest_to_itself(store: Store) -> None:
    rows = keep(store, 1)
    index = VectorIndex(store)
    found = [index.nearest(vector, (rows,), limit=1) for vector in store.vectors(rows)]
    assert found == [[row] for row in range(rows.first, rows.last + 1)]


def test_the_nearest_lie_in_scope(store: Store) -> None:
    kept = [keep(store, seed) for seed in range(4)]
    index = VectorIndex(store)
    for scope in [(kept[2],), (kept[0], kept[3]), tuple(kept[1:])]:
        for vector in some_vectors(3):
            assert index.nearest(vector, scope, limit=25) == brute(store, vector, scope, limit=25)
            assert len(index.nearest(vector, scope, limit=MANY)) == COUNT * len(scope)


@pytest.mark.parametrize("limit", [161, 10**6, 10**12, 10**30])
def test_a_limit_beyond_all_there_is_gives_all_there_is(store: Store, limit: int) -> None:
    for seed in range(4):
        keep(store, seed)
    found = VectorIndex(store).nearest(some_vectors(1)[0], store.rows(None), limit=limit)
    assert len(found) == len(set(found)) == 160


def test_nothing_is_nearest_in_an_empty_store_or_scope(store: Store) -> None:
    index = VectorIndex(store)
    [vector] = some_vectors(1)
    assert index.nearest(vector, (), limit=5) == []
    rows = keep(store, 1)
    assert index.nearest(vector, (), limit=5) == []
    assert_right(index, store)
    store.remove(rows.article_id)
    assert index.nearest(vector, store.rows(None), limit=5) == []
    assert index.nearest(vector, (rows,), limit=5) == []


def test_above_twenty_thousand_sentences_vectors_are_in_half_precision(store: Store) -> None:
    copies = Copies(half_above=2 * COUNT)
    index = VectorIndex(store, copies)
    kept = [keep(store, seed) for seed in range(2)]
    assert_right(index, store)
    assert copies.memory == 2 * COUNT * (16 * 4 + 8)
    kept.append(keep(store, 2))
    for vector in some_vectors(5):
        found = index.nearest(vector, store.rows(None), limit=10)
        exact = np.concatenate([store.vectors(rows) for rows in kept]) @ vector
        held = [exact[row - kept[0].first] for row in found]
        assert np.allclose(held, sorted(exact, reverse=True)[:10], atol=2e-3)
    assert copies.memory == 3 * COUNT * (16 * 2 + 8)
    store.remove(kept[0].article_id)
    assert_right(index, store)  # as exact as if it had never been larger


def test_what_is_added_removed_and_replaced_is_followed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = VectorIndex(store)
    first, second = keep(store, 1), keep(store, 2, source="/b")
    assert_right(index, store)
    store.remove(first.article_id)
    assert_right(index, store)
    third = keep(store, 3, sentences=10, source="/b")
    assert third.article_id == second.article_id
    assert_right(index, store)
    fourth = keep(store, 4)
    reads = reads_of(store, monkeypatch)
    index.nearest(some_vectors(1)[0], store.rows(None), limit=1)
    assert reads == [fourth]  # and not those that it held already


def test_an_update_that_fails_in_the_middle_is_made_good(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = VectorIndex(store)
    first = keep(store, 1)
    assert_right(index, store)
    store.remove(first.article_id)
    keep(store, 2)
    keep(store, 3)
    vectors = store.vectors

    def failing(rows: RowRange) -> FloatArray:
        monkeypatch.setattr(store, "vectors", broken)
        return vectors(rows)

    def broken(rows: RowRange) -> FloatArray:
        raise MemoryError(rows)

    monkeypatch.setattr(store, "vectors", failing)
    with pytest.raises(MemoryError):
        index.nearest(some_vectors(1)[0], store.rows(None), limit=1)
    monkeypatch.undo()
    assert_right(index, store)


def test_readers_of_different_states_are_each_given_their_own(path: Path, store: Store) -> None:
    copies = Copies()
    with closing(SqliteStore(path, collection="default")) as other:
        index, others = VectorIndex(store, copies), VectorIndex(other, copies)
        first = keep(other, 1)
        with store.reading():
            assert store.rows(None) == (first,)
            keep(other, 2)
            other.remove(first.article_id)
            for _ in range(2):
                assert_right(index, store)
                assert_right(others, other)
        assert_right(index, store)


def test_each_collection_is_searched_by_its_own_copy(path: Path) -> None:
    copies = Copies()
    with ExitStack() as stack:
        one, other, both = (
            stack.enter_context(closing(SqliteStore(path, collection=name, also=also)))
            for name, also in (("one", ()), ("other", ()), ("one", ("other",)))
        )
        mine, theirs = keep(one, 1), keep(other, 2)
        assert_right(VectorIndex(one, copies), one)
        assert copies.memory == COUNT * (16 * 4 + 8)
        assert_right(VectorIndex(other, copies), other)
        assert_right(VectorIndex(both, copies), both)
        assert copies.memory == 2 * COUNT * (16 * 4 + 8)
        [vector] = some_vectors(1)
        index = VectorIndex(both, copies)
        for scope in ((mine,), (theirs,), (theirs, mine)):
            assert index.nearest(vector, scope, limit=9) == brute(both, vector, scope, limit=9)
        assert VectorIndex(one, copies).nearest(vector, (theirs,), limit=9) == []


def test_copies_that_were_searched_longest_ago_are_dropped(path: Path) -> None:
    copies = Copies(most_held=2 * COUNT)
    with ExitStack() as stack:
        stores = [
            stack.enter_context(closing(SqliteStore(path, collection=f"{name}")))
            for name in range(5)
        ]
        for seed, store in enumerate(stores):
            keep(store, seed)
            assert_right(VectorIndex(store, copies), store)
            assert copies.memory <= 3 * COUNT * (16 * 4 + 8)
        assert_right(VectorIndex(stores[0], copies), stores[0])


def test_what_the_vectors_are_kept_in_is_told(store: Store) -> None:
    index = VectorIndex(store)
    keep(store, 1)
    assert index.stats().memory == 0
    assert_right(index, store)
    assert (index.stats().kind, index.stats().memory) == ("exact", COUNT * (16 * 4 + 8))
