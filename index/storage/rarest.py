"""Which words of a question bring sentences in a large library: the rarest.

BM25 reads every sentence that holds any of the words, so a question with a common one in it reads
much of the library. The rarest words bring nearly all that it would rank first; the others help to
order what these bring.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate

IN_FULL = 10_000
"""Up to so many sentences, all that match are ranked."""

BUDGET = 2_500
"""Sentences that the rarest words may bring: a millisecond or two."""

COMMON = 10
"""A word in more than one of so many sentences says little."""


def telling(counts: Mapping[str, int], size: int) -> list[str]:
    """Give the words that are not too common among so many sentences, the rarest first."""
    return sorted(
        (word for word in counts if counts[word] <= size // COMMON),
        key=lambda word: (counts[word], word),
    )


def rarest(words: Sequence[str], counts: Mapping[str, int]) -> tuple[list[str], bool]:
    """Give the first of the words, which are to bring sentences, and whether all in one sentence.

    The latter is so where one word alone would bring too many.
    """
    reach = accumulate(counts[word] for word in words)
    rare = [word for word, total in zip(words, reach, strict=True) if total <= BUDGET]
    return (rare, False) if rare else (list(words[:2]), True)
