"""Misspelt words of a question -> the words that they stand for, of the articles if possible.

Distances are of optimal string alignment: a letter too many, too few, another, or two exchanged.
"""

import re
from collections.abc import Callable, Collection

from rapidfuzz import process
from rapidfuzz.distance import OSA

from index.text.frequencies import english

_SHORTEST = 4  # code points: shorter words have too many neighbours
_SHORTEST_NAME = 6  # names are often near to others: Lund, Lind
_LONG = 8  # from here on a word may hold two mistakes
_COMMON = 4.0  # Zipf: outside of the articles only common words are meant
_WORD = re.compile(r"[^\W\d_]{4,}")


def correct(question: str, vocabulary: Callable[[], Collection[str]]) -> str:
    """Return a question with its misspelt words corrected.

    A word is misspelt that is neither a common English word nor one of the articles', which
    `vocabulary` returns in lower case; it is called only where a word is not common. A word
    without a near one stays as it is, and so does a name, unless it is one of the articles'.
    """
    words = [found for found in _WORD.finditer(question) if found[0].lower() not in english()]
    if not words:
        return question
    known = set(vocabulary())
    corrected = question
    for found in reversed(words):
        word = found[0].lower()
        named = found[0][0].isupper() and found.start() > 0 and not question.isupper()
        if word in known or (named and len(word) < _SHORTEST_NAME):
            continue
        near = _nearest(word, known, common=not named)
        if near is not None:
            corrected = corrected[: found.start()] + near + corrected[found.end() :]
    return corrected


def _nearest(word: str, vocabulary: Collection[str], *, common: bool) -> str | None:
    most = 2 if len(word) >= _LONG else 1
    near = [each for each in vocabulary if len(each) >= _SHORTEST and each[0] == word[0]]
    found = process.extractOne(word, near, scorer=OSA.distance, score_cutoff=most)
    if found is None and common:
        words = [each for each, zipf in english().items() if zipf >= _COMMON and each.isalpha()]
        found = process.extractOne(word, words, scorer=OSA.distance, score_cutoff=1)
    return found[0] if found else None
