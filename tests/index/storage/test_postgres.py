"""What only a server can do: be restarted, be busy, be out of reach, be of another version."""

import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from index import Library, LibraryError
from index.storage.opening import Server, open_store
from index.storage.postgres import Pool, PostgresDatabase
from index.storage.postgres_store import PostgresStore
from index.storage.records import Schema
from index.storage.store import SCHEMA
from tests.support.postgres_server import PostgresServer
from tests.support.standin import StandIn, drafted

ROOT = Path(__file__).parents[3]
MODEL = StandIn().model
OTTERS, HERONS = "The otter swims.", "The heron waits."


NOTES = Schema("notes", 1, "CREATE TABLE note (text text)")


@pytest.fixture
def database(address: str) -> Iterator[PostgresDatabase]:
    with closing(PostgresDatabase(Pool(address), NOTES, owns=True)) as opened:
        yield opened


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "index.storage.postgres")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(LibraryError) as caught:
        Library.open("postgresql://me:geheim@host/footnote")
    assert str(caught.value) == (
        "a library in PostgreSQL needs psycopg, which is not installed: run"
        " pip install 'footnote-bot[postgres]'"
    )


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://me:ge%heim@host/footnote", "expected postgresql://user:password@host/"),
        ("postgresql://me:ge heim@host/footnote", "the address of the library cannot be read"),
        ("postgresql://me:geheim@host/footnote?no=1", "the address of the library cannot be read"),
        ("postgresql://me:geheim@127.0.0.1:1/x", "me@127.0.0.1:1/x: .* when the server answers"),
    ],
)
def test_an_address_that_does_not_serve_is_told_without_its_password(
    address: str, said: str
) -> None:
    with pytest.raises(LibraryError, match=said) as caught:
        Library.open(address)
    assert "heim" not in str(caught.value)


def test_a_database_that_is_not_there_is_told(postgres: PostgresServer) -> None:
    with pytest.raises(
        LibraryError, match='"nowhere" does not exist; check the server, the database'
    ):
        Library.open(postgres.address("nowhere"))


def test_a_user_that_is_not_there_is_told(address: str) -> None:
    with pytest.raises(
        LibraryError,
        match='"nobody" does not exist; check the server, the database, the user and the passw',
    ):
        Library.open(address.replace("footnote:secret", "nobody:geheim"))


def test_a_user_without_rights_is_told(postgres: PostgresServer, address: str) -> None:
    postgres.execute("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN")
    with pytest.raises(LibraryError, match="permission denied .* let this user own the database"):
        Library.open(address.replace("footnote:secret", "guest:geheim"))


def test_statements_end_in_time_and_the_next_is_run(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        vars(sys.modules["index.storage.postgres"])["_SETTINGS"], "statement_timeout", "200"
    )
    with closing(PostgresDatabase(Pool(address), NOTES, owns=True)) as database:
        with pytest.raises(LibraryError, match="due to statement timeout; it took longer"):
            database.rows("SELECT pg_sleep(10)")
        assert database.rows("SELECT 7") == [(7,)]


def test_connections_are_few_and_used_again(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.storage.postgres._WAIT", 0.2)
    pool = Pool(address)
    database = PostgresDatabase(pool, NOTES, owns=True)
    found: set[int] = set()

    def ask() -> None:
        for _ in range(20):
            [(pid,)] = database.rows("SELECT pg_backend_pid()")
            found.add(pid)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) <= 4
    with ExitStack() as stack:
        for _ in range(16):
            stack.enter_context(pool.connection())
        with pytest.raises(LibraryError, match="all 16 connections are in use: try"):
            stack.enter_context(pool.connection())
    assert database.rows("SELECT 7") == [(7,)]
    database.close()


def write_and_divide(database: PostgresDatabase) -> None:
    with database.writing():
        database.rows("INSERT INTO note VALUES ('half')")
        database.rows("SELECT 1 / 0")


def test_what_is_written_is_kept_whole_or_not_at_all(database: PostgresDatabase) -> None:
    with pytest.raises(LibraryError, match="division by zero"):
        write_and_divide(database)
    assert database.rows("SELECT * FROM note") == []
    with database.reading(), pytest.raises(LibraryError, match="read-only transaction"):
        database.rows("INSERT INTO note VALUES ('unseen')")


def test_after_a_restart_the_next_question_is_answered(
    postgres: PostgresServer, address: str
) -> None:
    with Library.open(address, encoder=StandIn(), reader="off") as library:
        library.add_text(OTTERS, title="Otters")
        postgres.stop()
        with pytest.raises(LibraryError, match="try again when the server answers"):
            library.search("otter")
        postgres.start()
        assert [hit.quote for hit in library.search("otter")] == [OTTERS]
        postgres.kill()
        postgres.start()
        assert [hit.quote for hit in library.search("otter")] == [OTTERS]
        library.add_text(HERONS, title="Herons")
        assert len(library.articles()) == 2


