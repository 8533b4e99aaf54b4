"""How well the sentences that a statement cites support it.

First what the words alone rule out. What is left is weighed by a logistic
over what the encoder finds: each word of the statement looks for its best match in context among
those of the evidence. Its numbers are made by `python -m benchmarks.support`, which also checks
them on articles that they were not fitted on.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from index.answers.confidence import Logistic
from index.models.encoder import Encoder
from index.models.tokens import Encoding, FloatArray, IntArray, mean_of, unit
from index.verification.english import MONTHS, NEGATIONS
from index.verification.words import (
    SIDES,
    Word,
    denies,
    half_denies,
    is_contrary,
    numbers,
    same_name,
    words,
)

_NEAR = 4  # content words to either side
_PLACES = frozenset({"in", "at", "near", "on", "during", "under", "within", "across", "throughout"})
_DETERMINERS = frozenset(
    {"a", "an", "the", "his", "her", "its", "their", "this", "that", "these", "those"}
)
_LINKS = frozenset({"of", "de", "la", "du", "le", "des", "the"})
_AGENT = frozenset({"by", "hands"})
_INSIDE_ALONE = frozenset("-'’ ")

Name = tuple[int, ...]
"""Which words of a text make a name, 0-based."""


def contradicts(statement: str, evidence: str, around: str = "") -> bool:
    """Return whether the evidence rules the statement out.

    `around` is what else may name the people and places: the sentence before, the question.
    """
    said, shown = words(statement), words(evidence)
    return (
        lacks_number(statement, evidence)
        or bool(lacking_names(statement, f"{evidence} {around}"))
        or is_denied(said, shown)
        or is_opposed(said, shown)
        or is_swapped(statement, evidence)
    )


def lacks_number(statement: str, evidence: str) -> bool:
    """Return whether a number or month of the statement is missing in the evidence."""
    if numbers(statement) - numbers(evidence) - {1.0}:
        return True
    months, shown = (
        {word.lower for word in words(text) if word.text[0].isupper() and word.lower in MONTHS}
        for text in (statement, evidence)
    )
    return bool(months - shown)


def lacking_names(statement: str, source: str) -> list[str]:
    """Return the words of the statement's names that name nothing in the source.

    A sentence's first word counts only where another capital follows it: any word has one there.
    """
    said, known = words(statement), {word.lower for word in words(source)}
    lacking = []
    for at, word in enumerate(said):
        following = said[at + 1 : at + 2]
        paired = any(each.is_capital and each.start == word.end + 1 for each in following)
        opens = statement[: word.start].rstrip()[-1:] in '.!?:"“'  # as the empty text does
        named = word.is_capital and (paired or not opens)
        if named and not any(same_name(word.lower, other) for other in known):
            lacking.append(word.text)
    return lacking


def is_denied(said: Sequence[Word], shown: Sequence[Word]) -> bool:
    """Return whether one of the two denies what the other says without a denial."""
    if any(said[at].lower in NEGATIONS or "n't" in said[at].lower for at in _denials(said)):
        return not any(half_denies(word.lower) for word in shown)
    if any(half_denies(word.lower) for word in said):
        return False
    stems = {word.stem for word in said if word.is_content}
    following = (
        [word for word in shown[at + 1 :] if word.is_content][:2] for at in _denials(shown)
    )
    return any(word.stem in stems for pair in following for word in pair)


def _denials(text: Sequence[Word]) -> Iterator[int]:
    """Where something is denied; not the No that answers, nor "not until" and "not only"."""
    for at, word in enumerate(text):
        following = text[at + 1].lower if at + 1 < len(text) else ""
        answers = at == 0 and word.lower == "no"
        if denies(word.lower) and not answers and following not in {"only", "until"}:
            yield at


def is_opposed(said: Sequence[Word], shown: Sequence[Word]) -> bool:
    """Return whether a word of the statement has its opposite in the evidence, among like words."""
    stems, known = {word.stem for word in said}, {word.stem for word in shown}
    for side, other in SIDES:
        if side & stems and other & known and not side & known and not other & stems:
            ours = (at for at, word in enumerate(said) if word.stem in side)
            theirs = [at for at, word in enumerate(shown) if word.stem in other]
            if any(_meet(said, here, shown, there) for here in ours for there in theirs):
                return True
    return any(
        is_contrary(word.lower, other.lower)
        and word.stem not in known
        and other.stem not in stems
        and _is_negated(said, here) == _is_negated(shown, there)
        for here, word in enumerate(said)
        for there, other in enumerate(shown)
    )


def _meet(said: Sequence[Word], here: int, shown: Sequence[Word], there: int) -> bool:
    """Return whether two words stand among like words and are negated alike."""
    if _is_negated(said, here) != _is_negated(shown, there):
        return False
    return bool(_neighbours(said, here) & _neighbours(shown, there))


def _neighbours(text: Sequence[Word], at: int) -> set[str]:
    before = [word.stem for word in text[:at] if word.is_content][-_NEAR:]
    return {*before, *[word.stem for word in text[at + 1 :] if word.is_content][:_NEAR]}


def _is_negated(text: Sequence[Word], at: int) -> bool:
    return any(denies(word.lower) for word in text[max(0, at - 3) : at])


def is_swapped(statement: str, evidence: str) -> bool:
    """Return whether two names stand in the other order, and neither text's verb is the passive.

    Names of places, and two that are listed together, may stand in any order.
    """
    said, shown = words(statement), words(evidence)
    known = names(evidence, shown)
    matched = [(name, _same(said, name, shown, known)) for name in names(statement, said)]
    for (left, lefts), (right, rights) in combinations(matched, 2):
        if _is_place(said, left) or _is_place(said, right) or _listed(said, left, right):
            continue
        pairs = [(here, there) for here in lefts for there in rights if here != there]
        if pairs and not any(_agrees(said, right, shown, *pair) for pair in pairs):
            return True
    return False


def names(text: str, found: Sequence[Word]) -> list[Name]:
    """Return the names of a text, each as the words that make it: "Duke of York" is one."""
    made: list[list[int]] = []
    for at, word in enumerate(found):
        if not word.is_capital:
            continue
        gap = found[made[-1][-1] + 1 : at] if made else ()
        between = text[found[made[-1][-1]].end : word.start] if made else ";"
        linked = all(each.lower in _LINKS for each in gap)
        plain = all(each.isalpha() or each in _INSIDE_ALONE for each in between)
        if linked and plain and len(gap) <= 2:
            made[-1].append(at)
        else:
            made.append([at])
    return [tuple(name) for name in made]


def _same(
    said: Sequence[Word], name: Name, shown: Sequence[Word], known: Sequence[Name]
) -> list[Name]:
    """Return the names of the evidence that share the most words with one of the statement."""
    shared = [
        sum(any(same_name(said[at].lower, shown[place].lower) for place in other) for at in name)
        for other in known
    ]
    most = max(shared, default=0)
    return [other for other, count in zip(known, shared, strict=True) if count == most > 0]


def _agrees(said: Sequence[Word], right: Name, shown: Sequence[Word], *places: Name) -> bool:
    """Return whether the evidence could have two names in the statement's order."""
    if _listed(shown, *sorted(places)):
        return True
    in_order = places[0] < places[1]
    return in_order == (_is_agent(said, right) == _is_agent(shown, max(places)))


