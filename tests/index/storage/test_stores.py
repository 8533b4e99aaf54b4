from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index import Library
from index.storage.stores import Folder, shared
from tests.support.standin import StandIn, story

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


def test_a_shelf_that_is_closed_takes_nothing_from_the_others(folder: Folder) -> None:
    with at(folder, "one") as one:
        one.add_text(tale(1), title="Mine")
        with at(folder, "other") as other:
            other.add_text(tale(2), title="Theirs")
        assert len(one.search("What happened?", top_k=5)) == 5
    with at(folder, "other") as other:
        assert len(other.search("What happened?", top_k=5)) == 5
