"""What the Discord bot keeps beside the library: bindings, votes, counts, what was synced.

No question and no answer is kept.
"""

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from index import LibraryError

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


class State:
    """One SQLite file that threads may share. `server` 0 stands for direct messages."""

    def __init__(self, path: Path | None) -> None:
        """Open the file at `path`, or a database in memory. Raises: LibraryError."""
        self._name = "the bot's state in memory" if path is None else str(path)
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(
                path or ":memory:", isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(_TABLES)
        except sqlite3.Error as error:
            raise self._error(error) from error

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def bind(self, server: int, channel: int, articles: Sequence[int]) -> None:
        """Let a channel ask these articles alone; none lets it ask every one again."""
        self._run("DELETE FROM binding WHERE channel = ?", channel)
        for article in articles:
            self._run(
                "INSERT OR IGNORE INTO binding (server, channel, article) VALUES (?, ?, ?)",
                server,
                channel,
                article,
            )

    def bound(self, channel: int) -> list[int]:
        """The articles that a channel asks; none where it asks every one."""
        rows = self._run("SELECT article FROM binding WHERE channel = ? ORDER BY article", channel)
        return [article for (article,) in rows]

    def forget_article(self, article: int) -> None:
        """Let no channel ask an article any more."""
        self._run("DELETE FROM binding WHERE article = ?", article)

    def vote(self, server: int, message: int, member: int, *, helpful: bool) -> None:
        """Keep what a member thinks of an answer; the last word counts."""
        self._run(
            "INSERT OR REPLACE INTO vote (server, message, member, helpful) VALUES (?, ?, ?, ?)",
            server,
            message,
            member,
            int(helpful),
        )

    def votes(self, server: int) -> tuple[int, int]:
        """How many found an answer helpful, and a citation wrong."""
        [(helpful, wrong)] = self._run(
            "SELECT ifnull(sum(helpful), 0), ifnull(sum(1 - helpful), 0) FROM vote"
            " WHERE server = ?",
            server,
        )
        return helpful, wrong

    def count(self, server: int, name: str) -> None:
        """Add one to a count."""
        self._run(
            "INSERT INTO count (server, name, value) VALUES (?, ?, 1)"
            " ON CONFLICT (server, name) DO UPDATE SET value = value + 1",
            server,
            name,
        )

    def counts(self, server: int) -> dict[str, int]:
        """A server's counts, by name."""
        return dict(self._run("SELECT name, value FROM count WHERE server = ?", server))

    def synced(self, scope: str) -> str | None:
        """The commands' definition that Discord was last told, where it was."""
        rows = self._run("SELECT definition FROM synced WHERE scope = ?", scope)
        return rows[0][0] if rows else None

    def keep_synced(self, scope: str, definition: str) -> None:
        """Remember what Discord was told."""
        self._run("INSERT OR REPLACE INTO synced VALUES (?, ?)", scope, definition)

    def _run(self, statement: str, *values: object) -> list[Any]:
        with self._lock:
            try:
                return self._connection.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                raise self._error(error) from error

    def _error(self, error: sqlite3.Error) -> LibraryError:
        return LibraryError(
            f"{self._name}: {error}; expected the bot's own file, which it may write;"
            " check its permissions and the disk, or move the file away"
        )
