import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from index.documents.document import Document
from index.errors import LibraryError, UnknownArticle
from index.storage.indexing import encode_article
from index.storage.opening import open_store
from index.storage.records import ModelId, RowRange, sha256
from index.storage.sqlite_store import SqliteStore
from index.storage.store import Store
from index.text.segmentation import Passage, segment
from tests.support.standin import StandIn, drafted, piece_id, story

MODEL = StandIn().model
RIVER = [
    "A river bends.",
    "Otters swim in a cold and very long river.",
    "Otters swim.",
    "A heron waits.",
    "A bridge stands.",
    "Otters chase otters.",
    "A mill turns.",
    "A road ends.",
]


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    place = None if request.param == "sqlite" else request.getfixturevalue("address")
    with opened(place) as made:
        yield made


def opened(place: str | Path | None, shelf: str = "default") -> closing[Store]:
    """Open a store of either kind, to be closed when the block ends."""
    return closing(open_store(place, collection=shelf)[0])


def keep(store: Store, text: str, *, source: str | None = None) -> RowRange:
    article = store.add(drafted(text, source=source), MODEL)
    [rows] = store.rows([article.id])
    return rows


def row_ids(rows: RowRange) -> list[int]:
    return list(range(rows.first, rows.last + 1))


def run(place: str | Path, statement: str) -> list[Any]:
    """Run a statement past the store, and fetch all it gives."""
    if isinstance(place, Path):
        with closing(sqlite3.connect(place / "library.db")) as raw, raw:
            return raw.execute(statement).fetchall()
    with psycopg.connect(place, options="-c search_path=footnote") as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def contents(place: str | Path) -> dict[str, list[tuple[object, ...]]]:
    tables = ["article", "passage", "sentence", "setting"]
    tables += ["keyword"] if isinstance(place, Path) else []
    key = "rowid, *" if isinstance(place, Path) else "*"
    return {table: run(place, f"SELECT {key} FROM {table} ORDER BY 1") for table in tables}


def test_an_article_comes_back_as_it_was_kept(store: Store) -> None:
    text = story(1, sentences=40)
    draft = drafted(text, title="Étage 👍🏽", source="/a.txt")
    article = store.add(draft, MODEL)
    assert (article.title, article.text, article.source) == ("Étage 👍🏽", text, "/a.txt")
    assert article.sentences == segment(text) == draft.sentences
    assert len(article.sentences) == 40
    assert article.sha256 == sha256(text)
    assert timedelta() <= datetime.now(UTC) - article.added < timedelta(minutes=1)
    assert store.article(article.id) == article
    assert store.article(article.id).sentences == article.sentences


def test_what_a_document_tells_of_itself_comes_back(store: Store) -> None:
    read = Document("One. Two.", "T", None, author="A. Writer", published="2024-05", pages=(0, 5))
    article = store.add(encode_article(read, encoder=StandIn(), progress=None), MODEL)
    assert (article.author, article.published, article.pages) == ("A. Writer", "2024-05", (0, 5))


def test_vectors_pieces_and_passages_come_back(store: Store) -> None:
    keep(store, story(1, sentences=5))
    draft = drafted(story(2, sentences=40))
    article = store.add(draft, MODEL)
    [rows] = store.rows([article.id])
    assert len(rows) == 40
    vectors = store.vectors(rows)
    assert vectors.dtype == np.float32
    exact = isinstance(store, SqliteStore)  # else in half precision
    kept = draft.vectors if exact else draft.vectors.astype(np.float16).astype(np.float32)
    assert np.array_equal(vectors, kept)
    pieces, counts = store.tokens(rows)
    assert pieces.tolist() == draft.token_ids.tolist()
    assert counts.tolist() == draft.token_counts.tolist()
    assert counts[pieces.tolist().index(piece_id("fell"))] == 40
    assert [passage for _, passage in store.passages(rows)] == [
        Passage(article.id, number, *run) for number, run in enumerate(draft.passages, start=1)
    ]


def test_passages_of_some_sentences_come_once_each_in_reading_order(store: Store) -> None:
    first = keep(store, "One.\n\nTwo. Three.\n\nFour.")
    second = keep(store, "Five.\n\nSix.")
    found = store.passages_of([second.last, first.last, first.first + 2, first.first + 1])
    assert [passage for _, passage in found] == [
        Passage(first.article_id, 2, 2, 3),
        Passage(first.article_id, 3, 4, 4),
        Passage(second.article_id, 2, 2, 2),
    ]
    assert [key for key, _ in found] == [
        *(key for key, _ in store.passages(first)[1:]),
        store.passages(second)[1][0],
    ]
    assert store.passages_of([]) == []
    assert store.passages_of([10_000]) == []


