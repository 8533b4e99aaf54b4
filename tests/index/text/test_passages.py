from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from index.text.segmentation import Sentence, pack, passage_text, segment

CAPACITY = 8


def build(paragraphs: list[list[int]]) -> tuple[str, list[Sentence], list[int], list[int]]:
    """Give a text, its sentences, their lengths and the paragraph that each stands in."""
    text, sentences, lengths, homes = "", list[Sentence](), list[int](), list[int]()
    for home, paragraph in enumerate(paragraphs):
        for place, length in enumerate(paragraph):
            text += "" if not text else " " if place else "\n\n"
            sentences.append(Sentence(len(sentences) + 1, len(text), len(text) + 3))
            text += "It."
            lengths.append(length)
            homes.append(home)
    return text, sentences, lengths, homes


def packed(*paragraphs: list[int]) -> list[tuple[int, int]]:
    text, sentences, lengths, _ = build(list(paragraphs))
    return pack(text, sentences, lengths, max_tokens=CAPACITY)


def test_a_passage_is_a_paragraph_where_that_fits() -> None:
    assert packed([3, 3], [4, 4], [8]) == [(1, 2), (3, 4), (5, 5)]


def test_a_paragraph_that_does_not_fit_is_parted_before_the_sentence_too_many() -> None:
    assert packed([4, 4, 1], [3, 3, 3, 5]) == [(1, 2), (3, 3), (4, 5), (6, 7)]


def test_a_sentence_longer_than_the_capacity_is_a_passage_of_its_own() -> None:
    assert packed([1, 9, 1, 1]) == [(1, 1), (2, 2), (3, 4)]


def test_a_sentence_without_word_pieces_joins_its_neighbours() -> None:
    assert packed([8, 0, 0], [0, 8, 1]) == [(1, 3), (4, 5), (6, 6)]


def test_a_text_without_sentences_has_no_passages() -> None:
    assert pack("", (), [], max_tokens=CAPACITY) == []


@given(st.lists(st.lists(st.integers(0, 10), min_size=1, max_size=9), max_size=6))
def test_passages_cover_every_sentence_once_and_are_as_long_as_they_may(
    paragraphs: list[list[int]],
) -> None:
    text, sentences, lengths, homes = build(paragraphs)
    runs = pack(text, sentences, lengths, max_tokens=CAPACITY)
    numbers = [number for first, last in runs for number in range(first, last + 1)]
    assert numbers == [sentence.number for sentence in sentences]
    for first, last in runs:
        assert len(set(homes[first - 1 : last])) == 1
        assert first == last or sum(lengths[first - 1 : last]) <= CAPACITY
    for (first, last), (following, _) in pairwise(runs):
        fits = sum(lengths[first - 1 : following]) <= CAPACITY
        assert not fits or homes[last - 1] != homes[following - 1]


def test_the_text_of_a_passage_keeps_the_white_space_between_its_sentences() -> None:
    text = " It began.  It went on.\nIt ended. \n\n Then nothing. "
    sentences = segment(text)
    assert passage_text(text, sentences, 1, 3) == "It began.  It went on.\nIt ended."
    assert passage_text(text, sentences, 2, 2) == "It went on."
    assert passage_text(text, sentences, 4, 4) == "Then nothing."
