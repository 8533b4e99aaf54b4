"""A draft becomes rows of SQLite's tables, and they are taken out again."""

import json
from datetime import UTC, datetime

from index.storage.database import Database
from index.storage.records import Draft


def write(database: Database, shelf: str, draft: Draft) -> int:
    """Write an article, in place of one from the same source, and give its id.

    It is to be called inside of `writing`.
    """
    article_id = _write_article(database, shelf, draft)
    _write_sentences(database, article_id, draft)
    return article_id


def forget(database: Database, article_id: int) -> None:
    """Take out an article and all that was made of it, inside of `writing`."""
    _forget_sentences(database, article_id)
    database.rows("DELETE FROM article WHERE id = ?", article_id)


def _write_article(database: Database, shelf: str, draft: Draft) -> int:
    values = draft.columns | {
        "shelf": shelf,
        "pages": json.dumps(draft.source.pages),
        "added": datetime.now(UTC).isoformat(),
        "first_row": 0,
        "last_row": -1,
    }
    columns = ", ".join(values)
    updates = ", ".join(f"{column} = excluded.{column}" for column in values)
    [(article_id,)] = database.rows(
        f"INSERT INTO article ({columns}) VALUES ({', '.join('?' * len(values))})"  # noqa: S608
        f" ON CONFLICT (shelf, source) DO UPDATE SET {updates} RETURNING id",
        *values.values(),
    )
    _forget_sentences(database, article_id)
    return int(article_id)


def _write_sentences(database: Database, article_id: int, draft: Draft) -> None:
    row, passage = _last_id(database, "sentence"), _last_id(database, "passage")
    runs = list(enumerate(draft.passages, start=1))
    database.many(
        "INSERT INTO passage (id, article_id, number, first, last) VALUES (?, ?, ?, ?, ?)",
        ((passage + number, article_id, number, *run) for number, run in runs),
    )
    home = [passage + number for number, (first, last) in runs for _ in range(first, last + 1)]
    blobs = [draft.vectors[each.number - 1].tobytes() for each in draft.sentences]
    database.many(
        'INSERT INTO sentence (id, article_id, passage_id, number, start, "end", vector)'
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (row + each.number, article_id, at, each.number, each.start, each.end, blob)
            for at, each, blob in zip(home, draft.sentences, blobs, strict=True)
        ),
    )
    text = draft.source.text
    database.many(
        "INSERT INTO keyword (rowid, sentence) VALUES (?, ?)",
        ((row + each.number, text[each.start : each.end]) for each in draft.sentences),
    )
    database.rows(
        "UPDATE article SET first_row = ?, last_row = ? WHERE id = ?",
        row + 1,
        row + len(draft.sentences),
        article_id,
    )


def _last_id(database: Database, table: str) -> int:
    """The highest id that was ever given in a table."""
    found = database.rows("SELECT seq FROM sqlite_sequence WHERE name = ?", table)
    return int(found[0][0]) if found else 0


def _forget_sentences(database: Database, article_id: int) -> None:
    database.rows(
        "DELETE FROM keyword WHERE rowid IN (SELECT id FROM sentence WHERE article_id = ?)",
        article_id,
    )
    database.rows("DELETE FROM sentence WHERE article_id = ?", article_id)
    database.rows("DELETE FROM passage WHERE article_id = ?", article_id)
