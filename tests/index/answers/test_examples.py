import random

from training.examples import Example, Examples
from training.qamr import Question, Text

SENTENCES = {
    "d:0:0": Text("d", "The ship left Oslo .", (), None),
    "d:0:1": Text("d", "It carried wool .", (), "d:0:0"),
    "d:0:2": Text("d", "The ship returned to Bergen with salt .", (), "d:0:1"),
    "e:0:0": Text("e", "A ship carried nothing .", (), None),
}
WOOL = Question("d:0:1", "What did the ship carry?", ((11, 15), (3, 15)))


def drawn(*, unanswered: float, count: int = 200) -> list[Example]:
    examples = Examples(SENTENCES, [WOOL], unanswered=unanswered)
    generator = random.Random(5)
    return [example for _ in range(count) for example in examples.draw(generator)]


def test_a_sentence_is_read_alone_and_behind_the_one_before_it() -> None:
    places = {(example.window, example.first) for example in drawn(unanswered=0)}
    assert places == {("It carried wool .", 0), ("The ship left Oslo . It carried wool .", 21)}


def test_the_answers_stand_in_the_window_wherever_its_sentence_begins() -> None:
    for example in drawn(unanswered=0):
        marked = [example.window[start:end] for start, end in example.spans]
        assert marked == ["wool", "carried wool"]
        assert all(start >= example.first for start, _ in example.spans)


def test_what_does_not_answer_is_of_the_same_document_and_has_no_answer() -> None:
    in_vain = [example for example in drawn(unanswered=1) if not example.spans]
    assert len(in_vain) == 200
    assert {example.window[example.first :] for example in in_vain} == {
        "The ship left Oslo .",
        "The ship returned to Bergen with salt .",
    }


def test_a_sentence_that_holds_the_answer_all_the_same_is_not_taken_for_vain() -> None:
    said_twice = SENTENCES | {
        "d:0:0": Text("d", "Wool left Oslo .", (), None),
        "d:0:2": Text("d", "The wool was sold .", (), "d:0:1"),
    }
    assert len(Examples(said_twice, [WOOL], unanswered=1).draw(random.Random(1))) == 1


def test_near_misses_are_the_ones_that_share_rare_words() -> None:
    bergen = Question("d:0:1", "What did the ship bring to Bergen?", ((11, 15),))
    examples = Examples(SENTENCES, [bergen], unanswered=1)
    generator = random.Random(5)
    drawn = [examples.draw(generator)[-1] for _ in range(1_000)]
    sentences = [example.window[example.first :] for example in drawn]
    # Half of them for being near, and half of the others by chance.
    assert 700 < sentences.count("The ship returned to Bergen with salt .") < 800


def test_the_same_seed_draws_the_same_examples() -> None:
    examples = Examples(SENTENCES, [WOOL] * 50, unanswered=0.5)
    assert examples.draw(random.Random(3)) == examples.draw(random.Random(3))
    assert examples.draw(random.Random(3)) != examples.draw(random.Random(4))
