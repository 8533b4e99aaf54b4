import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from index.errors import LibraryError
from index.storage import sqlite
from index.storage.records import Schema
from index.storage.sqlite import SqliteDatabase

STRANGERS = ["DELETE", "WAL"]
VERSION = 3
SCHEMA = Schema(
    "test",
    VERSION,
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"
    "CREATE TABLE note (setting TEXT NOT NULL REFERENCES setting (name)) STRICT;",
)


def get(database: SqliteDatabase, name: str) -> str | None:
    found = database.rows("SELECT value FROM setting WHERE name = ?", name)
    return found[0][0] if found else None


def put(database: SqliteDatabase, name: str, value: str) -> None:
    database.rows("INSERT OR REPLACE INTO setting VALUES (?, ?)", name, value)


@contextmanager
def opened(path: Path | None) -> Iterator[SqliteDatabase]:
    with closing(SqliteDatabase(path, SCHEMA)) as made:
        yield made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.db"


def refusal(path: Path) -> str:
    with pytest.raises(LibraryError) as caught:
        SqliteDatabase(path, SCHEMA)
    return str(caught.value)


def set_one(database: SqliteDatabase, name: str, value: str) -> None:
    with database.writing():
        put(database, name, value)


def write_then(database: SqliteDatabase, statement: str) -> None:
    with database.writing():
        put(database, "colour", "blue")
        database.rows(statement)


def write_and_fail(database: SqliteDatabase) -> None:
    with database.writing():
        put(database, "colour", "blue")
        put(database, "shape", "round")
        raise KeyError


def read_and_fail(database: SqliteDatabase) -> None:
    with database.reading():
        get(database, "colour")
        raise KeyError


def kept_files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_new_file_is_a_library_of_this_schema_with_a_write_ahead_log(path: Path) -> None:
    with opened(path) as made:
        pragmas = ("user_version", "journal_mode", "foreign_keys", "synchronous")
        found = [made.rows(f"PRAGMA {pragma}")[0][0] for pragma in pragmas]
        assert found == [VERSION, "wal", 1, 2]
        tables = {name for (name,) in made.rows("SELECT name FROM sqlite_master")}
        assert {"setting", "note"} <= tables


def test_what_was_written_is_there_when_the_file_is_opened_again(path: Path) -> None:
    with opened(path) as made:
        set_one(made, "colour", "red")
    with opened(path) as again:
        assert get(again, "colour") == "red"
        assert get(again, "shape") is None


def test_a_write_that_fails_in_the_middle_leaves_nothing(path: Path) -> None:
    with opened(path) as made:
        set_one(made, "colour", "red")
        before = made.rows("SELECT * FROM setting ORDER BY name")
        with pytest.raises(KeyError):
            write_and_fail(made)
        assert made.rows("SELECT * FROM setting ORDER BY name") == before
        set_one(made, "shape", "flat")
        assert (get(made, "colour"), get(made, "shape")) == ("red", "flat")


def test_a_statement_that_sqlite_refuses_undoes_those_before_it(path: Path) -> None:
    with opened(path) as made:
        with pytest.raises(LibraryError, match="FOREIGN KEY constraint failed"):
            write_then(made, "INSERT INTO note VALUES ('missing')")
        assert get(made, "colour") is None
        assert made.rows("SELECT count(*) FROM note") == [(0,)]


def test_a_reader_holds_one_state_while_another_connection_writes(path: Path) -> None:
    with opened(path) as reader, opened(path) as writer:
        set_one(writer, "colour", "red")
        with reader.reading():
            assert get(reader, "colour") == "red"
            set_one(writer, "colour", "blue")
            assert get(writer, "colour") == "blue"
            with reader.reading():
                assert get(reader, "colour") == "red"
            assert get(reader, "colour") == "red"
        assert get(reader, "colour") == "blue"


def test_a_reader_does_not_see_what_is_not_yet_kept(path: Path) -> None:
    with opened(path) as reader, opened(path) as writer:
        with writer.writing():
            put(writer, "colour", "red")
            with writer.reading():
                assert get(writer, "colour") == "red"
            assert get(reader, "colour") is None
        assert get(reader, "colour") == "red"


def test_a_reading_that_fails_lets_go_of_its_state(path: Path) -> None:
    with opened(path) as reader, opened(path) as writer:
        with pytest.raises(KeyError):
            read_and_fail(reader)
        set_one(writer, "colour", "red")
        assert get(reader, "colour") == "red"
        set_one(reader, "colour", "blue")
        assert get(writer, "colour") == "blue"


def test_a_second_writer_waits_for_the_first(path: Path) -> None:
    with opened(path) as first, opened(path) as second, ThreadPoolExecutor() as pool:
        with first.writing():
            waiting = pool.submit(set_one, second, "colour", "blue")
            time.sleep(0.1)
            assert not waiting.done()
            put(first, "colour", "red")
        waiting.result(timeout=5)
        assert get(first, "colour") == "blue"


def test_a_second_writer_that_waits_too_long_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "WAIT", 0.05)
    with opened(path) as first, opened(path) as second:
        with first.writing():
            with pytest.raises(LibraryError) as caught:
                set_one(second, "colour", "blue")
            put(first, "colour", "red")
        assert str(caught.value) == (
            f"{path}: database is locked; another process is writing to it: try again when that"
            " has finished"
        )
        assert get(second, "colour") == "red"
        set_one(second, "colour", "blue")
        assert get(first, "colour") == "blue"


