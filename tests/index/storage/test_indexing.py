from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from index.documents.document import Document
from index.models.encoder import Encoder
from index.models.tokens import Encoding, unit
from index.storage.indexing import Progress, Stage, encode_article, reusable_passages
from index.storage.records import EncodedArticle, ModelId
from index.storage.sqlite_store import SqliteStore
from index.storage.store import Store
from index.text.segmentation import same_paragraph, segment
from tests.support.standin import StandIn, drafted, piece_id, story

HARBOUR = """The harbour was dug in 1822 by hand. It silted up within forty years.

Two dredgers keep it open today. They were built in Orra. Each lifts ninety tonnes an hour.

The pier is older than the harbour. Fishermen mend their nets on it."""


class Listening(StandIn):
    """Keeps what it was given to encode, call by call."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[list[str]] = []

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        self.calls.append(list(texts))
        return super().encode(texts)


class Counting(Encoder):
    """The real encoder, which counts the texts that its model is run over."""

    def __init__(self) -> None:
        super().__init__()
        self.passes = 0

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        self.passes += len(texts)
        return super().encode(texts)


@pytest.fixture(scope="module")
def counting() -> Counting:
    return Counting()


@pytest.fixture
def store() -> Iterator[Store]:
    opened = SqliteStore(None, collection="default")
    yield opened
    opened.close()


def keep(store: Store, text: str, encoder: Encoder | None = None) -> None:
    encoder = encoder or StandIn()
    model = ModelId.of(encoder)
    store.add(drafted(text, source="there", encoder=encoder), model)


def redrafted(
    store: Store, text: str, encoder: Encoder, progress: Progress | None = None
) -> EncodedArticle:
    """Read the next version of what the store holds."""
    known = reusable_passages(store, "there")
    return encode_article(
        Document(text, "T", "there"), encoder=encoder, progress=progress, reusable=known
    )


def assert_same(one: EncodedArticle, other: EncodedArticle) -> None:
    assert one.source.text == other.source.text
    assert (one.sentences, one.passages) == (other.sentences, other.passages)
    assert np.allclose(one.vectors, other.vectors, rtol=0, atol=1e-5)
    for packed, anew in zip(one.encodings, other.encodings, strict=True):
        assert packed is not None
        assert anew is not None
        mine, theirs = (
            Encoding.unpack(each, dimension=one.vectors.shape[1]) for each in (packed, anew)
        )
        assert mine.token_ids.tolist() == theirs.token_ids.tolist()
        assert mine.starts.tolist() == theirs.starts.tolist()
        assert np.allclose(mine.vectors, theirs.vectors, rtol=0, atol=0.01)
    assert one.token_ids.tolist() == other.token_ids.tolist()
    assert one.token_counts.tolist() == other.token_counts.tolist()


def counts(text: str) -> dict[int, int]:
    made = drafted(text)
    return dict(zip(made.token_ids.tolist(), made.token_counts.tolist(), strict=True))


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
        assert sum(encoder.count_tokens([text[s.start : s.end] for s in run])) <= encoder.max_tokens


def test_passages_that_say_the_same_are_encoded_once() -> None:
    text, encoder = "\n\n".join(["The otter swims.", "The heron waits."] * 5), Listening()
    made = drafted(text, encoder=encoder)
    assert encoder.calls == [["The otter swims.", "The heron waits."]]
    assert np.array_equal(made.vectors[0], made.vectors[2])
    assert len(made.vectors) == 10


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
    assert (only.vectors.tolist(), only.token_ids.tolist()) == ([[0.0] * 16], [])


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
    told: list[tuple[Stage, int, int]] = []
    text = "\n\n".join(f"Number {number} swims." for number in range(130))
    encode_article(
        Document(text, "t", None),
        encoder=StandIn(),
        progress=lambda stage, done, of: told.append((stage, done, of)),
    )
    assert told == [("encoding", 64, 130), ("encoding", 128, 130), ("encoding", 130, 130)]


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


@pytest.mark.parametrize(
    ("before", "after", "passes"),
    [
        ("Each lifts ninety", "Each now lifts ninety", 1),
        ("on it.", "on it.\n\nNobody swims there.", 1),
        ("The harbour was", "Of the town.\n\nThe harbour was", 1),
        ("\n\nTwo dredgers", "\r\n \r\nTwo dredgers", 0),
        (HARBOUR.split("\n\n")[1] + "\n\n", "", 0),
        ("years.\n\nTwo", "years. Two", 1),
        ("e", "a", 3),
        ("", "", 0),
    ],
    ids=["reworded", "appended", "above", "spaced", "removed", "joined", "everything", "nothing"],
)
def test_only_the_passages_that_changed_are_encoded_again(
    store: Store, counting: Counting, before: str, after: str, passes: int
) -> None:
    keep(store, HARBOUR, counting)
    changed = HARBOUR.replace(before, after) if before else HARBOUR
    counting.passes = 0
    made = redrafted(store, changed, counting)
    assert counting.passes == passes
    assert_same(made, drafted(changed, source="there", encoder=counting))


def test_a_sentence_that_moves_to_another_passage_is_encoded_again(store: Store) -> None:
    sentences = [f"Mark number{number} fell into the deep river." for number in range(30)]
    keep(store, " ".join(sentences))
    changed = " ".join(["It began.", *sentences])
    encoder = Listening()
    made = redrafted(store, changed, encoder)
    assert_same(made, drafted(changed, source="there"))
    assert len([text for call in encoder.calls for text in call]) == len(made.passages) == 6


def test_the_same_words_with_other_sentence_ends_are_encoded_again(store: Store) -> None:
    """How wide a paragraph's lines are says whether a line end parts sentences."""
    heading, rest = "A heading\nand what it is about", "It goes on for a good while, to the end"
    keep(store, f"{heading}\n{rest}.\n\nOther.")
    changed = f"{heading}.\n{rest}.\n\nOther."
    made = redrafted(store, changed, StandIn())
    assert_same(made, drafted(changed, source="there"))


