"""The articles of a library: one store, with SQLite or PostgreSQL underneath.

Every change is one transaction. Readers see one state from the first to the last line of
`reading()`, whoever writes meanwhile. Row ids of sentences and passages are never reused.

The statements here are understood by both databases: `?` stands for a value, and `= ANY(?)` for
one of a list. What differs is in `SqliteStore` and `PostgresStore`.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from index.errors import LibraryError, UnknownArticle
from index.models.tokens import FloatArray
from index.storage.records import (
    Database,
    EncodedArticle,
    ModelId,
    RowRange,
    TokenCounts,
    sha256,
    sum_counts,
    token_counts,
)
from index.text.article import Article, ArticleInfo
from index.text.segmentation import Passage, Sentence
from index.text.words import function_words

SCHEMA = 6
"""The version of the tables; a library of an older one is upgraded, or refused."""


class Store(ABC):
    """The articles of one collection, and of those that are read together with it.

    Threads may share it. Articles are changed in their own collection only. Raises LibraryError
    where the database fails, and UnknownArticle.
    """

    def __init__(self, database: Database, *, collection: str, also: Sequence[str] = ()) -> None:
        """Read the collections of `also` together with `collection`; write only to the latter."""
        self.database = database
        self.collections = tuple(dict.fromkeys((collection, *also)))
        self.reading = database.reading
        self.close = database.close
        self._collection = collection
        self._names = list(self.collections)
        self._rows = database.rows
        self._seen: tuple[object, tuple[RowRange, ...]] = None, ()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self.database.closed

    @property
    def model(self) -> ModelId | None:
        """The model that made the vectors; None before the first article."""
        found = self._rows("SELECT value FROM setting WHERE name = 'model'")
        return ModelId(**json.loads(found[0][0])) if found else None

    @property
    def is_unused(self) -> bool:
        """Whether no article was ever added, in any collection."""
        return self.model is None

    def check_model(self, model: ModelId) -> None:
        """Raise LibraryError unless this model made the library, or none did yet."""
        model.check(self.model, self.database.name)

    def version_of(self, collection: str) -> int:
        """Return the version of a collection, which every change increases; 0 when it is new."""
        found = self._rows("SELECT version FROM collection WHERE name = ?", collection)
        return int(found[0][0]) if found else 0

    def rows_in(self, collection: str) -> list[RowRange]:
        """Return the row ranges of all articles in one collection, by article id."""
        found = self._rows(
            "SELECT id, first_row, last_row FROM article WHERE collection = ? ORDER BY id",
            collection,
        )
        return [RowRange(*row) for row in found]

    def rows(self, article_ids: Sequence[int] | None) -> tuple[RowRange, ...]:
        """Return the row ranges of these articles, or of all for None, by article id.

        That of all is the same tuple until something has changed. Raises: UnknownArticle.
        """
        if article_ids is None:
            with self.reading():
                versions = [self.version_of(name) for name in self.collections]
                if versions != self._seen[0]:
                    found = [rows for name in self.collections for rows in self.rows_in(name)]
                    found.sort(key=lambda rows: rows.article_id)
                    self._seen = versions, tuple(found)
                return self._seen[1]
        wanted = [int(each) for each in article_ids if _is_id(each)]
        known = {
            row[0]: RowRange(*row)
            for row in self._rows(
                "SELECT id, first_row, last_row FROM article"
                " WHERE collection = ANY(?) AND id = ANY(?) ORDER BY id",
                self._names,
                wanted,
            )
        }
        for article_id in article_ids:
            if article_id not in known:
                raise UnknownArticle(article_id)
        return tuple(known.values())

    def article(self, article_id: int) -> Article:
        """Return one article. Raises: UnknownArticle."""
        with self.reading():
            self.rows([article_id])
            [(title, text, source, digest, added, author, published, pages, marks)] = self._rows(
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
            digest,
            datetime.fromisoformat(added),
            author=author,
            published=published,
            pages=tuple(json.loads(pages)),
            marks=None if marks is None else tuple((at, kind) for at, kind in json.loads(marks)),
            sentences=tuple(Sentence(*place) for place in places),
        )

    def titles(self, *, own: bool = False) -> dict[int, str]:
        """Return the titles of all articles by id, or of the store's own collection only."""
        return dict(
            self._rows(
                "SELECT id, title FROM article WHERE collection = ANY(?) ORDER BY id",
                [self._collection] if own else self._names,
            )
        )

    def catalog(self, *, own: bool = False) -> list[ArticleInfo]:
        """Return what `titles` names, by id, with all but the texts."""
        found = self._rows(
            "SELECT id, title, source, author, published, added, last_row - first_row + 1, size"
            " FROM article WHERE collection = ANY(?) ORDER BY id",
            [self._collection] if own else self._names,
        )
        return [
            ArticleInfo(
                id=id_,
                title=title,
                source=source,
                author=author,
                published=published,
                added=datetime.fromisoformat(added),
                sentence_count=sentences,
                size=size,
            )
            for id_, title, source, author, published, added, sentences, size in found
        ]

    def find(self, *, title: str | None, source: str | None, text: str) -> int | None:
        """Return the id of the own article with all of these; a title of None is any title."""
        found = self._rows(
            "SELECT id FROM article WHERE collection = ? AND source IS NOT DISTINCT FROM ?"
            " AND sha256 = ? AND title = coalesce(?, title) ORDER BY id LIMIT 1",
            self._collection,
            source,
            sha256(text),
            title,
        )
        return found[0][0] if found else None

    def rows_from(self, source: str) -> RowRange | None:
        """Return the row range of the own article from this source, if there is one."""
        found = self._rows(
            "SELECT id, first_row, last_row FROM article WHERE collection = ? AND source = ?",
            self._collection,
            source,
        )
        return RowRange(*found[0]) if found else None

    def tokens(self, rows: RowRange) -> TokenCounts:
        """Return the token counts of one article."""
        [stored] = self._rows(
            "SELECT token_ids, token_counts FROM article WHERE id = ?", rows.article_id
        )
        return token_counts(*stored)

    def tokens_in(self, scope: Sequence[RowRange]) -> Iterable[TokenCounts]:
        """Return the token counts of each article in scope, or one sum where all are in scope."""
        if scope is self.rows(None):
            return [sum_counts([self._tokens_of(name) for name in self.collections])]
        return map(self.tokens, scope)

    def passages(self, rows: RowRange) -> list[tuple[int, Passage]]:
        """Return all passages of one article, each behind its row id."""
        found = self._rows(
            "SELECT id, article_id, number, first, last FROM passage WHERE article_id = ?"
            " ORDER BY number",
            rows.article_id,
        )
        return [(row[0], Passage(*row[1:])) for row in found]

    def passages_of(self, sentence_rows: Iterable[int]) -> list[tuple[int, Passage]]:
        """Return the passages that hold these sentences, each once, in reading order."""
        found = self._rows(
            "SELECT id, article_id, number, first, last FROM passage WHERE id IN"
            " (SELECT passage_id FROM sentence WHERE id = ANY(?)) ORDER BY article_id, number",
            list(sentence_rows),
        )
        return [(row[0], Passage(*row[1:])) for row in found]

    def encodings(self, passage_ids: Sequence[int]) -> dict[int, bytes]:
        """Return the packed encodings of these passages, by row id, where they are stored."""
        return dict(
            self._rows(
                "SELECT id, encoding FROM passage WHERE id = ANY(?) AND encoding IS NOT NULL",
                list(passage_ids),
            )
        )

    def add_encodings(self, encodings: Mapping[int, bytes]) -> None:
        """Store the packed encodings of passages, by row id, that were stored without them."""
        with self.database.writing():
            self.database.many(
                "UPDATE passage SET encoding = ? WHERE id = ?",
                [(packed, passage) for passage, packed in encodings.items()],
            )

    def counts(self) -> tuple[int, int, int]:
        """Return the numbers of articles, passages and sentences in all collections."""
        [(articles, sentences)] = self._rows(
            "SELECT count(*), coalesce(sum(last_row - first_row + 1), 0) FROM article"
        )
        [(passages,)] = self._rows("SELECT count(*) FROM passage")
        return int(articles), int(passages), int(sentences)

    @property
    @abstractmethod
    def size(self) -> int:
        """The bytes on disk, without those of the vector index."""

    @abstractmethod
    def vectors(self, rows: RowRange) -> FloatArray:
        """Return (sentences, dimension) float32: one article's sentence vectors, in row order."""

    @abstractmethod
    def matching(self, words: Sequence[str], scope: Sequence[RowRange], *, limit: int) -> list[int]:
        """Return the row ids of the sentences in scope that match any word, the best first.

        They are ranked by BM25, without function words unless there are no others.
        """

    def add(self, article: EncodedArticle, model: ModelId) -> Article:
        """Store an article, in place of one from the same source, whose id it takes.

        Where the same text stands under the same source and title already, nothing is changed.
        Raises: LibraryError when another model made the library, or it cannot be written.
        """
        source, replaced = article.source.source, None
        with self.database.writing():
            self._claim(model)
            if source is not None:
                self.database.lock("source", self._collection, source)
                text, title = article.source.text, article.source.title
                same = self.find(title=title, source=source, text=text)
                if same is not None:
                    return self.article(same)
                replaced = self.rows_from(source)
            removed = [] if replaced is None else [self.tokens(replaced)]
            before = self._rows_before(len(article.sentences))
            article_id = self._write_article(article, replaced, before)
            self.database.many(
                "INSERT INTO passage (id, article_id, number, first, last, encoding)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (before + number, article_id, number, *run, packed)
                    for number, (run, packed) in enumerate(
                        zip(article.passages, article.encodings, strict=True), start=1
                    )
                ),
            )
            self._write_sentences(article_id, before, article)
            added = (article.token_ids, article.token_counts)
            self._note_change(added=[added], removed=removed)
            return self.article(article_id)

    def remove(self, article_id: int) -> None:
        """Remove an article of the own collection.

        Raises: UnknownArticle; LibraryError for an article of another collection.
        """
        with self.database.writing():
            [rows] = self.rows([article_id])
            own = "SELECT 1 FROM article WHERE id = ? AND collection = ?"
            if not self._rows(own, article_id, self._collection):
                raise LibraryError(
                    f"article {article_id} is in another collection, which is only read from here:"
                    " remove it where it was added"
                )
            self._remove_sentences(rows)
            removed = self._rows(
                "DELETE FROM article WHERE id = ? RETURNING token_ids, token_counts", article_id
            )
            if not removed:  # another process was quicker
                raise UnknownArticle(article_id)
            self._note_change(added=[], removed=[token_counts(*removed[0])])

    def _write_article(
        self, article: EncodedArticle, replaced: RowRange | None, before: int
    ) -> int:
        """Write all but passages and sentences, whose row ids follow `before`; return the id."""
        read = article.source
        values: dict[str, object] = {
            "collection": self._collection,
            "title": read.title,
            "text": read.text,
            "source": read.source,
            "sha256": sha256(read.text),
            "added": datetime.now(UTC).isoformat(),
            "author": read.author,
            "published": read.published,
            "pages": json.dumps(read.pages),
            "size": len(read.text.encode()),
            "marks": None if read.marks is None else json.dumps(read.marks),
            "first_row": before + 1,
            "last_row": before + len(article.sentences),
            "token_ids": article.token_ids.tobytes(),
            "token_counts": article.token_counts.tobytes(),
        }
        columns, places = ", ".join(values), ", ".join("?" * len(values))
        if replaced is not None:
            found = self._rows(
                f"UPDATE article SET ({columns}) = ({places}) WHERE id = ? RETURNING id",  # noqa: S608
                *values.values(),
                replaced.article_id,
            )
            if found:  # else another process has just removed it
                self._remove_sentences(replaced)
                return replaced.article_id
        [(article_id,)] = self._rows(
            f"INSERT INTO article ({columns}) VALUES ({places}) RETURNING id",  # noqa: S608
            *values.values(),
        )
        return int(article_id)

    def _remove_sentences(self, rows: RowRange) -> None:
        for table in ("passage", "sentence"):
            self._rows(f"DELETE FROM {table} WHERE article_id = ?", rows.article_id)  # noqa: S608

    def _note_change(self, *, added: Sequence[TokenCounts], removed: Sequence[TokenCounts]) -> None:
        """Update the collection's version and token counts, last: from here, other writers wait."""
        self.database.lock("collection", self._collection)
        less = [(ids, -counts) for ids, counts in removed]
        ids, counts = sum_counts([self._tokens_of(self._collection), *added, *less])
        self._rows(
            "INSERT INTO collection (name, version, token_ids, token_counts) VALUES (?, 1, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET version = collection.version + 1,"
            " token_ids = excluded.token_ids, token_counts = excluded.token_counts",
            self._collection,
            ids.tobytes(),
            counts.tobytes(),
        )

    def _tokens_of(self, collection: str) -> TokenCounts:
        found = self._rows(
            "SELECT token_ids, token_counts FROM collection WHERE name = ?", collection
        )
        return token_counts(*found[0]) if found else sum_counts([])

    def _claim(self, model: ModelId) -> None:
        """Check that this model made the library, or let it be the one. Raises: LibraryError."""
        made_by = self.model
        if made_by is None:
            self.database.lock("model")
            made_by = self.model  # perhaps another process was quicker
        model.check(made_by, self.database.name)
        if made_by is None:
            self._set_dimension(model.dimension)
        if made_by != model:
            self._rows(
                "INSERT INTO setting (name, value) VALUES ('model', ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                json.dumps(asdict(model)),
            )

    def _set_dimension(self, dimension: int) -> None:  # noqa: B027
        """Prepare the empty tables for vectors of this dimension."""

    @abstractmethod
    def _rows_before(self, count: int) -> int:
        """Reserve `count` row ids that were never used, and return the id before the first."""

    @abstractmethod
    def _write_sentences(self, article_id: int, before: int, article: EncodedArticle) -> None:
        """Write the sentences, the first of which has the row id after `before`."""


def content_words(words: Sequence[str]) -> list[str]:
    """Return the words that are no function words, in lower case; all, where there are no others.

    Each is returned once.
    """
    lower = list(dict.fromkeys(word.lower() for word in words))
    return [word for word in lower if word not in function_words()] or lower


def _is_id(value: object) -> bool:
    return hasattr(value, "__index__") and abs(int(value)) < 2**63
