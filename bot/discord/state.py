"""What the Discord bot keeps beside the library: bindings, votes, counts, what was synced.

No question and no answer is kept. Beside a library in a folder it is a file of its own; in
PostgreSQL it stands in the library's database, where the bots of all shards share it.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from index.storage.sqlite import SqliteFile

if TYPE_CHECKING:
    from index.storage.postgres import Connections

_TABLES = """
CREATE TABLE IF NOT EXISTS binding (
    server INTEGER NOT NULL, channel INTEGER NOT NULL, article INTEGER NOT NULL,
    PRIMARY KEY (channel, article)
) STRICT;
CREATE TABLE IF NOT EXISTS vote (
    server INTEGER NOT NULL, message INTEGER NOT NULL, member INTEGER NOT NULL,
    helpful INTEGER NOT NULL, PRIMARY KEY (message, member)
) STRICT;
CREATE TABLE IF NOT EXISTS count (
    server INTEGER NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (server, name)
) STRICT;
CREATE TABLE IF NOT EXISTS synced (scope TEXT PRIMARY KEY, definition TEXT NOT NULL) STRICT;
"""
_ADVICE = {
    "": "expected the bot's own file, which it may write; check its permissions and the disk, or"
    " move the file away"
}
_PART = "discord"
_SCHEMA = 1
_SHARED_TABLES = """
CREATE TABLE binding (
    server bigint NOT NULL, channel bigint NOT NULL, article bigint NOT NULL,
    PRIMARY KEY (channel, article)
);
CREATE TABLE vote (
    server bigint NOT NULL, message bigint NOT NULL, member bigint NOT NULL,
    helpful int NOT NULL, PRIMARY KEY (message, member)
);
CREATE INDEX vote_server ON vote (server);
CREATE TABLE count (
    server bigint NOT NULL, name text NOT NULL, value bigint NOT NULL, PRIMARY KEY (server, name)
);
CREATE TABLE synced (scope text PRIMARY KEY, definition text NOT NULL);
"""


class _Tables(Protocol):
    """Where statements that both SQLite and PostgreSQL know are run."""

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Run one statement, with ? for each value, and fetch all it gives."""

    def writing(self) -> AbstractContextManager[None]:
        """Keep all that is done in the block, or nothing of it."""

    def close(self) -> None:
        """Let go of it."""


class State:
    """Tables that threads may share. `server` 0 stands for direct messages."""

    def __init__(self, place: "Path | Connections | None") -> None:
        """Open the file at a path, a database in memory, or the library's in PostgreSQL.

        Raises: LibraryError.
        """
        self._tables: _Tables
        if place is None or isinstance(place, Path):
            self._tables = _in_file(place)
        else:
            self._tables = _Shared(place)
        self._rows = self._tables.rows
        self.close = self._tables.close

    def bind(self, server: int, channel: int, articles: Sequence[int]) -> None:
        """Let a channel ask these articles alone; none lets it ask every one again."""
        with self._tables.writing():
            self._rows("DELETE FROM binding WHERE channel = ?", channel)
            for article in articles:
                self._rows(
                    "INSERT INTO binding (server, channel, article) VALUES (?, ?, ?)"
                    " ON CONFLICT DO NOTHING",
                    server,
                    channel,
                    article,
                )

    def bound(self, channel: int) -> list[int]:
        """The articles that a channel asks; none where it asks every one."""
        rows = self._rows("SELECT article FROM binding WHERE channel = ? ORDER BY article", channel)
        return [article for (article,) in rows]

    def forget_article(self, article: int) -> None:
        """Let no channel ask an article any more."""
        self._write("DELETE FROM binding WHERE article = ?", article)

    def vote(self, server: int, message: int, member: int, *, helpful: bool) -> None:
        """Keep what a member thinks of an answer; the last word counts."""
        self._write(
            "INSERT INTO vote (server, message, member, helpful) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (message, member) DO UPDATE SET helpful = excluded.helpful",
            server,
            message,
            member,
            int(helpful),
        )

    def votes(self, server: int) -> tuple[int, int]:
        """How many found an answer helpful, and a citation wrong."""
        [(helpful, wrong)] = self._rows(
            "SELECT coalesce(sum(helpful), 0), coalesce(sum(1 - helpful), 0) FROM vote"
            " WHERE server = ?",
            server,
        )
        return helpful, wrong

    def count(self, server: int, name: str) -> None:
        """Add one to a count."""
        self._write(
            "INSERT INTO count (server, name, value) VALUES (?, ?, 1)"
            " ON CONFLICT (server, name) DO UPDATE SET value = count.value + 1",
            server,
            name,
        )

    def counts(self, server: int) -> dict[str, int]:
        """A server's counts, by name."""
        return dict(self._rows("SELECT name, value FROM count WHERE server = ?", server))

    def synced(self, scope: str) -> str | None:
        """The commands' definition that Discord was last told, where it was."""
        rows = self._rows("SELECT definition FROM synced WHERE scope = ?", scope)
        return rows[0][0] if rows else None

    def keep_synced(self, scope: str, definition: str) -> None:
        """Remember what Discord was told."""
        self._write(
            "INSERT INTO synced (scope, definition) VALUES (?, ?)"
            " ON CONFLICT (scope) DO UPDATE SET definition = excluded.definition",
            scope,
            definition,
        )

    def _write(self, statement: str, *values: object) -> None:
        with self._tables.writing():
            self._rows(statement, *values)


def _in_file(path: Path | None) -> SqliteFile:
    file = SqliteFile(path, name="the bot's state in memory", advice=_ADVICE)
    file.rows("PRAGMA journal_mode = WAL")
    file.rows("PRAGMA synchronous = NORMAL")
    file.run_script(_TABLES)
    return file


class _Shared:
    """Tables in the library's PostgreSQL database, over connections that stay open."""

    def __init__(self, connections: "Connections") -> None:
        from index.storage.postgres_schema import make_tables
        from index.storage.postgres_session import Session

        self._session = Session(connections, owns=False)
        self.writing = self._session.writing
        self.close = self._session.close
        make_tables(self._session, _PART, _SHARED_TABLES, version=_SCHEMA)

    def rows(self, statement: str, *values: object) -> list[Any]:
        return self._session.rows(statement.replace("?", "%s"), *values)
