"""Where the sentences of a text begin and end, and the passages that they are encoded in.

Sentences do not overlap, stand in reading order, and what lies between them is white space alone,
so nothing is ever lost. nupunkt finds most ends of sentences. Before it, blocks are divided where
lines end on purpose; after it, its ends are corrected: its tables of abbreviations were learnt from
scanned papers and hold ordinary words ("book", "coal", "month"), after which it seldom divides, and
it does not know that a citation marker behind a full stop ("in 1932.[1] It") belongs to the
sentence before.

A passage is a run of whole sentences that the encoder reads at once: a sentence is understood from
its neighbours, and no passage is longer than what the encoder reads, so nothing goes unread.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

from index.text.words import english

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
_CLAUSE_END = re.compile(r"[;:,.!?…。、;؛،।)\]]\s+|\s+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """The place of one sentence: its 1-based number and ``text[start:end]``."""

    number: int
    start: int
    end: int


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


def paragraph_around(text: str, position: int) -> tuple[int, int]:
    """Return the [start, end) of the paragraph that holds `position`, white space trimmed."""
    for start, end in _paragraphs(text):
        if position < end:
            return _trim(text, start, end)
    raise ValueError(f"position {position} lies outside a text of {len(text)} code points")


def same_paragraph(text: str, left: Sentence, right: Sentence) -> bool:
    """Return whether no blank line parts two neighbouring sentences."""
    return not _PARAGRAPH_BREAK.search(text, left.end, right.start)


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
    """Return whether a line break was made by a writer, not by wrapping at `width` code points.

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
    """Return whether a line begins a block behind one that is full.

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


_MARKER = r"\[(?:\d{1,3}(?:[,–-] ?\d{1,3})*|[a-z]|(?:note|nb|n) \d+|citation needed)\]"
_MARKERS = re.compile(rf"(?: ?{_MARKER})+(?=[ \t]*(?:[\r\n]|\Z)|\s+[^a-z\s])")
_ENTRY = re.compile(rf"[ \t]*{_MARKER}[ \t]")
_CLOSING = '.!?…"”’)'
_STOP = re.compile(
    r"(?<![^\W_])(?P<word>[^\W\d_]{2,})[.][\"”’)\]»]*\s+(?=[\"“‘'(\[«]*(?P<next>\w[\w.]*))"
)
_LONGEST_STOP = 6  # code points, quotation marks and brackets behind it included
_LONGEST_CUT = 4  # code points: a longer word in small letters is hardly an abbreviation
_STARTS = re.compile(r"[A-Z][a-z]|[AI]\b(?!\.)")


def masked(text: str) -> str:
    """Return a text of the same length, each stop behind the citation markers that follow it."""
    pieces, end, line = [], 0, 0
    for found in _MARKERS.finditer(text):
        line = max(line, text.rfind("\n", end, found.start()) + 1)
        if found[0].startswith(" ") and _ENTRY.match(text, line):
            continue  # it opens the next entry of a list of references
        before = text[max(end, found.start() - _LONGEST_STOP) : found.start()]
        stop = before[len(before.rstrip(_CLOSING)) :]
        if stop.strip('"”’)'):
            # Letters for the markers keep the stop from standing alone or behind an abbreviation.
            pieces += [text[end : found.start() - len(stop)], "x" * len(found[0]), stop]
            end = found.end()
    return "".join(pieces) + text[end:]


def stops(text: str, start: int, end: int) -> Iterator[int]:
    """Return each place in a sentence at which another begins after an ordinary word and a stop."""
    for found in _STOP.finditer(text, start, end):
        if _ends(found["word"], found["next"]):
            yield found.end()


def _ends(word: str, following: str) -> bool:
    """Return whether a sentence ends after a word with a full stop, before another word."""
    if word.lower() in ("no", "nos"):
        return bool(_STARTS.match(following))
    before_number = following[0].isdigit()
    if following[0].islower() or _is_abbreviation(word, before_number=before_number):
        return False
    if word.islower():
        return len(word) > _LONGEST_CUT or word in english()
    # A capital may begin a name that is cut short: then another such word or a number follows.
    ordinary = word[1:].islower() and word.lower() in english()
    return ordinary and not before_number and not following.endswith(".")


def _is_abbreviation(word: str, *, before_number: bool) -> bool:
    known = _abbreviations()
    return word in known or word.lower() in known or (before_number and f"#{word.lower()}" in known)


@cache
def _abbreviations() -> frozenset[str]:
    lines = (files("index.text") / "abbreviations.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("# ") for word in line.split())


Reading = tuple[str, tuple[int, ...]]
"""All that a passage's vectors depend on: its text, and where its sentences start in it."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Sentences `first` to `last` of an article, both included; `number` is 1-based."""

    article_id: int
    number: int
    first: int
    last: int


def passage_text(text: str, sentences: Sequence[Sentence], first: int, last: int) -> str:
    """Return sentences `first` to `last` of a text, with the white space between them.

    >>> from index.text.segmentation import segment
    >>> text = "It began.  It went on. It ended."
    >>> passage_text(text, segment(text), 1, 2)
    'It began.  It went on.'
    """
    return text[sentences[first - 1].start : sentences[last - 1].end]


def reading_of(text: str, sentences: Sequence[Sentence], first: int, last: int) -> Reading:
    """Return what the vectors of sentences `first` to `last` depend on, wherever they stand."""
    run = sentences[first - 1 : last]
    starts = tuple(sentence.start - run[0].start for sentence in run)
    return passage_text(text, sentences, first, last), starts


def pack(
    text: str,
    sentences: Sequence[Sentence],
    lengths: Sequence[int],
    *,
    max_tokens: int,
    joined: Collection[int] = (),
) -> list[tuple[int, int]]:
    """Group sentences into passages: the numbers of the first and the last sentence of each.

    `lengths` are the sentences' tokens and `max_tokens` what the encoder reads at once. A
    passage is a paragraph where that fits, and parts of one where it does not. A sentence longer
    than `max_tokens` is a passage of its own. After the `joined` sentences, such as headings, a
    passage goes on over a blank line.
    """
    runs: list[tuple[int, int]] = []
    load = 0
    for index, (sentence, length) in enumerate(zip(sentences, lengths, strict=True)):
        joins = (
            index > 0
            and load + length <= max_tokens
            and (
                sentences[index - 1].number in joined
                or same_paragraph(text, sentences[index - 1], sentence)
            )
        )
        first = runs.pop()[0] if joins else sentence.number
        runs.append((first, sentence.number))
        load = load + length if joins else length
    return runs
