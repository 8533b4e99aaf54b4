"""What is kept: one SQLite file holds a library whole, and every change is one transaction.

Readers see one state from the first to the last line of `reading()`, whoever writes meanwhile.
Row ids of sentences and passages are never given twice, so they name a text for ever.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import numpy as np

from index.models.encoder import FloatArray
from index.storage.database import Database
from index.storage.fulltext import matching
from index.storage.records import (
    Draft,
    Model,
    Pieces,
    Rows,
    marks_from,
    not_own,
    pieces_from,
    sha256,
)
from index.storage.shelves import Shelf
from index.storage.writing import forget, write
from index.text.article import Article
from index.text.passages import Passage
from index.text.segmentation import Sentence


class Store:
    """The tables of one library, seen from one shelf. Safe to share between threads."""

    def __init__(self, path: Path | None, *, shelf: str, also: Sequence[str] = ()) -> None:
        """Open the SQLite file at `path`, or a database in memory.

        The shelves of `also` are read together with `shelf`; all that is written is on `shelf`.
        Raises: LibraryError when it is no library, a newer one, locked or out of reach.
        """
        self._database = Database(path)
        self._shelf = shelf
        self._view = Shelf(self._database, shelf, also)
        self._rows = self._database.rows
        self.collections = self._view.names
        self.reading = self._database.reading
        self.close = self._database.close

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._database.closed

    @property
    def generation(self) -> str:
        """A token that every change replaces: equal only where the content is the same."""
        return self._database.generation

    @property
    def model(self) -> Model | None:
        """The model that made the vectors; None before the first article."""
        made_by = self._database.get("model")
        return None if made_by is None else Model(**json.loads(made_by))

    @property
    def pristine(self) -> bool:
        """Whether no article was ever added, on any shelf."""
        return not self._rows("SELECT 1 FROM sqlite_sequence WHERE name = 'article'")

    def add(self, draft: Draft, model: Model) -> Article:
        """Keep an article whole or not at all; it takes the place of one from the same source.

        Raises: LibraryError when another model made the library, or it cannot be written.
        """
        with self._database.writing():
            self.check_model(model)
            self._database.set("model", json.dumps(asdict(model)))
            source = draft.source.source
            replaced = None if source is None else self.rows_from(source)
            self._recount(draft, replaced)
            return self.article(write(self._database, self._shelf, draft))

    def remove(self, article_id: int) -> None:
        """Forget an article of the shelf itself and all that was made of it.

        Raises: UnknownArticle; LibraryError for an article that is only read from here.
        """
        with self._database.writing():
            [rows] = self.rows([article_id])
            own = "SELECT 1 FROM article WHERE id = ? AND shelf = ?"
            if not self._rows(own, article_id, self._shelf):
                raise not_own(article_id)
            self._recount(None, rows)
            forget(self._database, article_id)

    def article(self, article_id: int) -> Article:
        """One article of those that are read here. Raises: UnknownArticle."""
        with self.reading():
            self.rows([article_id])
            [(title, text, source, sha256, added, author, published, pages, marks)] = self._rows(
                "SELECT title, text, source, sha256, added, author, published, pages, marks"
                " FROM article WHERE id = ?",
                article_id,
            )
            places = self._rows(
                'SELECT number, start, "end" FROM sentence WHERE article_id = ? ORDER BY number',
                article_id,
            )
        return Article(
            article_id,
            title,
            text,
            source,
            sha256,
            datetime.fromisoformat(added),
            author=author,
            published=published,
            pages=tuple(json.loads(pages)),
            marks=marks_from(marks),
            sentences=tuple(Sentence(*place) for place in places),
        )

    def titles(self, *, own: bool = False) -> dict[int, str]:
        """The titles of all articles that are read here, by id, or of the shelf's own."""
        return dict(
            self._rows(
                "SELECT id, title FROM article"
                " WHERE shelf IN (SELECT value FROM json_each(?)) ORDER BY id",
                json.dumps([self._shelf]) if own else self._view.here,
            )
        )

    def find(self, *, title: str | None, source: str | None, text: str) -> int | None:
        """The id of the shelf's own article with all of these; a title of None is any title."""
        found = self._rows(
            "SELECT id FROM article WHERE shelf = ? AND source IS ? AND sha256 = ?"
            " AND title = ifnull(?, title)",
            self._shelf,
            source,
            sha256(text),
            title,
        )
        return found[0][0] if found else None

    def rows_from(self, source: str) -> Rows | None:
        """The rows of the shelf's own article that is from this source, if one is."""
        found = self._rows(
            "SELECT id, first_row, last_row FROM article WHERE shelf = ? AND source = ?",
            self._shelf,
            source,
        )
        return Rows(*found[0]) if found else None

    def rows(self, article_ids: Sequence[int] | None) -> tuple[Rows, ...]:
        """The rows of these articles, or of all that are read here. Raises: UnknownArticle.

        All are the same tuple until something has changed.
        """
        if article_ids is not None:
            return self._view.rows_of(article_ids)
        with self.reading():
            return self._view.rows()

    def version_of(self, collection: str) -> str:
        """A token that every change of a collection replaces."""
        return self.generation

    def rows_in(self, collection: str) -> list[Rows]:
        """The rows of all articles of one collection."""
        found = self._rows(
            "SELECT id, first_row, last_row FROM article WHERE shelf = ?", collection
        )
        return [Rows(*row) for row in found]

    def matching(self, words: Sequence[str], scope: Sequence[Rows], *, limit: int) -> list[int]:
        """The row ids of the sentences in scope that match any of the words best, by BM25."""
        return matching(self._rows, words, scope, limit=limit)

    def article_count(self) -> int:
        """How many articles there are on all shelves."""
        [(count,)] = self._rows("SELECT count(*) FROM article")
        return int(count)

    def sentence_count(self) -> int:
        """How many sentences there are on all shelves."""
        [(count,)] = self._rows("SELECT ifnull(sum(last_row - first_row + 1), 0) FROM article")
        return int(count)

    def passage_count(self) -> int:
        """How many passages there are on all shelves."""
        [(count,)] = self._rows("SELECT count(*) FROM passage")
        return int(count)

    @property
    def size(self) -> int:
        """The bytes of the database, but not of its log."""
        [(pages,)], [(bytes_each,)] = (
            self._rows("PRAGMA page_count"),
            self._rows("PRAGMA page_size"),
        )
        return int(pages * bytes_each)

    def vectors(self, rows: Rows) -> FloatArray:
        """(sentences, dimension) float32: the sentence vectors of one article, in row order.

        None, (0, 0), where it was removed.
        """
        blobs = self._rows(
            "SELECT vector FROM sentence WHERE id BETWEEN ? AND ? ORDER BY id",
            rows.first,
            rows.last,
        )
        held = np.frombuffer(b"".join(blob for (blob,) in blobs), np.float32)
        return held.reshape(len(blobs), -1 if blobs else 0)

    def pieces(self, rows: Rows) -> Pieces:
        """The word pieces of one article and in how many of its sentences each occurs."""
        (kept,) = self._rows(
            "SELECT piece_ids, piece_counts FROM article WHERE id = ?", rows.article_id
        )
        return pieces_from(*kept)

    def pieces_in(self, scope: Sequence[Rows]) -> Iterable[Pieces]:
        """The same of each article in scope, or of all that are read here at once."""
        whole = scope is self._view.rows()
        return [self._view.pieces()] if whole else map(self.pieces, scope)

    def passages(self, rows: Rows) -> list[tuple[int, Passage]]:
        """All passages of one article, each behind its row id."""
        found = self._rows(
            "SELECT id, article_id, number, first, last FROM passage WHERE article_id = ?"
            " ORDER BY number",
            rows.article_id,
        )
        return [(row[0], Passage(*row[1:])) for row in found]

    def passages_of(self, sentence_rows: Iterable[int]) -> list[tuple[int, Passage]]:
        """The passages that hold these sentences, each once behind its row id, in reading order."""
        found = self._rows(
            "SELECT DISTINCT passage.id, passage.article_id, passage.number, first, last"
            " FROM sentence JOIN passage ON passage.id = sentence.passage_id"
            " WHERE sentence.id IN (SELECT value FROM json_each(?))"
            " ORDER BY passage.article_id, passage.number",
            json.dumps(sorted(sentence_rows)),
        )
        return [(row[0], Passage(*row[1:])) for row in found]

    def check_model(self, model: Model) -> None:
        """Raise LibraryError unless this model made the library, or none did yet."""
        model.check(self.model, self._database.name)

    def _recount(self, draft: Draft | None, replaced: Rows | None) -> None:
        """Keep the shelf's word pieces in step with an article that comes, goes or both."""
        added = [] if draft is None else [(draft.piece_ids, draft.piece_counts)]
        removed = [] if replaced is None else [self.pieces(replaced)]
        self._view.recount(added=added, removed=removed)
