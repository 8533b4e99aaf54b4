"""Where a library's articles are kept: what is asked of such a place, and how one is opened.

SQLite with FAISS, in a folder or in memory, is one; PostgreSQL with pgvector, which many bots
share, is the other. Each is seen from one shelf, with which others may be read.
"""

import os
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeGuard

from index.errors import LibraryError
from index.models.encoder import FloatArray
from index.storage.records import Draft, IndexStats, Model, Pieces, Rows
from index.storage.store import Store
from index.storage.vectors import Copies, VectorIndex
from index.text.article import Article
from index.text.passages import Passage

if TYPE_CHECKING:
    from index.storage.postgres import Connections

_SCHEMES = ("postgresql", "postgres")
_FILE = "library.db"


class ArticleStore(Protocol):
    """The articles of a shelf, with all that was made of them. Threads may share it.

    Those of other shelves may be read with it; they are changed from their own shelf alone.
    All errors leave as LibraryError, but for UnknownArticle.
    """

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""

    @property
    def generation(self) -> str:
        """A token that every change here replaces: the same only where the content is."""

    @property
    def model(self) -> Model | None:
        """The model that made the vectors; None before the first article."""

    @property
    def pristine(self) -> bool:
        """Whether no article was ever added, on any shelf."""

    def close(self) -> None:
        """Let go of it; a second call does nothing."""

    def reading(self) -> AbstractContextManager[None]:
        """Hold one state until the block ends, whoever writes meanwhile."""

    def check_model(self, model: Model) -> None:
        """Raise LibraryError unless this model made the library, or none did yet."""

    def add(self, draft: Draft, model: Model) -> Article:
        """Keep an article whole or not at all; it takes the place of one from the same source."""

    def remove(self, article_id: int) -> None:
        """Forget an article of the shelf itself and all that was made of it."""

    def article(self, article_id: int) -> Article:
        """One article of those that are read here."""

    def article_count(self) -> int:
        """How many articles there are on all shelves."""

    def passage_count(self) -> int:
        """How many passages there are on all shelves."""

    @property
    def size(self) -> int:
        """The bytes that they take on disk."""

    def titles(self, *, own: bool = False) -> dict[int, str]:
        """The titles of all articles that are read here, by id, or of the shelf's own."""

    def find(self, *, title: str | None, source: str | None, text: str) -> int | None:
        """The id of the shelf's own article with all of these; a title of None is any title."""

    def rows_from(self, source: str) -> Rows | None:
        """The rows of the shelf's own article that is from this source, if one is."""

    def rows(self, article_ids: Sequence[int] | None) -> tuple[Rows, ...]:
        """The rows of these articles, or of all that are read here: they name a text for ever."""

    def vectors(self, rows: Rows) -> FloatArray:
        """(sentences, dimension) float32: the sentence vectors of one article, in row order."""

    def pieces(self, rows: Rows) -> Pieces:
        """The word pieces of one article and in how many of its sentences each occurs."""

    def pieces_in(self, scope: Sequence[Rows]) -> Iterable[Pieces]:
        """The same of each article in scope, or of all that are read here at once."""

    def passages(self, rows: Rows) -> list[tuple[int, Passage]]:
        """All passages of one article, each behind its row id."""

    def passages_of(self, sentence_rows: Iterable[int]) -> list[tuple[int, Passage]]:
        """The passages that hold these sentences, each once behind its row id, in reading order."""

    def matching(self, words: Sequence[str], scope: Sequence[Rows], *, limit: int) -> list[int]:
        """The row ids of the sentences that match any of the words best, by BM25."""


class SentenceVectors(Protocol):
    """The vectors of a store's sentences, to be searched."""

    def nearest(self, vector: FloatArray, scope: Sequence[Rows], *, limit: int) -> list[int]:
        """Give the row ids of at most `limit` sentences in scope, the nearest first."""

    def stats(self) -> IndexStats:
        """Tell what the vectors are kept in now."""


class Folder:
    """A library in a folder, whose stores share the vectors that they search."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open it, made when it is missing. Raises: LibraryError."""
        self.path = _made(path)
        self.copies = Copies()

    @property
    def file(self) -> Path:
        """Where all is kept but the index."""
        return self.path / _FILE

    def close(self) -> None:
        """Do nothing: each store has a connection of its own."""


def is_address(place: object) -> TypeGuard[str]:
    """Whether a string is the address of a PostgreSQL database."""
    return isinstance(place, str) and place.partition("://")[0] in _SCHEMES and "://" in place


def is_missing(folder: Path) -> bool:
    """Return whether opening a library in a folder would make it."""
    try:
        path = folder.expanduser()
        return not path.exists() or (path.is_dir() and not (path / _FILE).exists())
    except (OSError, RuntimeError, ValueError):  # opening it says what is wrong with the path
        return False


def shared(place: str | os.PathLike[str]) -> "Folder | Connections":
    """Open what the shelves of a library at a place can share. Raises: LibraryError."""
    return connect(place) if is_address(place) else Folder(place)


def connect(address: str) -> "Connections":
    """Connect to a PostgreSQL database. Raises: LibraryError, which never shows the password."""
    try:
        from index.storage.postgres import Connections
    except ModuleNotFoundError as error:
        raise LibraryError(
            f"a library in PostgreSQL needs {error.name}, which is not installed: run"
            " pip install 'footnote[postgres]'"
        ) from error
    return Connections(address)


def open_store(
    place: "str | os.PathLike[str] | Folder | Connections | None",
    *,
    shelf: str,
    also: Sequence[str] = (),
) -> tuple[ArticleStore, SentenceVectors]:
    """Open the store at a place, made when it is missing. Raises: LibraryError."""
    if place is None:
        store = Store(None, shelf=shelf, also=also)
        return store, VectorIndex(store)
    if isinstance(place, Folder):
        store = Store(place.file, shelf=shelf, also=also)
        return store, VectorIndex(store, place.copies)
    if is_address(place):
        return _in_postgres(connect(place), shelf, also, owns=True)
    if isinstance(place, (str, os.PathLike)):
        folder = _made(place)
        store = Store(folder / _FILE, shelf=shelf, also=also)
        return store, VectorIndex(store)
    return _in_postgres(place, shelf, also, owns=False)


def _in_postgres(
    connections: "Connections", shelf: str, also: Sequence[str], *, owns: bool
) -> tuple[ArticleStore, SentenceVectors]:
    from index.storage.postgres_search import PostgresVectors
    from index.storage.postgres_store import PostgresStore

    try:
        store = PostgresStore(connections, shelf=shelf, also=also, owns=owns)
    except BaseException:
        if owns:
            connections.close()
        raise
    return store, PostgresVectors(store.session)


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
