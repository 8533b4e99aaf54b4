"""What must not be read anew for each question: a shelf's rows and its word pieces."""

from collections.abc import Sequence
from uuid import uuid4

from index.storage.postgres_schema import keep_setting, setting
from index.storage.postgres_session import Session
from index.storage.records import Pieces, Rows, pieces_from, sum_of


class PostgresShelf:
    """One shelf of a library in PostgreSQL, and those that are read together with it."""

    def __init__(self, session: Session, name: str, also: Sequence[str] = ()) -> None:
        self._session = session
        self._name = name
        self.names = list(dict.fromkeys((name, *also)))
        self._seen: tuple[str, tuple[Rows, ...]] = "", ()  # a generation, and all rows of it

    @property
    def generation(self) -> str:
        """A token that every change here replaces: the same only where the content is."""
        return " ".join(self._generations())

    def rows(self) -> tuple[Rows, ...]:
        """Give the rows of all articles, by id: the same tuple until something has changed."""
        with self._session.reading():
            generation = self.generation
            seen, rows = self._seen
            if generation != seen:
                found = self._session.rows(
                    "SELECT id, first_row, last_row FROM article WHERE shelf = ANY(%s::text[])"
                    " ORDER BY id",
                    self.names,
                )
                rows = tuple(Rows(*row) for row in found)
                self._seen = generation, rows
            return rows

    def pieces(self) -> Pieces:
        """Give the word pieces of all articles together."""
        parts: list[Pieces] = []
        with self._session.reading():
            for name, generation in zip(self.names, self._generations(), strict=True):
                kept = self._kept(name, generation)
                parts += self._of_articles(name) if kept is None else [kept]
        return sum_of(parts)

    def note_change(self, *, added: Sequence[Pieces], removed: Sequence[Pieces]) -> None:
        """Tell that articles with these word pieces came and went, inside of `writing`.

        Last of all: whoever else writes to the shelf waits from here until this transaction ends.
        """
        self._session.lock("footnote shelf", self._name)
        named = _setting_of(self._name)
        kept = self._kept(self._name, setting(self._session, named) or "")
        less = [(ids, -counts) for ids, counts in removed]
        # What an older Footnote wrote is in no sum, but in the articles.
        parts = self._of_articles(self._name) if kept is None else [kept, *added, *less]
        ids, counts = sum_of(parts)
        generation = uuid4().hex
        keep_setting(self._session, named, generation)
        self._session.rows(
            "INSERT INTO shelf (name, generation, piece_ids, piece_counts) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (name) DO UPDATE SET (generation, piece_ids, piece_counts) ="
            " (excluded.generation, excluded.piece_ids, excluded.piece_counts)",
            self._name,
            generation,
            ids.tobytes(),
            counts.tobytes(),
        )

    def _generations(self) -> list[str]:
        """Give the generation of each shelf, empty where nothing was ever added."""
        found = dict(
            self._session.rows(
                "SELECT name, value FROM setting WHERE name = ANY(%s::text[])",
                [_setting_of(name) for name in self.names],
            )
        )
        return [found.get(_setting_of(name), "") for name in self.names]

    def _kept(self, name: str, generation: str) -> Pieces | None:
        """Give the sum of a shelf that was kept with this generation."""
        found = self._session.rows(
            "SELECT piece_ids, piece_counts FROM shelf WHERE name = %s AND generation = %s",
            name,
            generation,
        )
        return pieces_from(*found[0]) if found else None

    def _of_articles(self, name: str) -> list[Pieces]:
        found = self._session.rows(
            "SELECT piece_ids, piece_counts FROM article WHERE shelf = %s", name
        )
        return [pieces_from(*blobs) for blobs in found]


def _setting_of(shelf: str) -> str:
    """Name the setting that holds a shelf's generation."""
    return f"generation {shelf}"
