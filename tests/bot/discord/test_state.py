import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.discord.state import Reviewed, State
from index import LibraryError
from index.storage.opening import Folder, Place, Server
from index.storage.records import Schema
from tests.support.postgres_server import PostgresServer

Opener = Callable[[], State]

FIRST = """
CREATE TABLE binding (
    server bigint NOT NULL, channel bigint NOT NULL, article bigint NOT NULL,
    PRIMARY KEY (channel, article)
);
CREATE TABLE vote (
    server bigint NOT NULL, message bigint NOT NULL, member bigint NOT NULL,
    helpful int NOT NULL, PRIMARY KEY (message, member)
);
CREATE INDEX vote_server ON vote (server);
CREATE TABLE count (
    server bigint NOT NULL, name text NOT NULL, value bigint NOT NULL, PRIMARY KEY (server, name)
);
CREATE TABLE synced (scope text PRIMARY KEY, definition text NOT NULL);
"""
"""The tables of version 1."""


@pytest.fixture(params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """What opens the same state each time, in its file or in the library's database."""
    if request.param == "sqlite":
        yield lambda: State(Folder(tmp_path))
        return
    with closing(Server(request.getfixturevalue("address"))) as server:
        yield lambda: State(server)


@pytest.fixture
def state(opened: Opener) -> Iterator[State]:
    with closing(opened()) as made:
        yield made


def test_what_is_kept_is_there_when_it_is_opened_again(opened: Opener) -> None:
    first = opened()
    first.bind(9, 5, [3, 1])
    first.vote(9, 70, 1, helpful=True)
    first.count(9, "answered")
    first.keep_synced("app", "hash")
    first.close()
    again = opened()
    assert again.bound(5) == [1, 3]
    assert again.votes(9) == (1, 0)
    assert again.counts(9) == {"answered": 1}
    assert again.synced("app") == "hash"
    again.close()


def test_a_member_has_one_vote_an_answer_and_the_last_counts(state: State) -> None:
    for helpful in (True, True, False):
        state.vote(9, 70, 1, helpful=helpful)
    state.vote(9, 70, 2, helpful=True)
    state.vote(8, 71, 1, helpful=True)
    assert state.votes(9) == (1, 1)
    assert state.votes(8) == (1, 0)
    assert state.votes(7) == (0, 0)


def test_what_is_kept_of_a_member_is_deleted_on_every_server(state: State) -> None:
    for server, message, member in ((9, 70, 1), (8, 71, 1), (9, 70, 2)):
        state.vote(server, message, member, helpful=True)
    assert state.forget_member(1) == 2
    assert state.forget_member(1) == 0
    assert (state.votes(9), state.votes(8)) == ((1, 0), (0, 0))


def test_binding_replaces_and_a_removed_article_is_bound_nowhere(state: State) -> None:
    state.bind(9, 5, [1, 2])
    state.bind(9, 6, [2])
    state.bind(9, 5, [2, 3])
    state.forget_article(2)
    assert state.bound(5) == [3]
    assert state.bound(6) == []
    assert state.synced("app") is None


def test_definitions_are_replaced(state: State) -> None:
    for definition in ("one", "two"):
        state.keep_synced("app", definition)
    assert state.synced("app") == "two"
    assert state.synced("other") is None


def test_a_review_lists_what_is_flagged_or_refused_the_latest_first(state: State) -> None:
    state.refuse(9, 5, 71)
    state.vote(9, 70, 1, helpful=False, channel=5)
    state.give_reason(70, 1, "sentence")
    state.vote(9, 71, 2, helpful=False, channel=5, reason="missing")
    state.vote(9, 72, 1, helpful=True, channel=5)
    state.vote(9, 73, 1, helpful=False)  # a private answer
    state.refuse(8, 6, 80)
    assert state.review(9) == [
        Reviewed(5, 71, ("missing",), refused=True, question=""),
        Reviewed(5, 70, ("sentence",), refused=False, question=""),
    ]
    state.vote(9, 70, 1, helpful=True, channel=5)
    state.forget_message(71)
    assert state.review(9) == []
    assert state.votes(9) == (2, 2)


def test_a_question_is_kept_only_where_that_is_switched_on(state: State) -> None:
    state.refuse(9, 5, 70)
    state.keep_question(9, 70, 5, "Who?")
    assert state.review(9)[0].question == ""
    state.keep_questions(9, keep=True)
    state.keep_question(9, 70, 5, "Who?")
    assert state.review(9)[0].question == "Who?"
    state.forget_member(5)
    assert state.review(9)[0].question == ""
    state.keep_question(9, 70, 5, "Who?")
    state.keep_questions(9, keep=False)
    assert not state.keeps_questions(9)
    state.keep_questions(9, keep=True)
    assert state.review(9)[0].question == ""


def test_a_state_of_version_1_keeps_its_votes_and_bindings(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("bot.discord.state.Schema", lambda *_: Schema("discord", 1, FIRST))
        old = opened()
    old.bind(9, 5, [3])
    old._write("INSERT INTO vote VALUES (9, 70, 1, 1), (9, 71, 1, 0)")
    old.close()
    with closing(opened()) as upgraded:
        assert upgraded.bound(5) == [3]
        assert upgraded.votes(9) == (1, 1)
        assert upgraded.review(9) == []
        upgraded.vote(9, 72, 1, helpful=False, channel=5)
        assert [each.message for each in upgraded.review(9)] == [72]


def test_bots_that_count_at_once_lose_none(opened: Opener) -> None:
    with closing(opened()) as one, closing(opened()) as other:
        threads = [
            threading.Thread(target=lambda each=each: [each.count(9, "asked") for _ in range(25)])
            for each in (one, other, one, other)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert one.counts(9) == other.counts(9) == {"asked": 100}


VERSION_1 = """
CREATE TABLE binding (
    server bigint NOT NULL, channel bigint NOT NULL, article bigint NOT NULL,
    PRIMARY KEY (channel, article)
);
CREATE TABLE vote (
    server bigint NOT NULL, message bigint NOT NULL, member bigint NOT NULL,
    helpful int NOT NULL, PRIMARY KEY (message, member)
);
CREATE INDEX vote_server ON vote (server);
CREATE TABLE count (
    server bigint NOT NULL, name text NOT NULL, value bigint NOT NULL, PRIMARY KEY (server, name)
);
CREATE TABLE synced (scope text PRIMARY KEY, definition text NOT NULL)
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_tables_of_version_1_are_upgraded_with_votes_and_bindings_kept(
    tmp_path: Path, request: pytest.FixtureRequest, kind: str
) -> None:
    place: Place = Folder(tmp_path)
    if kind == "postgresql":
        place = Server(request.getfixturevalue("address"))
    with closing(place):
        old = place.database(Schema("discord", 1, VERSION_1))
        with old.writing():
            old.rows("INSERT INTO binding (server, channel, article) VALUES (9, 5, 3)")
            old.rows("INSERT INTO vote (server, message, member, helpful) VALUES (9, 70, 1, 1)")
        old.close()
        for _ in range(2):
            with closing(State(place)) as state:
                assert state.bound(5) == [3]
                assert state.votes(9) == (1, 0)
                state.mark_present([9])
                assert state.known_servers() == [9]


def test_a_server_that_was_left_is_known_until_it_is_forgotten(state: State) -> None:
    for server in (8, 9):
        state.bind(server, server, [1])
        state.vote(server, 70 + server, 1, helpful=True)
        state.count(server, "answered")
    state.mark_present([8, 9, 10])
    state.mark_departed([9, 10], at=100)
    state.mark_departed([9], at=200)
    state.mark_present([10])
    assert state.known_servers() == [8, 10]
    assert state.departed(before=100) == []
    assert state.departed(before=101) == [9]
    state.forget_server(9)
    assert state.departed(before=101) == []
    assert (state.bound(9), state.votes(9), state.counts(9)) == ([], (0, 0), {})
    assert (state.bound(8), state.votes(8), state.counts(8)) == ([1], (1, 0), {"answered": 1})


def test_channels_are_bound_to_an_article_again(state: State) -> None:
    state.bind(9, 5, [1, 2])
    state.bind(9, 6, [2])
    channels = state.channels_bound_to(2)
    assert channels == [5, 6]
    state.forget_article(2)
    state.bind_also(9, channels, 7)
    state.bind_also(9, channels, 7)
    assert (state.bound(5), state.bound(6)) == ([1, 7], [7])


def test_a_newer_bots_tables_are_refused(postgres: PostgresServer, address: str) -> None:
    with closing(Server(address)) as server:
        State(server).close()
        postgres.execute("UPDATE schema_version SET version = 99")
        with pytest.raises(
            LibraryError, match="schema 99, and this Footnote reads schema 2: upgrade"
        ):
            State(server)


def test_another_programs_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "discord.db").write_bytes(b"not a database at all, but long enough" * 40)
    with pytest.raises(LibraryError, match=r"discord\.db: .*; it is no file of Footnote's"):
        State(Folder(tmp_path))
