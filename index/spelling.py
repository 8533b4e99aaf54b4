"""Misspelt words of a question -> the words that they stand for, of the articles if possible.

Distances are of optimal string alignment: a letter too many, too few, another, or two exchanged.
"""

import re
from collections.abc import Callable, Collection

from rapidfuzz import process
from rapidfuzz.distance import OSA

from index.frequencies import english

_SHORTEST = 4  # code points: shorter words have too many neighbours
_LONG = 8  # from here on a word may hold two mistakes
_COMMON = 4.0  # Zipf: outside of the articles only common words are meant
_WORD = re.compile(r"[^\W\d_]{4,}")


def correct(question: str, vocabulary: Callable[[], Collection[str]]) -> str:
    """Return a question with its misspelt words corrected.

    A word is misspelt that is neither a common English word nor one of the articles', which
    `vocabulary` returns in lower case; it is called only where a word is not common. A word
    without a near one stays as it is.
    """
    uncommon = {word for word in map(str.lower, _WORD.findall(question)) if word not in english()}
    if not uncommon:
        return question
    known = set(vocabulary())
    corrections = {word: _nearest(word, known) for word in uncommon - known}
    return _WORD.sub(lambda found: corrections.get(found[0].lower()) or found[0], question)


def _nearest(word: str, vocabulary: Collection[str]) -> str | None:
    most = 2 if len(word) >= _LONG else 1
    near = [each for each in vocabulary if len(each) >= _SHORTEST and each[0] == word[0]]
    found = process.extractOne(word, near, scorer=OSA.distance, score_cutoff=most)
    if found is None:
        common = [each for each, zipf in english().items() if zipf >= _COMMON and each.isalpha()]
        found = process.extractOne(word, common, scorer=OSA.distance, score_cutoff=1)
    return found[0] if found else None