def test_an_article_that_cannot_be_kept_whole_leaves_nothing(place: str | Path) -> None:
    with opened(place) as store:
        keep(store, "The otter swims. The heron waits.", source="/a")
        before, generation = contents(place), store.version_of("default")
        draft = drafted("One. Two. Three.\n\nFour.", source="/a")
        twins = (*draft.sentences[:3], replace(draft.sentences[3], number=3))
        with pytest.raises(LibraryError, match="(?i)unique constraint"):
            store.add(replace(draft, sentences=twins), MODEL)
        with pytest.raises(IndexError):  # in the middle of the sentences
            store.add(replace(draft, vectors=draft.vectors[:2]), MODEL)
        assert contents(place) == before
        assert store.version_of("default") == generation
        assert store.article(1).text == "The otter swims. The heron waits."


STOPS = {
    Path: ["CREATE TRIGGER stop BEFORE DELETE ON passage BEGIN SELECT RAISE(ABORT, 'no'); END"],
    str: [
        "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END'",
        "CREATE TRIGGER stop BEFORE DELETE ON passage FOR EACH ROW EXECUTE FUNCTION stop()",
    ],
}


def test_a_removal_that_fails_in_the_middle_leaves_all(place: str | Path) -> None:
    with opened(place) as store:
        rows = keep(store, "The otter swims. The heron waits.")
        for statement in STOPS[str if isinstance(place, str) else Path]:
            run(place, statement)
        before = contents(place)
        with pytest.raises(LibraryError, match="no"):
            store.remove(rows.article_id)
        assert contents(place) == before
        assert store.matching(["heron"], [rows], limit=5) == [rows.last]


def test_the_generation_changes_with_what_is_kept_and_only_then(store: Store) -> None:
    seen = [store.version_of("default")]
    first = store.add(drafted("One."), MODEL).id
    seen.append(store.version_of("default"))
    store.add(drafted("Two.", source="/b"), MODEL)
    seen.append(store.version_of("default"))
    store.add(drafted("Three.", source="/b"), MODEL)
    seen.append(store.version_of("default"))
    store.remove(first)
    seen.append(store.version_of("default"))
    assert len(set(seen)) == 5
    with pytest.raises(UnknownArticle):
        store.remove(first)
    with store.reading():
        store.vectors(store.rows(None)[0])
        store.find(title=None, source="/b", text="Three.")
    assert store.version_of("default") == seen[-1]


def test_ids_are_never_given_twice(place: str | Path) -> None:
    articles: set[int] = set()
    sentences: set[int] = set()
    passages: set[int] = set()
    for _ in range(3):  # across openings
        with opened(place) as store:
            for _ in range(2):
                rows = keep(store, story(1, sentences=20))
                keys = [key for key, _ in store.passages(rows)]
                assert rows.article_id not in articles
                assert sentences.isdisjoint(row_ids(rows))
                assert passages.isdisjoint(keys)
                articles.add(rows.article_id)
                sentences.update(row_ids(rows))
                passages.update(keys)
                store.remove(rows.article_id)
            assert store.rows(None) == ()
    assert (len(articles), len(sentences)) == (6, 120)


def test_a_replacement_keeps_the_id_and_drops_the_old_rows_and_keywords(
    store: Store,
) -> None:
    other = keep(store, "The otter swims.", source="/b")
    old = keep(store, "The heron waits. The otter swims.\n\nThe mill turns.", source="/a")
    old_passages = {key for key, _ in store.passages(old)}
    new = keep(store, "The bridge stands.", source="/a")
    assert new.article_id == old.article_id
    assert new.first > old.last
    assert old_passages.isdisjoint(key for key, _ in store.passages(new))
    assert store.rows(None) == (other, new)
    assert store.article(new.article_id).text == "The bridge stands."
    assert len(store.article(new.article_id).sentences) == 1
    assert store.matching(["heron", "mill"], [other, new], limit=9) == []
    assert store.matching(["otter"], [other, new], limit=9) == [other.first]
    assert store.matching(["bridge"], [other, new], limit=9) == [new.first]
    assert store.passages_of(row_ids(old)) == []


