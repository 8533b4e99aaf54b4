"""How well the sentences that a statement cites support it.

First what the words alone rule out. What is left is weighed by a logistic
over what the encoder finds: each word of the statement looks for its best match in context among
those of the evidence. Its numbers are made by `python -m benchmarks.support`, which also checks
them on articles that they were not fitted on.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.answers.confidence import Logistic
from index.models.encoder import Encoder, Encoding, FloatArray, IntArray, unit
from index.verification.contradiction import contradicts, lacking_names
from index.verification.words import Word, same_name, words

SUPPORTED = Logistic((4.76, 2.17, -1.58, -1.73), -4.09)

BAR = 0.65
"""Below it a statement is dropped: 1% of the false ones pass, and fewer than half of the true."""

_MATCH = 0.6  # cosine: below it two words are not taken for the same
_REACH = 3  # content words to either side
_NEXT = 2
_MOST = 0.8  # of the votes: one of three or four may differ
_NUMBER, _NAME = "number", "name"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A cited sentence, and the one before it in its paragraph, which may name who "he" is."""

    text: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class _Match:
    """A statement's words beside those of its evidence.

    cosines: (said, shown) how near each is to each, in context
    literal: (said, shown) true where two are forms of one word, number or name
    """

    said: Sequence[Word]
    shown: Sequence[Word]
    cosines: FloatArray
    literal: npt.NDArray[np.bool_]

    def place(self, at: int) -> int | None:
        """Give which word of the evidence says what one of the statement's says, if one does."""
        nearness = np.where(self.literal[at], 1.0, self.cosines[at])
        if nearness.max() < _MATCH:
            return None
        return int((nearness + 0.3 * self.cosines[at]).argmax())  # the likest of equals


class Judge:
    """Weighs statements against the sentences that they cite. Safe to share between threads."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def support(self, statement: str, evidence: Sequence[Evidence], question: str = "") -> float:
        """Give the probability in [0, 1] that the evidence says what the statement says.

        It is 0 where the evidence rules the statement out, or where either has no words.
        `question` is what the statement answers: it may name whom the statement is about.
        """
        measured = self.measure(statement, evidence, question)
        return 0.0 if measured is None else SUPPORTED.probability(measured)

    def measure(
        self, statement: str, evidence: Sequence[Evidence], question: str = ""
    ) -> tuple[float, ...] | None:
        """Give what the logistic weighs, or None where the evidence rules the statement out."""
        shown = " ".join(each.text for each in evidence)
        around = " ".join([*(each.before for each in evidence), question])
        said = words(statement)
        if not any(word.is_content for word in said) or not words(shown):
            return None
        if contradicts(statement, shown, around):
            return None
        ours, theirs = self._encoder.encode([statement, shown])
        match = _match(said, ours, words(shown), theirs)
        if _is_misdated(match):
            return None
        return (
            _worst_half(match.cosines.max(axis=1)),
            float(_mean(ours) @ _mean(theirs)),
            _misplaced(match),
            float(bool(lacking_names(statement, shown))),
        )


def _match(said: list[Word], ours: Encoding, shown: list[Word], theirs: Encoding) -> _Match:
    cosines = _vectors(said, ours) @ _vectors(shown, theirs).T
    literal = [[_is_same(word, other) for other in shown] for word in said]
    return _Match(said, shown, cosines, np.array(literal))


def _vectors(found: Sequence[Word], encoding: Encoding) -> FloatArray:
    """(words, dimension): the mean of each word's pieces, of unit length; 0 where it has none."""
    pieces = [(encoding.starts >= word.start) & (encoding.starts < word.end) for word in found]
    return unit(np.array([encoding.vectors[inside].sum(axis=0) for inside in pieces]))


def _mean(encoding: Encoding) -> FloatArray:
    return unit(encoding.vectors.mean(axis=0))


def _worst_half(nearness: FloatArray) -> float:
    """Give the mean of the least near half of a statement's words, of those in one stretch.

    What was invented stands together: "because", and what follows it.
    """
    length = (len(nearness) + 1) // 2
    sums = np.convolve(nearness, np.ones(length, np.float32), mode="valid")
    return float(sums.min() / length)


def _is_same(word: Word, other: Word) -> bool:
    if word.value is not None:
        return word.value == other.value
    if word.is_capital and other.is_capital and same_name(word.lower, other.lower):
        return True
    return word.stem == other.stem


def _is_misdated(match: _Match) -> bool:
    """Say whether the words beside a number stand beside another number in the evidence."""
    return any(
        len(votes) > 1 and sum(vote > 0 for vote in votes) > _MOST * len(votes)
        for votes in _votes(match, _NEXT, {_NUMBER})
    )


def _misplaced(match: _Match) -> float:
    """Give the share in [0, 1) of the words beside names and numbers that stand beside others."""
    votes = [vote for each in _votes(match, _REACH, {_NUMBER, _NAME}) for vote in each]
    return sum(vote for vote in votes if vote > 0) / (1 + sum(map(abs, votes)))


def _votes(match: _Match, reach: int, kinds: AbstractSet[str]) -> Iterator[list[float]]:
    """Ask the words beside each name or number whether they are beside it in the evidence too.

    A vote weighs more from nearer by, and is positive where another name or number is nearer.
    """
    content = [at for at, word in enumerate(match.said) if word.is_content]
    for place, at in enumerate(content):
        own = np.flatnonzero(match.literal[at])
        rivals = _rivals(match, at, own) if _kind(match.said[at]) in kinds else own[:0]
        if not len(own) or not len(rivals):
            continue
        votes = []
        for neighbour in content[max(0, place - reach) : place + reach + 1]:
            found = match.place(neighbour)
            if _kind(match.said[neighbour]) not in kinds and found is not None:
                wrong = np.abs(rivals - found).min() < np.abs(own - found).min()
                votes.append((1.0 if wrong else -1.0) / abs(neighbour - at) ** 0.5)
        yield votes


def _rivals(match: _Match, at: int, own: IntArray) -> IntArray:
    """Give where the evidence has other words of one's kind, but not of one's own name."""
    kind = _kind(match.said[at])
    others = [place for place, word in enumerate(match.shown) if _kind(word) == kind]
    return np.array([each for each in others if not (np.abs(own - each) <= 1).any()], np.int64)


def _kind(word: Word) -> str:
    if word.value is not None and word.lower != "one" and word.is_content:
        return _NUMBER
    return _NAME if word.is_capital else ""
