"""Statements and whole transactions over a pool of connections to PostgreSQL."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

from index.errors import LibraryError
from index.storage.postgres import Connection, Connections, Values

_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED"


class Session:
    """What one shelf, or the bot's state, does over the connections. Threads may share it.

    Inside `reading` or `writing` all that a thread does is on one connection.
    """

    def __init__(self, connections: Connections, *, owns: bool) -> None:
        """`owns` lets `close` close the connections too."""
        self.closed = False
        self._connections = connections
        self._owns = owns
        self._held = threading.local()

    @property
    def name(self) -> str:
        """What errors call the library: its address without the password."""
        return self._connections.name

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Run one statement and fetch all it gives; outside of `writing` it must only read."""
        return self.rows_by_name(statement, values)

    def rows_by_name(self, statement: str, values: Values) -> list[Any]:
        """Run one statement whose places may have names, and fetch all it gives."""
        connection = self._current
        if connection is None:
            with self._begun(statement, values) as cursor:
                return _fetched(cursor)
        with self._connections.reported():
            return _fetched(connection.execute(statement, values, binary=True))

    def run_script(self, script: str) -> None:
        """Run several statements, inside of `writing`."""
        assert self._current is not None  # noqa: S101
        with self._connections.reported():
            self._current.execute(script)

    def copy(self, table: str, columns: dict[str, str], rows: Iterable[Sequence[object]]) -> None:
        """Write many rows at once, inside of `writing`; `columns` are their types by name."""
        assert self._current is not None  # noqa: S101
        names = ", ".join(f'"{name}"' for name in columns)
        statement = f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)"
        with (
            self._connections.reported(),
            self._current.cursor() as cursor,
            cursor.copy(statement) as copy,
        ):
            copy.set_types(list(columns.values()))
            for row in rows:
                copy.write_row(row)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold one state of the database until the block ends; may stand inside another."""
        if self._current is not None:
            yield
            return
        with self._lent(_READ) as connection:
            try:
                yield
            finally:
                _roll_back(connection)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep all that is done in the block, or nothing of it."""
        with self._lent(_WRITE) as connection:
            try:
                yield
                with self._connections.reported():
                    connection.execute("COMMIT")
            finally:
                _roll_back(connection)

    def lock(self, *names: str) -> None:
        """Wait until nobody else holds a lock of this name, and hold it until `writing` ends.

        The server lets go of it when the connection ends, and so when this process dies.
        """
        self.rows("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", "\n".join(names))

    def renew(self) -> None:
        """Close what is idle, after new types were made."""
        self._connections.renew()

    def close(self) -> None:
        """Let go of the server; a second call does nothing."""
        self.closed = True
        if self._owns:
            self._connections.close()

    @property
    def _current(self) -> Connection | None:
        return getattr(self._held, "connection", None)

    def _begun(self, statement: str, values: Values = ()) -> Any:
        if self.closed:
            raise LibraryError(f"{self.name} was closed: open the library again")
        return self._connections.begun(statement, values)

    @contextmanager
    def _lent(self, begin: str) -> Iterator[Connection]:
        before = self._current
        with self._begun(begin) as cursor:
            self._held.connection = cursor.connection
            try:
                yield cursor.connection
            finally:
                self._held.connection = before


def _fetched(cursor: Any) -> list[Any]:
    return list(cursor.fetchall()) if cursor.description else []


def _roll_back(connection: Connection) -> None:
    if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        with suppress(psycopg.Error):  # a broken connection has rolled back
            connection.execute("ROLLBACK")
