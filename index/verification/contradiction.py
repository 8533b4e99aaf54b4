"""What in an English statement the words of its evidence rule out, whatever else they say.

Another number, a name that stands nowhere, a denial of what is said or the saying of what is
denied, the opposite of a word, and two names that have changed places.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

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
    """Say whether the evidence rules the statement out.

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
    """Say whether a number or month of the statement is not in the evidence; one may be a word."""
    if numbers(statement) - numbers(evidence) - {1.0}:
        return True
    months, shown = (
        {word.lower for word in words(text) if word.text[0].isupper() and word.lower in MONTHS}
        for text in (statement, evidence)
    )
    return bool(months - shown)


def lacking_names(statement: str, source: str) -> list[str]:
    """Give the words of the statement's names that name nothing in the source.

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
    """Say whether one of the two denies what the other says without a denial."""
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
    """Say whether a word of the statement has its opposite in the evidence, among like words."""
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
    """Say whether two words stand among like words and are negated alike."""
    if _is_negated(said, here) != _is_negated(shown, there):
        return False
    return bool(_neighbours(said, here) & _neighbours(shown, there))


def _neighbours(text: Sequence[Word], at: int) -> set[str]:
    before = [word.stem for word in text[:at] if word.is_content][-_NEAR:]
    return {*before, *[word.stem for word in text[at + 1 :] if word.is_content][:_NEAR]}


def _is_negated(text: Sequence[Word], at: int) -> bool:
    return any(denies(word.lower) for word in text[max(0, at - 3) : at])


def is_swapped(statement: str, evidence: str) -> bool:
    """Say whether two names stand in the other order, and neither text's verb is the passive.

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
    """Give the names of a text, each as the words that make it: "Duke of York" is one."""
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
    """Give the names of the evidence that share the most words with one of the statement."""
    shared = [
        sum(any(same_name(said[at].lower, shown[place].lower) for place in other) for at in name)
        for other in known
    ]
    most = max(shared, default=0)
    return [other for other, count in zip(known, shared, strict=True) if count == most > 0]


def _agrees(said: Sequence[Word], right: Name, shown: Sequence[Word], *places: Name) -> bool:
    """Say whether the evidence could have two names in the statement's order."""
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