@pytest.mark.parametrize("seed", range(8))
def test_what_is_made_from_an_old_version_is_what_would_be_made_anew(
    store: Store, seed: int
) -> None:
    keep(store, story(seed, sentences=120))
    random = np.random.default_rng(seed)
    pieces = story(seed, sentences=120).split(" ")
    for at in random.integers(0, len(pieces), 6):
        pieces[at] = random.choice(["", "otter", "Yes. No.", "\n\n", pieces[at] * 2])
    changed = " ".join(pieces)
    encoder = Listening()
    made = redrafted(store, changed, encoder)
    assert_same(made, drafted(changed, source="there"))
    encoded = [text for call in encoder.calls for text in call]
    assert len(encoded) < len(made.passages) / 2


def test_progress_starts_at_what_is_known(store: Store) -> None:
    days = [f"Day {day} was cold." for day in range(200)]
    keep(store, "\n\n".join(days[:100]))
    told: list[tuple[Stage, int, int]] = []

    def tell(stage: Stage, done: int, of: int) -> None:
        told.append((stage, done, of))

    redrafted(store, "\n\n".join(days), StandIn(), progress=tell)
    assert told == [("encoding", 100, 200), ("encoding", 164, 200), ("encoding", 200, 200)]
    told.clear()
    redrafted(store, "\n\n".join(days[:100]), StandIn(), progress=tell)
    assert told == [("encoding", 100, 100)]


def test_nothing_is_known_of_another_source_or_shelf(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    one, two = SqliteStore(path, collection="one"), SqliteStore(path, collection="two")
    keep(one, HARBOUR)
    assert len(reusable_passages(one, "there")) == 3
    assert reusable_passages(one, "elsewhere") == reusable_passages(one, None) == {}
    assert reusable_passages(two, "there") == {}
    one.close()
    two.close()


def test_what_is_known_outlives_the_version_that_it_came_from(tmp_path: Path) -> None:
    """Another process removes the article between the reading and the writing."""
    path = tmp_path / "library.db"
    one, two = SqliteStore(path, collection="default"), SqliteStore(path, collection="default")
    keep(one, HARBOUR)
    made = redrafted(one, f"{HARBOUR} Gulls watch.", StandIn())
    two.remove(1)
    article = one.add(made, StandIn().model)
    assert (article.id, article.text) == (2, f"{HARBOUR} Gulls watch.")
    [rows] = two.rows(None)
    expected = drafted(f"{HARBOUR} Gulls watch.", source="there")
    assert np.array_equal(two.vectors(rows), expected.vectors)
    one.close()
    two.close()
