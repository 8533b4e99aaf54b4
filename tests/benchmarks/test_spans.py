import pytest

from benchmarks.spans import exact, overlap

CASES = [
    ("The tear-gas!", ["tear gas", "teargas"], True, 1.0),
    ("25 fighters", ["25"], False, 2 / 3),
    ("on Sunday", ["Sunday", "last Sunday evening"], False, 2 / 3),
    ("a the an", ["the"], True, 1.0),
    ("nobody", ["somebody else"], False, 0.0),
    ("", ["x"], False, 0.0),
    ("to be or to be", ["to be"], False, 4 / 7),
]


@pytest.mark.parametrize(("given", "golds", "same", "shared"), CASES)
def test_answers_are_compared_as_squad_does(
    given: str, golds: list[str], same: bool, shared: float
) -> None:
    assert exact(given, golds) is same
    assert overlap(given, golds) == pytest.approx(shared)
