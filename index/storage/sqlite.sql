CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE collection (
    name TEXT PRIMARY KEY, version INTEGER NOT NULL,
    token_ids BLOB NOT NULL, token_counts BLOB NOT NULL
) STRICT;
CREATE TABLE article (
    id INTEGER PRIMARY KEY AUTOINCREMENT, collection TEXT NOT NULL, title TEXT NOT NULL,
    text TEXT NOT NULL, source TEXT, sha256 TEXT NOT NULL, added TEXT NOT NULL,
    author TEXT, published TEXT, pages TEXT NOT NULL, marks TEXT,
    size INTEGER NOT NULL, first_row INTEGER NOT NULL, last_row INTEGER NOT NULL,
    token_ids BLOB NOT NULL, token_counts BLOB NOT NULL,
    UNIQUE (collection, source)
) STRICT;
CREATE INDEX article_rows ON article (collection, id, first_row, last_row);
CREATE TABLE passage (
    id INTEGER PRIMARY KEY, article_id INTEGER NOT NULL REFERENCES article (id),
    number INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, encoding BLOB,
    UNIQUE (article_id, number)
) STRICT;
CREATE TABLE sentence (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    article_id INTEGER NOT NULL REFERENCES article (id), passage_id INTEGER NOT NULL,
    number INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, vector BLOB NOT NULL,
    UNIQUE (article_id, number)
) STRICT;
CREATE VIRTUAL TABLE keyword USING fts5 (
    sentence, tokenize = 'porter unicode61 remove_diacritics 2'
);
