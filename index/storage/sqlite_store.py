"""A store in SQLite: vectors as bytes, words by FTS5."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np

from index.models.tokens import FloatArray
from index.storage.records import EncodedArticle, RowRange, Schema
from index.storage.sqlite import SqliteDatabase
from index.storage.store import SCHEMA, Store, content_words

_UPGRADES = {5: "ALTER TABLE passage ADD COLUMN encoding BLOB"}


class SqliteStore(Store):
    """The articles of a collection in a SQLite file."""

    database: SqliteDatabase

    def __init__(self, path: Path | None, *, collection: str, also: Sequence[str] = ()) -> None:
        """Open the file at `path`, or a library in memory. Raises: LibraryError."""
        script = (files("index.storage") / "sqlite.sql").read_text(encoding="utf-8")
        database = SqliteDatabase(path, Schema("library", SCHEMA, script, _UPGRADES))
        super().__init__(database, collection=collection, also=also)

    @property
    def size(self) -> int:
        """The bytes of the database, without its write-ahead log."""
        [(pages,)] = self._rows("PRAGMA page_count")
        [(bytes_each,)] = self._rows("PRAGMA page_size")
        return int(pages * bytes_each)

    def vectors(self, rows: RowRange) -> FloatArray:
        """Return (sentences, dimension) float32: one article's sentence vectors, in row order."""
        blobs = self._rows(
            "SELECT vector FROM sentence WHERE id BETWEEN ? AND ? ORDER BY id",
            rows.first,
            rows.last,
        )
        joined = np.frombuffer(b"".join(blob for (blob,) in blobs), np.float32)
        return joined.reshape(len(blobs), -1 if blobs else 0)

    def matching(self, words: Sequence[str], scope: Sequence[RowRange], *, limit: int) -> list[int]:
        """Return the row ids of the sentences in scope that match any word, by FTS5's BM25.

        The words hold no quotation marks.
        """
        words = content_words(words)
        if not words or not scope:
            return []
        found = self._rows(
            "SELECT keyword.rowid FROM keyword JOIN sentence ON sentence.id = keyword.rowid"
            " WHERE keyword MATCH ? AND keyword.rowid BETWEEN ? AND ? AND article_id = ANY(?)"
            " ORDER BY keyword.rank LIMIT ?",
            " OR ".join(f'"{word}"' for word in words),
            min(rows.first for rows in scope),
            max(rows.last for rows in scope),
            [rows.article_id for rows in scope],
            limit,
        )
        return [row for (row,) in found]

    def _rows_before(self, count: int) -> int:
        found = self._rows("SELECT seq FROM sqlite_sequence WHERE name = 'sentence'")
        return int(found[0][0]) if found else 0

    def _write_sentences(self, article_id: int, before: int, article: EncodedArticle) -> None:
        home = [
            before + number
            for number, (first, last) in enumerate(article.passages, start=1)
            for _ in range(first, last + 1)
        ]
        blobs = [article.vectors[each.number - 1].tobytes() for each in article.sentences]
        self.database.many(
            'INSERT INTO sentence (id, article_id, passage_id, number, start, "end", vector)'
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (before + each.number, article_id, passage, each.number, each.start, each.end, blob)
                for each, passage, blob in zip(article.sentences, home, blobs, strict=True)
            ],
        )
        text = article.source.text
        self.database.many(
            "INSERT INTO keyword (rowid, sentence) VALUES (?, ?)",
            ((before + each.number, text[each.start : each.end]) for each in article.sentences),
        )

    def _remove_sentences(self, rows: RowRange) -> None:
        self._rows("DELETE FROM keyword WHERE rowid BETWEEN ? AND ?", rows.first, rows.last)
        super()._remove_sentences(rows)
