from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from index import Answer, Article, Citation, Hit, LibraryError
from index.answer import ABSTENTION, answer, verify
from index.confidence import THRESHOLD, confidence
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
