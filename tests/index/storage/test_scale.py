"""A large library, with the change-over at a few thousand sentences instead of many."""

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.models.encoder import FloatArray, unit
from index.storage import inverted, vectors
from index.storage.records import Rows
from index.storage.store import Store
from index.storage.vectors import VectorIndex
from tests.support.standin import StandIn, drafted, one_thread, story

MODEL = StandIn().model
CHANGE_OVER = 1_200
ARTICLES = 30
SENTENCES = 50


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.db"


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    return tmp_path / "vectors.faiss"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """More sentences than the change-over."""
    with closing(Store(path, shelf="default")) as made:
        made._database.rows("PRAGMA synchronous = OFF")  # nothing is killed here
        for seed in range(ARTICLES):
            keep(made, seed)
        yield made


def keep(store: Store, seed: int, *, sentences: int = SENTENCES) -> Rows:
    article = store.add(drafted(story(seed, sentences=sentences)), MODEL)
    [rows] = store.rows([article.id])
    return rows


def index_of(store: Store, snapshot: Path | None) -> VectorIndex:
    return VectorIndex(store, snapshot, change_over=CHANGE_OVER)


def changed_over(store: Store, snapshot: Path | None) -> VectorIndex:
    index = index_of(store, snapshot)
    settle(index)
    assert kind(index).startswith("inverted")
    return index


def settle(index: VectorIndex) -> None:
    index.stats()  # whatever is wanted is begun by a look at the store
    index.settle()


def kind(index: VectorIndex) -> str:
    return index.stats().kind


def some_vectors(count: int, *, seed: int = 0) -> FloatArray:
    drawn = np.random.default_rng(seed).standard_normal((count, 16))
    return unit(drawn.astype(np.float32))


def nearest_of_all(store: Store, vector: FloatArray, scope: tuple[Rows, ...]) -> list[int]:
    """Rank by numpy alone, from what the store holds."""
    ids = np.concatenate([np.arange(rows.first, rows.last + 1) for rows in scope])
    held = np.concatenate([store.vectors(rows) for rows in scope])
    return [int(row) for row in ids[np.argsort(-(held @ vector))[:10]]]


def recall(index: VectorIndex, store: Store, scope: tuple[Rows, ...] | None = None) -> float:
    scope = store.rows(None) if scope is None else scope
    shares = []
    for vector in some_vectors(40):
        found = index.nearest(vector, scope, limit=10)
        assert len(found) == len(set(found)) == 10
        shares.append(len({*found} & {*nearest_of_all(store, vector, scope)}) / 10)
    return float(np.mean(shares))


def assert_exact(index: VectorIndex, store: Store) -> None:
    assert recall(index, store) == 1


def damage(file: Path, content: bytes) -> None:
    """Put another file in a file's place, as it may still be mapped."""
    file.unlink()
    file.write_bytes(content)


