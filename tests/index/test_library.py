import asyncio
import dataclasses
import inspect
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

import index
from index import (
    Answer,
    Article,
    ArticleInfo,
    Citation,
    Conversation,
    Encoder,
    Excerpt,
    Hit,
    Library,
    LibraryError,
    Reader,
    Relocation,
    Sentence,
    SourceError,
    Statement,
    Stats,
    Turn,
    UnknownArticle,
)
from index.documents.web import Fetcher
from index.models.tokens import Encoding
from index.storage.indexing import Stage
from tests.support.pages import serving
from tests.support.standin import StandIn

both_stores = pytest.mark.parametrize("library", ["in memory", "in PostgreSQL"], indirect=True)

LIGHTHOUSE = (
    "# The lighthouse of Orra\r\n\r\n"
    "The lighthouse of Orra was built in 1871 by the engineer Ida Krüger. It stands 34 metres"
    " tall, and its beam is seen from 19 nautical miles. Before it was built, eleven ships were"
    " lost on the reef. Since then, only one was: the *Maren*, in the fog of 1902.\r\n\r\n"
    "Its last keeper, Jon Falk, left in 1983, when the lamp was made automatic. “I never missed"
    " a night,” he told the paper 👍🏽. He kept goats. It was cold. He kept bees.\r\n\r\n"
    "Today the keeper's house is a hostel with twelve beds. Guests are asked to bring their own"
    " soap. It was cold.\n"
)
QUESTIONS = {
    "Who built the lighthouse of Orra?": "The lighthouse of Orra was built in 1871 by the engineer"
    " Ida Krüger.",
    "How tall is the lighthouse?": "It stands 34 metres tall, and its beam is seen from 19 nautical"
    " miles.",
    "How many ships were lost on the reef before?": "Before it was built, eleven ships were lost on"
    " the reef.",
    "Which ship was lost in the fog?": "Since then, only one was: the *Maren*, in the fog of 1902.",
    "Who was the last keeper?": "Its last keeper, Jon Falk, left in 1983, when the lamp was made"
    " automatic.",
    "What did the keeper tell the paper?": "“I never missed a night,” he told the paper 👍🏽.",
    "What are guests asked to bring?": "Guests are asked to bring their own soap.",
}


@pytest.fixture(scope="module")
def lighthouse(encoder: Encoder, reader: Reader) -> Iterator[Library]:
    """A library that tests only read."""
    with Library.open(None, encoder=encoder, reader=reader) as opened:
        opened.add_text(LIGHTHOUSE, title="The lighthouse of Orra")
        yield opened


def test_the_public_names_are_these() -> None:
    assert index.__all__ == [
        "Answer",
        "Article",
        "ArticleInfo",
        "Citation",
        "ConfigError",
        "Conversation",
        "Document",
        "EarlierAnswer",
        "Encoder",
        "Excerpt",
        "FootnoteError",
        "Hit",
        "Library",
        "LibraryError",
        "ModelError",
        "QuestionError",
        "Reader",
        "Relocation",
        "Remembered",
        "Reranker",
        "Sentence",
        "SourceError",
        "Statement",
        "Stats",
        "Turn",
        "UnknownArticle",
    ]
    assert all(hasattr(index, name) for name in index.__all__)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (
            Article,
            "id title text source sha256 added author published pages marks sentences notice",
        ),
        (Sentence, "number start end"),
        (Excerpt, "article_id sentence start end quote title url page"),
        (Hit, "article_id sentence start end quote title url page score rank"),
        (Citation, "article_id sentence start end quote title url page number"),
        (
            ArticleInfo,
            "id title source author published added sentence_count size",
        ),
        (
            Answer,
            "question query text citations short confidence abstained nearest origin notice"
            " tentative statements hits",
        ),
        (Statement, "text numbers"),
        (Relocation, "state citation"),
        (Stats, "articles passages sentences index memory disk"),
        (Turn, "question answer"),
        (Conversation, "turns"),
    ],
)
def test_the_public_values_are_frozen_and_have_these_fields(kind: type, fields: str) -> None:
    assert [field.name for field in dataclasses.fields(kind)] == fields.split()
    slots = [name for base in reversed(kind.__mro__) for name in vars(base).get("__slots__", ())]
    assert slots == fields.split()
    assert vars(kind)["__dataclass_params__"].frozen


