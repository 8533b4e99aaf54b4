"""A text written block by block, and what kind of block begins where.

A mark is the offset in the text, in code points, at which a block begins, and its kind: ``h1`` to
``h6`` for headings, ``header`` for the header row of a table, ``row`` for any other, ``caption``,
``code``, and ``meta`` for what was put behind the text from the document's properties.
"""

from dataclasses import dataclass, field

Marks = tuple[tuple[int, str], ...]
"""Marks in ascending order."""

BOLD = "bold"
"""The kind of a block to be written that is emphasised as a whole; it is never a mark."""

_LONGEST_HEADING = 120  # code points; what is longer is emphasis, not a heading
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


def may_be_heading(words: str) -> bool:
    """Return whether words that are emphasised as a whole are no statement, which ends as one."""
    return 0 < len(words) <= _LONGEST_HEADING and not words.endswith((".", "!", "…"))


@dataclass(slots=True)
class MarkedText:
    """Takes the blocks of a text one after another, and notes where the marked ones begin.

    A bold block is a heading where another block stands below it, unless that is a heading itself
    or the bold one ends as a statement does.
    """

    pieces: list[str] = field(default_factory=list)
    found: list[tuple[int, str]] = field(default_factory=list)
    length: int = 0
    bold: int | None = None  # where the block before began, if it may be a heading

    def add(self, block: str, *, between: str = "\n\n", kind: str | None = None) -> None:
        """Write a block behind the text, with white space between unless it is the first."""
        if self.pieces:
            self._write(between)
        if self.bold is not None and kind not in HEADINGS:
            self.found.append((self.bold, "h6"))
        self.bold = None
        if kind == BOLD:
            self.bold = self.length if may_be_heading(block) else None
        elif kind is not None:
            self.found.append((self.length, kind))
        self._write(block)

    @property
    def text(self) -> str:
        """All that was written."""
        return "".join(self.pieces)

    @property
    def marks(self) -> Marks:
        """Where the marked blocks begin."""
        return tuple(self.found)

    def _write(self, piece: str) -> None:
        self.pieces.append(piece)
        self.length += len(piece)
