"""An article is a text and the places of its sentences.

All offsets are code points of `Article.text`, half-open. Sentences do not overlap, stand in
reading order, and what lies between them is white space alone, so nothing is ever lost.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from index.text.endings import masked, stops
from index.text.marks import Marks

LONGEST_SENTENCE = 1_000
"""Code points: what segmentation lets a sentence hold. No reader checks a longer citation."""

_LONGEST_READ = 5_000  # nupunkt takes quadratic time on a long run of full stops

_LEAST_LISTED = 3  # line breaks that may tell a list
_NARROWEST = 40  # code points of a line

# Never half of a CRLF: its two halves would pass for a blank line.
_BREAK = r"(?:\r\n|\r(?!\n)|[\n\x85\u2028])"
_PARAGRAPH_BREAK = re.compile(rf"{_BREAK}\s*?{_BREAK}\s*|[\f\u2029]\s*")
_LINE_BREAK = re.compile(r"\r\n|[\n\r\v\x1c-\x1e\x85\u2028]")
LIST_MARKER = re.compile(r"(?:[-*+•‣◦–—]|\(?(?:\d{1,3}[.)]|[a-zA-Z]\)))\s+\S")
_HEADING = re.compile(r"#{1,6}\s+\S")
# A row of a table that is set with spaces or tabs, or the rule below its header.
_COLUMNS = re.compile(r"\S(?: {3,}|\t)\s*\S.*\S(?: {3,}|\t)\s*\S|^[-=_+|]{4,}$")
_OTHER_STOP = re.compile(r"[。｡！？؟۔।॥]+[”’」』）)\]»]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CLAUSE_END = re.compile(r"[;:,.!?…。、;؛،।)\]]\s+|\s+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """The place of one sentence: its 1-based number and ``text[start:end]``."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleInfo:
    """What there is to say of an article without reading its text.

    `size` is that of its text in bytes of UTF-8; the other fields are the article's.
    """

    id: int
    title: str
    source: str | None
    author: str | None
    published: str | None
    added: datetime
    sentence_count: int
    size: int


@dataclass(frozen=True, slots=True)
class Article:
    """A text in a collection, with where it came from and its sentences.

    `id` stays the same while the source stands on its shelf, and is never given to another
    article. `sha256` is that of the text in UTF-8; `added` is in UTC. `author`, `published` (an ISO
    date, or its year or month alone), `pages` (where each begins, in code points) and `marks`
    (which kind of block begins where; None where the format does not tell, or an older Footnote
    added it) are what the document told of itself. `notice` says what may be missing, of an article
    that was just added; it is not kept.
    """

    id: int
    title: str
    text: str = field(repr=False)
    source: str | None
    sha256: str
    added: datetime
    author: str | None = None
    published: str | None = None
    pages: tuple[int, ...] = field(default=(), repr=False)
    marks: Marks | None = field(default=None, repr=False, compare=False)
    sentences: tuple[Sentence, ...] = field(default=(), repr=False, compare=False)
    notice: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if not self.sentences:
            object.__setattr__(self, "sentences", segment(self.text))

    @property
    def info(self) -> ArticleInfo:
        """The article without its text."""
        return ArticleInfo(
            id=self.id,
            title=self.title,
            source=self.source,
            author=self.author,
            published=self.published,
            added=self.added,
            sentence_count=len(self.sentences),
            size=len(self.text.encode()),
        )

    def page_of(self, offset: int) -> int | None:
        """Give the page, from 1, that the character at `offset` stands on; None without pages."""
        return bisect_right(self.pages, offset) or None


def segment(text: str) -> tuple[Sentence, ...]:
    """Find the sentences of a text.

    A paragraph ends at a blank line, and no sentence crosses it; nor does one cross into a list
    item or out of a heading. A sentence of more than `LONGEST_SENTENCE` code points is divided,
    after a clause where it has one. Any text is accepted; one of white space alone has no
    sentences.
    """
    seen = masked(text)
    spans = (
        part
        for block in _blocks(text)
        for sentence in _sentences(text, seen, *_trim(text, *block))
        for clause in _divide_unspaced(text, *sentence)
        for part in _divide(text, *clause)
    )
    return tuple(Sentence(number, *span) for number, span in enumerate(spans, start=1))


def lone_surrogate(text: str) -> int | None:
    """Give where the first half of a character stands, which UTF-8 cannot keep, if one does."""
    found = _SURROGATE.search(text)
    return None if found is None else found.start()


