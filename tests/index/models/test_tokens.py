import numpy as np
import pytest

from index.models.tokens import Encoding, unit


def drawn(count: int, dimension: int) -> Encoding:
    random = np.random.default_rng(count)
    vectors = unit(random.standard_normal((count, dimension)).astype(np.float32))
    ids = random.integers(0, 250_000, count)
    return Encoding(ids, np.sort(random.integers(0, 100_000, count)), vectors)


@pytest.mark.parametrize(("count", "dimension"), [(1, 16), (40, 384), (0, 384)])
def test_an_encoding_comes_back_from_its_bytes_within_a_rounding_step(
    count: int, dimension: int
) -> None:
    encoding = drawn(count, dimension)
    packed = encoding.pack()
    assert len(packed) == count * (dimension + 10)
    back = Encoding.unpack(packed, dimension=dimension)
    assert back.token_ids.tolist() == encoding.token_ids.tolist()
    assert back.starts.tolist() == encoding.starts.tolist()
    assert back.vectors.dtype == np.float32
    assert back.vectors.shape == (count, dimension)
    # Half a step, and what the largest value loses in half precision.
    largest = np.abs(encoding.vectors).max(axis=1, initial=0)
    allowed = (largest * (0.5 / 127 + 2**-10))[:, None]
    assert (np.abs(back.vectors - encoding.vectors) <= allowed).all()


def test_a_vector_of_zeros_stays_so() -> None:
    zeros = Encoding(np.array([5]), np.array([0]), np.zeros((1, 8), np.float32))
    assert not Encoding.unpack(zeros.pack(), dimension=8).vectors.any()