def _is_agent(text: Sequence[Word], name: Name) -> bool:
    return any(word.lower in _AGENT for word in text[max(0, name[0] - 4) : name[0]])


def _is_place(text: Sequence[Word], name: Name) -> bool:
    before = [word.lower for word in text[: name[0]] if word.lower not in _DETERMINERS]
    return bool(before) and before[-1] in _PLACES


def _listed(text: Sequence[Word], left: Name, right: Name) -> bool:
    between = [word.lower for word in text[left[-1] + 1 : right[0]]]
    return not between or (len(between) <= 2 and not {"and", "or"}.isdisjoint(between))


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
        """Return which word of the evidence says what one of the statement's says, if one does."""
        nearness = np.where(self.literal[at], 1.0, self.cosines[at])
        if nearness.max() < _MATCH:
            return None
        return int((nearness + 0.3 * self.cosines[at]).argmax())  # the likest of equals


class Judge:
    """Weighs statements against the sentences that they cite. Safe to share between threads."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def support(self, statement: str, evidence: Sequence[Evidence], question: str = "") -> float:
        """Return the probability in [0, 1] that the evidence says what the statement says.

        It is 0 where the evidence rules the statement out, or where either has no words.
        `question` is what the statement answers: it may name whom the statement is about.
        """
        measured = self.measure(statement, evidence, question)
        return 0.0 if measured is None else SUPPORTED.probability(measured)

    def measure(
        self, statement: str, evidence: Sequence[Evidence], question: str = ""
    ) -> tuple[float, ...] | None:
        """Return what the logistic weighs, or None where the evidence rules the statement out."""
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
            float(mean_of(ours) @ mean_of(theirs)),
            _misplaced(match),
            float(bool(lacking_names(statement, shown))),
        )


def _match(said: list[Word], ours: Encoding, shown: list[Word], theirs: Encoding) -> _Match:
    cosines = _vectors(said, ours) @ _vectors(shown, theirs).T
    literal = [[_is_same(word, other) for other in shown] for word in said]
    return _Match(said, shown, cosines, np.array(literal))


def _vectors(found: Sequence[Word], encoding: Encoding) -> FloatArray:
    """(words, dimension): the mean of each word's tokens, of unit length; 0 where it has none."""
    inside = [(encoding.starts >= word.start) & (encoding.starts < word.end) for word in found]
    return unit(np.array([encoding.vectors[each].sum(axis=0) for each in inside]))


def _worst_half(nearness: FloatArray) -> float:
    """Return the mean of the least near half of a statement's words, of those in one stretch.

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
    """Return whether the words beside a number stand beside another number in the evidence."""
    return any(
        len(votes) > 1 and sum(vote > 0 for vote in votes) > _MOST * len(votes)
        for votes in _votes(match, _NEXT, {_NUMBER})
    )


def _misplaced(match: _Match) -> float:
    """Return the share in [0, 1) of the words beside names and numbers that stand beside others."""
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
    """Return where the evidence has other words of one's kind, but not of one's own name."""
    kind = _kind(match.said[at])
    others = [place for place, word in enumerate(match.shown) if _kind(word) == kind]
    return np.array([each for each in others if not (np.abs(own - each) <= 1).any()], np.int64)


def _kind(word: Word) -> str:
    if word.value is not None and word.lower != "one" and word.is_content:
        return _NUMBER
    return _NAME if word.is_capital else ""
