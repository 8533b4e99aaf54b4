"""The benchmark of the load, in short."""

from benchmarks.load import measure
from benchmarks.squad import Case, Question
from tests.support.loopback_world import DEADLINE

TEXT = """The ship Aurora sank near Iceland in 1911. Her captain drowned with 11 sailors.

The ship Borealis sank near Norway in 1920. Her captain swam to the shore."""
ASKED = ("When did the ship Aurora sink?", "Where did the ship Borealis sink?", "Who drowned?")


def test_a_burst_is_acknowledged_in_time_and_answered_or_told_to_try_again() -> None:
    case = Case("Ships", TEXT, tuple(Question(text, (0,), ()) for text in ASKED))
    load = measure(case, at_once=200, in_a_row=40)
    assert max(load.delays) < DEADLINE
    assert (load.answered + load.busy, load.lost) == (200, 0)
    assert load.answered >= 1
    assert load.in_a_row_answered == 40
    assert load.latest < 3  # seconds, of the 41 that Discord has between two heartbeats
