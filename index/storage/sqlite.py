"""One SQLite file that threads share: whole transactions, and errors that say what to do."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from index.errors import LibraryError

WAIT = 10.0
"""Seconds that a second writer waits for the first."""


class SqliteFile:
    """A connection that threads may share. All SQLite errors leave it as LibraryError."""

    def __init__(self, path: Path | None, *, name: str, advice: Mapping[str, str]) -> None:
        """Open the file at `path`, or a database in memory that errors call by the name.

        `advice` says what to do, by how SQLite's name of an error begins.
        Raises: LibraryError when it cannot be opened.
        """
        self.closed = False
        self.name = name if path is None else str(path)
        self._advice = advice
        self._lock = threading.RLock()
        with self._reported():
            self._connection = sqlite3.connect(
                path or ":memory:", timeout=WAIT, isolation_level=None, check_same_thread=False
            )

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        with self._lock:
            self.closed = True
            self._connection.close()

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Run one statement and fetch all it gives."""
        with self._lock, self._reported():
            return self._connection.execute(statement, values).fetchall()

    def many(self, statement: str, values: Iterable[Sequence[object]]) -> None:
        """Run one statement for each row of values."""
        with self._lock, self._reported():
            self._connection.executemany(statement, values)

    def run_script(self, script: str) -> None:
        """Run several statements, none of which has a semicolon within."""
        for statement in filter(str.strip, script.split(";")):
            self.rows(statement)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold one state of the database until the block ends; may stand inside another."""
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
        """Hold the one writer's place; keep all that was done in the block, or nothing of it."""
        with self._lock:
            self.rows("BEGIN IMMEDIATE")
            try:
                yield
                self.rows("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.rollback()

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            kind = getattr(error, "sqlite_errorname", "")
            begun = (text for name, text in self._advice.items() if kind.startswith(name))
            advice = "open the library again" if self.closed else next(begun, kind)
            raise LibraryError(f"{self.name}: {error}; {advice}") from error
