from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers.util import maxsim

from index import Encoder
from index.models.tokens import Encoding, FloatArray, TokenBlock, unit
from index.search.maxsim import ABOVE, AROUND, BEFORE, in_context, matches, rarity
from index.text.segmentation import Sentence

EAST, NORTH, WEST = (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)
NORTH_EAST = (0.6, 0.8)

Vectors = Sequence[Sequence[float]]


def rows(vectors: Vectors) -> FloatArray:
    return np.array(vectors, np.float32).reshape(len(vectors), -1)


def block(*sentences: Vectors) -> TokenBlock:
    """A passage, given each sentence's vectors."""
    owners = [owner for owner, sentence in enumerate(sentences) for _ in sentence]
    vectors = np.array([vector for sentence in sentences for vector in sentence], np.float32)
    pieces = np.arange(len(owners))
    return TokenBlock(pieces, vectors.reshape(-1, 2), np.array(owners, np.int64), len(sentences))


def score(
    question: FloatArray,
    weights: FloatArray,
    blocks: Sequence[TokenBlock],
    above: Mapping[int, Sequence[int]] = MappingProxyType({}),
) -> FloatArray:
    """The weighted mean of each sentence's matches in context."""
    if not weights.sum():
        return np.zeros(sum(block.count for block in blocks), np.float32)
    found: FloatArray = in_context(matches(question, blocks), blocks, above) @ weights
    found /= weights.sum()
    return found


def scores(question: Vectors, weights: Sequence[float], *blocks: TokenBlock) -> list[float]:
    found = score(rows(question), np.array(weights, np.float32), blocks)
    assert found.dtype == np.float32
    return [float(value) for value in found]


def test_a_block_parts_word_pieces_by_where_they_start() -> None:
    sentences = [Sentence(4, 100, 105), Sentence(5, 106, 110), Sentence(6, 110, 112)]
    starts = np.array([0, 3, 6, 8, 10])  # the passage starts at the first sentence
    encoding = Encoding(np.array([7, 8, 9, 7, 5]), starts, np.eye(5, dtype=np.float32))
    made = TokenBlock.of(encoding, sentences)
    assert made.owners.tolist() == [0, 0, 1, 1, 2]
    assert made.token_ids.tolist() == [7, 8, 9, 7, 5]
    assert made.vectors is encoding.vectors
    assert made.count == 3


def test_a_block_counts_sentences_that_hold_no_piece() -> None:
    sentences = [Sentence(number, 3 * number, 3 * number + 2) for number in (1, 2, 3, 4)]
    made = TokenBlock.of(Encoding(np.array([1]), np.array([3]), rows([EAST])), sentences)
    assert (made.owners.tolist(), made.count) == ([1], 4)


def test_a_sentence_vector_is_the_mean_of_its_pieces_at_unit_length() -> None:
    made = block([EAST, EAST, NORTH], [], [NORTH], [EAST, WEST]).sentence_vectors()
    assert made.dtype == np.float32
    expected = [(2 / 5**0.5, 1 / 5**0.5), (0, 0), NORTH, (0, 0)]
    np.testing.assert_allclose(made, expected, atol=1e-6)


def test_a_block_without_pieces_has_sentence_vectors_of_zeros() -> None:
    assert block([], []).sentence_vectors().tolist() == [[0, 0], [0, 0]]


def test_rows_are_scaled_to_unit_length_and_zeros_stay() -> None:
    np.testing.assert_allclose(unit(rows([(3, 4), (0, 0), (0, -2)])), [(0.6, 0.8), (0, 0), (0, -1)])


def test_rarity_is_the_logarithm_of_how_many_sentences_there_are_to_one_that_has_it() -> None:
    weights = rarity(np.array([0, 1, 4]), 4)
    assert weights.dtype == np.float32
    # log(1 + 4 / 0.5), log(1 + 4 / 1.5), log(1 + 4 / 4.5)
    np.testing.assert_allclose(weights, [2.1972246, 1.2992830, 0.6359888], rtol=1e-6)


def test_a_sentence_alone_scores_the_weighted_mean_of_the_best_cosines() -> None:
    [found] = scores([EAST, NORTH], [1, 3], block([NORTH_EAST, WEST]))
    assert found == pytest.approx((1 * 0.6 + 3 * 0.8) / 4)


def test_a_match_before_and_a_match_elsewhere_in_the_passage_count_in_part() -> None:
    assert (BEFORE, AROUND) == (0.7, 0.5)
    found = scores([EAST, NORTH], [1, 3], block([EAST], [NORTH], [NORTH_EAST]))
    assert found == pytest.approx(
        [
            (1 * 1.0 + 3 * 0.5) / 4,  # its own; elsewhere
            (1 * 0.7 + 3 * 1.0) / 4,  # before; its own
            (1 * 0.6 + 3 * 0.8) / 4,  # its own, better than elsewhere; its own, better than before
        ]
    )


def test_a_sentence_without_pieces_scores_by_its_neighbours() -> None:
    found = scores([EAST, NORTH], [1, 1], block([], [EAST], [], [NORTH_EAST]))
    assert found == pytest.approx(
        [(0.5 + 0.4) / 2, (1.0 + 0.4) / 2, (0.7 + 0.4) / 2, (0.6 + 0.8) / 2]
    )


