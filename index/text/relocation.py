"""A citation of an older version of an article: where its words stand now, or that they are gone.

Nothing but the citation is left of that version, so its words and its place tell all.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Literal

from index.text.article import Article
from index.text.citation import Citation
from index.text.segmentation import Sentence

State = Literal["unchanged", "moved", "changed", "gone", "removed"]

_ALIKE = 0.5
"""With more of their words in common, in the same order, one sentence passes for another reworded.

Of sentences taken out of eight articles of SQuAD none passed for one that was left; with a tenth of
their words replaced 0.977 are still found, with a quarter 0.885 (`python -m benchmarks.revision`).
"""


@dataclass(frozen=True, slots=True)
class Relocation:
    """What became of a citation.

    state:    "unchanged" (it stands where it stood, to the character), "moved" (the same words at
              another place, or with other white space between them), "changed" (reworded), "gone",
              or "removed" (the article is no longer in the collection)
    citation: the place now, under the same number; None where it is gone or removed
    """

    state: State
    citation: Citation | None


def relocate(citation: Citation, article: Article, *, within: Citation | None = None) -> Relocation:
    """Find in an article what was cited from an older version of it.

    Of several places with the same words it is the nearest to the old one, and "changed" is the
    sentence with most words in common. `within` cites the sentence that the words of `citation`
    stand in: then they are sought in that sentence alone. At another place `url` and `page` are
    None.
    """
    if within is not None:
        return _within(citation, article, relocate(within, article), within)
    text = article.text
    as_cited = text[citation.start : citation.end] == citation.quote
    if as_cited and _pattern(citation.quote).match(text, citation.start):
        number = _number_at(article, citation.start)
        return Relocation("unchanged", replace(citation, sentence=number))
    found = find_quote(citation.quote, article, sentence=citation.sentence, start=citation.start)
    if found.citation is None:
        return found
    return replace(found, citation=replace(found.citation, number=citation.number))


def find_quote(
    quote: str, article: Article, *, sentence: int, start: int | None = None
) -> Relocation:
    """Find in an article what a sentence of it said, of which no more than its number is known.

    `start` is where it began, if that is known; the citation that is found has the number 1.
    """
    places = [found.span() for found in _pattern(quote).finditer(article.text)]
    if start is None:
        known = article.sentences[: max(sentence, 1)]
        start = known[-1].start if known else 0
    same = min(
        places,
        key=lambda at: (abs(_number_at(article, at[0]) - sentence), abs(at[0] - start)),
        default=None,
    )
    if same is not None:
        return Relocation("moved", _citation(article, *same))
    alike = _most_alike(quote, article, sentence)
    if alike is not None:
        return Relocation("changed", _citation(article, alike.start, alike.end))
    return Relocation("gone", None)


def _within(words: Citation, article: Article, found: Relocation, then: Citation) -> Relocation:
    """Find a sentence's words where the sentence is now, near where they stood in it then."""
    now = found.citation
    if now is None:
        return found
    if found.state == "unchanged":
        return Relocation("unchanged", replace(words, sentence=now.sentence))
    expected = now.start + words.start - then.start
    places = _pattern(words.quote).finditer(article.text, now.start, now.end)
    spans = [place.span() for place in places]
    if not spans:
        return Relocation("gone", None)
    start, end = min(spans, key=lambda span: abs(span[0] - expected))
    placed = replace(_citation(article, start, end), number=words.number)
    return Relocation(found.state, placed)


def _citation(article: Article, start: int, end: int) -> Citation:
    return Citation(
        article_id=article.id,
        sentence=_number_at(article, start),
        start=start,
        end=end,
        quote=article.text[start:end],
        title=article.title,
        number=1,
    )


def _number_at(article: Article, position: int) -> int:
    return bisect_right(article.sentences, position, key=lambda sentence: sentence.start)


def _pattern(quote: str) -> re.Pattern[str]:
    """Return what matches the words of a quote, whatever white space parts them.

    They are whole words alone, no "art" in "party"; a quote without words stands nowhere.
    """
    words = quote.split()
    if not words:
        return re.compile(r"(?!)")
    before = r"(?<!\w)" if words[0][0].isalnum() else ""
    after = r"(?!\w)" if words[-1][-1].isalnum() else ""
    return re.compile(before + r"\s+".join(map(re.escape, words)) + after)


def _most_alike(quote: str, article: Article, number: int) -> Sentence | None:
    """Return the sentence with most words in common; of equals, the nearest to a number."""
    matcher = SequenceMatcher(None, "", _words(quote), autojunk=False)
    bounds = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)  # ever closer, dearer
    best, highest = None, _ALIKE
    for sentence in sorted(article.sentences, key=lambda each: abs(each.number - number)):
        words = _words(article.text[sentence.start : sentence.end])
        matcher.set_seq1(words)
        if words and all(bound() > highest for bound in bounds):
            best, highest = sentence, matcher.ratio()
    return best


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
