from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from index import Article, Citation, Library, Relocation
from index.text.citation import relocate
from tests.support.standin import StandIn

OLD = """The harbour was dug in 1822 by hand. It was cold. It silted up within forty years.

Two dredgers keep it open today. They were built in Orra. Each lifts ninety tonnes an hour.

The pier is older than the harbour. Fishermen mend their nets on it. It was cold."""
SHIPPED = Path(__file__).parents[3] / "articles/embassy.md"


def article(text: str) -> Article:
    return Article(7, "Harbour", text, "there", "", datetime(2026, 1, 1, tzinfo=UTC))


def cited(text: str, quote: str, *, occurrence: int = 1, number: int = 1) -> Citation:
    """Cite words of a text, where they stand for the given time."""
    start = -1
    for _ in range(occurrence):
        start = text.index(quote, start + 1)
    sentence = sum(each.start <= start for each in article(text).sentences)
    return Citation(
        article_id=7,
        number=number,
        sentence=sentence,
        start=start,
        end=start + len(quote),
        quote=quote,
    )


def found(old: str, new: str, quote: str, **options: int) -> tuple[str, int, str]:
    """What became of a quote: its state, its sentence and its words in the new text."""
    located = relocate(cited(old, quote, **options), article(new))
    if located.citation is None:
        return located.state, 0, ""
    now = located.citation
    assert new[now.start : now.end] == now.quote
    place = article(new).sentences[now.sentence - 1]
    assert place.start <= now.start < place.end
    return located.state, now.sentence, now.quote


@pytest.mark.parametrize("quote", ["They were built in Orra.", "Orra", "silted up"])
def test_what_stands_where_it_stood_is_unchanged(quote: str) -> None:
    citation = cited(OLD, quote)
    for new in (OLD, OLD.replace("nets", "sails"), f"{OLD} Gulls watch."):
        assert relocate(citation, article(new)) == Relocation("unchanged", citation)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: f"The town grew.\n\n{text}", 6),
        (lambda text: text.replace("It was cold. ", "", 1), 4),
        (lambda text: "\n\n".join(reversed(text.split("\n\n"))), 5),
        (lambda text: text.replace("1822", "the spring of 1822"), 5),
    ],
    ids=["inserted above", "removed above", "turned about", "reworded above"],
)
def test_words_that_stand_elsewhere_now_have_moved(
    change: Callable[[str], str], sentence: int
) -> None:
    quote = "They were built in Orra."
    assert found(OLD, change(OLD), quote) == ("moved", sentence, quote)


def test_a_citation_keeps_its_number_and_its_article() -> None:
    located = relocate(cited(OLD, "They were built in Orra.", number=3), article(f"Look. {OLD}"))
    assert located.citation == Citation(
        article_id=7, number=3, sentence=6, start=123, end=147, quote="They were built in Orra."
    )


def test_a_sentence_number_is_set_right_where_the_words_did_not_move() -> None:
    citation = cited(OLD, "They were built in Orra.")
    new = OLD.replace("cold. It silted", "cold, it silted")
    located = relocate(citation, article(new))
    assert located.state == "unchanged"
    assert located.citation is not None
    assert (citation.sentence, located.citation.sentence) == (5, 4)
    assert (located.citation.start, located.citation.quote) == (citation.start, citation.quote)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(" ", "\n"),
        lambda text: text.replace("\n\n", "\r\n\r\n"),
        lambda text: text.replace("built in", "built\u00a0 in"),
        lambda text: f"\n\n{text}",
    ],
    ids=["wrapped", "other line ends", "wide", "lower"],
)
def test_other_white_space_is_no_other_wording(change: Callable[[str], str]) -> None:
    new = change(OLD)
    state, sentence, quote = found(OLD, new, "They were built in Orra.")
    assert (state, sentence) == ("moved", 5)
    assert quote.split() == ["They", "were", "built", "in", "Orra."]


def test_words_that_two_sentences_share_now_are_still_found() -> None:
    new = OLD.replace("harbour was dug", "harbour\n\nwas dug")
    quote = "The harbour\n\nwas dug in 1822 by hand."
    assert found(OLD, new, "The harbour was dug in 1822 by hand.") == ("moved", 1, quote)


@pytest.mark.parametrize(("occurrence", "sentence"), [(1, 4), (2, 10)])
def test_of_equal_sentences_the_nearest_is_taken(occurrence: int, sentence: int) -> None:
    new = f"The town grew. It burnt.\n\n{OLD}".replace(" They were built in Orra.", "")
    state = ("moved", sentence, "It was cold.")
    assert found(OLD, new, "It was cold.", occurrence=occurrence) == state


@pytest.mark.parametrize(
    ("quote", "reworded"),
    [
        ("The harbour was dug in 1822 by hand.", "The harbour was dug by hand in 1823."),
        ("It silted up within forty years.", "It had silted up again within forty years."),
        ("They were built in Orra.", "They were built in Kell."),
        ("Each lifts ninety tonnes an hour.", "Each lifts 90 tonnes of sand an hour."),
        ("Fishermen mend their nets on it.", "Fishermen, and their sons, mend nets on it."),
        ("The pier is older than the harbour.", "THE PIER — IS OLDER THAN THE HARBOUR!"),
    ],
)
def test_a_reworded_sentence_is_found_by_its_words(quote: str, reworded: str) -> None:
    new = f"The town grew.\n\n{OLD}".replace(quote, reworded)
    state, _, now = found(OLD, new, quote)
    assert (state, now) == ("changed", reworded)