def test_neighbours_do_not_count_across_passages() -> None:
    first, second, third = block([EAST], [NORTH]), block([NORTH]), block([NORTH], [NORTH])
    found = scores([EAST], [2], first, second, third)
    assert found == pytest.approx([1, 0.7, 0, 0, 0])
    assert scores([EAST], [2], third, second, first) == pytest.approx([0, 0, 0, 1, 0.7])


def test_a_passage_without_pieces_scores_below_all_others() -> None:
    found = scores([EAST], [1], block([NORTH]), block([], []), block([EAST]))
    assert found[0] == 0
    assert found[1] == found[2] < 0
    assert found[3] == 1


def test_a_question_piece_without_weight_does_not_count() -> None:
    assert scores([EAST, NORTH], [0, 2], block([EAST], [NORTH])) == pytest.approx([0.5, 1])


def test_a_question_without_weight_or_pieces_scores_nothing_anywhere() -> None:
    blocks = block([EAST], []), block([NORTH])
    assert scores([EAST, NORTH], [0, 0], *blocks) == [0, 0, 0]
    empty = np.empty((0, 2), np.float32)
    assert score(empty, np.empty(0, np.float32), blocks).tolist() == [0, 0, 0]


def slowly(question: Vectors, weights: Sequence[float], sentences: list[Vectors]) -> list[float]:
    """Score one passage with plain loops."""

    def best(piece: Sequence[float], sentence: Vectors) -> float:
        products = [sum(a * b for a, b in zip(piece, other, strict=True)) for other in sentence]
        return max(products, default=-1)

    totals = []
    for place in range(len(sentences)):
        total = 0.0
        for piece, weight in zip(question, weights, strict=True):
            matches = [best(piece, sentence) for sentence in sentences]
            counted = [matches[place], 0.5 * max(matches)]
            if place > 0:
                counted.append(0.7 * matches[place - 1])
            total += weight * max(counted)
        totals.append(total / sum(weights))
    return totals


@settings(deadline=None, max_examples=100)
@given(st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=5), min_size=1, max_size=4))
def test_scores_are_those_of_plain_loops(shapes: list[list[int]]) -> None:
    random = np.random.default_rng([number for shape in shapes for number in shape])

    def some(count: int) -> Vectors:
        drawn: Vectors = unit(random.normal(size=(count, 2)).astype(np.float32)).tolist()
        return drawn

    question, weights = some(3), [0.5, 0.0, 2.5]
    passages = [[some(count) for count in shape] for shape in shapes]
    expected = [value for passage in passages for value in slowly(question, weights, passage)]
    found = scores(question, weights, *(block(*passage) for passage in passages))
    assert found == pytest.approx(expected, abs=1e-6)


def test_sentences_alone_score_what_sentence_transformers_maxsim_gives(encoder: Encoder) -> None:
    texts = ["The raid began at night.", "Nobody was hurt in the city.", "It rained, and we left."]
    [question] = encoder.encode(["When did the raid begin?"])
    encodings = encoder.encode(texts)
    blocks = [
        TokenBlock.of(one, [Sentence(1, 5, 5 + len(text))])
        for one, text in zip(encodings, texts, strict=True)
    ]
    found = score(question.vectors, np.ones(len(question.token_ids), np.float32), blocks)
    documents = [encoding.vectors for encoding in encodings]
    expected = maxsim([question.vectors], documents, length_normalize=True)[0]
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-6)
    assert found.argmax() == 0


def test_a_match_in_what_a_sentence_stands_under_counts_in_part() -> None:
    assert ABOVE == 0.85
    blocks = block([EAST], [NORTH]), block([NORTH], [NORTH_EAST]), block([EAST])
    own = matches(rows([EAST]), blocks)
    assert own[:, 0] == pytest.approx([1, 0, 0, 0.6, 1])
    found = in_context(own, blocks, {2: [0], 3: [1, 4]})
    assert found[:, 0] == pytest.approx([1, 0.7, 0.85, 0.85, 1])


def test_the_best_of_all_that_a_sentence_stands_under_counts() -> None:
    blocks = block([NORTH]), block([NORTH_EAST]), block([EAST]), block([WEST])
    own = matches(rows([EAST, NORTH]), blocks)
    [_, _, _, last] = in_context(own, blocks, {3: [0, 1, 2]})
    assert last == pytest.approx([0.85 * 1, 0.85 * 1])
    [_, _, _, last] = in_context(own, blocks, {3: [1]})
    assert last == pytest.approx([0.85 * 0.6, 0.85 * 0.8])


def test_what_a_sentence_stands_under_takes_nothing_from_its_own_matches() -> None:
    blocks = block([EAST]), block([NORTH_EAST, EAST])
    own = matches(rows([EAST, NORTH]), blocks)
    [_, found] = in_context(own, blocks, {1: [0]})
    assert found == pytest.approx([1, 0.8])
    [_, alone] = in_context(own, blocks)
    assert found == pytest.approx(alone)


def test_scores_weigh_matches_in_context() -> None:
    blocks = block([EAST]), block([NORTH])
    weights = np.array([1, 3], np.float32)
    found = score(rows([EAST, NORTH]), weights, blocks, {1: [0]})
    assert found == pytest.approx([1 / 4, (0.85 * 1 + 3 * 1) / 4])
