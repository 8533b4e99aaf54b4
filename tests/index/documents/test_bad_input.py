"""Whatever is thrown at it, a library stays as it was and answers the next question."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from index import Answer, Encoder, Library, LibraryError, SourceError, UnknownArticle
from index.answers.answer import ABSTENTION
from index.answers.confidence import OFF_TOPIC
from index.search.questions import LONGEST_QUESTION
from index.storage.indexing import Stage
from tests.support.standin import one_thread

TEXT = (
    "The lighthouse of Anholt was built in 1785. Its keeper, Mette Holm, rowed out in every storm."
    "\n\nBread is baked from rye in the village. The ferry sails on Mondays."
)
QUESTION = "When was the lighthouse of Anholt built?"
QUOTE = "The lighthouse of Anholt was built in 1785."

NO_WORDS = ("", "\n\t \u3000", "?!… — “”", "👀", "\0", "\u200b", "'; --", "%_*", "´¨")
ODD_QUESTIONS = (
    *("the of and", "is it", "What?", "Кто построил маяк?", "谁建造了灯塔？", "من بنى المنارة؟"),
    *("\U00010570\U00010571", "👀👍🏽 who painted the ceiling 🎉", "e\u0301\u0302\u0303 painted"),
    *(
        "Who\0won the match?",
        'painted" OR "NEAR(*',
        "painted AND NOT OR",
        "'; DROP TABLE article; --",
    ),
    *("<script>painted</script>", "{question} %s $(ls)", "١٢٣", "ⅷ"),
)


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def kept(encoder: Encoder) -> Iterator[Library]:
    """One library for all that must not change it."""
    with Library.open(None, encoder=encoder) as library:
        library.add_text(TEXT, title="Anholt", source="/anholt")
        yield library


@pytest.fixture
def unharmed(kept: Library) -> Iterator[Library]:
    """Hand out the library, and see afterwards that nothing has become of it."""
    before, version = kept.articles(), kept._store.version_of("default")
    assert [article.text for article in before] == [TEXT]
    yield kept
    assert kept.articles() == before
    assert kept._store.version_of("default") == version
    assert_answers(kept)


def assert_answers(library: Library) -> None:
    answer = library.ask(QUESTION)
    assert not answer.abstained
    assert [citation.quote for citation in answer.citations] == [QUOTE]
    [citation] = answer.citations
    text = library.article(citation.article_id).text
    assert text[citation.start : citation.end] == QUOTE
    assert answer.text == f"{QUOTE} [1]"


def assert_is_not_sure(answer: Answer, question: str) -> None:
    """It abstains, or says that its sentences are only perhaps the answer."""
    if not answer.tentative:
        assert_abstains(answer, question)


def assert_abstains(answer: Answer, question: str) -> None:
    assert answer.abstained
    assert (answer.question, answer.query) == (question, question)
    assert (answer.text, answer.citations, answer.short) == (ABSTENTION, (), None)
    assert 0 <= answer.confidence < 0.5


def test_a_document_that_is_refused_changes_nothing(unharmed: Library, tmp_path: Path) -> None:
    bad = tmp_path / "image.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    refused: list[tuple[Callable[[], object], str]] = [
        (lambda: unharmed.add(bad), f"{str(bad)!r} is binary: it holds a NUL byte at offset 8"),
        (lambda: unharmed.add(tmp_path / "no.txt"), "there is no file '"),
        (lambda: unharmed.add(""), "got an empty path; expected a"),
        (lambda: unharmed.add_bytes(b"", name="a.txt"), "'a.txt' is empty"),
        (lambda: unharmed.add_text("", title="t", source="/anholt"), "t holds no visible"),
        (
            lambda: unharmed.add_text("\0", title="t", source="/anholt"),
            "t holds a NUL character at",
        ),
        (lambda: unharmed.add_text("\udcff", title="t", source="/anholt"), "t holds a lone surr"),
    ]
    for use, said in refused:
        with pytest.raises(SourceError) as caught:
            use()
        assert str(caught.value).startswith(said)


def test_a_title_or_source_that_cannot_be_kept_is_refused(
    unharmed: Library, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("One.")
    link = tmp_path / "b\udcff.txt"  # a name that is not UTF-8
    link.symlink_to(path)
    half, nul = "lone surrogate at offset 1, half a character", r"'b\\x00' holds a NUL character"
    uses: list[tuple[Callable[[], object], str]] = [
        (lambda: unharmed.add_text("One.", title="b\udcff"), half),
        (lambda: unharmed.add_text("One.", title="t", source="b\udcff"), half),
        (lambda: unharmed.add(path, title="b\udcff"), half),
        (lambda: unharmed.add(link), half),
        (lambda: unharmed.add_text("One.", title="b\0"), nul),
        (lambda: unharmed.add_text("One.", title="t", source="b\0"), nul),
    ]
    for use, said in uses:
        with pytest.raises(SourceError, match=said):
            use()


def test_a_file_that_became_bad_leaves_the_article_that_it_was(
    library: Library, tmp_path: Path
) -> None:
    path = tmp_path / "anholt.txt"
    path.write_text(TEXT)
    article = library.add(path)
    for content in (b"", b"\xff\xfe", b"\0"):
        path.write_bytes(content)
        with pytest.raises(SourceError):
            library.add(path)
        assert library.articles() == [article]
        assert_answers(library)
    path.unlink()
    with pytest.raises(SourceError, match="there is no file"):
        library.add(path)
    assert library.articles() == [article]
    assert_answers(library)


def test_an_addition_that_is_broken_off_leaves_nothing(unharmed: Library) -> None:
    def stop(stage: Stage, done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        unharmed.add_text("One. Two.", title="t", source="/anholt", progress=stop)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        *((each, "has no words; ask for something") for each in NO_WORDS),
        ("x" * 4_001, "has 4,001 characters; ask in 4,000 or fewer"),
        ("word " * 200_000, "has 1,000,000 characters; ask in 4,000 or fewer"),
        ("Who \ud800 built it?", "lone surrogate at offset 4, half a character"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(
    unharmed: Library, question: str, said: str
) -> None:
    for use in (unharmed.ask, unharmed.search):
        with pytest.raises(ValueError, match=said):
            use(question)


@pytest.mark.parametrize("filler", ["x", "word ", "👍🏽 a "])
def test_a_question_of_exactly_the_longest_length_is_answered(
    unharmed: Library, filler: str
) -> None:
    question = (filler * LONGEST_QUESTION)[:LONGEST_QUESTION]
    assert len(question) == LONGEST_QUESTION == 4_000
    assert_is_not_sure(unharmed.ask(question), question)


def test_a_long_question_is_read_to_its_end(unharmed: Library) -> None:
    question = "Well. " * 600 + QUESTION
    assert unharmed.search(question, top_k=1)[0].quote == QUOTE


@pytest.mark.parametrize("question", ODD_QUESTIONS)
def test_a_question_that_the_article_has_no_word_on_is_not_answered_outright(
    unharmed: Library, question: str
) -> None:
    answer = unharmed.ask(question)
    assert_is_not_sure(answer, question)
    near = [1, 2, 3] if answer.abstained and answer.confidence >= OFF_TOPIC else []
    assert [hit.rank for hit in answer.nearest] == near
    for hit in answer.nearest:
        text = unharmed.article(hit.article_id).text
        assert text[hit.start : hit.end] == hit.quote


@pytest.mark.parametrize(
    "question", ["OR", '"AND"', "NEAR(painted, 3)", "___", "sentence:rye", "晴 * ^"]
)
def test_the_keyword_search_takes_any_question(
    unharmed: Library, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.search.retriever.EXACT", 0)
    if any(map(str.isalnum, question)):
        assert len(unharmed.search(question)) == 4
    else:
        with pytest.raises(ValueError, match="has no words"):
            unharmed.search(question)


@pytest.mark.parametrize("exact", [0, 1_000])
@pytest.mark.parametrize("top_k", [4, 5, 10**15])
def test_a_top_k_beyond_all_there_is_gives_all_there_is(
    unharmed: Library, top_k: int, exact: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.search.retriever.EXACT", exact)
    hits = unharmed.search(QUESTION, top_k=top_k)
    assert [hit.rank for hit in hits] == [1, 2, 3, 4]
    assert hits[0].quote == QUOTE


@pytest.mark.parametrize("unknown", [0, 2**70])
def test_an_unknown_article_is_told(unharmed: Library, unknown: int) -> None:
    uses: list[Callable[[], object]] = [
        lambda: unharmed.search(QUESTION, articles=[unknown]),
        lambda: unharmed.ask(QUESTION, articles=[1, unknown]),
    ]
    for use in uses:
        with pytest.raises(UnknownArticle, match=rf"no article with id {unknown} here"):
            use()


def test_no_articles_to_search_in_hold_no_answer(unharmed: Library) -> None:
    assert unharmed.search(QUESTION, articles=[]) == []
    answer = unharmed.ask(QUESTION, articles=[])
    assert_abstains(answer, QUESTION)
    assert (answer.nearest, answer.confidence) == ((), 0.0)


@pytest.mark.parametrize("text", ["。", "…", "👍🏽", "!", "1", "\u0301", "\ufffd", "晴れ" * 700])
def test_an_odd_text_is_kept_and_asked(library: Library, text: str) -> None:
    article = library.add_text(text, title="")
    assert library.article(article.id).text == text
    assert_abstains(library.ask(QUESTION), QUESTION)
    assert library.search(QUESTION)[0].quote in text
    library.add_text(TEXT, title="Anholt")
    assert_answers(library)


def test_a_closed_library_says_so(encoder: Encoder) -> None:
    library = Library.open(None, encoder=encoder)
    library.close()
    library.close()
    uses: list[Callable[[], object]] = [
        library.articles,
        lambda: library.article(1),
        lambda: library.add_text("One.", title="t"),
        lambda: library.remove(1),
        lambda: library.search(QUESTION),
        lambda: library.ask(QUESTION),
    ]
    for use in uses:
        with pytest.raises(LibraryError, match="open the library again"):
            use()
