"""A citation of an older version of an article: where its words stand now, or that they are gone.

Nothing but the citation is left of that version, so its words and its place tell all.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Literal

from index.text.article import Article, Sentence
from index.text.citation import Citation

State = Literal["unchanged", "moved", "changed", "gone", "removed"]

_ALIKE = 0.5
"""With more of their words in common, in the same order, one sentence passes for another reworded.

Of sentences taken out of eight articles of SQuAD none passed for one that was left; with a tenth of
their words replaced 0.977 are still found, with a quarter 0.885 (`python -m benchmarks.revision`).
"""


@dataclass(frozen=True, slots=True)
class Located:
    """What became of a citation.

    state:    "unchanged" (it stands where it stood, to the character), "moved" (the same words at
              another place, or with other white space between them), "changed" (reworded), "gone",
              or "removed" (the article is no longer on the shelf)
    citation: the place now, under the same number; None where it is gone or removed
    """

    state: State
    citation: Citation | None


def locate(citation: Citation, article: Article, *, whole: Citation | None = None) -> Located:
    """Find in an article what was cited from an older version of it.

    Of several places with the same words it is the nearest to the old one, and "changed" is the
    sentence with most words in common. `whole` cites the sentence that the words of `citation`
    stand in: then they are sought in that sentence alone. At another place `url` and `page` are
    None.
    """
    if whole is not None:
        return _within(citation, article, locate(whole, article), whole)
    text, words = article.text, _pattern(citation.quote)
    as_cited = text[citation.start : citation.end] == citation.quote
    if as_cited and words.match(text, citation.start):
        return Located("unchanged", replace(citation, sentence=_number_at(article, citation.start)))
    same = _nearest(citation, article, [found.span() for found in words.finditer(text)])
    if same is not None:
        return Located("moved", _placed(citation, article, *same))
    alike = _most_alike(citation, article)
    if alike is not None:
        return Located("changed", _placed(citation, article, alike.start, alike.end))
    return Located("gone", None)


def _within(words: Citation, article: Article, found: Located, whole: Citation) -> Located:
    """Find a sentence's words where the sentence is now, near where they stood in it."""
    sentence = found.citation
    if sentence is None:
        return found
    if found.state == "unchanged":
        return Located("unchanged", replace(words, sentence=sentence.sentence))
    expected = sentence.start + words.start - whole.start
    places = _pattern(words.quote).finditer(article.text, sentence.start, sentence.end)
    spans = [place.span() for place in places]
    if not spans:
        return Located("gone", None)
    start, end = min(spans, key=lambda span: abs(span[0] - expected))
    return Located(found.state, _placed(words, article, start, end))


def _placed(citation: Citation, article: Article, start: int, end: int) -> Citation:
    return replace(
        citation,
        sentence=_number_at(article, start),
        start=start,
        end=end,
        quote=article.text[start:end],
        url=None,
        page=None,
    )


def _number_at(article: Article, position: int) -> int:
    return bisect_right(article.sentences, position, key=lambda sentence: sentence.start)


def _pattern(quote: str) -> re.Pattern[str]:
    """Give what matches the words of a quote, whatever white space parts them.

    They are whole words alone, no "art" in "party"; a quote without words stands nowhere.
    """
    words = quote.split()
    if not words:
        return re.compile(r"(?!)")
    before = r"(?<!\w)" if words[0][0].isalnum() else ""
    after = r"(?!\w)" if words[-1][-1].isalnum() else ""
    return re.compile(before + r"\s+".join(map(re.escape, words)) + after)


def _nearest(
    citation: Citation, article: Article, places: Sequence[tuple[int, int]]
) -> tuple[int, int] | None:
    def distance(place: tuple[int, int]) -> tuple[int, int]:
        sentences = abs(_number_at(article, place[0]) - citation.sentence)
        return sentences, abs(place[0] - citation.start)

    return min(places, key=distance, default=None)


def _most_alike(citation: Citation, article: Article) -> Sentence | None:
    """Give the sentence with most words in common; of equals, the nearest to the old place."""
    matcher = SequenceMatcher(None, "", _words(citation.quote), autojunk=False)
    bounds = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)  # ever closer, dearer
    best, highest = None, _ALIKE
    by_distance = sorted(article.sentences, key=lambda each: abs(each.number - citation.sentence))
    for sentence in by_distance:
        words = _words(article.text[sentence.start : sentence.end])
        matcher.set_seq1(words)
        if words and all(bound() > highest for bound in bounds):
            best, highest = sentence, matcher.ratio()
    return best


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
