"""What must not be read anew for each question: a shelf's rows and its word pieces."""

from collections.abc import Sequence
from uuid import uuid4

from index.postgres_schema import keep_setting, setting
from index.postgres_session import Session
from index.records import Pieces, Rows, pieces_from, sum_of


class PostgresShelf:
    """One shelf of a library in PostgreSQL."""

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self._name = name
        self._setting = f"generation {name}"
        self._seen: tuple[str, tuple[Rows, ...]] = "", ()  # a generation, and all rows of it

    @property
    def generation(self) -> str:
        """A token that every change of the shelf replaces: the same only where the content is."""
        return setting(self._session, self._setting) or ""

    def rows(self) -> tuple[Rows, ...]:
        """Give the rows of all articles, by id: the same tuple until something has changed."""
        with self._session.reading():
            generation = self.generation
            seen, rows = self._seen
            if generation != seen:
                found = self._session.rows(
                    "SELECT id, first_row, last_row FROM article WHERE shelf = %s ORDER BY id",
                    self._name,
                )
                rows = tuple(Rows(*row) for row in found)
                self._seen = generation, rows
            return rows

    def pieces(self) -> Pieces:
        """Give the word pieces of the whole shelf."""
        with self._session.reading():
            found = self._kept(self.generation)
            return sum_of(self._of_articles()) if found is None else found

    def note_change(self, *, added: Sequence[Pieces], removed: Sequence[Pieces]) -> None:
        """Tell that articles with these word pieces came and went, inside of `writing`.

        Last of all: whoever else writes to the shelf waits from here until this transaction ends.
        """
        self._session.lock("footnote shelf", self._name)
        kept = self._kept(self.generation)
        less = [(ids, -counts) for ids, counts in removed]
        # What an older Footnote wrote is in no sum, but in the articles.
        parts = self._of_articles() if kept is None else [kept, *added, *less]
        ids, counts = sum_of(parts)
        generation = uuid4().hex
        keep_setting(self._session, self._setting, generation)
        self._session.rows(
            "INSERT INTO shelf (name, generation, piece_ids, piece_counts) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (name) DO UPDATE SET (generation, piece_ids, piece_counts) ="
            " (excluded.generation, excluded.piece_ids, excluded.piece_counts)",
            self._name,
            generation,
            ids.tobytes(),
            counts.tobytes(),
        )

    def _kept(self, generation: str) -> Pieces | None:
        """Give the sum that was kept with this generation."""
        found = self._session.rows(
            "SELECT piece_ids, piece_counts FROM shelf WHERE name = %s AND generation = %s",
            self._name,
            generation,
        )
        return pieces_from(*found[0]) if found else None

    def _of_articles(self) -> list[Pieces]:
        found = self._session.rows(
            "SELECT piece_ids, piece_counts FROM article WHERE shelf = %s", self._name
        )
        return [pieces_from(*blobs) for blobs in found]
