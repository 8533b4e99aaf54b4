"""A store in PostgreSQL: vectors by pgvector, words by tsvector and BM25."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from importlib.resources import files
from itertools import islice

import numpy as np
from pgvector import HalfVector

from index.models.tokens import FloatArray
from index.storage.postgres import Pool, PostgresDatabase
from index.storage.records import EncodedArticle, IndexStats, RowRange, Schema
from index.storage.store import SCHEMA, Store, content_words

EXACT = 25_000
"""Up to so many sentences in scope, every vector is compared; beyond, HNSW finds the nearest.

Comparing them took 12 ms, and HNSW, which looks at those out of scope too, found 0.95 of the
nearest ten of one sentence in twenty.
"""

COMMON = 0.02
"""In a larger scope, words in a larger share of all sentences are left out, unless all are such."""

_IDS = 2**24
"""Row ids reserved for each version of an article: more sentences than `LARGEST_FILE` can hold."""

_BATCH = 200  # sentences written by one statement, well within its time limit
_COLUMNS = (
    "id",
    "article_id",
    "passage_id",
    "number",
    "start",
    "end",
    "word_count",
    "plain",
    "vector",
)
_WORD = re.compile(r"[^\W_]+")
_LONGEST = 500_000  # code points of a sentence that are indexed: a tsvector is limited in size
_INDEX_SIZE = "coalesce(pg_relation_size(to_regclass('sentence_nearest')), 0)"
_RANKED = """
WITH matched AS MATERIALIZED (
    SELECT id, words, word_count FROM sentence
    WHERE words @@ %(query)s::tsquery AND article_id = ANY(%(articles)s::bigint[])
), mean AS (
    SELECT sum(word_count)::float8 / %(sentences)s AS length FROM article
    WHERE id = ANY(%(articles)s::bigint[])
), pair AS MATERIALIZED (
    SELECT id, lexeme, 1.2 * (0.25 + 0.75 * word_count / mean.length) AS damping
    FROM mean, matched JOIN unnest(%(lexemes)s::text[], %(queries)s::tsquery[])
        AS asked (lexeme, query) ON words @@ asked.query
), rare AS (
    SELECT lexeme, greatest(1e-6, ln((%(sentences)s - count(*) + 0.5) / (count(*) + 0.5)))::float8
        AS rarity FROM pair GROUP BY lexeme
), best AS MATERIALIZED (
    SELECT id, damping FROM pair JOIN rare USING (lexeme) GROUP BY id, damping
    ORDER BY sum(rarity / (1 + damping)) DESC, id LIMIT 10 * %(limit)s
), counted AS MATERIALIZED (
    SELECT id, damping, lexeme, cardinality(positions) AS times
    FROM best JOIN matched USING (id), unnest(words) AS part (lexeme, positions, weights)
)
SELECT id FROM counted JOIN rare USING (lexeme) GROUP BY id
ORDER BY sum(rarity * times / (times + damping)) DESC, id
LIMIT %(limit)s
"""
"""BM25 with k1 = 1.2 and b = 0.75, as SQLite's, but with the counts of the scope.

How often a word occurs in a sentence is counted only for the best by all else: it costs most, and
is nearly always once.
"""

_COMMON_LEXEMES = """
SELECT lexeme FROM pg_stats,
    unnest(most_common_elems::text::text[], most_common_elem_freqs) AS part (lexeme, frequency)
WHERE schemaname = 'footnote' AND tablename = 'sentence' AND attname = 'words'
    AND lexeme = ANY(?) AND frequency > ?
"""
"""Those of some lexemes that more than a share of the library's sentences hold, by ANALYZE."""

_UPGRADES = {
    5: "ALTER TABLE passage ADD COLUMN encoding bytea;"
    " ALTER TABLE passage ALTER COLUMN encoding SET STORAGE EXTERNAL"
}