def test_threads_that_share_a_connection_lose_no_write(path: Path) -> None:
    def count_up(made: SqliteDatabase) -> None:
        for _ in range(10):
            with made.writing():
                put(made, "count", str(int(get(made, "count") or 0) + 1))

    with opened(path) as made:
        threads = [threading.Thread(target=count_up, args=(made,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert get(made, "count") == "40"


def test_a_full_disk_is_told_and_loses_nothing(path: Path) -> None:
    with opened(path) as made:
        set_one(made, "colour", "red")
        [(pages,)] = made.rows("PRAGMA page_count")
        made.rows(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(LibraryError, match="is full: make room and try again"):
            write_then(made, f"INSERT INTO setting VALUES ('novel', '{'x' * 100_000}')")
        assert (get(made, "colour"), get(made, "novel")) == ("red", None)
        made.rows("PRAGMA max_page_count = 100000")
        set_one(made, "novel", "x" * 100_000)
    with opened(path) as again:
        assert len(get(again, "novel") or "") == 100_000
        assert again.rows("PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize("journal", STRANGERS)
def test_another_programs_database_is_refused_and_left_as_it_was(path: Path, journal: str) -> None:
    with closing(sqlite3.connect(path)) as stranger:
        stranger.execute(f"PRAGMA journal_mode = {journal}")
        stranger.execute("CREATE TABLE article (id INTEGER)")
        stranger.commit()
    before = kept_files(path.parent)
    assert refusal(path) == f"{path} is another program's database: choose another folder"
    assert kept_files(path.parent) == before


@pytest.mark.parametrize(
    ("schema", "advice"),
    [
        (VERSION + 1, "upgrade Footnote, or use another library"),
        (VERSION - 1, "move it away and add the articles again"),
    ],
)
def test_another_schema_is_refused_and_left_as_it_was(path: Path, schema: int, advice: str) -> None:
    with opened(path) as made:
        made.rows(f"PRAGMA user_version = {schema}")
    before = kept_files(path.parent)
    assert refusal(path) == (
        f"{path} has schema {schema}, and this Footnote reads schema {VERSION}: {advice}"
    )
    assert kept_files(path.parent) == before


@pytest.mark.parametrize("content", [b"Dear diary,\n" * 400, b"\0" * 8192], ids=["text", "zeros"])
def test_a_file_that_is_no_database_is_refused_and_left_as_it_was(
    path: Path, content: bytes
) -> None:
    path.write_bytes(content)
    assert "it is no file of Footnote's: move it away, or choose another folder" in refusal(path)
    assert kept_files(path.parent) == {path.name: content}


def test_a_damaged_file_is_told_with_what_to_do(path: Path) -> None:
    with opened(path) as made:
        set_one(made, "novel", "x" * 100_000)
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))
    with (
        pytest.raises(LibraryError, match=r"the file is damaged: restore a backup"),
        opened(path) as made,
    ):
        get(made, "novel")


@pytest.mark.parametrize("place", ["folder", "missing/library.db", "file/library.db"])
def test_a_place_where_no_file_can_be_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("Dear diary")
    message = refusal(tmp_path / place)
    assert message.startswith(f"{tmp_path / place}: unable to open database file; ")
    assert "check that the folder exists and may be written" in message


def test_an_empty_file_becomes_a_library(path: Path) -> None:
    path.touch()
    with opened(path) as made:
        set_one(made, "colour", "red")
        assert made.rows("PRAGMA user_version") == [(VERSION,)]


def test_a_file_whose_making_was_cut_short_becomes_a_library(path: Path) -> None:
    with closing(sqlite3.connect(path)) as begun:
        begun.execute("PRAGMA journal_mode = WAL")
    with opened(path) as made:
        set_one(made, "colour", "red")
        assert made.rows("PRAGMA user_version") == [(VERSION,)]


def test_making_a_library_waits_for_another_process_that_makes_it(path: Path) -> None:
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as other,
        ThreadPoolExecutor() as pool,
    ):
        other.execute("BEGIN IMMEDIATE")
        making = pool.submit(SqliteDatabase, path, SCHEMA)
        time.sleep(0.1)
        assert not making.done()
        other.execute("ROLLBACK")
        with closing(making.result(timeout=5)) as made:
            assert made.rows("PRAGMA journal_mode") == [("wal",)]
            set_one(made, "colour", "red")


def test_making_a_library_does_not_wait_for_ever(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "WAIT", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "try again when that has finished" in refusal(path)


def test_a_closed_database_says_so_and_may_be_closed_again(path: Path) -> None:
    made = SqliteDatabase(path, SCHEMA)
    made.close()
    made.close()
    assert made.closed
    advice = "Cannot operate on a closed database.; open the library again"
    with pytest.raises(LibraryError, match=advice):
        get(made, "colour")
    with pytest.raises(LibraryError, match=advice), made.reading():
        pytest.fail("there is nothing to read")
    with pytest.raises(LibraryError, match=advice), made.writing():
        pytest.fail("there is nothing to write to")
