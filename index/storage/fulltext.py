"""The sentences that match a question's words, by SQLite's FTS5, ranked by BM25."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from index.storage.records import Rows
from index.text.words import function_words

_RANKED = """
SELECT keyword.rowid FROM keyword JOIN sentence ON sentence.id = keyword.rowid
WHERE keyword MATCH ? AND keyword.rowid BETWEEN ? AND ?
    AND article_id IN (SELECT value FROM json_each(?))
ORDER BY keyword.rank LIMIT ?
"""


def matching(
    query: Callable[..., list[Any]], words: Sequence[str], scope: Sequence[Rows], *, limit: int
) -> list[int]:
    """Return the row ids of the sentences in scope that match any of the words, the best first.

    `query` runs a statement with values. The words hold no quotation marks; function words are
    left out unless there are no others.
    """
    words = content_words(words)
    if not words or not scope:
        return []
    found = query(
        _RANKED,
        " OR ".join(f'"{word}"' for word in words),
        min(rows.first for rows in scope),
        max(rows.last for rows in scope),
        json.dumps([rows.article_id for rows in scope]),
        limit,
    )
    return [row for (row,) in found]


def content_words(words: Sequence[str]) -> list[str]:
    """Return the words that are no function words, in lower case; all, where there are no others.

    Each is returned once.
    """
    lower = list(dict.fromkeys(word.lower() for word in words))
    return [word for word in lower if word not in function_words()] or lower
