from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from index import Answer, Article, Citation, Hit, LibraryError
from index.answer import ABSTENTION, answer, asks_for_several, verify
from index.confidence import SHORT_THRESHOLD, THRESHOLD, confidence
from index.reader import Span
from index.retriever import Ranking

TEXT = "It began at dawn. It went on. It ended at dusk. We left. Nobody stayed."
QUOTES = ["It began at dawn.", "It went on.", "It ended at dusk.", "We left.", "Nobody stayed."]


def article(text: str = TEXT, *, article_id: int = 1) -> Article:
    added = datetime(2024, 5, 6, tzinfo=UTC)
    return Article(article_id, "T", text, None, "", added)


def ranking(*scored: tuple[int, float], similarity: float = 0.9, article_id: int = 1) -> Ranking:
    """Hits, given the number and the score of each sentence."""
    sentences = article().sentences
    hits = [
        Hit(article_id, sentences[number - 1], QUOTES[number - 1], score, rank)
        for rank, (number, score) in enumerate(scored, start=1)
    ]
    return Ranking(tuple(hits), similarity)


def test_close_sentences_are_cited_in_reading_order_behind_their_markers() -> None:
    found = answer("When?", "When?", ranking((3, 0.91), (1, 0.9), (2, 0.5)))
    assert found.text == "It began at dawn. [1] It ended at dusk. [2]"
    assert found.citations == (
        Citation(article_id=1, number=1, sentence=1, start=0, end=17, quote="It began at dawn."),
        Citation(article_id=1, number=2, sentence=3, start=30, end=47, quote="It ended at dusk."),
    )
    assert not found.abstained
    assert found.nearest == ()
    assert found.short is None


@pytest.mark.parametrize(
    ("scores", "cited"),
    [
        ([0.9], [4]),
        ([0.9, 0.88], [2, 4]),
        ([0.9, 0.86], [4]),
        ([0.9, 0.89, 0.86], [2, 4]),
        ([0.9, 0.89, 0.885, 0.88], [1, 2, 4]),
    ],
)
def test_only_sentences_within_the_margin_of_the_best_are_cited_and_at_most_three(
    scores: list[float], cited: list[int]
) -> None:
    found = answer("Who?", "Who?", ranking(*zip([4, 2, 1, 5], scores, strict=False)))
    assert [citation.sentence for citation in found.citations] == cited
    assert [citation.number for citation in found.citations] == list(range(1, len(cited) + 1))


def alike(found: Ranking, *pairs: tuple[int, int]) -> Ranking:
    """Give the ranking with the hits of these ranks nearly alike, and all others unlike."""
    ranks = range(1, len(found.hits) + 1)
    rows = [[0.95 if (one, two) in pairs else 0.4 for one in range(1, two)] for two in ranks]
    return replace(found, likeness=tuple(map(tuple, rows)))


@pytest.mark.parametrize(
    ("pairs", "cited"),
    [
        ([], [1, 2, 4]),
        ([(1, 2)], [1, 4, 5]),
        ([(1, 2), (1, 3)], [4, 5]),
        ([(2, 3)], [2, 4, 5]),
        ([(1, 2), (1, 3), (1, 4)], [4]),
        ([(1, 2), (2, 3), (1, 4)], [1, 4]),
    ],
)
def test_a_why_cites_up_to_three_sentences_that_add_to_each_other(
    pairs: list[tuple[int, int]], cited: list[int]
) -> None:
    ranked = ranking((4, 0.9), (2, 0.88), (1, 0.84), (5, 0.83), (3, 0.81))
    found = answer("Why did they go?", "Why did they go?", alike(ranked, *pairs))
    assert [citation.sentence for citation in found.citations] == cited
    assert [citation.number for citation in found.citations] == list(range(1, len(cited) + 1))


def test_other_questions_do_not_ask_who_else_says_so() -> None:
    ranked = alike(ranking((4, 0.9), (2, 0.88), (1, 0.84)), (1, 2))
    assert [each.sentence for each in answer("Who?", "Who?", ranked).citations] == [2, 4]


def test_a_why_over_hits_that_were_never_compared_cites_the_best() -> None:
    ranked = ranking((4, 0.9), (2, 0.89))
    assert [each.sentence for each in answer("Why?", "Why?", ranked).citations] == [4]


@pytest.mark.parametrize(
    "question",
    [
        "Why did they leave?",
        "so why there of all places",
        "How did the crowd get in?",
        "how come the british got off?",
        "How is voting done?",
        "how'd he get in",
        "How exactly does it work?",
        "Who built it and when?",
        "What are the causes and the effects?",
    ],
)
def test_why_how_and_and_ask_for_several_facts(question: str) -> None:
    assert asks_for_several(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who built it?",
        "How many came?",
        "How much was it?",
        "How long is it?",
        "How old was he?",
        "how far is that",
        "How often are the elections?",
        "How tall is it?",
        "how big was the force",
        "and berlin?",
        "What is a sandy island?",
        "Who is Whyte?",
    ],
)
def test_one_fact_is_enough_for_others(question: str) -> None:
    assert not asks_for_several(question)


