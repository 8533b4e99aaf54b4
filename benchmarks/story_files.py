"""Articles written for this project, with questions and conversations about them.

A file holds many stories. `@story title | kind` is followed by numbered sentences, one a line, a
blank line between paragraphs and headings with `#`; `@ask` by single questions, each `@chat` by a
conversation. Their lines name the sentences that answer: `Q 3,4 | question | short answer or -`,
`A 3 | as typed | made whole, or = | short answer or -`; U is what the story does not answer.
Statements (`@said`) are true, `T 3,4 | text`, or false in one way, `F 3 number | text`.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from index import Article

STORIES = Path("../shared/data/stories")

_NUMBERED = re.compile(r"(?P<number>\d+) (?P<text>\S.*)")
_MARKER = re.compile(r"(?:-|\d+\.) ")
_ENDED = re.compile(r"[.!?…][\"”'’)]*\Z")
_TIMED = re.compile(r"\[?\d{1,2}[:.]\d\d\b")
_LABELLED = re.compile(r"(?:[^\s.:;!?]+ ){0,4}[^\s.:;!?]+: ")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, as it was typed and made whole.

    gold:  the numbers of the sentences that answer, from 1; none where the story does not
    short: the words of the first of them that answer, None where no few words do
    """

    text: str
    whole: str
    gold: tuple[int, ...]
    short: str | None

    @property
    def answerable(self) -> bool:
        """Whether the story answers it."""
        return bool(self.gold)


@dataclass(frozen=True, slots=True)
class Said:
    """A statement, its kind (`T` of a true one), and the numbers of the sentences that it cites."""

    text: str
    kind: str
    cited: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """An article, the sentences that it was written as, and what is asked about it."""

    title: str
    text: str
    markdown: bool
    sentences: tuple[str, ...]
    questions: tuple[Asked, ...]
    chats: tuple[tuple[Asked, ...], ...]
    statements: tuple[Said, ...] = ()


@dataclass(slots=True)
class _Draft:
    """A story as far as it was read: `paragraphs` hold numbered lines, or one heading each."""

    title: str
    paragraphs: list[list[str]] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    open: bool = False
    questions: list[Asked] = field(default_factory=list)
    chats: list[list[Asked]] = field(default_factory=list)
    statements: list[Said] = field(default_factory=list)

    def take(self, line: str) -> None:
        """Read a line of the article. Raises: ValueError for one that is neither kind."""
        if not line:
            self.open = False
        elif line.startswith("#"):
            self.paragraphs.append([line])
            self.open = False
        else:
            found = _NUMBERED.fullmatch(line)
            if found is None or int(found["number"]) != len(self.sentences) + 1:
                raise ValueError(f"expected sentence {len(self.sentences) + 1} or a heading")
            if not self.open:
                self.paragraphs.append([])
            self.paragraphs[-1].append(found["text"])
            self.sentences.append(_MARKER.sub("", found["text"], count=1))
            self.open = True

    def asked(self, line: str) -> Asked:
        """Read a question. Raises: ValueError for one without its parts or its sentences."""
        head, *parts = (part.strip() for part in line.split("|"))
        kind, numbers = head.split()
        gold = tuple(int(number) for number in numbers.split(","))
        if not all(1 <= number <= len(self.sentences) for number in gold):
            raise ValueError(f"expected sentences from 1 to {len(self.sentences)}")
        match kind, parts:
            case "Q", [text, short]:
                return Asked(text, text, gold, None if short == "-" else short)
            case "U", [text]:
                return Asked(text, text, (), None)
            case "A", [text, whole, short]:
                whole = text if whole == "=" else whole
                return Asked(text, whole, gold, None if short == "-" else short)
            case "U", [text, whole]:
                return Asked(text, text if whole == "=" else whole, (), None)
        raise ValueError("expected Q, A or U and its parts")

    def said(self, line: str) -> Said:
        """Read a statement. Raises: ValueError for one without its parts or its sentences."""
        head, text = (part.strip() for part in line.split("|"))
        mark, numbers, *kinds = head.split()
        cited = tuple(int(number) for number in numbers.split(","))
        match mark, kinds:
            case "T", []:
                return Said(text, "T", cited)
            case "F", [kind]:
                return Said(text, kind, cited)
        raise ValueError("expected T or F and its parts")

    def story(self) -> Story:
        """Give the story, once all of it was read."""
        markdown = any(paragraph[0].startswith("#") for paragraph in self.paragraphs)
        return Story(
            title=self.title,
            text="\n\n".join(_set(paragraph, markdown) for paragraph in self.paragraphs),
            markdown=markdown,
            sentences=tuple(self.sentences),
            questions=tuple(self.questions),
            chats=tuple(map(tuple, self.chats)),
            statements=tuple(self.statements),
        )


def load_stories(path: Path) -> list[Story]:
    """Read a file of stories. Raises: ValueError, which names the line, for one that is none."""
    drafts: list[_Draft] = []
    section = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = line.rstrip()
        if line.startswith("@"):
            section, _, rest = line.partition(" ")
            if section == "@story":
                drafts.append(_Draft(rest.partition("|")[0].strip()))
            elif section == "@chat":
                drafts[-1].chats.append([])
            continue
        try:
            _take(section, line, drafts)
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}, found {line!r}") from error
    return [draft.story() for draft in drafts]


def _take(section: str, line: str, drafts: Sequence[_Draft]) -> None:
    if section == "@story":
        drafts[-1].take(line)
    elif line and section == "@ask":
        drafts[-1].questions.append(drafts[-1].asked(line))
    elif line and section == "@chat":
        drafts[-1].chats[-1].append(drafts[-1].asked(line))
    elif line and section == "@said":
        drafts[-1].statements.append(drafts[-1].said(line))


def _set(paragraph: Sequence[str], markdown: bool) -> str:
    """Join a paragraph's sentences; list items, rows and turns stand on lines of their own."""
    pieces = [paragraph[0]]
    for before, line in pairwise(paragraph):
        items = bool(_MARKER.match(before)), bool(_MARKER.match(line))
        if any(items) and not all(items):
            pieces.append("\n\n")  # what follows a list's item on the next line would belong to it
        elif all(items):
            pieces.append("\n")
        elif (_is_row(before) and _is_row(line)) or not _ENDED.search(before):
            pieces.append("  \n" if markdown else "\n")
        else:
            pieces.append(" ")
        pieces.append(line)
    return "".join(pieces)


def _is_row(line: str) -> bool:
    return bool(_TIMED.match(line) or _LABELLED.match(line))


def starts(story: Story, text: str) -> list[int | None]:
    """Give where in the text that was read from a story each of its sentences begins.

    None stands for one that the text lacks.
    """
    return list(_found(story.sentences, text))


def places(story: Story, article: Article) -> list[int | None]:
    """Give the number of the article's sentence in which each of the story's begins.

    None stands for one that is not in the article's text.
    """
    begun = [sentence.start for sentence in article.sentences]
    return [
        None if start is None else max(1, bisect_right(begun, start))
        for start in starts(story, article.text)
    ]


def _found(sentences: Iterable[str], text: str) -> Iterator[int | None]:
    position = 0
    for sentence in sentences:
        found = re.compile(r"\s+".join(map(re.escape, sentence.split()))).search(text, position)
        if found is not None:
            position = found.end()
        yield found and found.start()
