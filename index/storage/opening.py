"""Where a library is, and how the store of one of its collections is opened there."""

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TypeGuard

from index.errors import LibraryError
from index.storage.records import Database, Schema, SentenceVectors
from index.storage.sqlite import SqliteDatabase
from index.storage.sqlite_store import SqliteStore
from index.storage.store import Store
from index.storage.vectors import Copies, VectorIndex

_SCHEMES = ("postgresql", "postgres")
_FILE = "library.db"


class Place(ABC):
    """The place of a library, open: what is opened here shares vectors or connections.

    It is to be closed after all that was opened here.
    """

    @abstractmethod
    def open(
        self, collection: str, also: Sequence[str] = (), *, owns: bool = False
    ) -> tuple[Store, SentenceVectors]:
        """Open the store of a collection, read together with those of `also`.

        `owns` lets the store's `close` close the place too. Raises: LibraryError.
        """

    @abstractmethod
    def database(self, schema: Schema) -> Database:
        """Open other tables, which stand beside the library's. Raises: LibraryError."""

    @abstractmethod
    def close(self) -> None:
        """Close it; a second call does nothing."""


class Folder(Place):
    """A library by SQLite and FAISS: in a folder, or in memory for None.

    In memory each store is a library of its own.
    """

    def __init__(self, path: str | os.PathLike[str] | None) -> None:
        """Make the folder when it is missing. Raises: LibraryError."""
        self._path = None if path is None else _made(path)
        self._copies = Copies()

    def open(
        self, collection: str, also: Sequence[str] = (), *, owns: bool = False
    ) -> tuple[Store, SentenceVectors]:
        """Open the store of a collection, by a connection of its own. Raises: LibraryError."""
        if self._path is None:
            store = SqliteStore(None, collection=collection, also=also)
            return store, VectorIndex(store)
        store = SqliteStore(self._path / _FILE, collection=collection, also=also)
        return store, VectorIndex(store, self._copies)

    def database(self, schema: Schema) -> Database:
        """Open a file of its own. Raises: LibraryError."""
        return SqliteDatabase(self._path and self._path / f"{schema.part}.db", schema)

    def close(self) -> None:
        """Do nothing: each store has a connection of its own."""


class Server(Place):
    """A library in a PostgreSQL database, by pgvector, which many processes share."""

    def __init__(self, address: str) -> None:
        """Connect. Raises: LibraryError, which never shows the password."""
        try:
            from index.storage.postgres import Pool
        except ModuleNotFoundError as error:
            raise LibraryError(
                f"a library in PostgreSQL needs {error.name}, which is not installed: run"
                " pip install 'footnote-bot[postgres]'"
            ) from error
        self._pool = Pool(address)

    def open(
        self, collection: str, also: Sequence[str] = (), *, owns: bool = False
    ) -> tuple[Store, SentenceVectors]:
        """Open the store of a collection, over the shared connections. Raises: LibraryError."""
        from index.storage.postgres_store import PostgresStore, PostgresVectors

        store = PostgresStore(self._pool, collection=collection, also=also, owns=owns)
        return store, PostgresVectors(store)

    def database(self, schema: Schema) -> Database:
        """Open other tables in the same database. Raises: LibraryError."""
        from index.storage.postgres import PostgresDatabase

        return PostgresDatabase(self._pool, schema)

    def close(self) -> None:
        """Close all connections; a second call does nothing."""
        self._pool.close()


def open_place(place: str | os.PathLike[str] | None) -> Place:
    """Open a folder, made when it is missing, a PostgreSQL database, or memory for None.

    Raises: LibraryError.
    """
    return Server(place) if is_address(place) else Folder(place)


def open_store(
    place: str | os.PathLike[str] | Place | None, *, collection: str, also: Sequence[str] = ()
) -> tuple[Store, SentenceVectors]:
    """Open the store of a collection at a place, made when it is missing. Raises: LibraryError."""
    if isinstance(place, Place):
        return place.open(collection, also)
    return open_place(place).open(collection, also, owns=True)


def is_address(place: object) -> TypeGuard[str]:
    """Return whether a string is the address of a PostgreSQL database."""
    return isinstance(place, str) and place.partition("://")[0] in _SCHEMES and "://" in place


def is_missing(folder: Path) -> bool:
    """Return whether opening a library in a folder would make it."""
    try:
        path = folder.expanduser()
        return not path.exists() or (path.is_dir() and not (path / _FILE).exists())
    except (OSError, RuntimeError, ValueError):  # opening it says what is wrong with the path
        return False


def _made(path: str | os.PathLike[str]) -> Path:
    given = os.fspath(path)
    scheme, address, _ = given.partition("://")
    if address:  # the rest may hold a password
        raise LibraryError(
            f"'{scheme}://…' is no folder, and no PostgreSQL database: give the path of a folder,"
            " or postgresql://user:password@host/database"
        )
    try:
        folder = Path(given).expanduser()
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise LibraryError(
            f"{given!r}: {reason}; expected a folder for the library, or a place to make one"
        ) from error
    return folder
