import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer

from index import Encoder, ModelError
from index.models.network import packaged_model
from index.models.tokens import Encoding, FloatArray
from tests.support.standin import StandIn

TEXTS = [
    "The compound was raided at night.",
    "Who?",
    "It cost $3.5 million, and nobody — not even the naïve Mr. Zürich — paid for it!",
    "👍🏽 Yes, “twice”.",
]


@pytest.fixture(scope="module")
def oracle() -> SentenceTransformer:
    return SentenceTransformer(str(packaged_model()), local_files_only=True)


def vocabulary(encoder: Encoder, words: list[str]) -> list[int]:
    return [int(encoder.encode([word])[0].token_ids[0]) for word in words]


def unit_rows(matrix: FloatArray) -> FloatArray:
    rows: FloatArray = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    return rows


def same(one: Encoding, other: Encoding) -> bool:
    return (
        np.array_equal(one.token_ids, other.token_ids)
        and np.array_equal(one.starts, other.starts)
        and np.allclose(one.vectors, other.vectors, rtol=0, atol=1e-5)
    )


def remade(folder: Path, change: Callable[[dict[str, torch.Tensor]], None]) -> str:
    """Copy the packaged model with other weights."""
    shutil.copytree(packaged_model(), folder, ignore=shutil.ignore_patterns("*.safetensors"))
    weights = load_file(packaged_model() / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return str(folder)


def test_the_packaged_weights_are_the_published_ones() -> None:
    weights = (packaged_model() / "model.safetensors").read_bytes()
    assert hashlib.sha256(weights).hexdigest() == (
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    )


def test_the_packaged_model_reads_254_word_pieces_and_gives_384_numbers(encoder: Encoder) -> None:
    assert (encoder.max_tokens, encoder.dimension) == (254, 384)


def test_vectors_are_what_sentence_transformers_gives_without_special_tokens(
    encoder: Encoder, oracle: SentenceTransformer
) -> None:
    expected = oracle.encode(TEXTS, output_value="token_embeddings", show_progress_bar=False)
    for encoding, states in zip(encoder.encode(TEXTS), expected, strict=True):
        assert encoding.vectors.dtype == np.float32
        unpacked = np.asarray(states)[1:-1]
        np.testing.assert_allclose(encoding.vectors, unit_rows(unpacked), rtol=0, atol=1e-5)


def test_word_pieces_are_the_same_without_running_the_model(encoder: Encoder) -> None:
    texts = [*TEXTS, "", " ".join(f"word{number}" for number in range(600))]
    for read, pieces in zip(encoder.encode(texts), encoder.tokenize(texts), strict=True):
        assert np.array_equal(read.token_ids, pieces.token_ids)
        assert np.array_equal(read.starts, pieces.starts)
        assert pieces.vectors.shape == (len(read.token_ids), 0)
    assert encoder.tokenize([]) == []


def test_starts_are_code_points_of_the_text_as_it_was_given(encoder: Encoder) -> None:
    text = "👍🏽 Café naïve —\r\n e\u0301tude, ÉTÉ"
    [encoding] = encoder.encode([text])
    # 👍🏽 is two code points; "e\u0301tude" falls into "et" and "##ude", "ÉTÉ" into "et" and "##e".
    assert encoding.starts.tolist() == [0, 3, 8, 14, 18, 21, 24, 26, 28]
    assert "".join(text[start] for start in encoding.starts) == "👍Cn—eu,ÉÉ"


def test_a_batch_gives_what_each_text_alone_gives_in_the_order_asked(encoder: Encoder) -> None:
    texts = [*TEXTS, "", "word " * 40, *reversed(TEXTS), "Nine.", "A tenth, and a batch is eight."]
    for text, encoding in zip(texts, encoder.encode(texts), strict=True):
        assert same(encoding, encoder.encode([text])[0])


def test_a_text_longer_than_the_capacity_is_read_whole_in_windows(
    encoder: Encoder, oracle: SentenceTransformer
) -> None:
    text = "the old house by the river had a red door and " * 60  # a token a word: 660
    whole = oracle.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    short, encoding = encoder.encode(["It is short.", text])
    assert encoding.token_ids.tolist() == whole
    assert len(whole) == len(encoding.vectors) == len(encoding.starts) == 660
    assert (np.diff(encoding.starts) > 0).all()
    for first, last in ((0, 254), (254, 508), (508, 660)):
        begin = int(encoding.starts[first])
        end = int(encoding.starts[last]) if last < 660 else len(text)
        [alone] = encoder.encode([text[begin:end]])
        window = encoding.vectors[first:last]
        np.testing.assert_allclose(window, alone.vectors, rtol=0, atol=1e-5)
        assert (alone.starts + begin).tolist() == encoding.starts[first:last].tolist()
    assert same(short, encoder.encode(["It is short."])[0])


def test_no_texts_and_texts_without_words_have_nothing(encoder: Encoder) -> None:
    assert encoder.encode([]) == []
    for encoding in encoder.encode(["", " \n\t"]):
        assert encoding.token_ids.shape == encoding.starts.shape == (0,)
        assert encoding.vectors.shape == (0, 384)


def test_pieces_are_counted_without_special_tokens_and_without_a_limit(encoder: Encoder) -> None:
    assert encoder.count_tokens([]) == []
    assert encoder.count_tokens(["", "One, two.", "e\u0301tude", "word " * 600]) == [0, 4, 2, 600]


def test_punctuation_and_special_tokens_are_punctuation_and_words_are_not(encoder: Encoder) -> None:
    assert encoder.punctuation[vocabulary(encoder, [",", "—", "?", "$", "[CLS]", "[SEP]"])].all()
    assert not encoder.punctuation[vocabulary(encoder, ["the", "7", "é", "ß"])].any()
    [etude] = encoder.encode(["etude"])  # "et" and "##ude"
    assert encoder.punctuation[etude.token_ids].tolist() == [False, False]


def test_a_word_outside_the_vocabulary_is_punctuation(encoder: Encoder) -> None:
    assert encoder.punctuation[vocabulary(encoder, ["👍"])].tolist() == [True]


class Counting(StandIn):
    """Counts how often it reads each text."""

    def __init__(self) -> None:
        super().__init__()
        self.read = Counter[str]()

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        self.read.update(texts)
        return super().encode(texts)


def test_what_was_read_lately_is_not_read_again() -> None:
    encoder = Counting()
    first = encoder.encode_cached(["the otter", "the heron", "the otter"])
    again = encoder.encode_cached(["the heron", "the fox"])
    assert encoder.read == {"the otter": 1, "the heron": 1, "the fox": 1}
    assert first[0] is first[2]
    assert again[0] is first[1]
    for text, encoding in zip(["the heron", "the fox"], again, strict=True):
        [anew] = encoder.encode([text])
        assert np.array_equal(encoding.vectors, anew.vectors)


def test_what_was_read_longest_ago_makes_way_and_what_is_too_large_is_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("index.models.encoder._KEPT_BYTES", 4 * 16 * 4)  # four pieces of 16 numbers
    encoder = Counting()
    for text in ("one two", "three four", "five six", "three four", "one two"):
        encoder.encode_cached([text])
    assert encoder.read == {"one two": 2, "three four": 1, "five six": 1}
    [long] = encoder.encode_cached(["one two three four five"])
    assert len(long.token_ids) == 5
    encoder.encode_cached(["one two three four five", "one two"])
    assert encoder.read["one two three four five"] == 2
    assert encoder.read["one two"] == 2


def test_two_threads_may_encode_at_once() -> None:
    shared = Encoder()  # not yet loaded
    jobs = [[f"{text} {number}" for text in TEXTS] for number in range(4)]
    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(shared.encode, jobs))
    for job, encodings in zip(jobs, results, strict=True):
        for text, encoding in zip(job, encodings, strict=True):
            assert same(encoding, shared.encode([text])[0])


