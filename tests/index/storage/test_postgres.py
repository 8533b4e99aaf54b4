"""What only a server can do: be restarted, be busy, be out of reach, be of another version."""

import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index import Library, LibraryError
from index.storage.postgres import Connections
from index.storage.postgres_schema import LIBRARY, SCHEMA
from index.storage.postgres_session import Session
from index.storage.postgres_store import PostgresStore
from index.storage.stores import connect, open_store
from tests.support.postgres_server import PostgresServer
from tests.support.standin import StandIn, drafted

ROOT = Path(__file__).parents[3]
MODEL = StandIn().model
OTTERS, HERONS = "The otter swims.", "The heron waits."


@pytest.fixture
def connections(address: str) -> Iterator[Connections]:
    with closing(connect(address)) as opened:
        yield opened


@pytest.fixture
def session(connections: Connections) -> Session:
    return Session(connections, owns=False)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "index.storage.postgres")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(LibraryError) as caught:
        Library.open("postgresql://me:geheim@host/footnote")
    assert str(caught.value) == (
        "a library in PostgreSQL needs psycopg, which is not installed: run"
        " pip install 'footnote[postgres]'"
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
    with closing(connect(address)) as connections:
        session = Session(connections, owns=False)
        with pytest.raises(LibraryError, match="due to statement timeout; it took longer"):
            session.rows("SELECT pg_sleep(10)")
        assert session.rows("SELECT 7") == [(7,)]


def test_connections_are_few_and_used_again(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(connections, owns=False)
    found: set[int] = set()

    def ask() -> None:
        for _ in range(20):
            [(pid,)] = session.rows("SELECT pg_backend_pid()")
            found.add(pid)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) <= 4
    monkeypatch.setattr("index.storage.postgres._WAIT", 0.05)
    with pytest.raises(LibraryError, match="is asked by 16 others at once: try again"):
        hold_all(connections, 17)
    assert session.rows("SELECT 7") == [(7,)]


def hold_all(connections: Connections, count: int) -> None:
    if count:
        with connections.begun("SELECT 1"):
            hold_all(connections, count - 1)


def test_what_is_written_is_kept_whole_or_not_at_all(session: Session) -> None:
    session.rows("CREATE SCHEMA footnote")
    with session.writing():
        session.rows("CREATE TABLE note (text text)")
    with pytest.raises(LibraryError, match="division by zero"), session.writing():
        session.run_script("INSERT INTO note VALUES ('half'); SELECT 1 / 0")
    assert session.rows("SELECT * FROM note") == []
    with session.reading(), pytest.raises(LibraryError, match="read-only transaction"):
        session.rows("INSERT INTO note VALUES ('unseen')")


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
    with closing(connect(address)) as connections:
        with Library.open(connections, encoder=StandIn()) as library:
            library.add_text(OTTERS, title="Otters")
        with pytest.raises(LibraryError, match="was closed: open the library again"):
            library.articles()
        with Library.open(connections, encoder=StandIn()) as library:
            assert [article.title for article in library.articles()] == ["Otters"]
    with pytest.raises(LibraryError, match="was closed: open the library again"):
        Library.open(connections)


def test_a_source_that_two_add_at_once_is_one_article(address: str) -> None:
    drafts = [drafted(text, source="/same") for text in (OTTERS, OTTERS, HERONS)]
    with closing(connect(address)) as connections:
        stores = [PostgresStore(connections, shelf="s") for _ in drafts]
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
    store, _ = open_store(address, shelf="s")
    with closing(store):
        first = store.add(drafted(OTTERS, source="/same"), MODEL)
        generation, rows = store.generation, store.rows(None)
        assert store.add(drafted(OTTERS, source="/same"), MODEL) == first
        assert (store.generation, store.rows(None)) == (generation, rows)


def test_a_source_may_be_long_and_a_sentence_too(address: str) -> None:
    text = "word " * 300_000 + "otter."
    source = "https://example.com/" + "a" * 5_000
    store, _ = open_store(address, shelf="s")
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
    assert postgres.execute("SELECT part, version FROM schema_version") == [(LIBRARY, schema)]


def test_processes_may_open_a_new_library_all_at_once(address: str) -> None:
    stores: list[PostgresStore] = []

    def opening(connections: Connections) -> None:
        stores.append(PostgresStore(connections, shelf="s", owns=True))

    made = [connect(address) for _ in range(4)]
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
