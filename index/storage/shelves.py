"""What must not be read anew for each question: a shelf's rows and its word pieces."""

import json
from collections.abc import Sequence

from index.errors import UnknownArticle
from index.storage.database import Database
from index.storage.records import Pieces, Rows, pieces_from, sum_of


class Shelf:
    """One shelf of a library, and those that are read together with it.

    Its methods are called inside `reading` or `writing`.
    """

    def __init__(self, database: Database, name: str, also: Sequence[str] = ()) -> None:
        self._query = database.rows
        self._database = database
        self._name = name
        self.names = tuple(dict.fromkeys((name, *also)))
        self.here = json.dumps(self.names)  # for `shelf IN (SELECT value FROM json_each(?))`
        self._rows: tuple[Rows, ...] = ()
        self._seen: str | None = None  # the generation of these rows

    def rows(self) -> tuple[Rows, ...]:
        """Give the rows of all articles, by id: the same tuple until something has changed."""
        generation = self._database.generation
        if generation != self._seen:
            rows = self._all_rows()
            self._rows = self._rows if rows == self._rows else rows
            self._seen = generation
        return self._rows

    def rows_of(self, article_ids: Sequence[int]) -> tuple[Rows, ...]:
        """Give the rows of these articles, by id. Raises: UnknownArticle."""
        found = {
            row[0]: Rows(*row)
            for row in self._query(
                "SELECT id, first_row, last_row FROM article"
                " WHERE shelf IN (SELECT value FROM json_each(?))"
                " AND id IN (SELECT value FROM json_each(?)) ORDER BY id",
                self.here,
                json.dumps([int(each) for each in article_ids if hasattr(each, "__index__")]),
            )
        }
        for article_id in article_ids:
            if article_id not in found:
                raise UnknownArticle(article_id)
        return tuple(found.values())

    def pieces(self) -> Pieces:
        """Give the word pieces of all articles together."""
        return sum_of([self._pieces_on(name) for name in self.names])

    def recount(self, *, added: Sequence[Pieces], removed: Sequence[Pieces]) -> None:
        """Keep the word pieces of the shelf as they are once these articles came and went."""
        less = [(ids, -counts) for ids, counts in removed]
        ids, counts = sum_of([self._pieces_on(self._name), *added, *less])
        self._query(
            "INSERT OR REPLACE INTO shelf (name, piece_ids, piece_counts) VALUES (?, ?, ?)",
            self._name,
            ids.tobytes(),
            counts.tobytes(),
        )

    def _pieces_on(self, name: str) -> Pieces:
        found = self._query("SELECT piece_ids, piece_counts FROM shelf WHERE name = ?", name)
        return pieces_from(*found[0]) if found else sum_of([])

    def _all_rows(self) -> tuple[Rows, ...]:
        found = self._query(
            "SELECT id, first_row, last_row FROM article"
            " WHERE shelf IN (SELECT value FROM json_each(?)) ORDER BY id",
            self.here,
        )
        return tuple(Rows(*row) for row in found)
