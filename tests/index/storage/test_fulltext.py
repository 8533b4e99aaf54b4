from collections.abc import Iterator
from contextlib import closing
from random import Random

import pytest

from index.storage.sqlite_store import SqliteStore
from index.storage.store import content_words
from tests.support.standin import StandIn, drafted

MODEL = StandIn().model
COMMON = "the harbour of the town lies by the river and the road to the hills".split()  # noqa: SIM905


@pytest.fixture(scope="module")
def store() -> Iterator[SqliteStore]:
    """Sixty articles of common words, in which a few rare ones stand."""
    random = Random(1)
    with closing(SqliteStore(None, collection="default")) as made:
        for number in range(60):
            lines = [" ".join(random.choices(COMMON, k=random.randint(4, 12))) for _ in range(20)]
            lines[3] += f" zebra{number}"
            lines[5] += " walrus" if number % 10 == 0 else ""
            text = "\n\n".join(f"{line.capitalize()}." for line in lines)
            made.add(drafted(text, title=f"{number}"), MODEL)
        yield made


def in_full(store: SqliteStore, words: list[str], limit: int) -> list[int]:
    """As SQLite itself ranks."""
    expression = " OR ".join(f'"{word}"' for word in words)
    found = store.database.rows(
        "SELECT rowid FROM keyword WHERE keyword MATCH ? ORDER BY rank LIMIT ?", expression, limit
    )
    return [row for (row,) in found]


def test_sentences_are_ranked_by_bm25_without_function_words(store: SqliteStore) -> None:
    for words in (["harbour", "walrus"], ["town"], ["zebra7", "river"]):
        found = store.matching(["The", *words, "of"], store.rows(None), limit=20)
        assert found == in_full(store, words, 20)


def test_a_scope_holds_what_is_matched(store: SqliteStore) -> None:
    everything = store.rows(None)
    for scope in (everything[10:11], everything[::2], everything[5:50], everything[50:3:-1]):
        allowed = {row for rows in scope for row in range(rows.first, rows.last + 1)}
        found = store.matching(["the", "walrus"], scope, limit=99)
        assert set(found) == allowed & set(in_full(store, ["walrus"], 99))


def test_what_is_nowhere_matches_nothing(store: SqliteStore) -> None:
    everything = store.rows(None)
    assert store.matching(["unicorn"], everything, limit=9) == []
    assert store.matching([], everything, limit=9) == []
    assert store.matching(["walrus"], (), limit=9) == []


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["Where", "is", "the", "Harbour"], ["harbour"]),
        (["harbour", "HARBOUR", "town"], ["harbour", "town"]),
        (["Who", "is", "who"], ["who", "is"]),
        ([], []),
    ],
)
def test_function_words_are_left_out_unless_there_are_no_others(
    words: list[str], left: list[str]
) -> None:
    assert content_words(words) == left