def test_articles_are_cited_in_the_order_they_were_added() -> None:
    hits = (
        *ranking((1, 0.9), article_id=2).hits,
        *ranking((5, 0.89), article_id=1).hits,
        *ranking((3, 0.88), article_id=2).hits,
    )
    found = answer("Who?", "Who?", Ranking(hits, 0.9))
    places = [(citation.article_id, citation.sentence) for citation in found.citations]
    assert places == [(1, 5), (2, 1), (2, 3)]
    assert found.text == "Nobody stayed. [1] It began at dawn. [2] It ended at dusk. [3]"


def test_an_answer_tells_the_question_the_query_and_its_confidence() -> None:
    found = answer("And then?", "Who left? And then?", ranking((4, 0.8), similarity=0.7))
    assert (found.question, found.query) == ("And then?", "Who left? And then?")
    assert found.confidence == confidence(0.8, 0.7)


def test_an_abstention_cites_nothing_and_shows_the_three_nearest() -> None:
    ranked = ranking((2, 0.1), (5, 0.09), (1, 0.0), (3, -0.2), similarity=0.1)
    assert answer("Why?", "Why?", ranked) == Answer(
        question="Why?",
        query="Why?",
        text="The article does not say.",
        citations=(),
        short=None,
        confidence=confidence(0.1, 0.1),
        abstained=True,
        nearest=ranked.hits[:3],
    )


def test_without_hits_there_is_nothing_to_be_confident_of() -> None:
    expected = Answer("Why?", "Why?", ABSTENTION, (), None, 0.0, True, ())
    assert answer("Why?", "Why?", Ranking()) == expected


def test_the_threshold_itself_is_enough_to_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    for probability, abstained in ((THRESHOLD, False), (THRESHOLD - 1e-9, True)):
        monkeypatch.setattr("index.answer.confidence", lambda *_, value=probability: value)
        assert answer("Who?", "Who?", ranking((4, 0.8))).abstained is abstained


def test_the_short_answer_is_a_place_inside_the_best_sentence_with_its_marker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("index.answer.short_confidence", lambda *_: SHORT_THRESHOLD)
    ranked = replace(ranking((3, 0.91), (1, 0.9)), span=Span(39, 46, 5.0, -0.1))
    found = answer("When did it end?", "When did it end?", ranked)
    assert found.short == Citation(
        article_id=1, number=2, sentence=3, start=39, end=46, quote="at dusk"
    )
    assert found.text == "It began at dawn. [1] It ended at dusk. [2]"
    verify(found.short, {1: article()})


def test_a_reader_that_is_not_sure_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.answer.short_confidence", lambda *_: SHORT_THRESHOLD - 1e-9)
    ranked = replace(ranking((3, 0.91)), span=Span(39, 46, 5.0, -0.1))
    found = answer("When did it end?", "When did it end?", ranked)
    assert found.short is None
    assert not found.abstained


def test_an_abstention_has_no_short_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.answer.confidence", lambda *_: THRESHOLD - 1e-9)
    monkeypatch.setattr("index.answer.short_confidence", lambda *_: 1.0)
    ranked = replace(ranking((3, 0.91)), span=Span(39, 46, 5.0, -0.1))
    assert answer("When did it end?", "When did it end?", ranked).short is None


CITED = Citation(article_id=1, number=2, sentence=3, start=30, end=47, quote="It ended at dusk.")


def test_a_citation_that_stands_in_its_article_is_verified() -> None:
    cited = article()
    assert cited.text[CITED.start : CITED.end] == CITED.quote
    verify(CITED, {1: cited, 2: article("Another.", article_id=2)})


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("dusk", "noon"),
        lambda text: " " + text,
        lambda text: text[:40],
        lambda text: text.replace("ended", "e\u0301nded"),
    ],
    ids=["another word", "moved", "cut short", "an accent"],
)
def test_a_citation_of_a_changed_article_is_refused(change: Callable[[str], str]) -> None:
    with pytest.raises(LibraryError) as refusal:
        verify(CITED, {1: article(change(TEXT))})
    assert str(refusal.value) == (
        "citation [2] is not what article 1 says at 30 to 47: it was changed or removed since;"
        " ask again"
    )


def test_a_citation_of_an_article_that_is_gone_is_refused() -> None:
    with pytest.raises(LibraryError, match=r"^citation \[2\] is not what article 1 says"):
        verify(CITED, {2: article(article_id=2)})
