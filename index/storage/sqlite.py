"""One SQLite file that threads share: transactions, and errors that say what to do."""

import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from index.errors import LibraryError
from index.storage.records import Schema

WAIT = 10.0
"""Seconds that a second writer waits for the first."""

_APPLICATION = 0x466F6F74  # "Foot", stored as SQLite's application_id
_ADVICE = {
    "SQLITE_BUSY": "another process is writing to it: try again when that has finished",
    "SQLITE_FULL": "the disk is full: make room and try again; nothing was changed",
    "SQLITE_IOERR": "the disk is full or fails: make room or check it, and try again",
    "SQLITE_READONLY": "it may not be written here: check its permissions, or use another library",
    "SQLITE_CANTOPEN": "check that the folder exists and may be written, or use another library",
    "SQLITE_NOTADB": "it is no file of Footnote's: move it away, or choose another folder",
    "SQLITE_CORRUPT": "the file is damaged: restore a backup, or add the articles again elsewhere",
}
"""What to do, by how SQLite's name of an error begins."""


class SqliteDatabase:
    """A connection that threads may share. All SQLite errors leave it as LibraryError."""

    def __init__(self, path: Path | None, schema: Schema) -> None:
        """Open the file at `path`, or a database in memory; create the tables when it is new.

        Raises: LibraryError when it is another program's file, of another schema, locked or out
        of reach.
        """
        self.closed = False
        self.name = "the library in memory" if path is None else str(path)
        self._lock = threading.RLock()
        with self._reported():
            self._connection = sqlite3.connect(
                path or ":memory:", timeout=WAIT, isolation_level=None, check_same_thread=False
            )
        try:
            self._prepare(schema)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        with self._lock:
            self.closed = True
            self._connection.close()

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """Run one statement and return all rows."""
        listed = [json.dumps(each) if isinstance(each, list) else each for each in values]
        with self._lock, self._reported():
            return self._connection.execute(_translated(statement), listed).fetchall()

    def many(self, statement: str, values: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each row of values."""
        with self._lock, self._reported():
            self._connection.executemany(_translated(statement), values)

    def lock(self, *names: str) -> None:
        """Do nothing: inside of `writing` there is no other writer."""

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold one state of the database until the block ends; may be nested."""
        with self._lock:
            with self._reported():
                inside = self._connection.in_transaction
            if inside:
                yield
                return
            self.rows("BEGIN")
            try:
                yield
            finally:
                self._connection.rollback()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Commit all that is done in the block, or nothing of it."""
        with self._lock:
            self.rows("BEGIN IMMEDIATE")
            try:
                yield
                self.rows("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.rollback()

    def _prepare(self, schema: Schema) -> None:
        if not self._is_empty():  # before anything of another program's file is changed
            [(application,)] = self.rows("PRAGMA application_id")
            if application != _APPLICATION:
                raise LibraryError(
                    f"{self.name} is another program's database: choose another folder"
                )
            [(version,)] = self.rows("PRAGMA user_version")
            if version in schema.upgrades:
                self._upgrade(schema)
            else:
                schema.check(version, self.name)
        self._write_ahead()
        for pragma in ("synchronous = FULL", "foreign_keys = ON"):
            self.rows(f"PRAGMA {pragma}")
        if self._is_empty():
            with self.writing():
                if self._is_empty():  # no other process was quicker
                    self.rows(f"PRAGMA application_id = {_APPLICATION}")
                    self._run(schema.script, schema.version)

    def _upgrade(self, schema: Schema) -> None:
        with self.writing():
            [(version,)] = self.rows("PRAGMA user_version")
            if version in schema.upgrades:  # no other process was quicker
                self._run(schema.upgrades[version], schema.version)

    def _run(self, script: str, version: int) -> None:
        for statement in filter(str.strip, script.split(";")):
            self.rows(statement)
        self.rows(f"PRAGMA user_version = {version}")

    def _is_empty(self) -> bool:
        return not self.rows("SELECT 1 FROM sqlite_master LIMIT 1")

    def _write_ahead(self) -> None:
        """Switch the log on; SQLite does not wait here for another process that does the same."""
        deadline = time.monotonic() + WAIT
        while True:
            try:
                self.rows("PRAGMA journal_mode = WAL")
                return
            except LibraryError as error:
                kind = getattr(error.__cause__, "sqlite_errorname", "")
                if not kind.startswith("SQLITE_BUSY") or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            kind = getattr(error, "sqlite_errorname", "")
            begun = (text for name, text in _ADVICE.items() if kind.startswith(name))
            advice = "open the library again" if self.closed else next(begun, kind)
            raise LibraryError(f"{self.name}: {error}; {advice}") from error


def _translated(statement: str) -> str:
    return statement.replace("= ANY(?)", "IN (SELECT value FROM json_each(?))")