def test_of_equally_alike_sentences_the_nearest_is_taken() -> None:
    days = [f"Day {day} was as cold as the day before." for day in range(9)]
    new = " ".join(days).replace("Day 4 was as cold", "Day 4a was as cold")
    assert found(" ".join(days), new, days[4]) == ("changed", 5, days[4].replace("4", "4a"))


def test_what_nothing_resembles_is_gone() -> None:
    new = OLD.replace(" Each lifts ninety tonnes an hour.", "")
    assert found(OLD, new, "Each lifts ninety tonnes an hour.") == ("gone", 0, "")
    assert found(OLD, "Bread is baked at night.", "It was cold.") == ("gone", 0, "")
    assert found(f"{OLD}\n\n👍🏽", OLD, "👍🏽") == ("gone", 0, "")


def test_a_citation_without_words_is_nowhere() -> None:
    nothing = Citation(article_id=7, number=1, sentence=1, start=0, end=0, quote="")
    assert relocate(nothing, article(OLD)) == Relocation("gone", None)
    assert relocate(nothing, article("👍🏽")) == Relocation("gone", None)


def test_no_sentence_of_the_shipped_article_passes_for_another_that_was_removed() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    for sentence in article(text).sentences:
        without = text[: sentence.start] + text[sentence.end :]
        quote = text[sentence.start : sentence.end]
        assert found(text, without, quote) == ("gone", 0, ""), quote


def test_every_sentence_of_the_shipped_article_is_found_without_its_longest_word() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    for sentence in article(text).sentences:
        quote = text[sentence.start : sentence.end]
        reworded = quote.replace(max(quote.split()[:-1], key=len), "other", 1)
        new = text[: sentence.start] + reworded + text[sentence.end :]
        assert found(text, new, quote)[0] == "changed", quote
        assert found(text, new, quote)[2] in reworded


def test_words_of_a_sentence_are_found_whole() -> None:
    new = OLD.replace("dug in 1822", "dug in 18220, not 1822,")
    assert found(OLD, new, "1822") == ("moved", 1, "1822")
    assert found(OLD, OLD.replace("1822", "11822"), "1822") == ("gone", 0, "")
    assert found(OLD, OLD.replace("1822", "18220"), "1822") == ("gone", 0, "")


def test_words_are_sought_in_their_sentence_alone_where_it_is_known() -> None:
    def words_in(new: str) -> Relocation:
        short, whole = cited(OLD, "Orra"), cited(OLD, "They were built in Orra.")
        return relocate(short, article(new), within=whole)

    assert words_in(OLD) == Relocation("unchanged", cited(OLD, "Orra"))
    above = f"Orra is a town.\n\n{OLD}"
    assert words_in(above) == Relocation("moved", cited(above, "Orra", occurrence=2))
    reworded = above.replace("They were built", "Both were built")
    assert words_in(reworded) == Relocation("changed", cited(reworded, "Orra", occurrence=2))
    elsewhere = above.replace("built in Orra", "built in Kell")
    assert words_in(elsewhere) == Relocation("gone", None)
    assert words_in(above.replace("They were built in Orra.", "")) == Relocation("gone", None)


def test_words_that_stand_twice_in_their_sentence_keep_their_turn() -> None:
    old = "The ship met the other ship at sea."
    new = f"It is known.\n\n{old}"
    second, whole = cited(old, "ship", occurrence=2), cited(old, old)
    located = relocate(second, article(new), within=whole)
    assert located == Relocation("moved", cited(new, "ship", occurrence=2))


@pytest.fixture
def shelf() -> Iterator[Library]:
    with Library.open(None, encoder=StandIn(), reader="off") as opened:
        yield opened


def test_a_library_locates_what_it_cited_before_an_article_changed(shelf: Library) -> None:
    shelf.add_text(OLD, title="Harbour", source="there")
    before = cite_hit(shelf, "Where were they built?")
    assert shelf.locate(before) == Relocation("unchanged", before)
    shelf.add_text(f"The town grew.\n\n{OLD}", title="Harbour", source="there")
    moved = shelf.locate(before)
    assert moved.state == "moved"
    assert moved.citation is not None
    assert (moved.citation.article_id, moved.citation.sentence) == (1, before.sentence + 1)
    shelf.add_text("Bread is baked at night.", title="Harbour", source="there")
    assert shelf.locate(before) == Relocation("gone", None)
    shelf.remove(1)
    assert shelf.locate(before) == Relocation("removed", None)
    shelf.add_text(OLD, title="Harbour", source="there")  # it has another id now
    assert shelf.locate(before) == Relocation("removed", None)


def test_what_moved_on_a_page_is_linked_there(shelf: Library) -> None:
    shelf.add_text(OLD, title="Harbour", source="https://a.test/harbour")
    before = cite_hit(shelf, "Where were they built?")
    shelf.add_text(f"The town grew.\n\n{OLD}", title="Harbour", source="https://a.test/harbour")
    now = shelf.locate(before).citation
    assert now is not None
    assert now.url == "https://a.test/harbour#:~:text=They%20were%20built%20in%20Orra."


def cite_hit(shelf: Library, question: str) -> Citation:
    [hit] = [hit for hit in shelf.search(question, top_k=9) if "built" in hit.quote]
    return Citation.of(hit, 1)
