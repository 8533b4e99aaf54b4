import numpy as np
import pytest

from index import Encoder
from index.search.maxsim import word_weights
from index.text.words import english, zipf


def weights(encoder: Encoder, question: str, *, held: int = 1, sentences: int = 10) -> list[float]:
    """What each word of a question weighs if each piece stands in `held` of the sentences."""
    [encoding] = encoder.encode([question])
    frequencies = np.full(len(encoder.punctuation), held, np.int64)
    found = word_weights(question, encoding, frequencies, sentences, encoder.punctuation)
    assert found.dtype == np.float32
    starts = [question.index(word) for word in question.split()]
    owners = np.searchsorted(starts, encoding.starts, side="right") - 1
    return [float(found[owners == at].sum()) for at in range(len(starts))]


def test_the_table_goes_from_the_commonest_words_to_three_in_a_million() -> None:
    table = english()
    assert len(table) == 15_035
    assert table["the"] == max(table.values()) == 7.7
    assert min(table.values()) == 3.5
    assert all(word == word.lower() for word in table)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("what", 6.4),
        ("WHAT", 6.4),
        ("comet", 3.6),
        ("don't", english()["don't"]),
        ("don’t", english()["don't"]),
        ("Carrow", 2.8),
        ("2004", 3.0),
        ("e9", 3.0),
    ],
)
def test_zipf_values_are_those_of_the_table_or_of_what_no_table_holds(
    word: str, value: float
) -> None:
    assert zipf(word) == value


def test_the_possessive_of_an_unknown_name_is_unknown_as_well() -> None:
    assert zipf("Carrow's") == zipf("Carrow’s") == zipf("Carrow")


@pytest.mark.parametrize("word", ["2004", "comet", "Carrow"])
@pytest.mark.parametrize("asked", ["what", "why", "can", "my", "happened", "how"])
def test_question_words_never_outweigh_what_is_asked_about(
    encoder: Encoder, word: str, asked: str
) -> None:
    """Even where no sentence holds the question word, and all hold the other."""
    first, _ = weights(encoder, f"{asked} {word}", held=0)
    _, second = weights(encoder, f"{asked} {word}", held=10, sentences=1_000)
    assert first < second


def test_of_a_word_in_many_sentences_its_rarity_there_is_what_counts(encoder: Encoder) -> None:
    [rare] = weights(encoder, "comet", held=1, sentences=100)
    [common] = weights(encoder, "comet", held=60, sentences=100)
    assert common == pytest.approx(float(np.log1p(100 / 60.5)))
    assert rare == pytest.approx(float(np.log1p(100 / 1.5)))


def test_a_word_in_several_pieces_weighs_little_more_than_one(encoder: Encoder) -> None:
    [encoding] = encoder.encode(["lumerite"])
    pieces = len(encoding.token_ids)
    assert pieces > 1
    [whole] = weights(encoder, "lumerite", held=1, sentences=10)
    one = float(np.log1p(10 / 1.5))
    assert whole == pytest.approx(one * pieces**0.4)
    assert one < whole < one * pieces


def test_what_has_no_letter_or_digit_weighs_nothing(encoder: Encoder) -> None:
    assert weights(encoder, "? !") == [0, 0]
    [_, mark] = weights(encoder, "comet ?")
    assert mark == 0


def test_a_word_with_an_apostrophe_is_one_word(encoder: Encoder) -> None:
    """Its "s" alone would be as rare as a name."""
    common, rare = weights(encoder, "what's Carrow's", held=0)
    assert common < rare
