from collections.abc import Iterator, Sequence

import pytest

from index import Conversation, Encoder, Hit, Library, Reader, Sentence, Turn, UnknownArticle
from index.models.reader import Span, Window
from index.models.tokens import Encoding
from tests.support.standin import StandIn

TWO_STORMS = (
    "The harbour of Vell lies open to the north. The storm came at dawn. It sank nine boats.\n\n"
    "The mountain hut at Orra has one window. The storm came at dawn. It tore off the roof."
)
BREAD = "The bakery sells rye bread. It opens at six in the morning. The baker is Ms. Lund."
TRAINS = "The night train to Kell leaves at nine. A ticket costs four crowns."


def places(hits: list[Hit]) -> list[tuple[int, int]]:
    return [(hit.article_id, hit.sentence) for hit in hits]


@pytest.fixture(params=["every sentence is scored", "candidates are scored", "in PostgreSQL too"])
def either_path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a test on the path of small scopes, then on that of large ones in both stores."""
    if request.param != "every sentence is scored":
        monkeypatch.setattr("index.search.retriever.EXACT", 0)


@pytest.fixture
def library(request: pytest.FixtureRequest, encoder: Encoder) -> Iterator[Library]:
    shared = "in PostgreSQL too" in request.node.name
    place = request.getfixturevalue("address") if shared else None
    with Library.open(place, encoder=encoder, reader="off") as opened:
        yield opened


@pytest.mark.usefixtures("either_path")
def test_a_repeated_sentence_cites_its_own_place(library: Library) -> None:
    library.add_text(TWO_STORMS, title="Storms")
    first = TWO_STORMS.index("The storm came")
    second = TWO_STORMS.index("The storm came", first + 1)
    for question, number, start in (
        ("When did the storm come to the harbour of Vell?", 2, first),
        ("When did the storm come to the mountain hut at Orra?", 5, second),
    ):
        hits = library.search(question, top_k=6)
        twins = [hit for hit in hits if hit.quote == "The storm came at dawn."]
        assert len(twins) == 2
        assert (twins[0].sentence, twins[0].start, twins[0].end) == (number, start, start + 23)


@pytest.mark.usefixtures("either_path")
def test_every_quote_is_the_text_at_its_place(library: Library) -> None:
    text = "👍🏽 It began — naïvely.\r\n\r\nIt began; “twice”.  It began in Zürich. e\u0301tude"
    article = library.add_text(text, title="Beginnings")
    hits = library.search("How did it begin?", top_k=10)
    assert sorted(hit.sentence for hit in hits) == [1, 2, 3, 4]
    for hit in hits:
        assert Sentence(hit.sentence, hit.start, hit.end) == article.sentences[hit.sentence - 1]
        assert hit.quote == text[hit.start : hit.end]


@pytest.mark.usefixtures("either_path")
def test_hits_are_ranked_from_one_with_scores_that_never_rise(library: Library) -> None:
    library.add_text(TWO_STORMS, title="Storms")
    library.add_text(BREAD, title="Bread")
    hits = library.search("When does the bakery open?", top_k=6)
    assert [hit.rank for hit in hits] == [1, 2, 3, 4, 5, 6]
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert -1 <= scores[-1] < scores[0] <= 1
    assert hits[0].quote == "It opens at six in the morning."
    assert len(set(places(hits))) == 6


@pytest.mark.usefixtures("either_path")
def test_no_more_hits_than_asked_for_and_the_same_ones_first(library: Library) -> None:
    library.add_text(TWO_STORMS, title="Storms")
    question = "What did the storm do to the roof?"
    all_hits = library.search(question, top_k=99)
    assert len(all_hits) == 6
    for limit in (1, 2, 5):
        assert library.search(question, top_k=limit) == all_hits[:limit]


@pytest.mark.usefixtures("either_path")
def test_only_the_articles_in_scope_are_searched(library: Library) -> None:
    storms = library.add_text(TWO_STORMS, title="Storms")
    bread = library.add_text(BREAD, title="Bread")
    trains = library.add_text(TRAINS, title="Trains")
    question = "When does the bakery open?"

    def found(*scope: int) -> set[int]:
        return {hit.article_id for hit in library.search(question, top_k=20, articles=scope)}

    assert {hit.article_id for hit in library.search(question, top_k=20)} == {1, 2, 3}
    assert found(storms.id) == {storms.id}
    assert found(trains.id, bread.id, trains.id) == {bread.id, trains.id}
    assert found() == set()
    with pytest.raises(UnknownArticle):
        found(bread.id, 99)


def test_word_pieces_are_rare_or_common_by_the_articles_in_scope(library: Library) -> None:
    one = library.add_text("The red fox ran. The red hen sat. The red cow ate.", title="Red")
    library.add_text("The grey fox ran. A grey fox sat. No grey fox ate.", title="Grey")
    [alone, *_] = library.search("a fox", top_k=1, articles=[one.id])
    [together, *_] = library.search("a fox", top_k=1, articles=None)
    assert alone.quote == "The red fox ran."
    assert together.score != pytest.approx(alone.score, abs=1e-4)


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("When does the bakery open?", "It opens at six in the morning."),
        ("What does a ticket to Kell cost?", "A ticket costs four crowns."),
        ("How many boats sank?", "It sank nine boats."),
        ("Who bakes?", "The baker is Ms. Lund."),
    ],
)
def test_candidates_hold_what_scoring_every_sentence_finds(
    library: Library, monkeypatch: pytest.MonkeyPatch, question: str, quote: str
) -> None:
    for title, text in (("Storms", TWO_STORMS), ("Bread", BREAD), ("Trains", TRAINS)):
        library.add_text(text, title=title)
    exact = library.search(question, top_k=3)
    monkeypatch.setattr("index.search.retriever.EXACT", 0)
    monkeypatch.setattr("index.search.retriever._CANDIDATES", 1)
    [best, *_] = library.search(question, top_k=3)
    assert (best.quote, places([best])) == (quote, places(exact[:1]))
    assert best.score == pytest.approx(exact[0].score, abs=1e-5)


def test_a_sentence_that_only_its_words_bring_up_is_a_candidate(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.search.retriever.EXACT", 0)
    monkeypatch.setattr("index.search.retriever._CANDIDATES", 1)
    for title, numbers in (("Old", range(7120, 7130)), ("New", range(7130, 7140))):
        parts = [f"Part QX-{number} is kept in hall {number % 7}." for number in numbers]
        library.add_text("\n\n".join(parts), title=title)
    # The vector of QX-7127 is nearer to the question's.
    [best] = library.search("Where is part QX-7131 kept?", top_k=1)
    assert best.quote == "Part QX-7131 is kept in hall 5."


@pytest.mark.usefixtures("either_path")
def test_what_was_kept_of_a_text_is_not_used_for_the_one_that_replaces_it(
    library: Library,
) -> None:
    question = "When does the bakery open?"
    old = library.add_text(BREAD, title="Bread", source="bread")
    assert library.search(question)[0].quote == "It opens at six in the morning."
    text = "Closed on Sundays. The baker is Mr. Ek. The bakery now opens at noon."
    new = library.add_text(text, title="Bread", source="bread")
    assert new.id == old.id
    hits = library.search(question, top_k=9)
    assert hits[0].quote == "The bakery now opens at noon."
    assert sorted(hit.quote for hit in hits) == sorted(
        ["Closed on Sundays.", "The baker is Mr. Ek.", "The bakery now opens at noon."]
    )
    library.add_text(BREAD, title="Bread", source="bread")
    assert library.search(question)[0].quote == "It opens at six in the morning."


@pytest.mark.usefixtures("either_path")
def test_what_an_update_leaves_as_it_was_is_not_read_again() -> None:
    class Listening(StandIn):
        """Keeps what it was given to encode."""

        heard: list[str]

        def encode(self, texts: Sequence[str]) -> list[Encoding]:
            self.heard += texts
            return super().encode(texts)

    encoder, question = Listening(), "When does the bakery open?"
    encoder.heard = []
    with Library.open(None, encoder=encoder, reader="off") as library:
        library.add_text(f"{BREAD}\n\n{TRAINS}", title="Town", source="town")
        assert library.search(question)[0].quote == "It opens at six in the morning."
        encoder.heard.clear()
        library.add_text(f"News.\n\n{BREAD}\n\n{TRAINS}", title="Town", source="town")
        assert encoder.heard == ["News."]
        encoder.heard.clear()
        hit = library.search(question, top_k=9)[0]
        assert (hit.quote, hit.sentence) == ("It opens at six in the morning.", 3)
        assert encoder.heard == [question]


@pytest.mark.usefixtures("either_path")
def test_a_removed_article_is_found_no_more(library: Library) -> None:
    bread = library.add_text(BREAD, title="Bread")
    trains = library.add_text(TRAINS, title="Trains")
    question = "When does the bakery open?"
    assert library.search(question)[0].article_id == bread.id
    library.remove(bread.id)
    assert {hit.article_id for hit in library.search(question)} == {trains.id}
    library.remove(trains.id)
    assert library.search(question) == []


def test_sentences_that_score_alike_come_in_reading_order(library: Library) -> None:
    for title in ("First", "Second"):
        library.add_text(f"{title} it rained. Then it stopped.\n\nWe went home.", title=title)
    hits = library.search("你好吗", top_k=5)  # the model knows none of its characters
    assert places(hits) == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)]
    assert {hit.score for hit in hits} == {0.0}


@pytest.mark.usefixtures("either_path")
@pytest.mark.parametrize(
    "question", ["_ a", 'bread" OR "rye', "NEAR(rye bread)", "*rye*", "rye^2 AND NOT (", "ryé\0"]
)
def test_a_question_is_never_read_as_a_search_expression(library: Library, question: str) -> None:
    library.add_text(BREAD, title="Bread")
    assert {hit.article_id for hit in library.search(question)} == {1}


@pytest.mark.usefixtures("either_path")
def test_a_question_of_as_many_words_as_may_be_asked_is_answered(library: Library) -> None:
    library.add_text(BREAD, title="Bread")
    question = "When does the bakery open? " + "abc " * 990
    assert [hit.rank for hit in library.search(question, top_k=3)] == [1, 2, 3]


class Scripted(Reader):
    """Finds the first three letters of each sentence, with odds by what the sentence holds."""

    def __init__(self, **odds: float) -> None:
        super().__init__("scripted")
        self._odds = odds
        self.query = ""
        self.windows: list[Window] = []

    def read(self, query: str, windows: Sequence[Window]) -> list[Span | None]:
        self.query, self.windows = query, list(windows)
        return [self._span(window) for window in windows]

    def _span(self, window: Window) -> Span | None:
        sentence = window.text[window.sentence - window.start :]
        odds = [odds for word, odds in self._odds.items() if word in sentence]
        end = window.sentence + 3
        return Span(window.sentence, end, odds[0], odds[0], -0.01) if odds else None


FIVE = (
    "The red ship sank in a storm. The blue ship sank in a storm. The green ship sank in a storm."
    "\n\nThe white ship sank in a storm. The bakery sells rye bread."
)
SANK = "Which ship sank in a storm?"


def test_what_the_reader_finds_moves_the_sentences_that_come_close(encoder: Encoder) -> None:
    reader = Scripted(red=-20.0, blue=-20.0, green=20.0, white=-20.0)
    with Library.open(None, encoder=encoder, reader="off") as library:
        library.add_text(FIVE, title="Ships")
        unread = library.search(SANK, top_k=5)
    with Library.open(None, encoder=encoder, reader=reader) as library:
        library.add_text(FIVE, title="Ships")
        read = library.search(SANK, top_k=5)
        assert library.search(SANK, top_k=1) == read[:1]
    assert read[0].quote == "The green ship sank in a storm."
    assert [hit.quote for hit in read[1:]] == [
        hit.quote for hit in unread if "green" not in hit.quote
    ]
    scores = [hit.score for hit in read]
    assert scores == sorted(scores, reverse=True)
    assert -1 <= scores[-1] < scores[0] <= 1


@pytest.mark.parametrize("question", ["And which one sank?", "Why did a ship sink in a storm?"])
def test_the_reader_orders_follow_ups_and_reasons_too(encoder: Encoder, question: str) -> None:
    reader = Scripted(red=-20.0, blue=-20.0, green=20.0, white=-20.0)
    with Library.open(None, encoder=encoder, reader=reader) as library:
        library.add_text(FIVE, title="Ships")
        conversation = Conversation()
        if question.startswith("And"):
            rye = "What does the bakery sell?"
            conversation = conversation.add(Turn(rye, library.ask(rye)))
        [best, *_] = library.search(question, conversation=conversation)
    assert best.quote == "The green ship sank in a storm."
    assert reader.query.endswith(question)


def test_a_follow_up_is_read_behind_the_question_before_it_and_what_was_cited(
    encoder: Encoder,
) -> None:
    reader = Scripted(bakery=20.0, ship=-20.0)
    with Library.open(None, encoder=encoder, reader=reader) as library:
        library.add_text(FIVE, title="Ships")
        asked = "What does the bakery sell?"
        conversation = Conversation((Turn(asked, library.ask(asked)),))
        assert reader.query == asked
        library.search("and which ship sank?", conversation=conversation)
    assert reader.query == f"{asked} The bakery sells rye bread. and which ship sank?"


def test_a_sentence_is_read_behind_its_headings_and_the_one_before_it(encoder: Encoder) -> None:
    reader = Scripted(ship=1.0)
    with Library.open(None, encoder=encoder, reader=reader) as library:
        library.add_text(f"Losses\n\nIn 1911\n\n{FIVE}", title="Ships")
        library.search(SANK, top_k=5)
    texts = {window.text for window in reader.windows}
    assert "Losses\nIn 1911\nThe red ship sank in a storm." in texts
    blue = next(each for each in reader.windows if each.text.endswith("blue ship sank in a storm."))
    before = "Losses\nIn 1911\nThe red ship sank in a storm. "
    assert blue.text == f"{before}The blue ship sank in a storm."
    assert blue.sentence - blue.start == len(before)


def test_at_most_ten_sentences_are_read(encoder: Encoder) -> None:
    reader = Scripted(ship=1.0)
    with Library.open(None, encoder=encoder, reader=reader) as library:
        library.add_text(" ".join([FIVE.split(". ")[0] + "."] * 12), title="Ships")
        assert len(library.search(SANK, top_k=12)) == 12
    assert len(reader.windows) == 10


def test_the_words_that_were_found_are_a_place_in_the_article(encoder: Encoder) -> None:
    with Library.open(None, encoder=encoder, reader=Scripted(green=20.0, ship=-20.0)) as library:
        article = library.add_text(FIVE, title="Ships")
        short = library.ask(SANK).short
    assert short is not None
    assert (short.start, short.end, short.quote) == (61, 64, "The")
    assert article.text[short.start : short.end] == "The"


def test_a_sentence_that_the_reader_could_not_read_stays(encoder: Encoder) -> None:
    with Library.open(None, encoder=encoder, reader=Scripted()) as library:
        library.add_text(FIVE, title="Ships")
        answer = library.ask(SANK)
        assert len(library.search(SANK, top_k=5)) == 5
    assert answer.short is None


def test_without_the_reader_there_is_no_short_answer(encoder: Encoder) -> None:
    with Library.open(None, encoder=encoder, reader="off") as library:
        library.add_text(FIVE, title="Ships")
        assert library.ask(SANK).short is None
