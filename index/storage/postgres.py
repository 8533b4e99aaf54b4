"""One PostgreSQL database: pooled connections, transactions, and errors that say what to do.

A connection that broke, because the server was restarted, is replaced before its next use: a
transaction that was open fails with one LibraryError, and what comes next works.
"""

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus

from index.errors import LibraryError
from index.storage.records import Schema

Connection = psycopg.Connection[tuple[Any, ...]]

_MOST = 16  # connections of one process at once
_WAIT = 10.0  # seconds for a connection
_CONNECTING = {
    "connect_timeout": 10,  # seconds
    "keepalives_idle": 30,  # a server that is cut off without a word is noticed within a minute
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # milliseconds
}
_SETTINGS = {
    "statement_timeout": "30s",
    "lock_timeout": "20s",
    "idle_in_transaction_session_timeout": "5min",  # a question is encoded inside of one
    "jit": "off",  # it takes longer than what it would quicken
    "plan_cache_mode": "force_custom_plan",  # a plan for one article is none for a thousand
    "hnsw.ef_search": "700",
    "hnsw.iterative_scan": "strict_order",
}
_TRY_AGAIN = "nothing was changed: try again"
_EXTENSION = "ask whoever runs the server for CREATE EXTENSION vector (pgvector 0.8 or newer)"
_ADVICE = {
    "08": "check the server, the database, the user and the password in the address, and try again"
    " when the server answers",
    "0A000": _EXTENSION,
    "40": f"another process changed the same; {_TRY_AGAIN}",
    "42501": "let this user own the database, or the schema footnote in it, and pgvector be there",
    "42704": _EXTENSION,
    "42P07": "the schema footnote belongs to another program: use another database",
    "53100": "the server's disk is full: make room and try again; nothing was changed",
    "53300": "the server has no connection left: run fewer bots, or raise max_connections",
    "55P03": "another process is writing to it: try again when that has finished",
    "57014": f"it took longer than {_SETTINGS['statement_timeout']}; {_TRY_AGAIN}",
    "57P": "the server is being restarted: try again in a moment",
    "58P01": _EXTENSION,
}
"""What to do, by SQLSTATE or how one begins."""

_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED"
_VERSIONS = """
CREATE SCHEMA IF NOT EXISTS footnote;
CREATE TABLE IF NOT EXISTS footnote.schema_version (part text PRIMARY KEY, version int NOT NULL);
"""


