from pathlib import Path

import pytest

from bot.state import State
from index import LibraryError


def test_what_is_kept_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    first = State(tmp_path / "discord.db")
    first.bind(9, 5, [3, 1])
    first.vote(9, 70, 1, helpful=True)
    first.count(9, "answered")
    first.keep_synced("app", "hash")
    first.close()
    again = State(tmp_path / "discord.db")
    assert again.bound(5) == [1, 3]
    assert again.votes(9) == (1, 0)
    assert again.counts(9) == {"answered": 1}
    assert again.synced("app") == "hash"
    again.close()


def test_a_member_has_one_vote_an_answer_and_the_last_counts() -> None:
    state = State(None)
    for helpful in (True, True, False):
        state.vote(9, 70, 1, helpful=helpful)
    state.vote(9, 70, 2, helpful=True)
    state.vote(8, 71, 1, helpful=True)
    assert state.votes(9) == (1, 1)
    assert state.votes(8) == (1, 0)
    assert state.votes(7) == (0, 0)


def test_binding_replaces_and_a_removed_article_is_bound_nowhere() -> None:
    state = State(None)
    state.bind(9, 5, [1, 2])
    state.bind(9, 6, [2])
    state.bind(9, 5, [2, 3])
    state.forget_article(2)
    assert state.bound(5) == [3]
    assert state.bound(6) == []
    assert state.synced("app") is None


def test_another_programs_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "discord.db").write_bytes(b"not a database at all, but long enough" * 40)
    with pytest.raises(LibraryError, match=r"discord\.db: .*; expected the bot's own file"):
        State(tmp_path / "discord.db")
