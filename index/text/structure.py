"""What each sentence of an article stands under: headings, lead-ins, table headers, speakers.

A parser that knows the structure of its format leaves marks; for plain text and PDF it is inferred
from how people set text: a short line of its own without a full stop is a heading, a line that ends
in a colon introduces what follows, and a question is answered by what comes next.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from index.text.article import HEADINGS, Article, Marks
from index.text.segmentation import LIST_MARKER, Sentence, same_paragraph

_LONGEST_HEADING = 100  # code points
_MOST_HEADINGS = 0.4  # of all paragraphs, and so many of them with nothing below: with more, the
# text is merely written without full stops
_LEVEL_INFERRED = 2

_SECTION_NUMBER = re.compile(r"(?P<number>\d+(?:\.\d+)*)[.)]?\s+\S")
_RUN_IN = re.compile(  # "2.1 Term." or "2. Term." before its text
    r"\(?(?P<number>\d{1,3}(?:\.\d{1,3})+)?(?(number)[.)]?|\d{1,3}[.)])"
    r"\s+(?![a-z\d_])[\w’'-]+(?:\s+[\w’'-]+){0,5}\."
)
_TURN = re.compile(
    r"(?:[\[(]?\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d+)?[\])]?\s*)?(?:[-–]\s*)?"
    r"(?P<name>[^\W\d_][\w.’'-]*(?:\s+[^\W_][\w.’'-]*){0,4})(?:\s*\([^)]{1,30}\))?:\s"
)
_SPOKEN = re.compile(r"[“\"«„][^”\"»]*[”\"»]?[.!?…]?")
_QUOTES = re.compile('[“"«„”»]')
_RULE = re.compile(r"[-=_+|: ]{4,}")
_QUOTED = re.compile(r"[“\"«„][^”\"»]*[”\"»]")
_PRONOUN = re.compile(r"\b(?:[Hh]e|[Ss]he|[Tt]hey)\b")
_CELLS = re.compile(r" \| |\t| {3,}")
_ASKS = re.compile(r"\?[\"'”’)\]]*$")
_REFERENCES = re.compile(r"(?:\[\w{1,4}\])+$")
_CLOSED = re.compile(r"[.,;:!…。][\"'”’)\]]*$")


@dataclass(frozen=True, slots=True)
class Outline:
    """The context of an article's sentences, by number.

    above:   what each sentence is read with, the outermost heading first
    heads:   headings, lead-ins, captions and questions that something stands below: no answers
    headers: of each row of a table, its header row
    turns:   of each sentence of a turn or quotation, the sentence that names its speaker, and of
             one that names them by a pronoun, the sentence before
    headings: of each sentence, the nearest heading alone
    lists:   of each item of a list, the list's number
    """

    above: tuple[tuple[int, ...], ...]
    heads: frozenset[int]
    headers: dict[int, int] = field(default_factory=dict)
    turns: dict[int, int] = field(default_factory=dict)
    headings: dict[int, int] = field(default_factory=dict)
    lists: dict[int, int] = field(default_factory=dict)

    @property
    def joined(self) -> frozenset[int]:
        """The sentences that are read together with the next: heads, and the rows of a table."""
        rows = self.headers.keys() | set(self.headers.values())
        return self.heads | {number for number in rows if number + 1 in rows}

    def items(self, number: int) -> list[int]:
        """Return the sentences of the list that a sentence is an item of; none where it is none."""
        of = self.lists.get(number)
        return [] if of is None else [each for each, other in self.lists.items() if other == of]

    def below(self, head: int) -> list[int]:
        """Return the sentences that are read with a head, in reading order."""
        return [number for number, above in enumerate(self.above, start=1) if head in above]


def outline_of(article: Article) -> Outline:
    """Return what each sentence of an article stands under."""
    return outline(article.text, article.sentences, article.marks)


def outline(text: str, sentences: Sequence[Sentence], marks: Marks | None) -> Outline:
    """Return what each sentence stands under.

    `marks` are a parser's; None, or none but of metadata, as of a PDF, lets headings and tables be
    inferred from the text.
    """
    lines = list(_lines(text, sentences))
    known = marks is not None and any(kind != "meta" for _, kind in marks)
    kinds = _marked(lines, marks or ()) if known or marks == () else _inferred(lines)
    return _Builder(text, sentences, lines, kinds).build()


@dataclass(frozen=True, slots=True)
class _Line:
    """Sentences that stand on one line or wrapped lines: an item, a turn, a row, a paragraph.

    first, last: sentence numbers; paragraph: its number; alone: whether it is a whole paragraph
    """

    first: int
    last: int
    start: int
    text: str
    paragraph: int
    alone: bool


def _lines(text: str, sentences: Sequence[Sentence]) -> Iterator[_Line]:
    """Group sentences that no line break parts, and say which of the groups are paragraphs."""
    groups: list[list[Sentence]] = []
    paragraphs: list[int] = []
    for index, sentence in enumerate(sentences):
        before = sentences[index - 1] if index else None
        joined = before is not None and same_paragraph(text, before, sentence)
        if before is not None and joined and "\n" not in text[before.end : sentence.start]:
            groups[-1].append(sentence)
            continue
        groups.append([sentence])
        paragraphs.append((paragraphs[-1] if paragraphs else 0) + (not joined))
    for index, group in enumerate(groups):
        number = paragraphs[index]
        yield _Line(
            group[0].number,
            group[-1].number,
            group[0].start,
            text[group[0].start : group[-1].end],
            number,
            number
            not in (paragraphs[index - 1] if index else 0, *paragraphs[index + 1 : index + 2]),
        )


def _marked(lines: Sequence[_Line], marks: Marks) -> list[str]:
    """Return the kind of each line that a parser has marked; "" is any other."""
    by_offset = dict(marks)
    kinds = [by_offset.get(line.start, "") for line in lines]
    for index, kind in enumerate(kinds[:-1]):
        first = kind == "row" and kinds[index - 1 : index] not in (["row"], ["header"])
        if first and kinds[index + 1] == "row" and _is_header(lines[index], lines[index + 1]):
            kinds[index] = "header"
    return kinds


def _inferred(lines: Sequence[_Line]) -> list[str]:
    """Return the kind of each line, as far as the text shows it."""
    kinds = [""] * len(lines)
    for index, line in enumerate(lines[:-1]):
        if line.alone and _looks_like_heading(line) and not _answers(lines, kinds, index):
            kinds[index] = f"h{_level(line, first=index == 0)}"
    plain = [
        index for index, kind in enumerate(kinds) if kind and not _ASKS.search(lines[index].text)
    ]
    empty = [index for index in plain if "" < kinds[index + 1] <= kinds[index]]
    many = len(plain) > 2 and len(plain) > _MOST_HEADINGS * lines[-1].paragraph
    if many and len(empty) > _MOST_HEADINGS * len(plain):
        for index in plain:
            kinds[index] = ""
    for run in _tables(lines):
        for index in range(run[0], run[-1] + 1):  # with the rules between
            kinds[index] = "row"
        if _is_header(lines[run[0]], lines[run[1]]):
            kinds[run[0]] = "header"
    return kinds


def _looks_like_heading(line: _Line) -> bool:
    text = line.text
    if "\n" in text or len(text) > _LONGEST_HEADING or not any(map(str.isalpha, text)):
        return False
    text = _REFERENCES.sub("", text)
    if text[0] in "\"“'‘>":
        return False
    if _ASKS.search(text):
        return line.first == line.last and not _TURN.match(text)
    numbered = _SECTION_NUMBER.match(text)
    if numbered and text.isupper() and len(text.split()) <= 8:
        return True
    return not (
        _CLOSED.search(text)
        or (LIST_MARKER.match(text) and not numbered)
        or _CELLS.search(text)
        or _TURN.match(text)
        or text[0].islower()
    )


def _answers(lines: Sequence[_Line], kinds: Sequence[str], index: int) -> bool:
    """Whether a short line answers the question above it, rather than heading what follows."""
    above = lines[index - 1].text if index else ""
    return (
        bool(kinds[index - 1]) and bool(_ASKS.search(above)) and not _ASKS.search(lines[index].text)
    )


def _level(line: _Line, *, first: bool) -> int:
    """Return the level: 1 for a title, and deeper with each part of a section's number."""
    numbered = _SECTION_NUMBER.match(line.text)
    if numbered:
        return min(6, _LEVEL_INFERRED + numbered["number"].count("."))
    if _ASKS.search(line.text):
        return 6
    return 1 if first else _LEVEL_INFERRED


