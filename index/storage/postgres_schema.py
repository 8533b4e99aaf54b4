"""The tables of a library in PostgreSQL: made, or refused when they are of another schema."""

from index.storage.postgres_session import Session
from index.storage.records import other_schema

LIBRARY = "library"
SCHEMA = 5
TABLES = """
CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;
CREATE TABLE setting (name text PRIMARY KEY, value text NOT NULL);
CREATE SEQUENCE edition;
CREATE TABLE article (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, shelf text NOT NULL, title text NOT NULL,
    text text NOT NULL, source text, sha256 text NOT NULL, added timestamptz NOT NULL,
    first_row bigint NOT NULL, last_row bigint NOT NULL, word_count bigint NOT NULL,
    piece_ids bytea NOT NULL, piece_counts bytea NOT NULL,
    author text, published text, pages int[] NOT NULL DEFAULT '{}', marks text
);
CREATE UNIQUE INDEX article_source ON article (shelf, md5(source));
CREATE TABLE passage (
    id bigint PRIMARY KEY, article_id bigint NOT NULL REFERENCES article ON DELETE CASCADE,
    number int NOT NULL, first int NOT NULL, last int NOT NULL,
    UNIQUE (article_id, number)
);
CREATE TABLE sentence (
    id bigint PRIMARY KEY, article_id bigint NOT NULL REFERENCES article ON DELETE CASCADE,
    passage_id bigint NOT NULL, number int NOT NULL, start int NOT NULL, "end" int NOT NULL,
    word_count int NOT NULL, plain text NOT NULL,
    words tsvector GENERATED ALWAYS AS (to_tsvector('pg_catalog.english', plain)) STORED,
    vector halfvec NOT NULL,
    UNIQUE (article_id, number)
);
ALTER TABLE sentence ALTER COLUMN vector SET STORAGE MAIN;
CREATE INDEX sentence_words ON sentence USING gin (words) WITH (fastupdate = off);
CREATE TABLE shelf (
    name text PRIMARY KEY, generation text NOT NULL, piece_ids bytea NOT NULL,
    piece_counts bytea NOT NULL
);
"""

_VERSIONS = """
CREATE SCHEMA IF NOT EXISTS footnote;
CREATE TABLE IF NOT EXISTS footnote.schema_version (part text PRIMARY KEY, version int NOT NULL);
"""


def make_tables(session: Session, part: str, script: str, *, version: int) -> None:
    """Run the script that makes one part's tables, unless they are there.

    Raises: LibraryError where they are of another version.
    """
    found = _version(session, part)
    if found is None:
        with session.writing():
            session.lock("footnote schema")
            session.run_script(_VERSIONS)
            if _version(session, part) is None:  # no other process was quicker
                session.run_script(script)
                session.rows("INSERT INTO schema_version VALUES (%s, %s)", part, version)
        session.renew()
        found = _version(session, part)
    if found != version:
        raise other_schema(session.name, found=found or 0, expected=version)


def fix_dimension(session: Session, dimension: int) -> None:
    """Give the vectors of a library, which has none yet, their dimension and their index."""
    session.run_script(
        f"ALTER TABLE sentence ALTER COLUMN vector TYPE halfvec({dimension:d});"
        " CREATE INDEX sentence_nearest ON sentence USING hnsw (vector halfvec_ip_ops)"
        " WITH (ef_construction = 200);"
    )


def setting(session: Session, name: str) -> str | None:
    """Read one of the library's own settings."""
    found = session.rows("SELECT value FROM setting WHERE name = %s", name)
    return found[0][0] if found else None


def keep_setting(session: Session, name: str, value: str) -> None:
    """Write one of the library's own settings, inside of `writing`."""
    session.rows(
        "INSERT INTO setting (name, value) VALUES (%s, %s)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name,
        value,
    )


def _version(session: Session, part: str) -> int | None:
    [(table,)] = session.rows("SELECT to_regclass('footnote.schema_version')::text")
    if table is None:
        return None
    found = session.rows("SELECT version FROM footnote.schema_version WHERE part = %s", part)
    return int(found[0][0]) if found else None
