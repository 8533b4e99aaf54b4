from argparse import ArgumentTypeError

import pytest

from bot.__main__ import read_server
from bot.settings import load_settings
from bot.sharing import (
    SHIPPED_TITLE,
    Sharing,
    add_shipped,
    announcement,
    collection_of,
    retire_shipped,
    shipped_in,
)
from index import ConfigError, Library
from tests.support.standin import StandIn

TWO = {1: "Rules", 4: "The fair"}
ON = [Sharing.EVERYWHERE, Sharing.SERVERS, Sharing.DMS]


def told(sharing: Sharing, titles: dict[int, str], servers_own: int = 0) -> str:
    [line] = announcement(sharing, titles, servers_own=servers_own, example=False)
    return line


def test_it_is_said_what_is_shared_with_whom() -> None:
    assert told(Sharing.EVERYWHERE, TWO) == (
        "2 articles are shared with every server and in direct messages: “Rules”, “The fair”"
    )
    assert told(Sharing.SERVERS, {1: "Rules"}, 9) == (
        "1 article is shared with every server, and not in direct messages: “Rules”"
    )
    assert told(Sharing.DMS, TWO).startswith(
        "2 articles are shared in direct messages, and with no server: “Rules”"
    )
    assert told(Sharing.OFF, TWO, 3) == (
        "FOOTNOTE_SHARED is off: each server asks its own articles alone"
    )


def test_of_many_articles_the_first_are_named() -> None:
    many = {number: f"T{number}" for number in range(1_205)}
    line = told(Sharing.EVERYWHERE, many)
    assert line.startswith("1,205 articles are shared with every server")
    assert line.endswith(": “T0”, “T1”, “T2”, “T3”, “T4”, 1,200 more")


@pytest.mark.parametrize("sharing", ON)
def test_with_nothing_to_ask_it_is_said_what_to_do(sharing: Sharing) -> None:
    assert told(sharing, {}) == (
        "nobody can ask anything yet: add an article with `footnote add FILE`"
    )
    assert told(sharing, {}, 2) == (
        "nothing is shared yet, and each server asks its own articles: to share, add an article"
        " with `footnote add FILE`"
    )


@pytest.mark.parametrize("titles", [{}, TWO])
def test_where_nothing_is_shared_the_advice_is_for_servers(titles: dict[int, str]) -> None:
    line = told(Sharing.OFF, titles)
    assert line.startswith("nobody can ask anything yet: FOOTNOTE_SHARED is off")
    assert "`footnote add --server ID FILE`" in line


def test_the_example_is_told_as_one() -> None:
    lines = announcement(Sharing.SERVERS, {1: "Embassy"}, servers_own=0, example=True)
    assert len(lines) == 2
    assert lines[1].startswith("that is the example which ships with Footnote: it goes when")


def test_servers_are_told_by_their_id() -> None:
    assert collection_of(read_server("81384788765712384")) == "guild-81384788765712384"


@pytest.mark.parametrize("typed", ["", "0", "-5", "guild-5", "007", "1.5", "٣", "9" * 20, " 5"])
def test_what_is_no_servers_id_is_refused_in_words(typed: str) -> None:
    with pytest.raises(
        ArgumentTypeError, match="is no server's id; expected a whole number such as"
    ):
        read_server(typed)


def test_the_setting_says_with_whom(monkeypatch: pytest.MonkeyPatch, home: object) -> None:
    assert load_settings().shared is Sharing.EVERYWHERE
    where = {}
    for sharing in Sharing:
        monkeypatch.setenv("FOOTNOTE_SHARED", sharing.value)
        shared = load_settings().shared
        where[sharing.value] = (shared.in_servers, shared.in_dms)
    assert where == {
        "everywhere": (True, True),
        "servers": (True, False),
        "dms": (False, True),
        "off": (False, False),
    }
    monkeypatch.setenv("FOOTNOTE_SHARED", "nobody")
    with pytest.raises(ConfigError, match=r"^FOOTNOTE_SHARED holds 'nobody': .*'servers', 'dms'"):
        load_settings()


def test_the_shipped_article_goes_when_another_stands_beside_it() -> None:
    with Library.open(None, encoder=StandIn(), reader="off") as library:
        assert shipped_in(library) is None
        assert retire_shipped(library) is None
        shipped = add_shipped(library)
        assert shipped_in(library) == shipped.id
        assert shipped.title == SHIPPED_TITLE
        assert retire_shipped(library) is None
        other = library.add_text("The fair opens in May.", title="Fairs")
        assert retire_shipped(library) == shipped
        assert library.titles() == {other.id: "Fairs"}
        assert shipped_in(library) is None
