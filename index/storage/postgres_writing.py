"""A draft becomes rows of PostgreSQL's tables.

Row ids of sentences and passages hold the number of their article's edition, which a sequence
gives once, so two writers need not wait for each other to draw ids that nobody else has.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from pgvector import HalfVector

from index.storage.postgres_search import plain_words
from index.storage.postgres_session import Session
from index.storage.records import Draft, Pieces, pieces_from

_NUMBERS = 2**24
"""More than an article has sentences, which `LARGEST_FILE` bounds: of each edition's row ids."""

_AT_ONCE = 200  # sentences written by one statement, well within its time
_PASSAGE = {"id": "int8", "article_id": "int8", "number": "int4", "first": "int4", "last": "int4"}
_SENTENCE = {
    "id": "int8",
    "article_id": "int8",
    "passage_id": "int8",
    "number": "int4",
    "start": "int4",
    "end": "int4",
    "word_count": "int4",
    "plain": "text",
    "vector": "halfvec",
}


def write(session: Session, shelf: str, draft: Draft) -> tuple[int, list[Pieces]]:
    """Write an article in place of one from the same source; give its id, and what that one had.

    It is to be called inside of `writing`, with the source locked.
    """
    known, replaced = _make_way(session, shelf, draft.source.source)
    article_id, before = _write_article(session, shelf, draft, known)
    _write_passages(session, article_id, before, draft)
    _write_sentences(session, article_id, before, draft)
    return article_id, replaced


def _write_article(
    session: Session, shelf: str, draft: Draft, known: int | None
) -> tuple[int, int]:
    """Write all but passages and sentences; give the id, and what row ids count from."""
    [(edition,)] = session.rows("SELECT nextval('edition')")
    first = edition * _NUMBERS
    values = draft.columns | {
        "shelf": shelf,
        "pages": list(draft.source.pages),
        "added": datetime.now(UTC),
        "first_row": first + 1,
        "last_row": first + len(draft.sentences),
        "word_count": 0,  # till its sentences are written
    }
    columns, places = ", ".join(values), ", ".join(["%s"] * len(values))
    if known is not None:
        session.rows(
            f"UPDATE article SET ({columns}) = ROW ({places}) WHERE id = %s",  # noqa: S608
            *values.values(),
            known,
        )
        return known, first
    [(article_id,)] = session.rows(
        f"INSERT INTO article ({columns}) VALUES ({places}) RETURNING id",  # noqa: S608
        *values.values(),
    )
    return article_id, first


def _make_way(session: Session, shelf: str, source: str | None) -> tuple[int | None, list[Pieces]]:
    """Empty the article that has this source, if there is one; give its id and word pieces."""
    found = session.rows(
        "SELECT id, piece_ids, piece_counts FROM article"
        " WHERE shelf = %s AND md5(source) = md5(%s) AND source = %s FOR UPDATE",
        shelf,
        source,
        source,
    )
    if not found:
        return None, []
    [(article_id, *kept)] = found
    session.rows("DELETE FROM passage WHERE article_id = %s", article_id)
    session.rows("DELETE FROM sentence WHERE article_id = %s", article_id)
    return article_id, [pieces_from(*kept)]


def _write_passages(session: Session, article_id: int, before: int, draft: Draft) -> None:
    rows = [
        (before + number, article_id, number, *run)
        for number, run in enumerate(draft.passages, start=1)
    ]
    session.copy("passage", _PASSAGE, rows)


def _write_sentences(session: Session, article_id: int, before: int, draft: Draft) -> None:
    rows = _sentence_rows(article_id, before, draft)
    while chunk := list(islice(rows, _AT_ONCE)):
        session.copy("sentence", _SENTENCE, chunk)
    session.rows(
        "UPDATE article SET word_count ="
        " (SELECT sum(word_count) FROM sentence WHERE article_id = article.id) WHERE id = %s",
        article_id,
    )


def _sentence_rows(article_id: int, before: int, draft: Draft) -> Iterator[tuple[object, ...]]:
    text = draft.source.text
    for number, (first, last) in enumerate(draft.passages, start=1):
        for sentence in draft.sentences[first - 1 : last]:
            words = plain_words(text[sentence.start : sentence.end])
            yield (
                before + sentence.number,
                article_id,
                before + number,
                sentence.number,
                sentence.start,
                sentence.end,
                len(words),
                " ".join(words),
                HalfVector(draft.vectors[sentence.number - 1]),
            )
