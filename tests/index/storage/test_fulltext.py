from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from index.storage import fulltext as keywords
from index.storage import rarest
from index.storage.records import Rows, ranges_of
from index.storage.store import Store
from tests.support.standin import StandIn, drafted

MODEL = StandIn().model
COMMON = "the harbour of the town lies by the river and the road to the hills".split()  # noqa: SIM905


@pytest.fixture
def store() -> Iterator[Store]:
    """Sixty articles of common words, in which a few rare ones stand."""
    random = Random(1)
    with closing(Store(None, shelf="default")) as made:
        for number in range(60):
            lines = [" ".join(random.choices(COMMON, k=random.randint(4, 12))) for _ in range(20)]
            lines[3] += f" zebra{number}"
            lines[5] += " walrus" if number % 10 == 0 else ""
            lines[7] = "harbour walrus" if number == 7 else lines[7]
            text = "\n\n".join(f"{line.capitalize()}." for line in lines)
            made.add(drafted(text, title=f"{number}"), MODEL)
        yield made


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let sixty articles be many."""
    monkeypatch.setattr(keywords, "IN_FULL", 100)


def let_be_rare(monkeypatch: pytest.MonkeyPatch, *, up_to: int) -> None:
    """Let words in so many sentences be rare, and none be too common."""
    for module in (keywords, rarest):
        monkeypatch.setattr(module, "BUDGET", up_to)
        monkeypatch.setattr(module, "COMMON", 1)


def quotes(store: Store, rows: list[int]) -> list[str]:
    found = []
    for row in rows:
        [(quote,)] = store._database.rows("SELECT sentence FROM keyword WHERE rowid = ?", row)
        found.append(quote)
    return found


def in_full(store: Store, words: list[str], limit: int) -> list[int]:
    """As SQLite itself ranks."""
    expression = " OR ".join(f'"{word}"' for word in words)
    found = store._database.rows(
        "SELECT rowid FROM keyword WHERE keyword MATCH ? ORDER BY rank LIMIT ?", expression, limit
    )
    return [row for (row,) in found]


def test_a_small_library_is_ranked_by_bm25_in_full(store: Store) -> None:
    for words in (["harbour", "walrus"], ["the", "town"], ["zebra7", "river", "the"]):
        found = store.matching(words, store.rows(None), limit=20)
        assert found == in_full(store, words, 20)


@pytest.mark.usefixtures("large")
def test_the_rarest_words_bring_the_sentences_of_a_large_library(store: Store) -> None:
    everything = store.rows(None)
    [found] = store.matching(["the", "zebra7", "harbour"], everything, limit=9)
    assert "zebra7" in quotes(store, [found])[0]
    together = store.matching(["Where", "is", "the", "walrus", "zebra3"], everything, limit=9)
    assert set(together) == set(in_full(store, ["walrus", "zebra3"], 99))


@pytest.mark.usefixtures("large")
def test_words_that_are_common_order_what_the_rare_ones_bring(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_be_rare(monkeypatch, up_to=8)
    first, *_ = store.matching(["harbour", "walrus"], store.rows(None), limit=3)
    assert quotes(store, [first]) == ["Harbour walrus."]


@pytest.mark.usefixtures("large")
def test_words_too_frequent_each_are_sought_together(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_be_rare(monkeypatch, up_to=5)
    found = store.matching(["walrus", "town"], store.rows(None), limit=9)
    assert found
    assert all("walrus" in each and "town" in each for each in quotes(store, found))


@pytest.mark.usefixtures("large")
def test_a_scope_holds_what_is_matched(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = store.rows(None)
    for scope in (everything[10:11], everything[::2], everything[5:50]):
        allowed = {row for rows in scope for row in range(rows.first, rows.last + 1)}
        wanted = allowed & set(in_full(store, ["walrus"], 99))
        assert set(store.matching(["the", "walrus"], scope, limit=99)) == wanted
        monkeypatch.setattr(keywords, "_RANGES", 2)  # the next are fetched and then sorted out
        assert set(store.matching(["the", "walrus"], scope, limit=99)) == wanted
        monkeypatch.undo()
        monkeypatch.setattr(keywords, "IN_FULL", 100)


@pytest.mark.usefixtures("large")
def test_what_is_nowhere_matches_nothing(store: Store) -> None:
    everything = store.rows(None)
    assert store.matching(["unicorn"], everything, limit=9) == []
    assert store.matching(["the", "of"], everything, limit=9) == []
    assert store.matching([], everything, limit=9) == []
    assert store.matching(["walrus"], (), limit=9) == []


@pytest.mark.usefixtures("large")
def test_what_was_removed_is_matched_no_more(store: Store) -> None:
    everything = store.rows(None)
    before = store.matching(["walrus"], everything, limit=99)
    [gone] = [rows for rows in everything if rows.first <= before[0] <= rows.last]
    store.remove(gone.article_id)
    after = store.matching(["walrus"], store.rows(None), limit=99)
    assert set(after) == set(before) - {*range(gone.first, gone.last + 1)}


def test_rows_that_meet_are_one_range() -> None:
    scope = (Rows(3, 21, 30), Rows(1, 1, 10), Rows(2, 11, 20), Rows(9, 40, 41))
    assert ranges_of(scope) == [(1, 30), (40, 41)]
    assert ranges_of(()) == []


def test_sizes_are_read_as_sqlite_writes_them(store: Store, tmp_path: Path) -> None:
    assert keywords._varints(b"\x05\x81\x00\x82\x80\x01") == [5, 128, 32_769]
    size, tokens = keywords.Keywords(store._database.rows)._averages()
    assert size == store.sentence_count() == 1_200
    texts = quotes(store, list(range(1, 1_201)))
    assert tokens == sum(len(text.split()) for text in texts)
    with closing(Store(tmp_path / "empty.db", shelf="default")) as empty:
        assert keywords.Keywords(empty._database.rows)._averages() == (0, 0)