class PostgresStore(Store):
    """The articles of a collection in PostgreSQL."""

    database: PostgresDatabase

    def __init__(
        self, pool: Pool, *, collection: str, also: Sequence[str] = (), owns: bool = False
    ) -> None:
        """Create the tables where they are missing; `owns` lets `close` close the pool too.

        Raises: LibraryError.
        """
        script = (files("index.storage") / "postgres.sql").read_text(encoding="utf-8")
        database = PostgresDatabase(pool, Schema("library", SCHEMA, script, _UPGRADES), owns=owns)
        super().__init__(database, collection=collection, also=also)

    @property
    def size(self) -> int:
        """The bytes of the tables and their indexes, without that of the vectors."""
        [(size,)] = self._rows(
            f"SELECT sum(pg_total_relation_size(name::regclass)) - {_INDEX_SIZE} FROM"  # noqa: S608
            " unnest(ARRAY['article', 'collection', 'passage', 'sentence', 'setting']) AS name"
        )
        return int(size)

    def vectors(self, rows: RowRange) -> FloatArray:
        """Return (sentences, dimension) float32, as exact as half precision is, in row order."""
        found = self._rows(
            "SELECT halfvec_send(vector) FROM sentence WHERE id BETWEEN ? AND ? ORDER BY id",
            rows.first,
            rows.last,
        )
        vectors = [HalfVector.from_binary(each).to_numpy() for (each,) in found]
        return np.array(vectors, np.float32).reshape(len(found), -1 if found else 0)

    def matching(self, words: Sequence[str], scope: Sequence[RowRange], *, limit: int) -> list[int]:
        """Return the row ids of the sentences in scope that match any word, by BM25."""
        text = " ".join(each for word in content_words(words) for each in plain_words(word))
        quoted = dict(
            self._rows(
                "SELECT lexeme, quote_literal(lexeme)"
                " FROM unnest(to_tsvector('pg_catalog.english', ?))",
                text,
            )
        )
        if not quoted or not scope:
            return []
        sentences = sum(map(len, scope))
        if sentences > EXACT:
            common = {each for (each,) in self._rows(_COMMON_LEXEMES, list(quoted), COMMON)}
            quoted = {each: quoted[each] for each in quoted if each not in common} or quoted
        values = {
            "query": " | ".join(quoted.values()),
            "lexemes": list(quoted),
            "queries": list(quoted.values()),
            "articles": [rows.article_id for rows in scope],
            "sentences": sentences,
            "limit": limit,
        }
        return [row for (row,) in self._rows(_RANKED, values)]

    def _set_dimension(self, dimension: int) -> None:
        self._rows(f"ALTER TABLE sentence ALTER COLUMN vector TYPE halfvec({dimension:d})")
        self._rows(
            "CREATE INDEX sentence_nearest ON sentence USING hnsw (vector halfvec_ip_ops)"
            " WITH (ef_construction = 200)"
        )

    def _rows_before(self, count: int) -> int:
        """Reserve row ids by a sequence, so that writers need not wait for each other."""
        [(number,)] = self._rows("SELECT nextval('article_version')")
        return int(number) * _IDS

    def _write_sentences(self, article_id: int, before: int, article: EncodedArticle) -> None:
        rows = _sentence_rows(article_id, before, article)
        while batch := list(islice(rows, _BATCH)):
            self.database.copy("sentence", _COLUMNS, batch)
        self._rows(
            "UPDATE article SET word_count ="
            " (SELECT sum(word_count) FROM sentence WHERE article_id = article.id) WHERE id = ?",
            article_id,
        )


class PostgresVectors:
    """The vectors of a library's sentences, searched in the database."""

    def __init__(self, store: PostgresStore) -> None:
        self._rows = store.database.rows

    def nearest(self, vector: FloatArray, scope: Sequence[RowRange], *, limit: int) -> list[int]:
        """Return the row ids of at most `limit` sentences in scope, the nearest first.

        `vector` is (dimension,) float32 of unit length. HNSW looks at a limited number of the
        library's sentences: where it finds too few in scope, all in scope are compared.
        """
        count = sum(map(len, scope))
        found = (
            [] if count <= EXACT else self._search("vector <#> ?::halfvec", vector, scope, limit)
        )
        if len(found) < min(limit, count):
            found = self._search(
                "(vector <#> ?::halfvec) + 0", vector, scope, limit
            )  # no index has this
        return found

    def stats(self) -> IndexStats:
        """Return the size of the index; its memory is the server's."""
        [(size,)] = self._rows(f"SELECT {_INDEX_SIZE}")
        return IndexStats("HNSW, in PostgreSQL", memory=0, disk=int(size))

    def _search(
        self, order: str, vector: FloatArray, scope: Sequence[RowRange], limit: int
    ) -> list[int]:
        found = self._rows(
            "SELECT id FROM sentence WHERE article_id = ANY(?)"  # noqa: S608
            f" ORDER BY {order} LIMIT ?",
            [rows.article_id for rows in scope],
            HalfVector(vector).to_text(),
            limit,
        )
        return [row for (row,) in found]


def plain_words(text: str) -> list[str]:
    """Return a text's words without accents: what is indexed and searched for."""
    parts = unicodedata.normalize("NFKD", text[:_LONGEST])
    return _WORD.findall("".join(each for each in parts if not unicodedata.combining(each)))


def _sentence_rows(
    article_id: int, before: int, article: EncodedArticle
) -> Iterator[tuple[object, ...]]:
    text = article.source.text
    for number, (first, last) in enumerate(article.passages, start=1):
        for each in article.sentences[first - 1 : last]:
            words = plain_words(text[each.start : each.end])
            yield (
                before + each.number,
                article_id,
                before + number,
                each.number,
                each.start,
                each.end,
                len(words),
                " ".join(words),
                HalfVector(article.vectors[each.number - 1]).to_text(),
            )
