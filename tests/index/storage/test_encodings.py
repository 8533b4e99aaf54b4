"""What was encoded once is stored, and read again by whoever asks."""

import logging
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import psycopg
import pytest

from index import Library, LibraryError
from index.models.tokens import Encoding
from index.storage.store import Store
from tests.support.standin import StandIn, story

TEXT = story(5, sentences=40)
QUESTION = "Which treaty fell on Mark5x7?"


class Listening(StandIn):
    """Keeps what it was given to encode."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        self.heard += texts
        return super().encode(texts)


def opened(place: str | Path, encoder: StandIn | None = None) -> Library:
    return Library.open(place, encoder=encoder or StandIn(), reader="off")


def add(place: str | Path) -> None:
    with opened(place) as library:
        library.add_text(TEXT, title="A title", source="there")


def stored(place: str | Path) -> list[bytes | None]:
    """What is stored of each passage's encoding."""
    statement = "SELECT encoding FROM passage ORDER BY id"
    if isinstance(place, Path):
        with closing(sqlite3.connect(place / "library.db")) as raw:
            return [packed for (packed,) in raw.execute(statement)]
    with psycopg.connect(place, options="-c search_path=footnote") as connection:
        return [packed for (packed,) in connection.execute(statement)]


def make_older(place: str | Path) -> None:
    """Take away what schema 6 added."""
    if isinstance(place, Path):
        with closing(sqlite3.connect(place / "library.db")) as raw, raw:
            raw.execute("ALTER TABLE passage DROP COLUMN encoding")
            raw.execute("PRAGMA user_version = 5")
        return
    with psycopg.connect(place, options="-c search_path=footnote") as connection:
        connection.execute("ALTER TABLE passage DROP COLUMN encoding")
        connection.execute("UPDATE schema_version SET version = 5 WHERE part = 'library'")


def test_an_opened_library_reads_what_was_encoded_when_it_was_added(place: str | Path) -> None:
    add(place)
    encoder = Listening()
    with opened(place, encoder) as library:
        found = library.search(QUESTION)
    assert encoder.heard == [QUESTION, "A title"]
    with Library.open(None, encoder=StandIn(), reader="off") as anew:
        anew.add_text(TEXT, title="A title")
        assert [hit.quote for hit in found] == [hit.quote for hit in anew.search(QUESTION)]


def test_each_passage_is_stored_as_it_is_read_in_one_pass(place: str | Path) -> None:
    add(place)
    with opened(place) as library:
        passages = library.stats().passages
    packed = stored(place)
    assert len(packed) == passages > 1
    [whole] = StandIn().encode([TEXT])
    read = [Encoding.unpack(each, dimension=16) for each in packed if each is not None]
    assert np.concatenate([each.token_ids for each in read]).tolist() == whole.token_ids.tolist()


def test_a_library_of_the_schema_before_is_filled_in_when_it_is_first_asked(
    place: str | Path,
) -> None:
    add(place)
    expected = stored(place)
    make_older(place)
    with opened(place) as library:
        assert library.articles()[0].text == TEXT
        assert stored(place) == [None] * len(expected)
        before = [hit.quote for hit in library.search(QUESTION)]
    assert stored(place) == expected
    encoder = Listening()
    with opened(place, encoder) as library:
        assert [hit.quote for hit in library.search(QUESTION)] == before
    assert encoder.heard == [QUESTION, "A title"]


def test_of_a_very_long_article_only_what_is_read_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.storage.indexing.MOST_ENCODINGS", 39)
    monkeypatch.setattr("index.search.retriever.EXACT", 10)
    monkeypatch.setattr("index.search.retriever._CANDIDATES", 2)
    add(tmp_path)
    assert set(stored(tmp_path)) == {None}
    with opened(tmp_path) as library:
        library.search(QUESTION, top_k=1)
    read = [packed for packed in stored(tmp_path) if packed is not None]
    assert 0 < len(read) < len(stored(tmp_path))


def test_where_nothing_can_be_written_questions_are_answered_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise LibraryError("the disk is full")

    add(tmp_path)
    make_older(tmp_path)
    monkeypatch.setattr(Store, "add_encodings", refuse)
    caplog.set_level(logging.INFO, logger="index.search.retriever")
    with opened(tmp_path) as library:
        assert library.search(QUESTION)
    assert "passages were not stored: the disk is full" in caplog.text
    assert set(stored(tmp_path)) == {None}


def test_a_replaced_article_keeps_the_encodings_of_what_stayed(place: str | Path) -> None:
    add(place)
    before = stored(place)
    with opened(place) as library:
        library.add_text(f"{TEXT}\n\nA lamp went out.", title="A title", source="there")
    assert stored(place)[: len(before)] == before
    assert None not in stored(place)