def test_up_to_the_change_over_every_sentence_is_compared(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "small.db", shelf="default")) as store:
        for seed in range(CHANGE_OVER // SENTENCES):
            keep(store, seed)
        index = index_of(store, None)
        settle(index)
        assert kind(index) == "exact"
        assert_exact(index, store)
        keep(store, 99)
        settle(index)
        assert kind(index).startswith("inverted")


def test_after_the_change_over_nearly_all_of_the_nearest_are_found(
    store: Store, snapshot: Path
) -> None:
    index = changed_over(store, snapshot)
    assert recall(index, store) >= 0.97
    stats = index.stats()
    assert stats.sentences == ARTICLES * SENTENCES
    assert stats.disk == snapshot.stat().st_size
    assert 0 < stats.memory < stats.sentences * 16 * 4


def test_a_library_in_memory_changes_over_as_well(store: Store) -> None:
    assert recall(changed_over(store, None), store) >= 0.97


def test_a_sentence_is_nearest_to_itself(store: Store, snapshot: Path) -> None:
    index = changed_over(store, snapshot)
    for rows in store.rows(None)[::7]:
        for offset, vector in enumerate(store.vectors(rows)[::10]):
            [found] = index.nearest(vector, store.rows(None), limit=1)
            assert np.allclose(store.vectors_of([found])[1], vector), (rows, offset)


def test_what_is_added_and_removed_after_it_is_followed(store: Store, snapshot: Path) -> None:
    index = changed_over(store, snapshot)
    new = keep(store, 99)
    [gone, replaced] = store.rows([3, 7])
    store.remove(gone.article_id)
    store.remove(replaced.article_id)
    again = keep(store, 7)
    assert again.first > new.last
    assert recall(index, store) >= 0.97
    everything = store.rows(None)
    for rows in (new, again):
        vector = store.vectors(rows)[5]
        assert {*index.nearest(vector, everything, limit=4)} & {*range(rows.first, rows.last + 1)}
    found = {
        row for vector in some_vectors(50) for row in index.nearest(vector, everything, limit=20)
    }
    for rows in (gone, replaced):
        assert not found & {*range(rows.first, rows.last + 1)}


def test_a_narrow_scope_is_compared_whole(store: Store, snapshot: Path) -> None:
    index = changed_over(store, snapshot)
    everything = store.rows(None)
    for scope in ((everything[4],), everything[2:9], everything[::5], everything[:24]):
        assert recall(index, store, scope) == 1


def test_a_wide_scope_holds_what_is_found(store: Store, snapshot: Path) -> None:
    index = changed_over(store, snapshot)
    for scope in (store.rows(None)[:-4], store.rows(None)[3:], store.rows(None)[::2] * 1):
        assert recall(index, store, scope) >= 0.97
    scope = tuple(rows for rows in store.rows(None) if rows.article_id % 10)
    allowed = {row for rows in scope for row in range(rows.first, rows.last + 1)}
    for vector in some_vectors(20):
        assert {*index.nearest(vector, scope, limit=30)} <= allowed


def test_only_the_shelf_that_is_asked_is_searched(path: Path, store: Store) -> None:
    with closing(Store(path, shelf="other")) as other:
        for seed in range(100, 128):
            keep(other, seed)
        index = changed_over(other, None)
        assert recall(index, other) >= 0.97


def test_questions_are_answered_while_it_trains(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = threading.Event(), threading.Event()
    trained = inverted.trained

    def slow(*arguments: Any) -> Any:
        begun.set()
        assert may_end.wait(20)
        return trained(*arguments)

    monkeypatch.setattr("index.storage.building.trained", slow)
    index = index_of(store, None)
    index.stats()
    assert begun.wait(20)
    assert kind(index) == "exact, another in the making"
    assert_exact(index, store)
    late = keep(store, 99)
    store.remove(5)
    assert_exact(index, store)
    may_end.set()
    index.settle()
    assert kind(index).startswith("inverted")
    assert recall(index, store) >= 0.97
    assert index.nearest(store.vectors(late)[3], (late,), limit=1) == [late.first + 3]


def test_a_training_that_fails_leaves_the_old_index(
    store: Store, snapshot: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Any:
        raise MemoryError("no room")

    monkeypatch.setattr("index.storage.building.trained", broken)
    index = index_of(store, snapshot)
    with caplog.at_level(logging.ERROR):
        settle(index)
    [record] = caplog.records
    assert "the old one serves on" in record.getMessage()
    assert kind(index) == "exact"
    assert_exact(index, store)
    settle(index)
    assert len(caplog.records) == 1  # and it is not tried again at every question
    index.save()
    monkeypatch.undo()
    assert kind(changed_over(store, snapshot)).startswith("inverted")


def test_it_is_opened_again_from_its_snapshot(
    store: Store, snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed_over(store, snapshot).save()
    new = keep(store, 99)
    store.remove(2)
    reads: list[Rows] = []
    held = store.vectors

    def noted(rows: Rows) -> FloatArray:
        reads.append(rows)
        return held(rows)

    monkeypatch.setattr(store, "vectors", noted)
    index = index_of(store, snapshot)
    assert kind(index).startswith("inverted")
    assert reads == [new]
    monkeypatch.undo()
    assert recall(index, store) >= 0.97


def test_what_came_since_is_written_when_it_is_much(store: Store, snapshot: Path) -> None:
    index = changed_over(store, snapshot)
    whole = snapshot.read_bytes()
    since = snapshot.with_name("vectors-new.faiss")
    keep(store, 99)
    index.save()
    assert not since.exists()
    for seed in range(100, 111):
        keep(store, seed)
    index.save()
    assert snapshot.read_bytes() == whole
    assert since.exists()
    store.remove(1)
    store.remove(ARTICLES + 3)
    again = index_of(store, snapshot)
    assert recall(again, store) >= 0.97
    keep(store, 120)
    assert recall(again, store) >= 0.97
    damage(since, since.read_bytes()[:-9])  # and without it the store is read
    assert recall(index_of(store, snapshot), store) >= 0.97


@pytest.mark.parametrize("keeps", [0, 30, 5_000])
def test_a_damaged_snapshot_is_made_again(store: Store, snapshot: Path, keeps: int) -> None:
    changed_over(store, snapshot)
    whole = snapshot.read_bytes()
    turned = bytes([whole[keeps] ^ 1]) + whole[keeps + 1 :]
    damage(snapshot, whole[:keeps] + (turned if keeps else b""))
    index = index_of(store, snapshot)
    assert recall(index, store) >= 0.97
    settle(index)
    assert kind(index).startswith("inverted")
    assert recall(index_of(store, snapshot), store) >= 0.97


def test_a_snapshot_of_another_library_is_not_used(
    store: Store, snapshot: Path, tmp_path: Path
) -> None:
    with closing(Store(tmp_path / "other.db", shelf="default")) as other:
        for seed in range(100, 130):
            keep(other, seed)
        changed_over(other, snapshot)
    index = index_of(store, snapshot)
    assert kind(index).startswith("exact")
    settle(index)
    assert recall(index, store) >= 0.97


def test_it_is_made_anew_when_it_has_grown_and_exact_when_it_has_shrunk(
    store: Store, snapshot: Path
) -> None:
    index = changed_over(store, snapshot)
    before = snapshot.read_bytes()
    for seed in range(100, 113):
        keep(store, seed)
    settle(index)
    assert snapshot.read_bytes() != before
    assert recall(index, store) >= 0.97
    for rows in store.rows(None)[:-10]:
        store.remove(rows.article_id)
    settle(index)
    assert kind(index) == "exact"
    assert_exact(index, store)
    index.save()
    assert_exact(index_of(store, snapshot), store)


def test_lists_are_trained_anew_only_when_they_no_longer_fit(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = changed_over(store, None)
    trainings: list[int] = []
    trained = inverted.trained

    def noted(sample: FloatArray, lists: int) -> Any:
        trainings.append(lists)
        return trained(sample, lists)

    monkeypatch.setattr("index.storage.building.trained", noted)
    for seed in range(100, 113):
        keep(store, seed)
    settle(index)
    assert trainings == []
    for seed in range(200, 310):
        keep(store, seed)
    settle(index)
    assert trainings == [inverted.lists_for(store.sentence_count())]
    assert recall(index, store) >= 0.97


def test_one_who_adds_much_and_asks_nothing_changes_over_at_the_end(
    store: Store, snapshot: Path
) -> None:
    index_of(store, snapshot).save()
    assert snapshot.read_bytes().startswith(b"IxM2")  # exact, as there are not twice as many
    for seed in range(100, 120):
        keep(store, seed)
    index_of(store, snapshot).save()
    assert not snapshot.read_bytes().startswith(b"IxM2")
    assert recall(index_of(store, snapshot), store) >= 0.97


def test_too_much_to_be_held_is_not_read_whole_while_lists_are_trained(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "_UNREAD", 1)
    index = index_of(store, None)
    everything = store.rows(None)
    assert index.nearest(some_vectors(1)[0], everything, limit=5) == []
    assert recall(index, store, everything[:3]) == 1
    index.settle()
    assert recall(index, store) >= 0.97


def test_a_snapshot_that_cannot_be_written_does_not_stop_the_change_over(
    store: Store, snapshot: Path, caplog: pytest.LogCaptureFixture
) -> None:
    snapshot.mkdir()
    with caplog.at_level(logging.WARNING):
        index = changed_over(store, snapshot)
    assert "was not written" in caplog.text
    assert recall(index, store) >= 0.97


KILLED = """
import os, sys, threading
from pathlib import Path
from index.storage import snapshots
from index.storage.store import Store
from index.storage.vectors import VectorIndex
moment = sys.argv[2]
def die(*_, **__):
    os._exit(9)
if moment == "training":
    import index.storage.building
    index.storage.building.trained = die
if moment == "writing":
    os.fsync = die
if moment == "renaming":
    Path.replace = die
if moment == "after":
    VectorIndex._kept = die
folder = Path(sys.argv[1])
store = Store(folder / "library.db", shelf="default")
index = VectorIndex(store, folder / "vectors.faiss", change_over=1_200)
index.stats()
index.settle()
"""


@pytest.mark.parametrize("moment", ["training", "writing", "renaming", "after"])
def test_killed_in_the_change_over_the_library_is_as_it_was(
    store: Store, snapshot: Path, moment: str
) -> None:
    small = VectorIndex(store, snapshot)  # exact, and in a snapshot
    assert_exact(small, store)
    small.save()
    before = snapshot.read_bytes()
    command = [sys.executable, "-c", KILLED, str(snapshot.parent), moment]
    killed = subprocess.run(command, check=False, capture_output=True, text=True)
    assert killed.returncode == 9, killed.stderr
    assert snapshot.read_bytes() == before
    assert_exact(VectorIndex(store, snapshot), store)
    assert recall(changed_over(store, snapshot), store) >= 0.97
    assert list(snapshot.parent.glob("*.tmp")) == []
