from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from index.answers import confidence as calibrated
from index.answers.confidence import OFF_TOPIC, TENTATIVE, THRESHOLD, Logistic, Seen, confidence
from index.models.reader import Span
from index.search.questions import Query
from index.search.retriever import Ranking
from tests.support.rankings import article, ranking

SPAN = Span(0, 1, judged=1.0, log_odds=1.0, log_probability=-1.0)
SEEN = Seen(
    score=0.6,
    similarity=0.5,
    worst=0.5,
    missing=0.0,
    fits=1.0,
    sentences=2.0,
    judged=0.0,
    support=0.3,
)


def read(**changed: Any) -> float:
    return calibrated.READ.probability(replace(SEEN, **changed).of_read)


def unread(**changed: Any) -> float:
    return calibrated.UNREAD.probability(replace(SEEN, **changed).of_unread)


def test_the_logistic_weighs_its_features() -> None:
    logistic = Logistic((4.0, -2.0), -1.0)
    assert logistic.probability((0.5, 0.25)) == pytest.approx(0.62245933)  # 1 / (1 + exp(-0.5))
    assert logistic.probability((0.25, 0.0)) == 0.5


def test_the_thresholds_stand_in_order() -> None:
    assert 0 < OFF_TOPIC < TENTATIVE < THRESHOLD < 1


@pytest.mark.parametrize(
    ("probability", "name"),
    [
        *((read, name) for name in ("judged", "support", "similarity")),
        *((unread, name) for name in ("score", "similarity", "worst", "fits")),
    ],
)
def test_better_evidence_makes_for_more_confidence(
    probability: Callable[..., float], name: str
) -> None:
    rising = [probability(**{name: step / 10}) for step in range(11)]
    assert all(0 < low < high < 1 for low, high in pairwise(rising))


def test_without_the_reader_a_number_that_is_not_there_makes_for_less() -> None:
    assert unread(missing=1.0) < unread(missing=0.0)


def test_it_falls_with_how_many_sentences_were_searched() -> None:
    """A best one of many is found for any question."""
    unread = replace(ranking((1, 0.7), question="When did it begin?"), sentence_count=50)
    for found in (
        unread,
        replace(unread, spans=(SPAN,)),
        replace(unread, query=Query("Why?", "Who?")),
    ):
        larger = replace(found, sentence_count=1_000 * found.sentence_count)
        assert confidence(larger) < confidence(found)


def test_few_sentences_make_no_surer() -> None:
    found = replace(ranking((1, 0.7), question="When did it begin?"), sentence_count=10)
    assert confidence(replace(found, sentence_count=2)) == confidence(found)


def test_a_question_that_says_nothing_by_itself_is_answered_tentatively_at_most() -> None:
    read = replace(ranking((1, 0.9), question="What is it?"), spans=(replace(SPAN, judged=9.0),))
    assert confidence(read) == TENTATIVE
    told = replace(read, query=Query("What is it made of?"))
    followed = replace(read, query=Query("What is it?", "Who made the bread?"))
    assert confidence(told) > THRESHOLD
    assert confidence(followed) > THRESHOLD


def test_what_was_seen_is_of_the_best_hit_and_what_it_stands_under() -> None:
    report = article("Report\n\nIn 1931\n\nA comet was found.\n\nNobody saw it in 1950 or 1960.")
    question = "What was found in 1931 and 1950?"
    ranked = ranking((3, 0.7), (4, 0.6), question=question, of=report)
    found = replace(ranked, spans=(replace(SPAN, judged=25.0), SPAN))
    seen = Seen.of(found)
    assert (seen.score, seen.similarity, seen.judged) == (0.7, 0.9, 10.0)
    assert seen.missing == 0.5  # 1931 stands in the heading, 1950 elsewhere
    assert seen.sentences == 1.0  # four are taken for ten
    assert seen.support == pytest.approx(1.73106, abs=1e-4)  # the probabilities of 25 and 1
    assert (Seen.of(ranked).judged, Seen.of(ranked).support) == (None, 0.0)


def test_a_follow_up_is_judged_by_its_score_and_by_the_reader() -> None:
    found = replace(ranking((1, 0.7)), query=Query("When?", "Who?"))
    assert confidence(found) == confidence(replace(found, similarity=0.1))
    assert confidence(found) != confidence(replace(found, query=Query("When?")))
    read = [replace(found, spans=(replace(SPAN, judged=judged),)) for judged in (-4.0, 4.0)]
    assert confidence(read[0]) < confidence(read[1])


def test_a_surer_reader_makes_for_a_surer_short_answer() -> None:
    found = ranking((1, 0.7))
    unsure, surer = Span(0, 1, 0.0, -4.0, -3.0), Span(0, 1, 0.0, 6.0, -0.2)
    low, high = (calibrated.short_confidence(found, each) for each in (unsure, surer))
    assert 0 < low < high < 1


def test_a_question_without_a_word_that_can_be_read_has_no_answer() -> None:
    found = replace(ranking((1, 0.0)), shares=np.zeros(1, np.float32))
    assert confidence(found) == 0.0
    assert confidence(replace(found, query=Query("谁?", "Who?"))) == 0.0


def test_nothing_found_is_no_answer() -> None:
    assert confidence(Ranking(Query("Who?"))) == 0.0