def test_what_is_removed_is_gone_with_its_rows_and_keywords(place: str | Path) -> None:
    with opened(place) as store:
        gone, left = keep(store, "The heron waits."), keep(store, "The otter swims.")
        store.remove(gone.article_id)
        assert store.rows(None) == (left,)
        with pytest.raises(UnknownArticle):
            store.article(gone.article_id)
    kept = contents(place)
    assert {table: len(rows) for table, rows in kept.items() if table != "setting"} == (
        dict.fromkeys(kept.keys() - {"setting"}, 1)
    )
    if isinstance(place, Path):
        assert kept["keyword"] == [(left.first, "The otter swims.")]


def test_matching_ranks_by_bm25(store: Store) -> None:
    rows = keep(store, " ".join(RIVER))
    # By hand: 8 sentences of 29 / 8 words each; idf of "otter" ln(5.5 / 3.5) = 0.452, of "heron"
    # ln(7.5 / 1.5) = 1.609; with k1 = 1.2 and b = 0.75 the rare word gives 1.731, two otters in
    # three words 0.653, one in two words 0.554, one in nine words 0.281.
    best = [RIVER.index(f"{sentence}.") for sentence in ("A heron waits", "Otters chase otters")]
    rest = [2, 1]
    found = store.matching(["otter", "HERONS"], [rows], limit=9)
    assert found == [rows.first + at for at in best + rest]
    assert store.matching(["otter", "herons"], [rows], limit=3) == found[:3]
    # "river" adds ln(6.5 / 2.5) = 0.956 to the long one, 0.281 / 0.452 * 0.956 + 0.281 = 0.876.
    assert store.matching(["otter", "river"], [rows], limit=1) == [rows.first]
    assert store.matching(["otter", "river"], [rows], limit=2)[1] == rows.first + 1


def test_matching_is_of_word_stems_whatever_their_case_and_accents(store: Store) -> None:
    rows = keep(store, "The café floods. 北京 is far. She was running.")
    for word, place in [("CAFE", 0), ("flooding", 0), ("北京", 1), ("runs", 2)]:
        assert store.matching([word], [rows], limit=5) == [rows.first + place]


@pytest.mark.parametrize("words", [[], ["absent"], ["___"], ["_"], ["²"]])
def test_nothing_matches_words_that_are_not_there(store: Store, words: list[str]) -> None:
    rows = keep(store, "The otter swims.")
    assert store.matching(words, [rows], limit=5) == []


@pytest.mark.parametrize("word", ["AND", "OR", "NOT", "NEAR", "sentence", "rowid"])
def test_the_words_of_the_query_language_are_words(store: Store, word: str) -> None:
    rows = keep(store, f"The otter swims. Here stands {word.lower()} alone.")
    left_out = word in {"AND", "OR", "NOT"} and not isinstance(
        store, SqliteStore
    )  # they say too little
    assert store.matching([word], [rows], limit=5) == [rows.last][left_out:]


def test_matching_stays_in_its_scope(store: Store) -> None:
    first, second = keep(store, "The otter swims."), keep(store, "An otter sleeps.")
    assert store.matching(["otter"], [second], limit=5) == [second.first]
    assert set(store.matching(["otter"], [first, second], limit=5)) == {first.first, second.first}
    assert store.matching(["otter"], [], limit=5) == []


def test_find_wants_source_text_and_title_all_the_same(store: Store) -> None:
    placed = store.add(drafted("One.", title="Uno", source="/a"), MODEL).id
    loose = store.add(drafted("One.", title="Uno"), MODEL).id
    assert store.find(title="Uno", source="/a", text="One.") == placed
    assert store.find(title=None, source="/a", text="One.") == placed
    assert store.find(title="Uno", source=None, text="One.") == loose
    assert store.find(title="Due", source="/a", text="One.") is None
    assert store.find(title="Uno", source="/b", text="One.") is None
    assert store.find(title="Uno", source="/a", text="One. ") is None
    store.remove(placed)
    assert store.find(title="Uno", source="/a", text="One.") is None


def test_rows_are_found_by_their_source(store: Store) -> None:
    rows = keep(store, "One. Two.", source="/a")
    keep(store, "Three.")
    assert store.rows_from("/a") == rows
    assert store.rows_from("/b") is None


def test_articles_without_a_source_never_replace_one_another(store: Store) -> None:
    first, second = keep(store, "One."), keep(store, "One.")
    assert first.article_id != second.article_id
    assert store.rows(None) == (first, second)


def test_rows_come_in_order_and_once(store: Store) -> None:
    first, second = keep(store, "One. Two."), keep(store, "Three.")
    ids = [second.article_id, first.article_id, second.article_id]
    assert store.rows(ids) == store.rows(None) == (first, second)
    assert store.rows([second.article_id]) == (second,)
    assert store.rows([]) == ()


