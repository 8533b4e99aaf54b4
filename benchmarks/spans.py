"""How near a short answer comes to the gold ones: exact match and F1, as SQuAD counts them.

The official evaluation lowers the case, drops punctuation and articles, and compares words.
"""

import re
import string
from collections import Counter
from collections.abc import Sequence

_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalised(text: str) -> list[str]:
    """Give the words that count."""
    bare = text.lower().translate(_PUNCTUATION)
    return re.sub(r"\b(a|an|the)\b", " ", bare).split()


def exact(given: str, golds: Sequence[str]) -> bool:
    """Whether an answer is one of the gold ones."""
    return any(normalised(given) == normalised(gold) for gold in golds)


def overlap(given: str, golds: Sequence[str]) -> float:
    """F1 over words against the nearest gold answer."""
    return max(_overlap(normalised(given), normalised(gold)) for gold in golds)


def _overlap(given: list[str], gold: list[str]) -> float:
    if not given or not gold:
        return float(given == gold)
    shared = (Counter(given) & Counter(gold)).total()
    return 2 * shared / (len(given) + len(gold))
