"""A pool of connections to one PostgreSQL database, and what its errors mean.

A connection that broke, because the server was restarted, is noticed at its next use and replaced:
what was under way fails with one LibraryError, and what comes next works.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from pgvector.psycopg.halfvec import register_halfvec_info
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types import TypeInfo

from index.errors import LibraryError

Connection = psycopg.Connection[tuple[Any, ...]]
Values = Sequence[object] | Mapping[str, object]

_MOST = 16  # connections of one process at once
_WAIT = 10  # seconds for another thread to give a connection back
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
_BY_HAND = "ask whoever runs the server for CREATE EXTENSION vector (pgvector 0.8 or newer)"
_ADVICE = {
    "08": "check the server, the database, the user and the password in the address, and try again"
    " when the server answers",
    "0A000": _BY_HAND,
    "28": "check the user and the password in the address",
    "3D000": "make it with CREATE DATABASE, or name another in the address",
    "40": f"another process changed the same; {_TRY_AGAIN}",
    "42501": "let this user own the database, or the schema footnote in it, and pgvector be there",
    "42704": _BY_HAND,
    "42P07": "the schema footnote belongs to another program: use another database",
    "53100": "the server's disk is full: make room and try again; nothing was changed",
    "53300": "the server has no connection left: run fewer bots, or raise max_connections",
    "55P03": "another process is writing to it: try again when that has finished",
    "57014": f"it took longer than {_SETTINGS['statement_timeout']}; {_TRY_AGAIN}",
    "57P": "the server is being restarted: try again in a moment",
    "58P01": _BY_HAND,
}
"""By SQLSTATE, or how one begins."""


class Connections:
    """Connections to one database, that threads, libraries and a bot may share."""

    def __init__(self, address: str) -> None:
        """Take the address, and connect to see that it serves. Raises: LibraryError."""
        try:
            known = conninfo_to_dict(address)
        except psycopg.Error:  # its words may repeat the password
            raise LibraryError(
                "the address of the library cannot be read; expected"
                " postgresql://user:password@host/database, with % before what is special in it"
            ) from None
        self._address = make_conninfo(address, **{**_CONNECTING, **known})
        self.name = _shown(known)
        self.closed = False
        self._idle: list[Connection] = []
        self._places = threading.BoundedSemaphore(_MOST)
        self._lock = threading.Lock()
        with self.reported():
            self._idle.append(self._connect())

    def close(self) -> None:
        """Let go of the server; a second call does nothing."""
        self.closed = True
        self.renew()

    def renew(self) -> None:
        """Close what is idle: whoever comes next gets a connection that knows new types."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def begun(self, statement: str, values: Values = ()) -> Iterator[Any]:
        """Lend a connection on which this statement was run, and give its cursor.

        A connection that proves broken is replaced by a new one, once for each that is left.
        """
        if not self._places.acquire(timeout=_WAIT):
            raise LibraryError(f"{self.name} is asked by {_MOST} others at once: try again")
        try:
            with self.reported():
                connection, cursor = self._start(statement, values)
            try:
                yield cursor
            finally:
                self._take_back(connection)
        finally:
            self._places.release()

    @contextmanager
    def reported(self) -> Iterator[None]:
        """Let PostgreSQL's errors leave as LibraryError, with what to do."""
        try:
            yield
        except psycopg.Error as error:
            said = " ".join(str(error).split())
            state = error.sqlstate or "08"  # libpq gives none where it could not connect
            advice = next((text for code, text in _ADVICE.items() if state.startswith(code)), state)
            raise LibraryError(f"{self.name}: {said}; {advice}") from error

    def _start(self, statement: str, values: Values) -> tuple[Connection, Any]:
        while True:
            connection, fresh = self._take()
            try:
                return connection, connection.execute(statement, values, binary=True)
            except BaseException as error:
                broken = connection.closed
                self._take_back(connection)
                if fresh or not broken or not isinstance(error, psycopg.OperationalError):
                    raise

    def _take(self) -> tuple[Connection, bool]:
        """Give an idle connection, or a fresh one, and say which."""
        if self.closed:
            raise LibraryError(f"{self.name} was closed: open the library again")
        with self._lock:
            if self._idle:
                return self._idle.pop(), False
        return self._connect(), True

    def _take_back(self, connection: Connection) -> None:
        """Keep a connection for the next, unless it broke or is still at something."""
        at_rest = connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        with self._lock:
            if at_rest and not self.closed:
                self._idle.append(connection)
                return
        connection.close()

    def _connect(self) -> Connection:
        connection = psycopg.connect(self._address, autocommit=True, prepare_threshold=None)
        try:
            chosen = ", ".join(
                f"set_config('{name}', '{value}', false)" for name, value in _SETTINGS.items()
            )
            connection.execute(
                "SELECT set_config('search_path', 'footnote, ' || current_setting('search_path'),"
                f" false), {chosen}"
            )
            halves = TypeInfo.fetch(connection, "halfvec")
            if halves is not None:  # else pgvector is not there yet
                register_halfvec_info(connection, halves)
        except BaseException:
            connection.close()
            raise
        return connection


def _shown(known: dict[str, Any]) -> str:
    user = f"{known['user']}@" if known.get("user") else ""
    port = f":{known['port']}" if known.get("port") else ""
    return f"postgresql://{user}{known.get('host') or ''}{port}/{known.get('dbname') or ''}"