@pytest.mark.parametrize(
    ("method", "signature"),
    [
        (
            Library.open,
            "(path, *, collection='default', also=(), encoder=None, reader=None, reranker=None,"
            " fetcher=None)",
        ),
        (Library.add, "(self, source, *, title=None, progress=None)"),
        (Library.add_bytes, "(self, data, *, name, title=None, source=None, progress=None)"),
        (Library.add_text, "(self, text, *, title, source=None, progress=None)"),
        (Library.remove, "(self, article_id)"),
        (Library.articles, "(self)"),
        (Library.article, "(self, article_id)"),
        (Library.locate, "(self, citation, *, within=None)"),
        (
            Library.search,
            "(self, question, *, top_k=5, conversation=Conversation(turns=()), articles=None)",
        ),
        (Library.ask, "(self, question, *, conversation=Conversation(turns=()), articles=None)"),
        (Library.as_retriever, "(self, top_k=5, *, articles=None, filters=None)"),
        (Library.close, "(self)"),
    ],
)
def test_the_methods_of_a_library_take_these_arguments(
    method: Callable[..., object], signature: str
) -> None:
    taken = inspect.signature(method)
    bare = [each.replace(annotation=each.empty) for each in taken.parameters.values()]
    assert str(taken.replace(parameters=bare, return_annotation=taken.empty)) == signature


def test_answers_asked_at_once_cite_the_sentences_that_answer_to_the_character(
    lighthouse: Library,
) -> None:
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lighthouse.ask, QUESTIONS))
    [article] = lighthouse.articles()
    assert article.text == LIGHTHOUSE
    for answer, (question, quote) in zip(answers, QUESTIONS.items(), strict=True):
        assert (answer.question, answer.abstained) == (question, False)
        assert quote in [citation.quote for citation in answer.citations]
        for citation in answer.citations:
            assert article.text[citation.start : citation.end] == citation.quote
            sentence = article.sentences[citation.sentence - 1]
            assert (sentence.start, sentence.end) == (citation.start, citation.end)
        marked = [f"{citation.quote} [{citation.number}]" for citation in answer.citations]
        assert answer.text == " ".join(marked)


def test_what_the_article_does_not_say_is_not_answered(lighthouse: Library) -> None:
    answer = lighthouse.ask("Which enzyme digests lactose?")
    assert answer.abstained
    assert (answer.text, answer.citations) == ("The article does not say.", ())
    assert answer.nearest == ()  # what has nothing to do with the question is not shown
    assert 0 <= answer.confidence < 0.5


@both_stores
def test_an_empty_library_finds_nothing_and_abstains(library: Library) -> None:
    assert library.is_unused
    assert library.articles() == []
    assert library.search("Who?") == []
    answer = library.ask("Who?")
    assert (answer.abstained, answer.confidence, answer.nearest) == (True, 0.0, ())


@both_stores
def test_an_added_article_is_kept_as_it_was_given(library: Library) -> None:
    before = datetime.now(UTC)
    article = library.add_text("It began.\r\n\r\nIt ended. ", title="T", source="there")
    assert article == Article(
        id=1,
        title="T",
        text="It began.\r\n\r\nIt ended. ",
        source="there",
        sha256="f134382b28cacee68131f476c8d1eb778915388552af654b07e4d3c34897e6b6",
        added=article.added,
    )
    assert article.sentences == (Sentence(1, 0, 9), Sentence(2, 13, 22))
    assert before <= article.added <= datetime.now(UTC)
    assert library.article(1) == article
    assert library.articles() == [article]
    assert not library.is_unused


