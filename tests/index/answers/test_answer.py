from collections.abc import Callable
from dataclasses import replace

import pytest

from index import Answer, Citation, LibraryError
from index.answers.answer import ABSTENTION, NOTHING_TO_SEARCH, build_answer
from index.answers.confidence import OFF_TOPIC, SHORT_THRESHOLD, TENTATIVE, THRESHOLD, confidence
from index.answers.selection import asks_for_several
from index.models.reader import Span
from index.search.questions import Query
from index.search.retriever import Ranking
from index.text.citation import verify
from tests.support.rankings import TEXT, alike, article, hit, ranking, ranking_of


@pytest.fixture(autouse=True)
def sure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every ranking is enough to answer, unless a test says otherwise."""
    monkeypatch.setattr("index.answers.answer.confidence", lambda found: 0.9 if found.hits else 0.0)


def test_close_sentences_are_cited_in_reading_order_behind_their_markers() -> None:
    found = build_answer("When?", ranking((3, 0.91), (1, 0.9), (2, 0.5)))
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
        ([0.9, 0.84], [4]),
        ([0.9, 0.89, 0.84], [2, 4]),
        ([0.9, 0.89, 0.885, 0.88], [1, 2, 4]),
    ],
)
def test_only_sentences_within_the_margin_of_the_best_are_cited_and_at_most_three(
    scores: list[float], cited: list[int]
) -> None:
    found = build_answer("Who?", ranking(*zip([4, 2, 1, 5], scores, strict=False), question="Who?"))
    assert [citation.sentence for citation in found.citations] == cited
    assert [citation.number for citation in found.citations] == list(range(1, len(cited) + 1))


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
    asked = "Why did they go?"
    ranked = ranking((4, 0.9), (2, 0.88), (1, 0.84), (5, 0.83), (3, 0.81), question=asked)
    found = build_answer(asked, alike(ranked, *pairs))
    assert [citation.sentence for citation in found.citations] == cited
    assert [citation.number for citation in found.citations] == list(range(1, len(cited) + 1))


def test_other_questions_do_not_ask_who_else_says_so() -> None:
    ranked = alike(ranking((4, 0.9), (2, 0.88), (1, 0.84), question="Who?"), (1, 2))
    assert [each.sentence for each in build_answer("Who?", ranked).citations] == [2, 4]


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
    one, two = article(), article(article_id=2)
    hits = (hit(two, 1, 0.9), hit(one, 5, 0.89, 2), hit(two, 3, 0.88, 3))
    found = build_answer("Who?", ranking_of(hits, [one, two], question="Who?"))
    places = [(citation.article_id, citation.sentence) for citation in found.citations]
    assert places == [(1, 5), (2, 1), (2, 3)]
    assert found.text == "Nobody stayed. [1] It began at dawn. [2] It ended at dusk. [3]"


def test_articles_that_say_the_same_kind_of_thing_are_both_cited() -> None:
    """They may disagree, and which of them is right is not for a program to say."""
    one, two = (
        article("The deposit is 50 euros."),
        article("The deposit is 80 euros.", article_id=2),
    )
    hits = (hit(two, 1, 0.9), hit(one, 1, 0.84, 2))
    question = "How much is the deposit?"
    ranked = ranking_of(hits, [one, two], question=question)
    assert [
        each.article_id for each in build_answer(question, alike(ranked, (1, 2))).citations
    ] == [1, 2]
    assert [each.article_id for each in build_answer(question, ranked).citations] == [2]


def test_an_answer_tells_the_question_the_query_and_its_confidence() -> None:
    query = Query("And then?", "Who left?", leans=True)
    found = build_answer("And then?", replace(ranking((4, 0.8)), query=query))
    assert (found.question, found.query) == ("And then?", "Who left? And then?")
    assert found.confidence == 0.9


def test_an_abstention_cites_nothing_and_shows_the_three_nearest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("index.answers.answer.confidence", lambda _: OFF_TOPIC)
    ranked = ranking((2, 0.1), (5, 0.09), (1, 0.0), (3, -0.2), question="Why?")
    assert build_answer("Why?", ranked) == Answer(
        question="Why?",
        query="Why?",
        text="The article does not say.",
        citations=(),
        short=None,
        confidence=OFF_TOPIC,
        abstained=True,
        nearest=ranked.hits[:3],
    )


def test_a_question_off_the_topic_is_shown_no_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.answers.answer.confidence", lambda _: OFF_TOPIC - 1e-9)
    found = build_answer("Why?", ranking((2, 0.1), (5, 0.09), question="Why?"))
    assert (found.abstained, found.nearest, found.notice) == (True, (), "")


def test_without_hits_there_is_nothing_to_be_confident_of() -> None:
    assert confidence(Ranking(Query("Why?"))) == 0.0
    assert build_answer("Why?", Ranking(Query("Why?"))) == Answer(
        "Why?", "Why?", ABSTENTION, (), None, 0.0, True, (), notice=NOTHING_TO_SEARCH
    )


@pytest.mark.parametrize(
    ("probability", "abstained", "tentative"),
    [
        (THRESHOLD, False, False),
        (THRESHOLD - 1e-9, False, True),
        (TENTATIVE, False, True),
        (TENTATIVE - 1e-9, True, False),
    ],
)
def test_there_are_three_outcomes_parted_by_two_thresholds(
    monkeypatch: pytest.MonkeyPatch, probability: float, abstained: bool, tentative: bool
) -> None:
    monkeypatch.setattr("index.answers.answer.confidence", lambda _: probability)
    found = build_answer("Who?", ranking((4, 0.8), question="Who?"))
    assert (found.abstained, found.tentative) == (abstained, tentative)
    assert [each.quote for each in found.citations] == ([] if abstained else ["We left."])


def test_the_short_answer_is_a_place_inside_the_best_sentence_with_its_marker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("index.answers.answer.short_confidence", lambda *_: SHORT_THRESHOLD)
    ranked = replace(ranking((3, 0.91), (1, 0.9)), spans=(Span(39, 46, 5.0, 5.0, -0.1),))
    found = build_answer("When did it end?", ranked)
    assert found.short == Citation(
        article_id=1, number=2, sentence=3, start=39, end=46, quote="at dusk"
    )
    assert found.text == "It began at dawn. [1] It ended at dusk. [2]"
    verify(found.short, {1: article()})


def test_articles_that_disagree_have_no_short_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.answers.answer.short_confidence", lambda *_: 1.0)
    one, same = article("The fee is 5 euros."), article("You pay 5 euros.", article_id=2)
    other = article("The fee is 8 euros.", article_id=2)
    for second, short in ((same, "5 euros"), (other, None)):
        hits = (hit(one, 1, 0.9), hit(second, 1, 0.89, 2))
        ranked = ranking_of(hits, [one, second], question="How much is it?")
        found = build_answer(
            "How much is it?", replace(ranked, spans=(Span(11, 18, 5.0, 5.0, -0.1),))
        )
        assert len(found.citations) == 2
        assert (found.short and found.short.quote) == short


def test_a_reader_that_is_not_sure_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.answers.answer.short_confidence", lambda *_: SHORT_THRESHOLD - 1e-9)
    ranked = replace(ranking((3, 0.91)), spans=(Span(39, 46, 5.0, 5.0, -0.1),))
    found = build_answer("When did it end?", ranked)
    assert found.short is None
    assert not found.abstained


def test_a_tentative_answer_has_no_short_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.answers.answer.confidence", lambda _: TENTATIVE)
    monkeypatch.setattr("index.answers.answer.short_confidence", lambda *_: 1.0)
    ranked = replace(ranking((3, 0.91)), spans=(Span(39, 46, 5.0, 5.0, -0.1),))
    assert build_answer("When did it end?", ranked).short is None


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
        "a quote is not what article 1 says from 30 to 47: it was changed or removed since;"
        " ask again"
    )


def test_a_citation_of_an_article_that_is_gone_is_refused() -> None:
    with pytest.raises(LibraryError, match=r"a quote is not what article 1 says"):
        verify(CITED, {2: article(article_id=2)})
