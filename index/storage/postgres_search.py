"""The sentences that match words, and those nearest to a vector, as PostgreSQL finds them."""

import re
import unicodedata
from collections.abc import Sequence

from pgvector import HalfVector

from index.models.encoder import FloatArray
from index.storage.fulltext import content_words
from index.storage.postgres_session import Session
from index.storage.records import IndexStats, Rows

EXACT = 25_000
"""Up to so many sentences in scope, every vector is compared; beyond, HNSW finds the nearest.

Comparing them took 12 ms, and HNSW, which looks at those out of scope too, found 0.95 of the
nearest ten of one sentence in twenty.
"""

COMMON = 0.02
"""In a larger scope, words in a larger share of all sentences are left out, unless all are such."""

INDEX_SIZE = "coalesce(pg_relation_size(to_regclass('sentence_nearest')), 0)"
"""Its bytes; there is none before the first article."""

_WORD = re.compile(r"[^\W_]+")
_LONGEST = 500_000  # code points of a sentence that are looked at for words: a tsvector has an end

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
), held AS (
    SELECT lexeme, count(*) AS by FROM pair GROUP BY lexeme
), rare AS (
    SELECT lexeme, greatest(1e-6, ln((%(sentences)s - by + 0.5) / (by + 0.5)))::float8 AS rarity
    FROM held
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

How often a word stands in a sentence is looked at only for the best by all else: that costs most,
and it is nearly always once.
"""

_COMMON = """
SELECT lexeme FROM pg_stats,
    unnest(most_common_elems::text::text[], most_common_elem_freqs) AS part (lexeme, frequency)
WHERE schemaname = 'footnote' AND tablename = 'sentence' AND attname = 'words'
    AND lexeme = ANY(%s) AND frequency > %s
"""
"""Those of some words that more than a share of the library's sentences hold, by ANALYZE."""


def plain_words(text: str) -> list[str]:
    """Cut a text into words without accents: what keywords are made of and looked for."""
    parts = unicodedata.normalize("NFKD", text[:_LONGEST])
    return _WORD.findall("".join(each for each in parts if not unicodedata.combining(each)))


def matching(
    session: Session, words: Sequence[str], scope: Sequence[Rows], *, limit: int
) -> list[int]:
    """The row ids of the sentences in scope that match any of the words best, by BM25."""
    looked_for = [each for word in content_words(words) for each in plain_words(word)]
    found = session.rows(
        "SELECT lexeme, quote_literal(lexeme) FROM unnest(to_tsvector('pg_catalog.english', %s))",
        " ".join(looked_for),
    )
    if not found or not scope:
        return []
    quoted, sentences = dict(found), sum(map(len, scope))
    if sentences > EXACT:
        common = {lexeme for (lexeme,) in session.rows(_COMMON, list(quoted), COMMON)}
        quoted = {each: quoted[each] for each in quoted if each not in common} or quoted
    asked = {
        "query": " | ".join(quoted.values()),
        "lexemes": list(quoted),
        "queries": list(quoted.values()),
        "articles": [rows.article_id for rows in scope],
        "sentences": sentences,
        "limit": limit,
    }
    return [row for (row,) in session.rows_by_name(_RANKED, asked)]


class PostgresVectors:
    """The vectors of a library's sentences, searched where they are kept."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def nearest(self, vector: FloatArray, scope: Sequence[Rows], *, limit: int) -> list[int]:
        """Give the row ids of at most `limit` sentences in scope, the nearest first.

        `vector` is (dimension,) float32 of unit length. HNSW looks at so many of a library's
        sentences and no more: where it finds too few in scope, every one is compared after all.
        """
        count = sum(map(len, scope))
        found = [] if count <= EXACT else self._search("vector <#> %s", vector, scope, limit)
        if len(found) < min(limit, count):
            found = self._search("(vector <#> %s) + 0", vector, scope, limit)  # no index has this
        return found

    def stats(self) -> IndexStats:
        """Tell what the vectors are kept in; its memory is the server's."""
        [(count, size)] = self._session.rows(f"SELECT count(*), {INDEX_SIZE} FROM sentence")  # noqa: S608
        return IndexStats("HNSW, in PostgreSQL", int(count), memory=0, disk=int(size))

    def _search(
        self, order: str, vector: FloatArray, scope: Sequence[Rows], limit: int
    ) -> list[int]:
        found = self._session.rows(
            "SELECT id FROM sentence WHERE article_id = ANY(%s::bigint[])"  # noqa: S608
            f" ORDER BY {order} LIMIT %s",
            [rows.article_id for rows in scope],
            HalfVector(vector),
            limit,
        )
        return [row for (row,) in found]
