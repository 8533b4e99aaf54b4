"""The SQLite file of a library: made, or refused when it is of another schema."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.errors import LibraryError
from index.storage.records import other_schema
from index.storage.sqlite import WAIT, SqliteFile

SCHEMA = 5
"""Kept as SQLite's `user_version`; a library of another one is refused."""

_APPLICATION = 0x466F6F74  # "Foot", kept as SQLite's application_id

_TABLES = """
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE article (
    id INTEGER PRIMARY KEY AUTOINCREMENT, shelf TEXT NOT NULL, title TEXT NOT NULL,
    text TEXT NOT NULL, source TEXT, sha256 TEXT NOT NULL, added TEXT NOT NULL,
    first_row INTEGER NOT NULL, last_row INTEGER NOT NULL,
    piece_ids BLOB NOT NULL, piece_counts BLOB NOT NULL,
    author TEXT, published TEXT, pages TEXT NOT NULL DEFAULT '[]', marks TEXT,
    UNIQUE (shelf, source)
) STRICT;
CREATE TABLE passage (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    article_id INTEGER NOT NULL REFERENCES article (id),
    number INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    UNIQUE (article_id, number)
) STRICT;
CREATE TABLE sentence (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    article_id INTEGER NOT NULL REFERENCES article (id), passage_id INTEGER NOT NULL,
    number INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, vector BLOB NOT NULL,
    UNIQUE (article_id, number)
) STRICT;
CREATE VIRTUAL TABLE keyword USING fts5 (
    sentence, tokenize = 'porter unicode61 remove_diacritics 2'
);
"""

# So that a large library need not be read whole to see what is on a shelf, or what has changed.
_FOLLOWING = """
CREATE INDEX article_rows ON article (shelf, id, first_row, last_row);
CREATE TABLE shelf (
    name TEXT PRIMARY KEY, piece_ids BLOB NOT NULL, piece_counts BLOB NOT NULL
) STRICT;
"""

_ADVICE = {
    "SQLITE_BUSY": "another process is writing to it: try again when that has finished",
    "SQLITE_FULL": "the disk is full: make room and try again; nothing was changed",
    "SQLITE_IOERR": "the disk is full or fails: make room or check it, and try again",
    "SQLITE_READONLY": "it may not be written here: check its permissions, or use another library",
    "SQLITE_CANTOPEN": "check that the folder exists and may be written, or use another library",
    "SQLITE_NOTADB": "it is no library of Footnote's: choose another folder",
    "SQLITE_CORRUPT": "the file is damaged: put a backup back, or add the articles anew elsewhere",
}


class Database(SqliteFile):
    """A library's file, which has a new `generation` after every change."""

    def __init__(self, path: Path | None) -> None:
        """Open the file at `path`, or a database in memory; make the tables when it is new.

        Raises: LibraryError when it is no library, a newer one, locked or out of reach.
        """
        super().__init__(path, name="the library in memory", advice=_ADVICE)
        try:
            self._prepare()
        except LibraryError:
            self.close()
            raise

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the one writer's place; keep all that was done in the block, or nothing of it."""
        with super().writing():
            yield
            self.set("generation", uuid.uuid4().hex)

    @property
    def generation(self) -> str:
        """A token that every change replaces: equal only where the content is the same."""
        return self.get("generation") or ""

    def get(self, name: str) -> str | None:
        """Read one of the library's own settings."""
        found = self.rows("SELECT value FROM setting WHERE name = ?", name)
        return found[0][0] if found else None

    def set(self, name: str, value: str) -> None:
        """Write one of the library's own settings."""
        self.rows("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", name, value)

    def _prepare(self) -> None:
        self._refuse_strangers()  # before anything of another program's file is changed
        self._write_ahead()
        for pragma in ("synchronous = FULL", "foreign_keys = ON"):
            self.rows(f"PRAGMA {pragma}")
        if self._is_empty():
            with self.writing():
                self._make_tables()

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

    def _is_empty(self) -> bool:
        return not self.rows("SELECT 1 FROM sqlite_master LIMIT 1")

    def _make_tables(self) -> None:
        if not self._is_empty():  # another process was quicker
            return
        self.run_script(_TABLES + _FOLLOWING)
        self.rows(f"PRAGMA application_id = {_APPLICATION}")
        self.rows(f"PRAGMA user_version = {SCHEMA}")

    @property
    def _version(self) -> int:
        [(version,)] = self.rows("PRAGMA user_version")
        return int(version)

    def _refuse_strangers(self) -> None:
        if self._is_empty():
            return
        [(application,)] = self.rows("PRAGMA application_id")
        if application != _APPLICATION:
            raise LibraryError(f"{self.name} is another program's database: choose another folder")
        if self._version != SCHEMA:
            raise other_schema(self.name, found=self._version, expected=SCHEMA)
