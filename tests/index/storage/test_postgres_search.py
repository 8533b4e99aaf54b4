from collections.abc import Iterator, Sequence
from contextlib import closing

import numpy as np
import pytest

from index.models.tokens import FloatArray
from index.storage import postgres_store
from index.storage.postgres import Pool
from index.storage.postgres_store import PostgresStore, PostgresVectors, plain_words
from index.storage.records import IndexStats, RowRange
from tests.support.postgres_server import PostgresServer
from tests.support.standin import StandIn, drafted, story

MODEL = StandIn().model
RANDOM = np.random.default_rng(0)


@pytest.fixture
def store(address: str) -> Iterator[PostgresStore]:
    with closing(PostgresStore(Pool(address), collection="s", owns=True)) as made:
        yield made


@pytest.fixture(params=["exact", "HNSW"])
def vectors(
    request: pytest.FixtureRequest, store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> PostgresVectors:
    if request.param == "HNSW":
        monkeypatch.setattr("index.storage.postgres_store.EXACT", 0)
        monkeypatch.setitem(settings(), "enable_seqscan", "off")
        monkeypatch.setitem(settings(), "enable_sort", "off")
        renew(store)
    return PostgresVectors(store)


def renew(store: PostgresStore) -> None:
    """Connect again, with the settings as they are now."""
    idle = store.database._pool._idle
    while idle:
        idle.pop().close()


def settings() -> dict[str, str]:
    from index.storage import postgres

    return postgres._SETTINGS


def keep(store: PostgresStore, seed: int, sentences: int) -> RowRange:
    article = store.add(drafted(story(seed, sentences=sentences)), MODEL)
    [rows] = store.rows([article.id])
    return rows


def some_vectors(count: int) -> list[FloatArray]:
    drawn = RANDOM.standard_normal((count, 16)).astype(np.float32)
    return list(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))


def cosines(store: PostgresStore, vector: FloatArray, scope: list[RowRange]) -> dict[int, float]:
    found: dict[int, float] = {}
    for rows in scope:
        kept = store.vectors(rows) @ vector
        found |= zip(range(rows.first, rows.last + 1), map(float, kept), strict=True)
    return found


def test_the_nearest_come_first_and_from_the_scope_alone(
    store: PostgresStore, vectors: PostgresVectors
) -> None:
    kept = [keep(store, seed, 150) for seed in range(4)]
    for vector in some_vectors(3):
        for scope in (kept, kept[1:3], kept[:1]):
            known = cosines(store, vector, scope)
            found = vectors.nearest(vector, scope, limit=20)
            assert len(set(found)) == 20
            best = sorted(known.values(), reverse=True)[:20]
            assert np.allclose([known[row] for row in found], best, atol=2e-3)


def test_no_more_are_found_than_there_are(store: PostgresStore, vectors: PostgresVectors) -> None:
    kept = [keep(store, 1, 30), keep(store, 2, 5)]
    [vector] = some_vectors(1)
    assert vectors.nearest(vector, [], limit=5) == []
    assert len(vectors.nearest(vector, kept[1:], limit=20)) == 5
    assert len(vectors.nearest(vector, kept, limit=1_000)) == 35
    assert len(vectors.nearest(vector, kept, limit=7)) == 7


