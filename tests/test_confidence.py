from itertools import pairwise

import pytest

from index import confidence as calibrated
from index.confidence import THRESHOLD, confidence

STEPS = [step / 10 for step in range(-10, 11)]


def test_confidence_is_the_logistic_of_the_weighted_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrated, "WEIGHTS", (4.0, -2.0, 2.0))
    monkeypatch.setattr(calibrated, "BIAS", -1.0)
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


def test_the_threshold_parts_the_best_match_from_none() -> None:
    assert confidence(0, 0) < THRESHOLD < confidence(1, 1)