def paragraph_around(text: str, position: int) -> tuple[int, int]:
    """Give the [start, end) of the paragraph that holds `position`, white space trimmed."""
    for start, end in _paragraphs(text):
        if position < end:
            return _trim(text, start, end)
    raise ValueError(f"position {position} lies outside a text of {len(text)} code points")


def same_paragraph(text: str, left: Sentence, right: Sentence) -> bool:
    """Say whether no blank line parts two neighbouring sentences."""
    return not _PARAGRAPH_BREAK.search(text, left.end, right.start)


def sentence_before(article: Article, number: int) -> Sentence | None:
    """Give the sentence before one, or None where that is the first of its paragraph."""
    if number == 1:
        return None
    before, sentence = article.sentences[number - 2 : number]
    return before if same_paragraph(article.text, before, sentence) else None


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for found in _PARAGRAPH_BREAK.finditer(text):
        yield start, found.start()
        start = found.end()
    yield start, len(text)


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Divide paragraphs at the line breaks that no sentence crosses."""
    for start, end in _paragraphs(text):
        lines = list(_lines(text, start, end))
        words = [text[begin:stop].strip() for begin, stop in lines]
        width = max(map(len, words))
        meant = [_is_meant(line, below, width) for line, below in pairwise(words)]
        listed = len(meant) >= _LEAST_LISTED and 2 * sum(meant) >= len(meant)
        block = start
        for number, ((_, stop), (following, _)) in enumerate(pairwise(lines)):
            if meant[number] or _is_new(words[number], words[number + 1], width, listed=listed):
                yield block, stop
                block = following
        yield block, end


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for found in _LINE_BREAK.finditer(text, start, end):
        yield start, found.start()
        start = found.end()
    yield start, end


def _is_meant(line: str, following: str, width: int) -> bool:
    """Say whether a line break was made by a writer, not by wrapping at `width` code points.

    A wrapped line ends because the next word did not fit. A line that ends sooner is a heading,
    a caption or an item, unless the sentence visibly goes on.
    """
    if LIST_MARKER.match(following) or _HEADING.match(line) or _HEADING.match(following):
        return True
    if _COLUMNS.search(line) or _COLUMNS.search(following):
        return True
    if not line or not following or following[0].islower() or line[-1] in ",;-–—(":
        return False
    return len(line) + 1 + len(following.split(maxsplit=1)[0]) < width


def _is_new(line: str, following: str, width: int, *, listed: bool) -> bool:
    """Say whether a line begins anew behind one that is full.

    In a list most lines end early, and its longest ones are no wrapped ones either; and nobody
    wraps text narrower than `_NARROWEST`.
    """
    if not line or not following or following[0].islower() or line[-1] in ",;-–—(":
        return False
    return listed or (width < _NARROWEST and line[-1] in ".!?")


def _sentences(text: str, seen: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    # Loading nupunkt's tables takes longer than the command line's --help may.
    import nupunkt

    while start < end:
        limit = min(end, start + _LONGEST_READ)
        spans = [(start + a, start + b) for a, b in nupunkt.sent_spans(seen[start:limit])]
        if limit < end and len(spans) > 1:
            spans.pop()  # it may go on past the limit: the next round reads it whole
        trimmed = [_trim(text, *span) for span in spans]
        for begin, stop in trimmed:
            for place in stops(seen, begin, stop):
                yield _trim(text, begin, place)
                begin = place
            if begin < stop:
                yield begin, stop
        start = spans[-1][1] if spans else limit


def _divide_unspaced(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Divide after the full stops of scripts that nupunkt does not know, some without spaces."""
    for found in _OTHER_STOP.finditer(text, start, end):
        yield start, found.end()
        start = _trim(text, found.end(), end)[0]
    if start < end:
        yield start, end


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _divide(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST_SENTENCE:
        cut = _cut(text, start, start + LONGEST_SENTENCE)
        yield _trim(text, start, cut)
        start, end = _trim(text, cut, end)
    if start < end:
        yield start, end


def _cut(text: str, start: int, limit: int) -> int:
    """Choose where to divide: the last clause end in the second half, else a space, else here."""
    breaks = list(_CLAUSE_END.finditer(text, start + LONGEST_SENTENCE // 2, limit))
    clauses = [found for found in breaks if not found.group()[0].isspace()]
    if breaks:
        return (clauses or breaks)[-1].end()
    cut = limit
    while cut > limit - 32 and (
        unicodedata.combining(text[cut]) or "\u200d" in text[cut - 1 : cut + 1]
    ):
        cut -= 1
    return cut