class Pool:
    """Connections to one database, that threads, libraries and a bot share."""

    def __init__(self, address: str) -> None:
        """Connect once to check the address. Raises: LibraryError, which never shows a password."""
        try:
            known = conninfo_to_dict(address)
        except psycopg.Error:  # its words may repeat the password
            raise LibraryError(
                "the address of the library cannot be read; expected"
                " postgresql://user:password@host/database, with % before what is special in it"
            ) from None
        self.name = _shown(known)
        self._address = make_conninfo(address, **{**_CONNECTING, **known})
        self._idle: deque[Connection] = deque()
        self._free = threading.BoundedSemaphore(_MOST)
        self._closed = False
        with self.connection():
            pass

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Lend a connection that was just seen to work. Raises: LibraryError."""
        if self._closed:
            raise LibraryError(f"{self.name} was closed: open the library again")
        if not self._free.acquire(timeout=_WAIT):
            raise LibraryError(f"{self.name}: all {_MOST} connections are in use: try again")
        try:
            with self.reported():
                connection = self._take()
            try:
                yield connection
            finally:
                at_rest = connection.info.transaction_status == TransactionStatus.IDLE
                if at_rest and not self._closed:
                    self._idle.append(connection)
                else:
                    connection.close()
        finally:
            self._free.release()

    def _take(self) -> Connection:
        """Return an idle connection that still works, or a new one."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self._connect()
            try:
                connection.execute("")
            except psycopg.OperationalError:  # the server was restarted
                connection.close()
            else:
                return connection

    def _connect(self) -> Connection:
        connection = psycopg.connect(self._address, autocommit=True, prepare_threshold=None)
        chosen = ", ".join(f"set_config('{name}', '{to}', false)" for name, to in _SETTINGS.items())
        try:
            connection.execute(
                "SELECT set_config('search_path', 'footnote, ' || current_setting('search_path'),"
                f" false), {chosen}".encode()
            )
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def reported(self) -> Iterator[None]:
        """Turn PostgreSQL's errors into LibraryErrors that say what to do."""
        try:
            yield
        except psycopg.Error as error:
            message = " ".join(str(error).split())
            state = error.sqlstate or "08"  # libpq gives none where it could not connect
            advice = next((text for code, text in _ADVICE.items() if state.startswith(code)), state)
            raise LibraryError(f"{self.name}: {message}; {advice}") from error

    def close(self) -> None:
        """Close all idle connections, and those in use when they are given back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()


class PostgresDatabase:
    """The tables of one part, over a pool of connections. Threads may share it.

    Inside of `reading` or `writing` all that a thread does is on one connection.
    """

    def __init__(self, pool: Pool, schema: Schema, *, owns: bool = False) -> None:
        """Create the tables where they are missing. `owns` lets `close` close the pool too.

        Raises: LibraryError when the tables are of another schema, locked or out of reach.
        """
        self.closed = False
        self.name = pool.name
        self._pool = pool
        self._owns = owns
        self._held = threading.local()
        try:
            self._prepare(schema)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close it, and the pool if it owns it; a second call does nothing."""
        self.closed = True
        if self._owns:
            self._pool.close()

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """Run one statement and return all rows; outside of `writing` it must only read.

        A single mapping gives values by name.
        """
        given = values[0] if values and isinstance(values[0], Mapping) else values
        with self._connection() as connection, self._pool.reported():
            cursor = connection.execute(_translated(statement), given, binary=True)
            return cursor.fetchall() if cursor.description else []

    def many(self, statement: str, values: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each row of values, inside of `writing`."""
        with (
            self._connection() as connection,
            self._pool.reported(),
            connection.cursor() as cursor,
        ):
            cursor.executemany(_translated(statement), values)

    def copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Write many rows at once, inside of `writing`."""
        names = ", ".join(f'"{name}"' for name in columns)
        with (
            self._connection() as connection,
            self._pool.reported(),
            connection.cursor() as cursor,
            cursor.copy(f"COPY {table} ({names}) FROM STDIN".encode()) as copy,
        ):
            for row in rows:
                copy.write_row(row)

    def lock(self, *names: str) -> None:
        """Wait for the lock of this name and hold it until `writing` ends.

        The server releases it when the connection ends, and so when this process dies.
        """
        self.rows(
            "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", "\n".join(("footnote", *names))
        )

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold one state of the database until the block ends; may be nested."""
        if getattr(self._held, "connection", None) is not None:
            yield
            return
        with self._transaction(_READ):
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Commit all that is done in the block, or nothing of it."""
        with self._transaction(_WRITE):
            yield
            self.rows("COMMIT")

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        before = getattr(self._held, "connection", None)
        self._held.connection = None
        try:
            with self._connection() as connection:
                self._held.connection = connection
                self.rows(begin)
                try:
                    yield
                finally:
                    if connection.info.transaction_status != TransactionStatus.IDLE:
                        with suppress(psycopg.Error):  # a broken connection has rolled back
                            connection.execute("ROLLBACK")
        finally:
            self._held.connection = before

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """Return this thread's connection inside of a transaction, or one for a statement."""
        held = getattr(self._held, "connection", None)
        if held is not None:
            yield held
            return
        if self.closed:
            raise LibraryError(f"{self.name} was closed: open the library again")
        with self._pool.connection() as connection:
            yield connection

    def _prepare(self, schema: Schema) -> None:
        found = self._version(schema.part)
        if found is None or found in schema.upgrades:
            with self.writing():
                self.lock("schema")
                self.rows("SET LOCAL statement_timeout = 0")
                self._run_script(_VERSIONS)
                found = self._version(schema.part)
                if found is None or found in schema.upgrades:  # no other process was quicker
                    self._run_script(schema.script if found is None else schema.upgrades[found])
                    found = schema.version
                    self.rows(
                        "INSERT INTO schema_version VALUES (?, ?)"
                        " ON CONFLICT (part) DO UPDATE SET version = excluded.version",
                        schema.part,
                        found,
                    )
        schema.check(found, self.name)

    def _version(self, part: str) -> int | None:
        [(table,)] = self.rows("SELECT to_regclass('footnote.schema_version')::text")
        if table is None:
            return None
        found = self.rows("SELECT version FROM footnote.schema_version WHERE part = ?", part)
        return int(found[0][0]) if found else None

    def _run_script(self, script: str) -> None:
        for statement in filter(str.strip, script.split(";")):
            self.rows(statement)


def _shown(known: Mapping[str, Any]) -> str:
    user = f"{known['user']}@" if known.get("user") else ""
    port = f":{known['port']}" if known.get("port") else ""
    return f"postgresql://{user}{known.get('host') or ''}{port}/{known.get('dbname') or ''}"


def _translated(statement: str) -> bytes:
    return statement.replace("?", "%s").encode()
