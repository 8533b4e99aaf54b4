"""Words that say little on their own."""

from functools import cache
from importlib.resources import files


@cache
def function_words() -> frozenset[str]:
    """Return articles, pronouns, prepositions and their like, in lower case."""
    return frozenset((files("index.text") / "stopwords.txt").read_text(encoding="utf-8").split())
