"""An article whose text is known to the character, to be written in any format."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

Kind = Literal["heading", "paragraph", "item", "row"]


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph, an item of a list, or a row of a table: its words, a cell each."""

    kind: Kind
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        """What a reader sees of it."""
        return ("- " if self.kind == "item" else "") + " | ".join(self.words)


@dataclass(frozen=True, slots=True)
class Story:
    """A title and blocks."""

    title: str
    blocks: tuple[Block, ...]

    @property
    def text(self) -> str:
        """What must be recovered: the title and the blocks, a blank line apart."""
        return "\n\n".join((self.title, *(block.text for block in self.blocks)))

    def runs(self) -> Iterator[tuple[Kind, list[Block]]]:
        """Give blocks of a kind that follow one another: a list, a table."""
        for kind, blocks in groupby(self.blocks, key=lambda block: block.kind):
            yield kind, list(blocks)


_LIST = (
    "The first hearing is set for the second week of March.",
    "A written report goes to the county archive before that.",
    "Letters are answered in the order in which they come in.",
)
_TABLE = (("Place", "Year", "Entries"), ("Harwick", "1912", "340"), ("Lower Dunmoor", "1934", "97"))


def story(title: str, text: str) -> Story:
    """Give an article as it would be published: headings between paragraphs, a list and a table.

    `text` is its paragraphs, a blank line apart; the first is left out where it is the title.
    """
    paragraphs = [" ".join(each.split()) for each in text.split("\n\n") if each.strip()]
    blocks: list[Block] = []
    for number, paragraph in enumerate(paragraphs):
        if paragraph == title:
            continue
        if number and number % 6 == 0:
            blocks.append(Block("heading", (f"{title}, chapter {number // 6 + 1}",)))
        blocks.append(Block("paragraph", (paragraph,)))
    end = Block("paragraph", ("What is planned was told by the society that keeps the papers:",))
    table = Block("paragraph", ("It also keeps count of what has been entered there so far.",))
    last = Block("paragraph", ("Nobody expects that to be the end of it, as its chairman wrote.",))
    items = (Block("item", (each,)) for each in _LIST)
    rows = (Block("row", each) for each in _TABLE)
    return Story(title, (*blocks, end, *items, table, *rows, last))


def short(story: Story) -> Story:
    """Give the story without its lists and tables."""
    return Story(story.title, tuple(b for b in story.blocks if b.kind in ("heading", "paragraph")))


_MARKED = re.compile(r"([\\`*_{}\[\]<>#|!&~+-])")


def markdown(story: Story) -> str:
    """Give the story as Markdown, each paragraph's first word bold and its last one a link."""
    pieces = [f"# {_escaped(story.title)}"]
    for kind, run in story.runs():
        words = [[_escaped(each) for each in block.words] for block in run]
        match kind:
            case "item":
                pieces.append("\n".join(f"* {each}" for [each] in words))
            case "row":
                lines = [f"| {' | '.join(cells)} |" for cells in words]
                lines.insert(1, "|---" * len(words[0]) + "|")
                pieces.append("\n".join(lines))
            case "heading":
                pieces += (f"## {each}" for [each] in words)
            case "paragraph":
                pieces += (_decorated(each) for [each] in words)
    return "\n\n".join(pieces) + "\n"


def _escaped(text: str) -> str:
    return _MARKED.sub(r"\\\1", text)


def _decorated(paragraph: str) -> str:
    first, *inner, last = paragraph.split(" ")
    return " ".join((f"**{first}**", *inner, f"[{last}](https://example.com/a)"))
