CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;
CREATE SEQUENCE article_version;
CREATE TABLE setting (name text PRIMARY KEY, value text NOT NULL);
CREATE TABLE collection (
    name text PRIMARY KEY, version bigint NOT NULL,
    token_ids bytea NOT NULL, token_counts bytea NOT NULL
);
CREATE TABLE article (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, collection text NOT NULL,
    title text NOT NULL, text text NOT NULL, source text, sha256 text NOT NULL,
    added text NOT NULL, author text, published text, pages text NOT NULL, marks text,
    size bigint NOT NULL, first_row bigint NOT NULL, last_row bigint NOT NULL, word_count bigint NOT NULL DEFAULT 0,
    token_ids bytea NOT NULL, token_counts bytea NOT NULL
);
CREATE INDEX article_rows ON article (collection, id);
CREATE INDEX article_source ON article USING hash (source);
CREATE UNIQUE INDEX article_unique ON article (collection, md5(source));
CREATE TABLE passage (
    id bigint PRIMARY KEY, article_id bigint NOT NULL REFERENCES article,
    number int NOT NULL, first int NOT NULL, last int NOT NULL, encoding bytea,
    UNIQUE (article_id, number)
);
ALTER TABLE passage ALTER COLUMN encoding SET STORAGE EXTERNAL;
CREATE TABLE sentence (
    id bigint PRIMARY KEY, article_id bigint NOT NULL REFERENCES article,
    passage_id bigint NOT NULL, number int NOT NULL, start int NOT NULL, "end" int NOT NULL,
    word_count int NOT NULL, plain text NOT NULL,
    words tsvector GENERATED ALWAYS AS (to_tsvector('pg_catalog.english', plain)) STORED,
    vector halfvec NOT NULL,
    UNIQUE (article_id, number)
);
ALTER TABLE sentence ALTER COLUMN vector SET STORAGE MAIN;
CREATE INDEX sentence_words ON sentence USING gin (words) WITH (fastupdate = off);
