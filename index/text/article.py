"""An article is a text and the places of its sentences.

All offsets are code points of `Article.text`, half-open.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime

from index.text.segmentation import Sentence, same_paragraph, segment

Marks = tuple[tuple[int, str], ...]
"""Which kind of block begins where: offsets in the text, in code points, ascending, with a kind.

The kinds are ``h1`` to ``h6`` for headings, ``header`` for the header row of a table, ``row`` for
any other, ``caption``, ``code``, and ``meta`` for what was put behind the text from the document's
properties.
"""

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})

_SURROGATE = re.compile("[\ud800-\udfff]")


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

    @property
    def byline(self) -> str:
        """Who wrote it and when, as far as it says."""
        return ", ".join(filter(None, (self.author, self.published)))


@dataclass(frozen=True, slots=True)
class Article:
    """A text in a collection, with where it came from and its sentences.

    `id` stays the same while the source stays in its collection, and is never given to another
    article. `sha256` is that of the text in UTF-8; `added` is in UTC. `author`, `published` (an ISO
    date, or its year or month alone), `pages` (where each begins, in code points) and `marks`
    (which kind of block begins where; None where the format does not tell, or an older Footnote
    added it) are what the document says of itself. `notice` says what may be missing, of an article
    that was just added; it is not stored.
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

    def quote(self, number: int) -> str:
        """Return the text of a sentence by its number."""
        sentence = self.sentences[number - 1]
        return self.text[sentence.start : sentence.end]

    def sentence_before(self, number: int) -> Sentence | None:
        """Return the sentence before one, or None where that is the first of its paragraph."""
        if number == 1:
            return None
        before, sentence = self.sentences[number - 2 : number]
        return before if same_paragraph(self.text, before, sentence) else None

    def page_of(self, offset: int) -> int | None:
        """Return the page, from 1, that the character at `offset` stands on; None without pages."""
        return bisect_right(self.pages, offset) or None


def lone_surrogate(text: str) -> int | None:
    """Return where the first half of a character stands, which UTF-8 cannot keep, if one does."""
    found = _SURROGATE.search(text)
    return None if found is None else found.start()
