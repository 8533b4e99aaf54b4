import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from index.models.encoder import FloatArray
from index.storage.records import Rows
from index.storage.store import Store
from index.storage.vectors import VectorIndex
from tests.support.standin import StandIn, drafted, story

MODEL = StandIn().model
RANDOM = np.random.default_rng(0)
MANY = 10_000
DAMAGES: dict[str, Callable[[bytes], bytes | None]] = {
    "missing": lambda content: None,
    "empty": lambda content: b"",
    "shorter than its stamp": lambda content: content[:7],
    "cut short": lambda content: content[: len(content) // 2],
    "without its last byte": lambda content: content[:-1],
    "with a bit turned": lambda content: content[:99] + bytes([content[99] ^ 1]) + content[100:],
    "longer": lambda content: content + b"\0",
    "garbage": lambda content: b"\xa5" * len(content),
    "text": lambda content: b"Dear diary",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with closing(Store(path, shelf="default")) as made:
        yield made


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    return tmp_path / "vectors.faiss"


def keep(store: Store, seed: int, *, sentences: int = 40, source: str | None = None) -> Rows:
    article = store.add(drafted(story(seed, sentences=sentences), source=source), MODEL)
    [rows] = store.rows([article.id])
    return rows


def some_vectors(count: int) -> FloatArray:
    drawn = RANDOM.standard_normal((count, 16)).astype(np.float32)
    found: FloatArray = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return found


def brute(store: Store, vector: FloatArray, scope: tuple[Rows, ...], *, limit: int) -> list[int]:
    """Rank by numpy alone, from what the store holds."""
    ids = np.concatenate([np.arange(rows.first, rows.last + 1) for rows in scope])
    vectors = np.concatenate([store.vectors(rows) for rows in scope])
    best = np.argsort(-(vectors.astype(float) @ vector.astype(float)))[:limit]
    return [int(row) for row in ids[best]]


def assert_right(index: VectorIndex, store: Store) -> None:
    scope = store.rows(None)
    for vector in some_vectors(5):
        for limit in (1, 7, MANY):
            assert index.nearest(vector, scope, limit=limit) == brute(
                store, vector, scope, limit=limit
            )


def reads_of(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[Rows]:
    """Give the list, filled from now on, of whose vectors are read from the store."""
    reads: list[Rows] = []
    vectors = store.vectors

    def noted(rows: Rows) -> FloatArray:
        reads.append(rows)
        return vectors(rows)

    monkeypatch.setattr(store, "vectors", noted)
    return reads


def test_the_nearest_are_those_that_brute_force_finds(store: Store) -> None:
    for seed in range(4):
        keep(store, seed)
    index = VectorIndex(store, None)
    assert_right(index, store)
    assert len(index.nearest(some_vectors(1)[0], store.rows(None), limit=MANY)) == 160


def test_a_sentence_is_nearest_to_itself(store: Store) -> None:
    rows = keep(store, 1)
    index = VectorIndex(store, None)
    found = [index.nearest(vector, (rows,), limit=1) for vector in store.vectors(rows)]
    assert found == [[row] for row in range(rows.first, rows.last + 1)]


def test_the_nearest_lie_in_scope(store: Store) -> None:
    kept = [keep(store, seed) for seed in range(4)]
    index = VectorIndex(store, None)
    for scope in [(kept[2],), (kept[0], kept[3]), tuple(kept[1:])]:
        for vector in some_vectors(3):
            assert index.nearest(vector, scope, limit=25) == brute(store, vector, scope, limit=25)
            assert len(index.nearest(vector, scope, limit=MANY)) == 40 * len(scope)


def test_the_nearest_lie_on_the_shelf_that_is_searched(path: Path, store: Store) -> None:
    with closing(Store(path, shelf="other")) as other:
        keep(store, 1)
        keep(other, 2)
        index = VectorIndex(other, None)
        assert_right(index, other)


@pytest.mark.parametrize("limit", [161, 10**6, 10**12, 10**30])
def test_a_limit_beyond_all_there_is_gives_all_there_is(store: Store, limit: int) -> None:
    for seed in range(4):
        keep(store, seed)
    found = VectorIndex(store, None).nearest(some_vectors(1)[0], store.rows(None), limit=limit)
    assert len(found) == len(set(found)) == 160


def test_nothing_is_nearest_in_an_empty_store(store: Store, snapshot: Path) -> None:
    index = VectorIndex(store, snapshot)
    assert index.nearest(some_vectors(1)[0], (), limit=5) == []
    index.save()
    assert not snapshot.exists()
    rows = keep(store, 1)
    assert_right(index, store)
    store.remove(rows.article_id)
    assert index.nearest(some_vectors(1)[0], (), limit=5) == []


def test_no_scope_holds_nothing(store: Store) -> None:
    keep(store, 1)
    assert VectorIndex(store, None).nearest(some_vectors(1)[0], (), limit=5) == []


def test_what_is_added_removed_and_replaced_is_followed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = VectorIndex(store, None)
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


def test_the_changes_of_another_connection_are_followed(path: Path, store: Store) -> None:
    index = VectorIndex(store, None)
    with closing(Store(path, shelf="default")) as other:
        first = keep(other, 1)
        assert_right(index, store)
        keep(other, 2)
        other.remove(first.article_id)
        assert_right(index, store)


def test_the_nearest_are_of_the_state_that_the_reader_holds(path: Path, store: Store) -> None:
    index = VectorIndex(store, None)
    with closing(Store(path, shelf="default")) as other:
        first = keep(other, 1)
        with store.reading():
            assert store.rows(None) == (first,)
            keep(other, 2)
            other.remove(first.article_id)
            assert_right(index, store)
        assert_right(index, store)


def test_a_snapshot_saves_reading_the_vectors(
    store: Store, snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, 1)
    rows = keep(store, 2)
    store.remove(keep(store, 3).article_id)
    VectorIndex(store, snapshot).save()
    assert [file.name for file in snapshot.parent.glob("vectors.*")] == ["vectors.faiss"]
    vector = store.vectors(rows)[7]
    reads = reads_of(store, monkeypatch)
    index = VectorIndex(store, snapshot)
    assert index.nearest(vector, store.rows(None), limit=1) == [rows.first + 7]
    assert reads == []
    monkeypatch.undo()
    assert_right(index, store)
    keep(store, 4)
    assert_right(index, store)


def test_a_snapshot_that_holds_what_the_store_holds_is_left_alone(
    store: Store, snapshot: Path
) -> None:
    keep(store, 1)
    VectorIndex(store, snapshot).save()
    before = snapshot.stat()
    VectorIndex(store, snapshot).save()
    assert (snapshot.stat().st_ino, snapshot.stat().st_mtime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
    )
    keep(store, 2)
    VectorIndex(store, snapshot).save()
    assert snapshot.stat().st_size > before.st_size


def test_without_a_place_for_it_no_snapshot_is_written(store: Store, tmp_path: Path) -> None:
    keep(store, 1)
    before = sorted(tmp_path.iterdir())
    VectorIndex(store, None).save()
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_snapshot_is_made_again(store: Store, snapshot: Path, damage: str) -> None:
    keep(store, 1)
    keep(store, 2)
    VectorIndex(store, snapshot).save()
    whole = snapshot.read_bytes()
    content = DAMAGES[damage](whole)
    snapshot.unlink()
    if content is not None:
        snapshot.write_bytes(content)
    index = VectorIndex(store, snapshot)
    assert_right(index, store)
    index.save()
    assert snapshot.read_bytes() == whole


def test_a_snapshot_of_an_older_state_is_made_again(store: Store, snapshot: Path) -> None:
    first = keep(store, 1)
    keep(store, 2)
    VectorIndex(store, snapshot).save()
    older = snapshot.read_bytes()
    store.remove(first.article_id)
    keep(store, 3)  # as many sentences as before
    assert_right(VectorIndex(store, snapshot), store)
    VectorIndex(store, snapshot).save()
    assert snapshot.read_bytes() != older
    snapshot.write_bytes(older)
    assert_right(VectorIndex(store, snapshot), store)


def test_a_snapshot_of_another_library_is_made_again(
    store: Store, snapshot: Path, tmp_path: Path
) -> None:
    with closing(Store(tmp_path / "other.db", shelf="default")) as other:
        assert keep(other, 2) == keep(store, 1)  # the same rows, other vectors
        VectorIndex(other, snapshot).save()
    index = VectorIndex(store, snapshot)
    assert_right(index, store)


def test_a_snapshot_that_cannot_be_written_is_only_logged(
    store: Store, snapshot: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keep(store, 1)
    snapshot.mkdir()
    index = VectorIndex(store, snapshot)
    with caplog.at_level(logging.WARNING, logger="index.storage.vectors"):
        index.save()
    [record] = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage().startswith(f"{snapshot} was not written: ")
    assert list(snapshot.parent.glob("vectors.*")) == [snapshot]
    assert_right(index, store)


def test_what_a_killed_writer_left_is_cleared_away(store: Store, snapshot: Path) -> None:
    for process in (7, 4_000_000):
        snapshot.with_suffix(f".{process}.tmp").write_bytes(b"half a snapshot")
    (snapshot.parent / "notes.7.tmp").touch()
    keep(store, 1)
    VectorIndex(store, snapshot).save()
    assert [file.name for file in snapshot.parent.glob("*.tmp")] == ["notes.7.tmp"]
    assert_right(VectorIndex(store, snapshot), store)


def test_saving_does_not_wait_for_a_reader_that_waits_for_it(snapshot: Path) -> None:
    store = Store(None, shelf="default")  # no fixture: closing it would wait for them as well
    keep(store, 1)
    index = VectorIndex(store, snapshot)
    found: list[list[int]] = []

    def read() -> None:
        with store.reading():
            scope = store.rows(None)
            saver.start()
            saver.join(0.2)  # it cannot finish before this state is let go
            found.append(index.nearest(some_vectors(1)[0], scope, limit=MANY))

    saver = threading.Thread(target=index.save, daemon=True)
    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(10)
    assert not reader.is_alive()
    saver.join(10)
    assert not saver.is_alive()
    assert [len(rows) for rows in found] == [40]
    assert snapshot.exists()
    store.close()
