"""Collections, alone and read together: what holds for both databases."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from index import Library, LibraryError, UnknownArticle
from index.storage.opening import open_place
from index.storage.records import sum_counts
from tests.support.standin import StandIn, story

ENCODER = StandIn()
COUNT = 40  # sentences of each article


class Opener:
    """A place that opens libraries; all are closed with it."""

    def __init__(self, place: str | Path, stack: ExitStack) -> None:
        self._stack = stack
        self._place = place
        self._held = open_place(place)
        stack.callback(self._held.close)

    def at(self, name: str, *also: str) -> Library:
        """Open a collection as the bot does, over what all of them share."""
        opened = Library.open(self._held, collection=name, also=also, encoder=ENCODER, reader="off")
        return self._stack.enter_context(opened)

    def elsewhere(self, name: str) -> Library:
        """Open a collection as another process does."""
        opened = Library.open(self._place, collection=name, encoder=ENCODER, reader="off")
        return self._stack.enter_context(opened)


@pytest.fixture
def opened(place: str | Path) -> Iterator[Opener]:
    with ExitStack() as stack:
        yield Opener(place, stack)


def tale(seed: int) -> str:
    return story(seed, sentences=COUNT)


def found(library: Library, text: str) -> set[int]:
    """The articles in which a search for a text's first sentence finds anything."""
    return {hit.article_id for hit in library.search(f"What of {text.split('.')[0]}?", top_k=200)}


def frequencies(library: Library) -> list[list[int]]:
    """The token counts of all articles at once, which are the sums of each article's."""
    store = library._store
    with store.reading():
        [together] = store.tokens_in(store.rows(None))
        added = sum_counts([store.tokens(rows) for rows in store.rows(None)])
    assert [each.tolist() for each in added] == [each.tolist() for each in together]
    return [each.tolist() for each in together]


def test_both_collections_are_asked_listed_and_read_and_no_third(opened: Opener) -> None:
    operators, other = opened.at("default"), opened.at("guild-2", "default")
    server = opened.at("guild-1", "default")
    shared_ = operators.add_text(tale(1), title="Shared")
    mine = server.add_text(tale(2), title="Mine")
    theirs = other.add_text(tale(3), title="Theirs")
    assert server.titles() == {shared_.id: "Shared", mine.id: "Mine"}
    assert server.titles(own=True) == {mine.id: "Mine"}
    assert [each.id for each in server.articles()] == [shared_.id, mine.id]
    assert server.article(shared_.id) == operators.article(shared_.id)
    assert found(server, shared_.text) == found(server, theirs.text) == {shared_.id, mine.id}
    [first, *_] = server.search(f"What of {shared_.text.split('.')[0]}?")
    assert first.article_id == shared_.id
    [alone] = {hit.article_id for hit in server.search("What?", articles=[shared_.id])}
    assert alone == shared_.id
    assert found(operators, mine.text) == {shared_.id}
    with pytest.raises(UnknownArticle):
        server.article(theirs.id)
    with pytest.raises(UnknownArticle):
        server.search("What?", articles=[mine.id, theirs.id])


def test_what_is_written_is_the_collection_s_own(opened: Opener) -> None:
    operators, server = opened.at("default"), opened.at("guild-1", "default")
    shared_ = operators.add_text(tale(1), title="Rules", source="rules")
    mine = server.add_text(tale(1), title="Rules", source="rules")
    assert mine.id != shared_.id
    assert server.add_text(tale(2), title="Rules", source="rules").id == mine.id
    assert operators.article(shared_.id).text == tale(1)
    assert operators.titles() == {shared_.id: "Rules"}
    with pytest.raises(LibraryError, match=f"article {shared_.id} is in another coll.* remove"):
        server.remove(shared_.id)
    with pytest.raises(UnknownArticle):
        operators.remove(mine.id)
    server.remove(mine.id)
    assert server.titles() == operators.titles() == {shared_.id: "Rules"}


def test_a_change_on_the_other_collection_is_seen_at_once_whoever_makes_it(opened: Opener) -> None:
    server = opened.at("guild-1", "default")
    assert server.ask("What?").abstained
    for operators in (opened.at("default"), opened.elsewhere("default")):
        first = operators.add_text(tale(1), title="First", source="a")
        assert found(server, first.text) == {first.id}
        second = operators.add_text(tale(2), title="Second")
        assert found(server, first.text) == {first.id, second.id}
        again = operators.add_text(tale(3), title="First", source="a")
        assert again.id == first.id
        [hit, *_] = server.search(f"What of {again.text.split('.')[0]}?")
        assert (hit.article_id, hit.quote in again.text) == (first.id, True)
        for each in (first, second):
            operators.remove(each.id)
        assert server.titles() == {}
        assert server.search("What?") == []


def test_tokens_are_counted_over_both_collections(opened: Opener) -> None:
    operators, server = opened.at("default"), opened.at("guild-1", "default")
    both = opened.at("other", "guild-1", "default", "other")
    gone = operators.add_text(tale(1), title="A")
    for seed, library in ((2, operators), (3, server), (4, server)):
        library.add_text(tale(seed), title="B")
    operators.remove(gone.id)
    opened.elsewhere("guild-3").add_text(tale(5), title="C")
    together = opened.at("guild-9")
    for seed in (2, 3, 4):
        together.add_text(tale(seed), title="B")
    assert frequencies(server) == frequencies(both) == frequencies(together)


def test_rows_are_the_same_tuple_until_something_here_has_changed(opened: Opener) -> None:
    operators, server = opened.at("default"), opened.at("guild-1", "default")
    operators.add_text(tale(1), title="A")
    server.add_text(tale(2), title="B")
    store = server._store
    rows = store.rows(None)
    assert len(rows) == 2
    opened.at("guild-2", "default").add_text(tale(3), title="C")
    assert store.rows(None) is rows
    operators.add_text(tale(4), title="D")
    assert [each.article_id for each in store.rows(None)] == sorted(server.titles())
    assert len(store.rows(None)) == 3


def test_what_is_added_replaced_and_removed_is_counted(opened: Opener) -> None:
    library, again = opened.at("default"), opened.elsewhere("default")
    assert frequencies(library) == [[], []]
    for seed in range(4):
        each = library if seed % 2 else again
        each.add_text(tale(seed), title="A", source=f"/{seed}")
    again.add_text(tale(7), title="A", source="/2")
    for article in library.articles()[:2]:
        library.remove(article.id)
    assert frequencies(library) == frequencies(again) != [[], []]
    for article in again.articles():
        again.remove(article.id)
    assert frequencies(library) == [[], []]


def test_a_collection_that_is_closed_takes_nothing_from_the_others(opened: Opener) -> None:
    one = opened.at("one")
    one.add_text(tale(1), title="Mine")
    with opened.at("other") as other:
        other.add_text(tale(2), title="Theirs")
    assert len(one.search("What happened?", top_k=5)) == 5
    with pytest.raises(LibraryError, match="open the library again"):
        other.articles()
    assert len(opened.at("other").search("What happened?", top_k=5)) == 5
