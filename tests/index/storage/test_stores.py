from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import pytest

from index import Library
from index.storage.records import Rows
from index.storage.store import Store
from index.storage.stores import Folder, shared
from index.storage.vectors import VectorIndex
from tests.support.standin import StandIn, drafted, one_thread, story

ENCODER = StandIn()
MANY = 1_000
COUNT = 40  # sentences of each article


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    with closing(shared(tmp_path / "library")) as opened:
        assert isinstance(opened, Folder)
        yield opened


def at(folder: Folder, shelf: str) -> Library:
    return Library.open(folder, shelf=shelf, encoder=ENCODER, reader="off")


def tale(seed: int) -> str:
    return story(seed, sentences=COUNT)


def keep(store: Store, seed: int) -> Rows:
    article = store.add(drafted(tale(seed)), ENCODER.model)
    [rows] = store.rows([article.id])
    return rows


def test_shelves_of_a_folder_share_one_index_and_find_their_own(folder: Folder) -> None:
    with at(folder, "one") as one, at(folder, "other") as other:
        assert one._vectors is other._vectors is folder.vectors
        mine = one.add_text(tale(1), title="Mine")
        theirs = other.add_text(tale(2), title="Theirs")
        for text in (mine.text, theirs.text):
            question = f"What of {text.split('.')[0]}?"
            assert {hit.article_id for hit in one.search(question, top_k=9)} == {mine.id}
            assert {hit.article_id for hit in other.search(question, top_k=9)} == {theirs.id}
        assert folder.vectors.stats().sentences == len(mine.sentences) + len(theirs.sentences)


def test_a_shelf_that_is_closed_takes_nothing_from_the_others(folder: Folder) -> None:
    with at(folder, "one") as one:
        one.add_text(tale(1), title="Mine")
        with at(folder, "other") as other:
            other.add_text(tale(2), title="Theirs")
        assert len(one.search("What happened?", top_k=5)) == 5
    with at(folder, "other") as other:
        assert len(other.search("What happened?", top_k=5)) == 5


def test_what_was_made_for_searching_is_kept_when_the_folder_is_closed(tmp_path: Path) -> None:
    with closing(shared(tmp_path)) as folder:
        assert isinstance(folder, Folder)
        with at(folder, "one") as one:
            article = one.add_text(tale(1), title="Mine")
    folder.close()
    assert (tmp_path / "vectors.faiss").stat().st_size > len(article.sentences) * 16 * 4


@pytest.mark.parametrize("change_over", [MANY, 3 * COUNT // 2, COUNT // 2])
def test_whoever_sees_an_older_state_is_given_nothing_of_another_shelf(
    tmp_path: Path, change_over: int
) -> None:
    path = tmp_path / "library.db"
    with ExitStack() as stack, one_thread():
        one, again, other, own = (
            stack.enter_context(closing(Store(path, shelf=shelf)))
            for shelf in ("one", "one", "other", "default")
        )
        index = VectorIndex(own, tmp_path / "vectors.faiss", change_over=change_over)
        stack.callback(index.settle)
        gone, kept = keep(one, 1), keep(one, 2)
        vector = np.full(16, 0.25, np.float32)
        with one.reading():
            scope = one.rows(None)
            assert len(index.nearest(vector, scope, limit=MANY)) in (0, 2 * COUNT)
            index.settle()
            again.remove(gone.article_id)
            keep(other, 3)
            found = index.nearest(vector, scope, limit=MANY)
            assert index.nearest(vector, scope[:1], limit=MANY) == []
        assert set(found) == set(range(kept.first, kept.last + 1))
