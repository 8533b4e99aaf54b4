"""What is kept: one SQLite file holds a library whole, and every change is one transaction.

Readers see one state from the first to the last line of `reading()`, whoever writes meanwhile.
Row ids of sentences and passages are never given twice, so they name a text for ever.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from index.article import Article, Sentence
from index.database import Database
from index.encoder import FloatArray, IntArray
from index.errors import UnknownArticle
from index.passages import Passage
from index.records import Draft, Model, Rows, sha256


class Store:
    """The tables of one library, seen from one shelf. Safe to share between threads."""

    def __init__(self, path: Path | None, *, shelf: str) -> None:
        """Open the SQLite file at `path`, or a database in memory.

        Raises: LibraryError when it is no library, a newer one, locked or out of reach.
        """
        self._database = Database(path)
        self._shelf = shelf
        self._rows = self._database.rows
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
            article_id = self._write_article(draft)
            self._write_sentences(article_id, draft)
            return self.article(article_id)

    def remove(self, article_id: int) -> None:
        """Forget an article and all that was made of it. Raises: UnknownArticle."""
        with self._database.writing():
            self.rows([article_id])
            self._forget_sentences(article_id)
            self._rows("DELETE FROM article WHERE id = ?", article_id)

    def article(self, article_id: int) -> Article:
        """One article of the shelf. Raises: UnknownArticle."""
        with self.reading():
            self.rows([article_id])
            [(title, text, source, sha256, added, author, published, pages)] = self._rows(
                "SELECT title, text, source, sha256, added, author, published, pages"
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
            sentences=tuple(Sentence(*place) for place in places),
        )

    def titles(self) -> dict[int, str]:
        """The titles on the shelf, by id."""
        return dict(
            self._rows("SELECT id, title FROM article WHERE shelf = ? ORDER BY id", self._shelf)
        )

    def find(self, *, title: str | None, source: str | None, text: str) -> int | None:
        """The id of the article on the shelf with all of these; a title of None is any title."""
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
        """The rows of the article on the shelf that is from this source, if one is."""
        found = self._rows(
            "SELECT id, first_row, last_row FROM article WHERE shelf = ? AND source = ?",
            self._shelf,
            source,
        )
        return Rows(*found[0]) if found else None

    def rows(self, article_ids: Sequence[int] | None) -> tuple[Rows, ...]:
        """The rows of these articles, or of all on the shelf. Raises: UnknownArticle."""
        found = {
            row[0]: Rows(*row)
            for row in self._rows(
                "SELECT id, first_row, last_row FROM article WHERE shelf = ? ORDER BY id",
                self._shelf,
            )
        }
        if article_ids is None:
            return tuple(found.values())
        for article_id in article_ids:
            if article_id not in found:
                raise UnknownArticle(article_id)
        return tuple(found[article_id] for article_id in sorted(set(article_ids)))

    def all_rows(self) -> frozenset[Rows]:
        """The rows of every article of every shelf: what a vector index must hold."""
        return frozenset(
            Rows(*row) for row in self._rows("SELECT id, first_row, last_row FROM article")
        )

    def vectors(self, rows: Rows) -> FloatArray:
        """(sentences, dimension) float32: the sentence vectors of one article, in row order."""
        blobs = self._rows(
            "SELECT vector FROM sentence WHERE id BETWEEN ? AND ? ORDER BY id",
            rows.first,
            rows.last,
        )
        return np.frombuffer(b"".join(blob for (blob,) in blobs), np.float32).reshape(
            len(blobs), -1
        )

    def pieces(self, rows: Rows) -> tuple[IntArray, IntArray]:
        """The word pieces of one article and in how many of its sentences each occurs."""
        (kept,) = self._rows(
            "SELECT piece_ids, piece_counts FROM article WHERE id = ?", rows.article_id
        )
        ids, counts = (np.frombuffer(blob, np.int64) for blob in kept)
        return ids, counts

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

    def matching(self, words: Sequence[str], scope: Sequence[Rows], *, limit: int) -> list[int]:
        """The row ids of the sentences that match any of the words best, by BM25."""
        if not words:
            return []
        found = self._rows(
            "SELECT keyword.rowid FROM keyword JOIN sentence ON sentence.id = keyword.rowid"
            " WHERE keyword MATCH ? AND article_id IN (SELECT value FROM json_each(?))"
            " ORDER BY keyword.rank LIMIT ?",
            " OR ".join(f'"{word}"' for word in words),
            json.dumps([rows.article_id for rows in scope]),
            limit,
        )
        return [row for (row,) in found]

    def check_model(self, model: Model) -> None:
        """Raise LibraryError unless this model made the library, or none did yet."""
        model.check(self.model, self._database.name)

    def _write_article(self, draft: Draft) -> int:
        read = draft.source
        values = {
            "shelf": self._shelf,
            "title": read.title,
            "text": read.text,
            "source": read.source,
            "author": read.author,
            "published": read.published,
            "pages": json.dumps(read.pages),
            "sha256": sha256(read.text),
            "added": datetime.now(UTC).isoformat(),
            "first_row": 0,
            "last_row": -1,
            "piece_ids": draft.piece_ids.tobytes(),
            "piece_counts": draft.piece_counts.tobytes(),
        }
        columns = ", ".join(values)
        updates = ", ".join(f"{column} = excluded.{column}" for column in values)
        [(article_id,)] = self._rows(
            f"INSERT INTO article ({columns}) VALUES ({', '.join('?' * len(values))})"  # noqa: S608
            f" ON CONFLICT (shelf, source) DO UPDATE SET {updates} RETURNING id",
            *values.values(),
        )
        self._forget_sentences(article_id)
        return int(article_id)

    def _write_sentences(self, article_id: int, draft: Draft) -> None:
        rows: list[int] = []
        for number, (first, last) in enumerate(draft.passages, start=1):
            [(passage_id,)] = self._rows(
                "INSERT INTO passage (article_id, number, first, last) VALUES (?, ?, ?, ?)"
                " RETURNING id",
                article_id,
                number,
                first,
                last,
            )
            rows += (
                self._write_sentence(article_id, passage_id, sentence, draft)
                for sentence in draft.sentences[first - 1 : last]
            )
        self._rows(
            "UPDATE article SET first_row = ?, last_row = ? WHERE id = ?",
            rows[0],
            rows[-1],
            article_id,
        )

    def _write_sentence(
        self, article_id: int, passage_id: int, sentence: Sentence, draft: Draft
    ) -> int:
        [(row,)] = self._rows(
            'INSERT INTO sentence (article_id, passage_id, number, start, "end", vector)'
            " VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
            article_id,
            passage_id,
            sentence.number,
            sentence.start,
            sentence.end,
            draft.vectors[sentence.number - 1].tobytes(),
        )
        quote = draft.source.text[sentence.start : sentence.end]
        self._rows("INSERT INTO keyword (rowid, sentence) VALUES (?, ?)", row, quote)
        return int(row)

    def _forget_sentences(self, article_id: int) -> None:
        self._rows(
            "DELETE FROM keyword WHERE rowid IN (SELECT id FROM sentence WHERE article_id = ?)",
            article_id,
        )
        self._rows("DELETE FROM sentence WHERE article_id = ?", article_id)
        self._rows("DELETE FROM passage WHERE article_id = ?", article_id)