@pytest.mark.parametrize("unknown", [0, -1, 2, 2**63 - 1, 2**63, -(2**70)])
def test_an_unknown_id_is_told(store: Store, unknown: int) -> None:
    known = keep(store, "One.").article_id
    for use in (store.article, store.remove, lambda unknown: store.rows([known, unknown])):
        with pytest.raises(UnknownArticle, match=rf"no article with id {unknown} here") as caught:
            use(unknown)
        assert caught.value.article_id == unknown
    assert [rows.article_id for rows in store.rows(None)] == [known]


def test_shelves_do_not_see_each_other(place: str | Path) -> None:
    with opened(place, "a") as one, opened(place, "b") as other:
        mine = keep(one, "The otter swims.", source="/same")
        theirs = keep(other, "The heron waits.", source="/same")
        assert mine.article_id != theirs.article_id
        assert (one.rows(None), other.rows(None)) == ((mine,), (theirs,))
        assert one.find(title=None, source="/same", text="The heron waits.") is None
        assert one.matching(["heron"], one.rows(None), limit=5) == []
        for use in (one.article, one.remove, lambda key: one.rows([key])):
            with pytest.raises(UnknownArticle):
                use(theirs.article_id)
        assert other.article(theirs.article_id).text == "The heron waits."
        keep(one, "The mill turns.", source="/same")
        one.remove(mine.article_id)
        assert other.rows(None) == (theirs,)
        assert other.matching(["heron"], [theirs], limit=5) == [theirs.first]


def test_a_state_holds_together_while_another_connection_replaces(place: str | Path) -> None:
    with opened(place, "s") as reader, opened(place, "s") as writer:
        old = keep(writer, "The otter swims.", source="/a")
        with reader.reading():
            assert reader.rows(None) == (old,)
            new = keep(writer, "The heron waits. A mill turns.", source="/a")
            assert reader.article(old.article_id).text == "The otter swims."
            assert reader.matching(["otter"], [old], limit=5) == [old.first]
            assert reader.vectors(old).shape == (1, 16)
        assert reader.rows(None) == (new,)
        assert reader.vectors(new).shape == (2, 16)


def test_only_the_model_that_made_the_library_may_add_to_it(store: Store) -> None:
    assert store.model is None
    store.check_model(MODEL)
    keep(store, "One.")
    assert store.model == MODEL
    generation = store.version_of("default")
    other = StandIn("another", weights=1).model
    with pytest.raises(LibraryError) as caught:
        store.add(drafted("Two."), other)
    assert str(caught.value) == (
        f"{store.database.name} was made with the model 'stand-in' (16 dimensions), not with"
        " 'another' (16), and their vectors cannot be compared: set FOOTNOTE_MODEL=stand-in, or"
        " use another library"
    )
    assert (store.version_of("default"), len(store.rows(None))) == (generation, 1)


def test_other_weights_under_the_same_name_are_another_model(store: Store) -> None:
    keep(store, "One.")
    with pytest.raises(LibraryError) as caught:
        store.check_model(StandIn(weights=1).model)
    assert str(caught.value) == (
        f"{store.database.name} was made with other weights of the model 'stand-in', and their"
        " vectors cannot be compared: put those weights back, or use another library"
    )


def test_a_model_that_was_only_renamed_is_the_same(store: Store) -> None:
    keep(store, "One.")
    renamed = ModelId("renamed", MODEL.dimension, MODEL.fingerprint)
    store.check_model(renamed)
    store.add(drafted("Two."), renamed)
    assert store.model == renamed


def test_a_store_is_pristine_until_the_first_article_on_any_shelf(place: str | Path) -> None:
    with opened(place, "a") as one, opened(place, "b") as other:
        assert one.is_unused
        added = keep(other, "One.")
        assert not one.is_unused
        other.remove(added.article_id)
        assert not one.is_unused
        assert not other.is_unused


def test_threads_may_share_a_store(place: str | Path) -> None:
    failures: list[BaseException] = []

    def work(store: Store, number: int) -> None:
        try:
            for round_ in range(5):
                text = f"Otter {number} swims. Heron {round_} waits."
                article = store.add(drafted(text, source=f"/{number}"), MODEL)
                assert store.article(article.id).text == text
                [rows] = store.rows([article.id])
                assert store.vectors(rows).shape == (2, 16)
        except BaseException as error:
            failures.append(error)

    with opened(place) as store:
        threads = [threading.Thread(target=work, args=(store, number)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        found = sorted(store.article(rows.article_id).text for rows in store.rows(None))
        assert found == [f"Otter {number} swims. Heron 4 waits." for number in range(4)]