def test_a_server_that_dies_within_a_question_is_told_once(
    postgres: PostgresServer, address: str
) -> None:
    with Library.open(address, encoder=StandIn(), reader="off") as library:
        library.add_text(OTTERS, title="Otters")
        with library._store.reading():
            postgres.kill()
            with pytest.raises(LibraryError, match="try again when the server answers"):
                library.search("otter")
        postgres.start()
        assert [hit.quote for hit in library.search("otter")] == [OTTERS]


def test_a_closed_library_says_so_while_its_connections_stay_open(address: str) -> None:
    with closing(Server(address)) as server:
        with Library.open(server, encoder=StandIn()) as library:
            library.add_text(OTTERS, title="Otters")
        with pytest.raises(LibraryError, match="was closed: open the library again"):
            library.articles()
        with Library.open(server, encoder=StandIn()) as library:
            assert [article.title for article in library.articles()] == ["Otters"]
    with pytest.raises(LibraryError, match="was closed: open the library again"):
        Library.open(server)


def test_a_source_that_two_add_at_once_is_one_article(address: str) -> None:
    drafts = [drafted(text, source="/same") for text in (OTTERS, OTTERS, HERONS)]
    with closing(Pool(address)) as pool:
        stores = [PostgresStore(pool, collection="s") for _ in drafts]
        barrier, ids = threading.Barrier(3), set[int]()

        def add(number: int) -> None:
            barrier.wait()
            ids.add(stores[number].add(drafts[number], MODEL).id)

        threads = [threading.Thread(target=add, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        [rows] = stores[0].rows(None)
        assert ids == {rows.article_id}
        assert stores[0].article(rows.article_id).text in {OTTERS, HERONS}
        assert len(stores[0].passages(rows)) == len(stores[0].vectors(rows)) == 1


def test_what_is_kept_already_is_not_written_again(address: str) -> None:
    store, _ = open_store(address, collection="default")
    with closing(store):
        first = store.add(drafted(OTTERS, source="/same"), MODEL)
        generation, rows = store.version_of("default"), store.rows(None)
        assert store.add(drafted(OTTERS, source="/same"), MODEL) == first
        assert (store.version_of("default"), store.rows(None)) == (generation, rows)


def test_a_source_may_be_long_and_a_sentence_too(address: str) -> None:
    text = "word " * 300_000 + "otter."
    source = "https://example.com/" + "a" * 5_000
    store, _ = open_store(address, collection="default")
    with closing(store):
        article = store.add(drafted(text, source=source), MODEL)
        assert store.find(title=None, source=source, text=text) == article.id
        assert store.article(article.id).text == text
        assert store.matching(["word"], store.rows(None), limit=1)


def test_other_tables_of_these_names_are_left_alone(postgres: PostgresServer, address: str) -> None:
    postgres.execute("CREATE SCHEMA footnote; CREATE TABLE footnote.article (id int)")
    with pytest.raises(LibraryError, match="belongs to another program: use another database"):
        Library.open(address)
    assert postgres.execute("SELECT count(*) FROM footnote.article") == [(0,)]
    assert postgres.execute("SELECT to_regclass('footnote.schema_version')") == [(None,)]


@pytest.mark.parametrize(
    ("schema", "advice"),
    [(99, "upgrade Footnote, or use another library"), (1, "add the articles again")],
)
def test_another_schema_is_refused_and_left_as_it_was(
    postgres: PostgresServer, address: str, schema: int, advice: str
) -> None:
    Library.open(address, encoder=StandIn()).close()
    postgres.execute(f"UPDATE schema_version SET version = {schema}")
    with pytest.raises(
        LibraryError, match=f"has schema {schema}, and this .* {SCHEMA}: .*{advice}"
    ):
        Library.open(address, encoder=StandIn())
    assert postgres.execute("SELECT part, version FROM schema_version") == [("library", schema)]


def test_processes_may_open_a_new_library_all_at_once(address: str) -> None:
    stores: list[PostgresStore] = []

    def opening(pool: Pool) -> None:
        stores.append(PostgresStore(pool, collection="s", owns=True))

    made = [Pool(address) for _ in range(4)]
    threads = [threading.Thread(target=opening, args=(each,)) for each in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stores) == 4
    texts = [f"Otter {number} swims." for number in range(4)]
    threads = [
        threading.Thread(target=store.add, args=(drafted(text), MODEL))
        for store, text in zip(stores, texts, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = [stores[0].article(rows.article_id).text for rows in stores[0].rows(None)]
    assert sorted(kept) == texts
    for store in stores:
        store.close()
