from itertools import pairwise

import pytest

from index import confidence as calibrated
from index.confidence import THRESHOLD, Logistic, confidence, short_confidence
from index.reader import Span

STEPS = [step / 10 for step in range(-10, 11)]


def test_confidence_is_the_logistic_of_the_weighted_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrated, "WITHOUT_READER", Logistic((4.0, -2.0, 2.0), -1.0))
    assert confidence(0.5, 0.25) == pytest.approx(0.8175745)  # 1 / (1 + exp(-1.5))
    assert confidence(0.25, 0.0) == 0.5
    assert confidence(0.75, 0.0) == pytest.approx(0.8175745)  # above 0.5 half as steep


@pytest.mark.parametrize("fixed", [-1.0, 0.0, 0.6, 1.0])
def test_confidence_is_a_probability_that_rises_with_either_score(fixed: float) -> None:
    for row in (
        [confidence(step, fixed) for step in STEPS],
        [confidence(fixed, step) for step in STEPS],
    ):
        assert all(0 < low < high < 1 for low, high in pairwise(row))


def test_a_surer_reader_makes_for_more_confidence() -> None:
    unsure, surer = Span(0, 1, -4.0, -3.0), Span(0, 1, 6.0, -0.2)
    assert 0 < confidence(0.6, 0.6, unsure.odds) < confidence(0.6, 0.6, surer.odds) < 1
    assert 0 < short_confidence(0.6, unsure) < short_confidence(0.6, surer) < 1


def test_the_threshold_parts_the_best_match_from_none() -> None:
    assert confidence(0, 0) < THRESHOLD < confidence(1, 1)
    assert confidence(0, 0, -9.0) < THRESHOLD < confidence(1, 1, 9.0)
