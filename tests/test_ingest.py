from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from index.article import same_paragraph, segment
from index.encoder import Encoder, Encoding
from index.ingest import draft
from index.maxsim import unit
from index.sources import Source
from tests.standin import StandIn, drafted, piece_id, story


class Listening(StandIn):
    """Keeps what it was given to encode, call by call."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[list[str]] = []

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        self.calls.append(list(texts))
        return super().encode(texts)


def counts(text: str) -> dict[int, int]:
    made = drafted(text)
    return dict(zip(made.piece_ids.tolist(), made.piece_counts.tolist(), strict=True))


def test_a_draft_holds_what_it_was_made_of() -> None:
    made = drafted("The otter swims. The heron waits.", title="River", source="/river.txt")
    assert (made.source.title, made.source.source) == ("River", "/river.txt")
    assert made.source.text == "The otter swims. The heron waits."
    assert [(s.number, s.start, s.end) for s in made.sentences] == [(1, 0, 16), (2, 17, 33)]
    assert made.passages == ((1, 2),)


@pytest.mark.parametrize("seed", range(5))
def test_passages_cover_all_sentences_once_within_paragraphs_and_capacity(seed: int) -> None:
    text, encoder = story(seed, sentences=60), StandIn()
    made = drafted(text)
    assert made.sentences == segment(text)
    numbers = [n for first, last in made.passages for n in range(first, last + 1)]
    assert numbers == list(range(1, 61))
    for first, last in made.passages:
        run = made.sentences[first - 1 : last]
        assert all(same_paragraph(text, a, b) for a, b in pairwise(run))
        assert sum(encoder.count_pieces([text[s.start : s.end] for s in run])) <= encoder.capacity


def test_each_passage_is_encoded_once_and_whole() -> None:
    text, encoder = story(3, sentences=90), Listening()
    made = drafted(text, encoder=encoder)
    given = [passage for call in encoder.calls for passage in call]
    assert given == [
        text[made.sentences[first - 1].start : made.sentences[last - 1].end]
        for first, last in made.passages
    ]


def test_a_sentence_is_kept_as_the_mean_of_its_words() -> None:
    text, encoder = story(4, sentences=30), StandIn()
    made = drafted(text)
    expected = [encoder.mean(text[s.start : s.end]) for s in made.sentences]
    assert made.vectors.dtype == np.float32
    assert made.vectors.shape == (30, 16)
    assert np.allclose(made.vectors, expected, atol=1e-6)
    assert np.allclose(np.linalg.norm(made.vectors, axis=1), 1, atol=1e-6)


def test_a_sentence_without_a_word_piece_is_kept_as_zeros() -> None:
    made = drafted("The otter swims.\n\n👍🏽\n\nThe heron waits.")
    assert len(made.sentences) == 3
    assert made.vectors[1].tolist() == [0.0] * 16
    assert np.allclose(np.linalg.norm(made.vectors, axis=1), [1, 0, 1], atol=1e-6)
    only = drafted("👍🏽")
    assert (only.vectors.tolist(), only.piece_ids.tolist()) == ([[0.0] * 16], [])


def test_a_piece_counts_once_in_each_sentence_that_holds_it() -> None:
    found = counts("Otters chase otters. An otter, a heron.\n\nOTTERS swim, dive, swim.")
    expected = {"otters": 2, "otter": 1, "chase": 1, "heron": 1, "swim": 1, "dive": 1, ",": 2}
    assert {word: found[piece_id(word)] for word in expected} == expected
    assert found[piece_id(".")] == 3
    assert len(found) == len({*expected, "an", "a", "."})


def test_pieces_are_counted_over_all_passages() -> None:
    text = "\n\n".join(f"The otter number{number} swims." for number in range(200))
    found = counts(text)
    assert found[piece_id("otter")] == 200
    assert found[piece_id("number7")] == 1


def test_progress_is_told_after_each_chunk_of_passages() -> None:
    told: list[tuple[int, int]] = []
    text = "\n\n".join(f"Number {number} swims." for number in range(130))
    draft(
        Source(text, "t", None),
        encoder=StandIn(),
        progress=lambda done, of: told.append((done, of)),
    )
    assert told == [(64, 130), (128, 130), (130, 130)]


def test_a_sentence_longer_than_the_capacity_is_a_passage_of_its_own() -> None:
    long = "The otter " + "and the heron " * 30 + "swim."
    made = drafted(f"A mill turns. {long} A road ends.")
    assert made.passages == ((1, 1), (2, 2), (3, 3))
    assert np.allclose(made.vectors[1], StandIn().mean(long), atol=1e-6)


def test_the_real_model_reads_a_sentence_in_its_passage(encoder: Encoder) -> None:
    text = "The otter swims. It is cold.\n\nThe heron waits."
    made = drafted(text, encoder=encoder)
    assert made.passages == ((1, 2), (3, 3))
    assert made.vectors.shape == (3, encoder.dimension) == (3, 384)
    together, alone = encoder.encode(["The otter swims. It is cold.", "The heron waits."])
    second = together.starts >= 17
    expected = [
        together.vectors[~second].mean(axis=0),
        together.vectors[second].mean(axis=0),
        alone.vectors.mean(axis=0),
    ]
    assert np.allclose(made.vectors, unit(np.array(expected)), atol=1e-5)