def test_a_small_scope_in_a_large_library_is_found_whole(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.storage.postgres_store.EXACT", 0)
    for name, value in [("hnsw.max_scan_tuples", "1"), ("enable_seqscan", "off")]:
        monkeypatch.setitem(settings(), name, value)
    [small] = [keep(store, 1, 10)]
    keep(store, 2, 400)
    renew(store)
    for vector in some_vectors(5):
        found = PostgresVectors(store).nearest(vector, [small], limit=10)
        assert sorted(found) == list(range(small.first, small.last + 1))


def test_the_index_is_used(
    store: PostgresStore, vectors: PostgresVectors, postgres: PostgresServer
) -> None:
    scope = [keep(store, 1, 300)]
    before = scans(postgres)
    for vector in some_vectors(3):
        vectors.nearest(vector, scope, limit=5)
    store.close()  # the server counts what a connection did when it ends
    expected = before if postgres_store.EXACT else before + 3
    for _ in range(200):
        if scans(postgres) >= expected:
            break
    assert scans(postgres) == expected


def test_what_the_vectors_are_kept_in_is_told(
    store: PostgresStore, vectors: PostgresVectors, postgres: PostgresServer
) -> None:
    assert vectors.stats() == IndexStats("HNSW, in PostgreSQL", 0, 0)
    keep(store, 1, 300)
    stats = vectors.stats()
    assert store.counts()[2] == 300
    assert stats.disk > 300 * 16 * 2
    names = ("article", "collection", "passage", "sentence", "setting")
    sizes = [
        size
        for name in names
        for (size,) in postgres.execute(f"SELECT pg_total_relation_size('{name}')")
    ]
    assert store.size + stats.disk == sum(sizes)


def scans(postgres: PostgresServer) -> int:
    [(count,)] = postgres.execute(
        "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'sentence_nearest'"
    )
    return int(count)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Part QX-7131 is kept", ["Part", "QX", "7131", "is", "kept"]),
        ("naïve e\u0301tage, Zürich!", ["naive", "etage", "Zurich"]),
        ("see a_b/c.d@e.f", ["see", "a", "b", "c", "d", "e", "f"]),
        ("北京 晴れ", ["北京", "晴れ"]),
        ("’‘—…", []),
    ],
)
def test_words_are_cut_at_all_that_is_no_letter_and_no_digit(text: str, words: list[str]) -> None:
    assert plain_words(text) == words


def test_words_are_rare_or_common_by_the_articles_in_scope(store: PostgresStore) -> None:
    first, second = (
        store.add(drafted(text), MODEL).id
        for text in (
            "The red fox ran. The red hen sat. The red cow ate. The grey fox ran.",
            "The grey fox ran. The grey hen sat. The grey cow ate. The red pig ran.",
        )
    )
    one, other = store.rows([first]), store.rows([second])
    assert store.matching(["red", "grey"], one, limit=1) == [one[0].first + 3]
    assert store.matching(["red", "grey"], other, limit=1) == [other[0].first + 3]


@pytest.fixture
def large(
    store: PostgresStore, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> tuple[RowRange, ...]:
    """A library in which walruses are rare, zebras rarer, and harbours and towns common."""
    monkeypatch.setattr("index.storage.postgres_store.EXACT", 100)
    lines = [
        f"The harbour of town {number}{' has a walrus' * (number % 12 == 7)}."
        for number in range(200)
    ]
    lines[30], lines[77] = "No zebra lives here.", "The walrus left a harbour."
    text = "\n\n".join(lines)
    rows = store.rows([store.add(drafted(text), MODEL).id])
    postgres.execute("ANALYZE footnote.sentence")
    return rows


def sentences(store: PostgresStore, rows: Sequence[int]) -> list[str]:
    article = store.article(store.rows(None)[0].article_id)
    first = store.rows(None)[0].first
    return [
        article.text[sentence.start : sentence.end]
        for sentence in (article.sentences[row - first] for row in rows)
    ]


def test_in_a_large_library_common_words_bring_no_sentences(
    store: PostgresStore, large: tuple[RowRange, ...]
) -> None:
    found = sentences(store, store.matching(["harbours", "zebra"], large, limit=200))
    assert found == ["No zebra lives here."]
    assert len(store.matching(["harbours", "towns"], large, limit=300)) == 199  # there is no other


def test_quotes_and_signs_of_the_query_language_are_harmless(store: PostgresStore) -> None:
    rows = keep(store, 1, 5)
    for word in ("o'clock", "\\", "a:*", "!fell", "(", "'", "%s", "fell & of"):
        assert len(store.matching([word], [rows], limit=9)) in (0, 5)