def _tables(lines: Sequence[_Line]) -> Iterator[list[int]]:
    """Find runs of at least two lines that have the same number of cells, two or more.

    A rule drawn between them does not end a run.
    """
    run: list[int] = []
    cells_of_run = 0
    for index, line in enumerate(lines):
        if _RULE.fullmatch(line.text):
            continue
        cells = 0 if "\n" in line.text else len(_CELLS.split(line.text))
        if run and cells != cells_of_run:
            if len(run) > 1:
                yield run
            run = []
        if cells >= 2:
            cells_of_run = cells
            run.append(index)
    if len(run) > 1:
        yield run


def _is_header(first: _Line, second: _Line) -> bool:
    """Whether a row names columns: it holds no number, and the one below it does."""
    return not any(map(str.isdigit, first.text)) and any(map(str.isdigit, second.text))


class _Builder:
    """Walks the lines once, with the headings, the lead-in and the table that are open."""

    def __init__(
        self,
        text: str,
        sentences: Sequence[Sentence],
        lines: Sequence[_Line],
        kinds: Sequence[str],
    ) -> None:
        self._text = text
        self._sentences = sentences
        self._lines = lines
        self._kinds = kinds
        self._above: list[tuple[int, ...]] = [()] * len(sentences)
        self._heads: set[int] = set()
        self._headers: dict[int, int] = {}
        self._turns: dict[int, int] = {}
        self._nearest: dict[int, int] = {}
        self._lists: dict[int, int] = {}
        self._headings: list[tuple[int, tuple[int, ...]]] = []  # level, sentences
        self._lead: _Line | None = None
        self._covered = 0  # lines that the open lead-in has covered
        self._header: tuple[int, ...] = ()

    def build(self) -> Outline:
        for index, line in enumerate(self._lines):
            if self._kinds[index] in HEADINGS:
                self._open_heading(int(self._kinds[index][1]), _numbers(line))
            else:
                self._read(index)
        return Outline(
            tuple(self._above),
            frozenset(self._heads | self._headings_with_something_below()),
            self._headers,
            self._turns,
            self._nearest,
            self._lists,
        )

    def _open_heading(self, level: int, numbers: tuple[int, ...]) -> None:
        while self._headings and self._headings[-1][0] >= level:
            self._headings.pop()
        for number in numbers:
            self._above[number - 1] = self._open_headings
        self._headings.append((level, numbers))
        self._lead, self._header = None, ()

    def _read(self, index: int) -> None:
        """Take in a line that is no heading."""
        line, kind, numbers = self._lines[index], self._kinds[index], _numbers(self._lines[index])
        if self._lead is not None and not self._covers(self._lead, index):
            self._lead = None
        if kind != "row":
            self._header = numbers if kind == "header" else ()
        lead = () if self._lead is None else (self._lead.last,)
        context = (*self._open_headings, *lead, *(self._header if kind == "row" else ()))
        for number in numbers:
            self._above[number - 1] = context
            if self._headings:
                self._nearest[number] = self._headings[-1][1][0]
            if kind == "row" and self._header:
                self._headers[number] = self._header[0]
        self._note_head(index, numbers)
        self._note_speakers(line, numbers)
        self._note_item(index, numbers)
        self._covered += 1
        if self._introduces(index):
            self._lead, self._covered = line, 0
            self._heads.add(line.last)

    @property
    def _open_headings(self) -> tuple[int, ...]:
        return tuple(number for _, numbers in self._headings for number in numbers)

    def _headings_with_something_below(self) -> set[int]:
        under = {number for above in self._above for number in above}
        headings = (
            number
            for line, kind in zip(self._lines, self._kinds, strict=True)
            if kind in HEADINGS
            for number in _numbers(line)
        )
        return under.intersection(headings)

    def _note_head(self, index: int, numbers: tuple[int, ...]) -> None:
        """Note a table's header or caption, and a run-in heading."""
        kind, following = self._kinds[index], self._kinds[index + 1 : index + 2]
        if (kind == "header" and following == ["row"]) or (kind == "caption" and following):
            self._heads.update(numbers)
        first, *others = numbers
        run_in = _RUN_IN.fullmatch(self._quote(first))
        # "1. Press LIFT." on a line among others is the first of some steps.
        if others and run_in and (run_in["number"] or self._lines[index].alone):
            self._heads.add(first)
            for number in others:
                self._above[number - 1] += (first,)
        self._heads.update(number for number in numbers[:-1] if _ASKS.search(self._quote(number)))

    def _introduces(self, index: int) -> bool:
        """Whether a line ends in a colon or a question, and something stands below it."""
        if self._kinds[index] or index + 1 == len(self._lines):
            return False
        text = self._lines[index].text.rstrip("*_ ")
        below = self._kinds[index + 1] not in HEADINGS
        return below and (text.endswith(":") or bool(_ASKS.search(text)))

    def _covers(self, lead: _Line, index: int) -> bool:
        """Whether an open lead-in still covers a line.

        It covers the items below it, or else the one line or paragraph that follows; a question
        is closed by the next one.
        """
        line, before = self._lines[index], self._lines[index - 1]
        if self._covered == 0:
            return True
        if lead.text.rstrip().endswith(":"):
            return self._is_item(index) and self._is_item(index - 1)
        return line.paragraph == before.paragraph and line.paragraph != lead.paragraph

    def _is_item(self, index: int) -> bool:
        return bool(LIST_MARKER.match(self._lines[index].text)) or self._kinds[index] == "row"

    def _note_item(self, index: int, numbers: tuple[int, ...]) -> None:
        if not LIST_MARKER.match(self._lines[index].text):
            return
        before = self._lines[index - 1].last if index else 0
        of = self._lists.get(before, numbers[0])
        self._lists.update(dict.fromkeys(numbers, of))

    def _note_speakers(self, line: _Line, numbers: tuple[int, ...]) -> None:
        """Note who speaks: the first sentence of a turn names them, or one beside a quotation."""
        if _TURN.match(line.text):
            for number in numbers[1:]:
                self._turns[number] = numbers[0]
                self._above[number - 1] += (numbers[0],)
            return
        speaker = 0
        for number in numbers:
            quote = self._quote(number)
            if not _SPOKEN.fullmatch(quote):
                speaker = number if _QUOTES.search(quote) else 0
                first = number == numbers[0] or self._turns.get(number - 1) == number
                if speaker and not first and _PRONOUN.search(_QUOTED.sub("", quote)):
                    self._turns[number] = number - 1  # it names whom "she said" means
            elif speaker:
                self._turns[number] = speaker
            elif number < numbers[-1] and _QUOTES.search(self._quote(number + 1)):
                self._turns[number] = number + 1

    def _quote(self, number: int) -> str:
        sentence = self._sentences[number - 1]
        return self._text[sentence.start : sentence.end]


def _numbers(line: _Line) -> tuple[int, ...]:
    return tuple(range(line.first, line.last + 1))
