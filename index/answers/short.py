"""Whether the words that the reader found may stand as a short answer by themselves."""

import re
from dataclasses import replace

from index.models.reader import Span
from index.search.questions import LONG_ANSWERS, fits, kind_of
from index.search.retriever import Ranking
from index.text.frequencies import WORD

_WHOLE = re.compile(r"[^\s(\[{“\"„«|]+")  # what white space, quotes and brackets part
_TRAILING = re.compile(r"[.,;:!?…)\]}”\"»'’]+$")
_POINTING = re.compile(
    r"(?:he|she|it|they|him|her|them|this|that|these|those|one|ones|who|which|what|when|where|how"
    r"|why)\b|(?:his|her|its|their|our|my|your)\s",
    re.IGNORECASE,
)
_UNIT = re.compile(r"\s*(?:%|°\s?[CF]\b|[^\W\d_]+)")
_MAGNITUDE = re.compile(r"\s*(?:thousand|million|billion|trillion|k|m|bn?)\b", re.IGNORECASE)
_BARE = re.compile(r"[€$£]?\d[\d.,:/–-]*\d|[€$£]?\d")
_NO_UNIT = re.compile(
    r"\s*(?:and|or|but|in|on|at|of|for|from|to|by|with|as|than|is|are|was|were|be|ha[sd]|have|the"
    r"|an?|when|if|since|until|till|after|before|per|it|they|s?he|who|which|that|not|so|then)",
    re.IGNORECASE,
)


def short_span(ranking: Ranking) -> Span | None:
    """Return the span of whole words that answers, or None where none can.

    A question of yes or no, of a reason or of how something is done has no short answer, nor has a
    single word that asks nothing; a pronoun is none, nor are words that all stand in the question,
    nor words without a number where one is asked for.
    """
    span, best, kind = ranking.span, ranking.hits[0], kind_of(ranking.query.text)
    if span is None or kind in LONG_ANSWERS:
        return None
    start, end = span.start - best.start, span.end - best.start
    start, end = _with_unit(best.quote, *_whole_words(best.quote, start, end))
    words = best.quote[start:end]
    asked = {word.lower() for word in WORD.findall(ranking.query.whole)}
    said = {word.lower() for word in WORD.findall(words)}
    if not said or said <= asked or _POINTING.match(words):
        return None
    if kind == "number" and not fits(ranking.query.text, words):
        return None
    if kind == "other" and len(asked) == 1:
        return None
    return replace(span, start=best.start + start, end=best.start + end)


def _whole_words(quote: str, start: int, end: int) -> tuple[int, int]:
    """Widen a span to whole words, numbers and paths, without the punctuation around them."""
    for found in _WHOLE.finditer(quote):
        trailing = _TRAILING.search(found[0])
        last = found.end() - (len(trailing[0]) if trailing else 0)
        if found.start() < start < last:
            start = found.start()
        if found.start() < end < last:
            end = last
    return start, end


def _with_unit(quote: str, start: int, end: int) -> tuple[int, int]:
    """Take in the unit or noun behind a bare number; money has its unit before it."""
    if _BARE.fullmatch(quote[start:end]):
        unit = (_MAGNITUDE if quote[start] in "€$£" else _UNIT).match(quote, end)
        if unit and not _NO_UNIT.fullmatch(unit[0]):
            end = unit.end()
    return start, end
