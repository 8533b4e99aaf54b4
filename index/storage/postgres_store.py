"""What is kept in PostgreSQL: the same as in SQLite, for many processes on many machines."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC

import numpy as np

from index.errors import UnknownArticle
from index.models.encoder import FloatArray
from index.storage.postgres import Connections
from index.storage.postgres_schema import (
    LIBRARY,
    SCHEMA,
    TABLES,
    fix_dimension,
    keep_setting,
    make_tables,
    setting,
)
from index.storage.postgres_search import INDEX_SIZE, matching
from index.storage.postgres_session import Session
from index.storage.postgres_shelves import PostgresShelf
from index.storage.postgres_writing import write
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
from index.text.article import Article
from index.text.passages import Passage
from index.text.segmentation import Sentence

_BIGGEST = 2**63 - 1  # article id


class PostgresStore:
    """The tables of one library, seen from one shelf. Safe to share between threads."""

    def __init__(
        self,
        connections: Connections,
        *,
        shelf: str,
        also: Sequence[str] = (),
        owns: bool = False,
    ) -> None:
        """Make the tables where they are missing; `owns` lets `close` close the connections.

        The shelves of `also` are read together with `shelf`; all that is written is on `shelf`.
        Raises: LibraryError when they are a newer version's, locked or out of reach.
        """
        self.session = Session(connections, owns=owns)
        self._shelf = shelf
        self._view = PostgresShelf(self.session, shelf, also)
        self._rows = self.session.rows
        self.reading = self.session.reading
        self.close = self.session.close
        make_tables(self.session, LIBRARY, TABLES, version=SCHEMA)

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self.session.closed

    @property
    def generation(self) -> str:
        """A token that every change here replaces: the same only where the content is."""
        return self._view.generation

    @property
    def model(self) -> Model | None:
        """The model that made the vectors; None before the first article."""
        made_by = setting(self.session, "model")
        return None if made_by is None else Model(**json.loads(made_by))

    @property
    def pristine(self) -> bool:
        """Whether no article was ever added, on any shelf."""
        return setting(self.session, "model") is None

    def add(self, draft: Draft, model: Model) -> Article:
        """Keep an article whole or not at all; it takes the place of one from the same source.

        Where another process has just kept the same, that is what is given.
        Raises: LibraryError when another model made the library, or it cannot be written.
        """
        read = draft.source
        with self.session.writing():
            self._claim(model)
            if read.source is not None:
                self.session.lock("footnote source", self._shelf, read.source)
                known = self.find(title=read.title, source=read.source, text=read.text)
                if known is not None:
                    return self.article(known)
            article_id, replaced = write(self.session, self._shelf, draft)
            added = (draft.piece_ids, draft.piece_counts)
            self._view.note_change(added=[added], removed=replaced)
            return self.article(article_id)

    def remove(self, article_id: int) -> None:
        """Forget an article of the shelf itself and all that was made of it.

        Raises: UnknownArticle; LibraryError for an article that is only read from here.
        """
        with self.session.writing():
            self.rows([article_id])
            own = "SELECT 1 FROM article WHERE id = %s AND shelf = %s"
            if not self._rows(own, article_id, self._shelf):
                raise not_own(article_id)
            gone = self._rows(
                "DELETE FROM article WHERE id = %s RETURNING piece_ids, piece_counts", article_id
            )
            if not gone:  # another process was quicker
                raise UnknownArticle(article_id)
            self._view.note_change(added=[], removed=[pieces_from(*gone[0])])

    def article(self, article_id: int) -> Article:
        """One article of those that are read here. Raises: UnknownArticle."""
        with self.reading():
            self.rows([article_id])
            [(title, text, source, digest, added, author, published, pages, marks)] = self._rows(
                "SELECT title, text, source, sha256, added, author, published, pages, marks"
                " FROM article WHERE id = %s",
                article_id,
            )
            places = self._rows(
                'SELECT number, start, "end" FROM sentence WHERE article_id = %s ORDER BY number',
                article_id,
            )
        return Article(
            article_id,
            title,
            text,
            source,
            digest,
            added.astimezone(UTC),
            author=author,
            published=published,
            pages=tuple(pages),
            marks=marks_from(marks),
            sentences=tuple(Sentence(*place) for place in places),
        )

    def article_count(self) -> int:
        """How many articles there are on all shelves."""
        [(count,)] = self._rows("SELECT count(*) FROM article")
        return int(count)

    def passage_count(self) -> int:
        """How many passages there are on all shelves."""
        [(count,)] = self._rows("SELECT count(*) FROM passage")
        return int(count)

    @property
    def size(self) -> int:
        """The bytes of the tables with their indexes, but for that of the vectors."""
        [(size,)] = self._rows(
            f"SELECT sum(pg_total_relation_size(name::regclass)) - {INDEX_SIZE}"  # noqa: S608
            " FROM unnest(ARRAY['article', 'passage', 'sentence', 'setting', 'shelf']) AS name"
        )
        return int(size)

    def titles(self, *, own: bool = False) -> dict[int, str]:
        """The titles of all articles that are read here, by id, or of the shelf's own."""
        return dict(
            self._rows(
                "SELECT id, title FROM article WHERE shelf = ANY(%s::text[]) ORDER BY id",
                [self._shelf] if own else self._view.names,
            )
        )

    def find(self, *, title: str | None, source: str | None, text: str) -> int | None:
        """The id of the shelf's own article with all of these; a title of None is any title."""
        found = self._rows(
            "SELECT id FROM article WHERE shelf = %s AND md5(source) IS NOT DISTINCT FROM md5(%s)"
            " AND source IS NOT DISTINCT FROM %s AND sha256 = %s AND title = coalesce(%s, title)"
            " ORDER BY id LIMIT 1",
            self._shelf,
            source,
            source,
            sha256(text),
            title,
        )
        return found[0][0] if found else None

    def rows_from(self, source: str) -> Rows | None:
        """The rows of the shelf's own article that is from this source, if one is."""
        found = self._rows(
            "SELECT id, first_row, last_row FROM article"
            " WHERE shelf = %s AND md5(source) = md5(%s) AND source = %s",
            self._shelf,
            source,
            source,
        )
        return Rows(*found[0]) if found else None

    def rows(self, article_ids: Sequence[int] | None) -> tuple[Rows, ...]:
        """The rows of these articles, or of all that are read here. Raises: UnknownArticle.

        All are the same tuple until something has changed.
        """
        if article_ids is None:
            return self._view.rows()
        wanted = [article_id for article_id in set(article_ids) if abs(article_id) <= _BIGGEST]
        found = self._rows(
            "SELECT id, first_row, last_row FROM article"
            " WHERE shelf = ANY(%s::text[]) AND id = ANY(%s::bigint[]) ORDER BY id",
            self._view.names,
            wanted,
        )
        known = {row[0] for row in found}
        for article_id in article_ids:
            if article_id not in known:
                raise UnknownArticle(article_id)
        return tuple(Rows(*row) for row in found)

    def vectors(self, rows: Rows) -> FloatArray:
        """(sentences, dimension) float32, as exact as half precision is, in row order."""
        found = self._rows(
            "SELECT vector FROM sentence WHERE id BETWEEN %s AND %s ORDER BY id",
            rows.first,
            rows.last,
        )
        return np.stack([vector.to_numpy() for (vector,) in found]).astype(np.float32)

    def pieces(self, rows: Rows) -> Pieces:
        """The word pieces of one article and in how many of its sentences each occurs."""
        [kept] = self._pieces_of([rows])
        return kept

    def pieces_in(self, scope: Sequence[Rows]) -> list[Pieces]:
        """The same of each article in scope, or of all that are read here at once."""
        whole = scope is self._view.rows()
        return [self._view.pieces()] if whole else self._pieces_of(scope)

    def passages(self, rows: Rows) -> list[tuple[int, Passage]]:
        """All passages of one article, each behind its row id."""
        found = self._rows(
            "SELECT id, article_id, number, first, last FROM passage WHERE article_id = %s"
            " ORDER BY number",
            rows.article_id,
        )
        return [(row[0], Passage(*row[1:])) for row in found]

    def passages_of(self, sentence_rows: Iterable[int]) -> list[tuple[int, Passage]]:
        """The passages that hold these sentences, each once behind its row id, in reading order."""
        found = self._rows(
            "SELECT id, article_id, number, first, last FROM passage WHERE id IN"
            " (SELECT passage_id FROM sentence WHERE id = ANY(%s::bigint[]))"
            " ORDER BY article_id, number",
            list(sentence_rows),
        )
        return [(row[0], Passage(*row[1:])) for row in found]

    def matching(self, words: Sequence[str], scope: Sequence[Rows], *, limit: int) -> list[int]:
        """The row ids of the sentences that match any of the words best, by BM25."""
        return matching(self.session, words, scope, limit=limit)

    def check_model(self, model: Model) -> None:
        """Raise LibraryError unless this model made the library, or none did yet."""
        model.check(self.model, self.session.name)

    def _pieces_of(self, scope: Sequence[Rows]) -> list[Pieces]:
        found = self._rows(
            "SELECT piece_ids, piece_counts FROM article WHERE id = ANY(%s::bigint[])",
            [rows.article_id for rows in scope],
        )
        return [pieces_from(*kept) for kept in found]

    def _claim(self, model: Model) -> None:
        """See that this model made the library, or let it be the one. Raises: LibraryError."""
        made_by = self.model
        if made_by is None:
            self.session.lock("footnote model")
            made_by = self.model  # perhaps another process was quicker
        model.check(made_by, self.session.name)
        if made_by is None:
            fix_dimension(self.session, model.dimension)
        if made_by != model:
            keep_setting(self.session, "model", json.dumps(asdict(model)))