@both_stores
def test_a_file_is_added_by_its_path_with_its_title(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "walk.md"
    path.write_text("# A *long* walk\n\nIt was **long**.\n")
    article = library.add(path)
    assert (article.title, article.text) == ("A long walk", "A long walk\n\nIt was long.")
    assert article.source == str(path.resolve())
    assert library.add(str(path)) == article
    assert library.add(path, title="A walk").title == "A walk"
    path.write_text("# A *long* walk\n\nIt was short.\n")
    changed = library.add(path)
    assert (changed.id, changed.title) == (article.id, "A long walk")
    assert changed.text == "A long walk\n\nIt was short."
    assert library.articles() == [changed]


@both_stores
def test_the_catalog_says_what_the_articles_say_of_themselves(library: Library) -> None:
    first = library.add_text("Es war kühl. Wir gingen.", title="Kühl", source="there")
    second = library.add_text("It began.", title="Start")
    assert library.catalog() == [first.info, second.info]
    assert (first.info.sentence_count, first.info.size) == (2, 25)
    assert len(library) == 2


def test_coroutines_do_what_their_methods_do(lighthouse: Library, tmp_path: Path) -> None:
    async def both() -> tuple[Answer, list[Hit]]:
        question = "Who built the lighthouse of Orra?"
        return await asyncio.gather(lighthouse.aask(question), lighthouse.asearch(question))

    answer, hits = asyncio.run(both())
    assert answer == lighthouse.ask("Who built the lighthouse of Orra?")
    assert hits == lighthouse.search("Who built the lighthouse of Orra?")
    (tmp_path / "a.txt").write_text("It began.")
    with Library.open(None, encoder=StandIn(), reader="off") as library:
        assert asyncio.run(library.aadd(tmp_path / "a.txt", title="A")).title == "A"


@pytest.mark.parametrize("source", [None, "there"])
@both_stores
def test_adding_a_text_again_does_nothing(library: Library, source: str | None) -> None:
    calls: list[tuple[Stage, int, int]] = []

    def progress(stage: Stage, done: int, count: int) -> None:
        calls.append((stage, done, count))

    article = library.add_text("It began. It ended.", title="T", source=source, progress=progress)
    assert calls == [("encoding", 1, 1), ("storing", 0, 1)]
    again = library.add_text("It began. It ended.", title="T", source=source, progress=progress)
    assert calls == [("encoding", 1, 1), ("storing", 0, 1)]
    assert again == article
    assert library.articles() == [article]


@both_stores
def test_a_changed_text_takes_the_place_of_the_old_one(library: Library) -> None:
    first = library.add_text("It began at dawn.", title="T", source="there")
    other = library.add_text("We left.", title="Other", source="elsewhere")
    second = library.add_text("It began at dusk.", title="T", source="there")
    assert second.id == first.id
    assert second.sha256 != first.sha256
    assert [article.text for article in library.articles()] == ["It began at dusk.", "We left."]
    assert {hit.quote for hit in library.search("When did it begin?")} == {
        "It began at dusk.",
        "We left.",
    }
    assert library.article(other.id) == other


@both_stores
def test_a_title_may_change_while_the_text_stays(library: Library) -> None:
    first = library.add_text("It began at dawn.", title="T", source="there")
    renamed = library.add_text("It began at dawn.", title="A morning", source="there")
    assert (renamed.id, renamed.title, renamed.text) == (first.id, "A morning", first.text)
    assert library.articles() == [renamed]
    assert library.search("When did it begin?")[0].quote == "It began at dawn."


def test_a_new_title_alone_encodes_nothing() -> None:
    class Idle(StandIn):
        """Refuses to read once it is told to rest."""

        rests = False

        def encode(self, texts: Sequence[str]) -> list[Encoding]:
            assert not self.rests
            return super().encode(texts)

    idle = Idle()
    with Library.open(None, encoder=idle, reader="off") as library:
        library.add_text(LIGHTHOUSE, title="T", source="there")
        idle.rests = True
        told: list[tuple[Stage, int, int]] = []
        renamed = library.add_text(
            LIGHTHOUSE,
            title="Orra",
            source="there",
            progress=lambda stage, done, count: told.append((stage, done, count)),
        )
        idle.rests = False
        assert (renamed.id, renamed.title, told) == (
            1,
            "Orra",
            [("encoding", 4, 4), ("storing", 0, 1)],
        )
        assert library.search("Who built it?")


@both_stores
def test_texts_without_a_source_are_articles_of_their_own(library: Library) -> None:
    one = library.add_text("It began.", title="T")
    other = library.add_text("It ended.", title="T")
    assert library.articles() == [one, other]


@both_stores
def test_a_removed_article_is_gone_and_its_id_is_not_given_again(library: Library) -> None:
    one = library.add_text("It began.", title="T", source="there")
    library.remove(one.id)
    assert library.articles() == []
    assert not library.is_unused
    for refused in (library.article, library.remove):
        with pytest.raises(UnknownArticle, match="^no article with id 1 here; list the articles"):
            refused(one.id)
    assert library.add_text("It began.", title="T", source="there").id == 2


@both_stores
def test_a_text_that_is_no_article_is_refused_and_nothing_is_kept(
    library: Library, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match="^T holds no visible character"):
        library.add_text(" \n", title="T")
    with pytest.raises(SourceError, match="^there is no file"):
        library.add(tmp_path / "missing.txt")
    assert library.is_unused


@pytest.mark.parametrize("question", ["", " ", "?!", "👍🏽"])
def test_a_question_without_words_is_misuse(library: Library, question: str) -> None:
    with pytest.raises(ValueError, match="has no words; ask for something"):
        library.ask(question)
    with pytest.raises(ValueError, match="has no words; ask for something"):
        library.search(question)


def test_other_misuse_is_named(library: Library) -> None:
    with pytest.raises(ValueError, match="^top_k is 0; it must be 1 or more$"):
        library.search("Who?", top_k=0)
    with pytest.raises(ValueError, match="^the question has 4,001 characters; ask in 4,000 or few"):
        library.ask("a" * 4_001)
    with pytest.raises(UnknownArticle):
        library.ask("Who?", articles=[7])


def test_progress_is_told_up_to_the_last_passage() -> None:
    calls: list[tuple[Stage, int, int]] = []
    with Library.open(None, encoder=StandIn(), reader="off") as library:
        library.add_text(
            "\n\n".join(f"Day {day}." for day in range(130)),
            title="Days",
            progress=lambda stage, done, count: calls.append((stage, done, count)),
        )
    encoded = [("encoding", 64, 130), ("encoding", 128, 130), ("encoding", 130, 130)]
    assert calls == [*encoded, ("storing", 0, 1)]


def test_a_library_is_the_same_when_it_is_opened_again(place: str | Path) -> None:
    encoder = StandIn()
    question = "Who was the last keeper?"
    with Library.open(place, encoder=encoder, reader="off") as first:
        article = first.add_text(LIGHTHOUSE, title="The lighthouse of Orra", source="there")
        hits, answer = first.search(question), first.ask(question)
        assert hits
    with Library.open(str(place), encoder=encoder, reader="off") as second:
        assert second.articles() == [article]
        assert second.article(article.id).sentences == article.sentences
        assert second.search(question) == hits
        assert second.ask(question) == answer
        assert second.add_text(LIGHTHOUSE, title=article.title, source="there") == article
        second.remove(article.id)
    with Library.open(place, encoder=encoder, reader="off") as third:
        assert third.articles() == []
        assert not third.is_unused


def test_shelves_do_not_see_each_other(place: str | Path) -> None:
    encoder = StandIn()
    with (
        Library.open(place, collection="one", encoder=encoder, reader="off") as one,
        Library.open(place, collection="two", encoder=encoder, reader="off") as two,
    ):
        article = one.add_text("It began at dawn.", title="T", source="there")
        assert two.articles() == []
        assert two.search("When did it begin?") == []
        with pytest.raises(UnknownArticle):
            two.article(article.id)
        with pytest.raises(UnknownArticle):
            two.remove(article.id)
        other = two.add_text("It began at dusk.", title="T", source="there")
        assert other.id != article.id
        assert one.search("When did it begin?")[0].quote == "It began at dawn."
        assert two.search("When did it begin?")[0].quote == "It began at dusk."


def test_a_library_closes_itself_and_may_be_closed_twice(place: str | Path) -> None:
    with Library.open(place, encoder=StandIn(), reader="off") as library:
        library.add_text("It began.", title="T")
    library.close()
    with pytest.raises(LibraryError):
        library.articles()
    with pytest.raises(LibraryError):
        library.ask("Who?")


def test_a_library_in_memory_is_forgotten() -> None:
    with Library.open(None) as library:  # with the encoder that it makes itself
        library.add_text("It began at dawn.", title="T")
        assert library.search("When did it begin?")[0].quote == "It began at dawn."
    with Library.open(None) as another:
        assert another.articles() == []


def test_an_address_of_another_kind_is_no_library() -> None:
    with pytest.raises(LibraryError) as refusal:
        Library.open("mysql://me:secret@host/footnote")
    assert str(refusal.value) == (
        "'mysql://…' is no folder, and no PostgreSQL database: give the path of a folder, or"
        " postgresql://user:password@host/database"
    )


def test_a_file_is_no_folder_for_a_library(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LibraryError, match="expected a folder for the library"):
        Library.open(tmp_path / "file")


@pytest.mark.parametrize("exact", [1_000, 0], ids=["every sentence", "candidates"])
def test_four_threads_may_ask_while_one_adds(
    place: str | Path, monkeypatch: pytest.MonkeyPatch, exact: int
) -> None:
    monkeypatch.setattr("index.search.retriever.EXACT", exact)
    quotes = list(QUESTIONS.values())
    with Library.open(place, encoder=StandIn(), reader="off") as library:
        article = library.add_text(LIGHTHOUSE, title="The lighthouse of Orra")

        def ask(number: int) -> None:
            quote = quotes[number % len(quotes)]
            first, *_ = library.search(quote)
            assert (first.article_id, first.quote) == (article.id, quote)
            for citation in library.ask(quote).citations:
                text = library.article(citation.article_id).text
                assert text[citation.start : citation.end] == citation.quote

        def add(number: int) -> None:
            library.add_text(f"Loaf {number} is rye. Loaf {number} is dark.", title=f"{number}")

        with ThreadPoolExecutor(4) as asking, ThreadPoolExecutor(1) as adding:
            results = [*map(adding.submit, [add] * 10, range(10))]
            results += map(asking.submit, [ask] * 28, range(28))
        for result in results:
            result.result()
        assert len(library.articles()) == 11
        assert library.search("Loaf 7 is rye.")[0].quote == "Loaf 7 is rye."


def test_a_web_page_is_taken_in_and_its_citations_open_at_the_sentence(encoder: Encoder) -> None:
    fetcher = Fetcher(allow_loopback=True)
    with (
        serving() as site,
        Library.open(None, encoder=encoder, reader="off", fetcher=fetcher) as library,
    ):
        url = site.html("/pets", "<title>Pets</title><p>The cat slept on the mat. It rained.</p>")
        article = library.add(f"{url}#part")
        assert (article.title, article.source) == ("Pets", url)
        answer = library.ask("Where did the cat sleep?")
        assert answer.citations[0].url == f"{url}#:~:text=The%20cat%20slept%20on%20the%20mat."
        assert library.overview(question="What is this?").citations[0].url
        assert library.add(url) == article
        site.html("/pets", "<title>Pets</title><p>The cat slept in the box. It rained.</p>")
        changed = library.add(url)
        assert (changed.id, changed.text) == (article.id, "The cat slept in the box. It rained.")


def test_a_web_page_of_this_machine_is_refused(library: Library) -> None:
    with serving() as site:
        url = site.html("/pets", "<p>The cat slept.</p>")
        with pytest.raises(SourceError, match="is not on the public web"):
            library.add(url)
        assert site.asked == []
    assert library.articles() == []


def test_bytes_are_taken_in_by_their_name(library: Library) -> None:
    article = library.add_bytes(b"# Pets\n\nThe cat slept.", name="a.md", source="https://a.test/1")
    assert (article.title, article.text) == ("Pets", "Pets\n\nThe cat slept.")
    again = library.add_bytes(b"<p>The dog slept.</p>", name="b.html", source="https://a.test/1")
    assert (again.id, again.title, again.text) == (article.id, "b", "The dog slept.")