def test_a_model_in_a_folder_reads_like_the_packaged_one(encoder: Encoder) -> None:
    other = Encoder(str(packaged_model()))
    assert other.fingerprint == encoder.fingerprint
    assert (other.name, other.max_tokens) == (str(packaged_model()), 254)
    assert all(map(same, other.encode(TEXTS), encoder.encode(TEXTS)))


def test_a_fingerprint_changes_with_a_single_weight(encoder: Encoder, tmp_path: Path) -> None:
    def change(weights: dict[str, torch.Tensor]) -> None:
        weights["embeddings.word_embeddings.weight"][5, 7] += 1e-3

    changed = Encoder(remade(tmp_path / "changed", change))
    assert changed.dimension == encoder.dimension
    assert changed.fingerprint != encoder.fingerprint
    assert changed.fingerprint == Encoder(changed.name).fingerprint


def test_a_model_kept_in_half_precision_has_a_fingerprint_too(
    encoder: Encoder, tmp_path: Path
) -> None:
    def change(weights: dict[str, torch.Tensor]) -> None:
        weights.update({name: weight.bfloat16() for name, weight in weights.items()})

    half = Encoder(remade(tmp_path / "half", change))
    assert half.fingerprint != encoder.fingerprint
    [near], [exact] = half.encode(TEXTS[:1]), encoder.encode(TEXTS[:1])
    assert near.vectors.dtype == np.float32
    np.testing.assert_allclose((near.vectors * exact.vectors).sum(axis=1), 1, atol=1e-3)


@pytest.mark.parametrize("name", ["no-such/model", "no such model", "~nobody-has-this/model", ""])
def test_an_unknown_model_is_refused_with_what_is_expected(name: str) -> None:
    with pytest.raises(ModelError) as refusal:
        Encoder(name).encode(["One."])
    assert str(refusal.value).startswith(
        f"no model {name!r}: expected 'all-MiniLM-L6-v2' (it comes with Footnote), the folder of"
    )
    assert not refusal.value.retryable


@pytest.mark.parametrize(
    "damaged", [{"model.safetensors": "cut short"}, {"modules.json": "{}"}, {"config.json": "{"}]
)
def test_a_damaged_model_is_refused(tmp_path: Path, damaged: dict[str, str]) -> None:
    folder = tmp_path / "model"
    shutil.copytree(packaged_model(), folder, copy_function=os.symlink)
    for name, content in damaged.items():
        (folder / name).unlink()
        (folder / name).write_text(content)
    with pytest.raises(ModelError, match="^no model "):
        _ = Encoder(str(folder)).dimension


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="^no model "):
        _ = Encoder(str(tmp_path)).dimension
