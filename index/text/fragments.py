"""Links that open a page at a cited sentence: text fragments, as browsers understand them.

A document of pages, which is a PDF, opens at the page.

A fragment names the sentence by its first and last words; where these stand elsewhere in the
article too, words before or after it tell it from its twins.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote as percent_encoded

from index.text.article import Article

_WEB_ADDRESS = re.compile(r"""https?://[^\s<>"\x00-\x1f\x7f]+""", re.IGNORECASE)
_DIRECTIVE = ":~:"
_WHOLE = 10  # words: a sentence of so many is named whole
_EDGE = 5  # words at either end of a longer one
_LONGEST_TERM = 300  # code points
_FAR = 400  # code points: further than the words around reach
_FEW = 4  # words: a shorter sentence may stand in a page's menu too
_AROUND = (3, 6, 12, 24)  # words before or after, until the sentence is found alone
# What an article shows and a page draws by itself: an item's bullet or number, a table's bars.
_ITEM = re.compile(r"(?:[-*+•]|\d{1,3}[.)])(?:\s+|\Z)")
_FIRST_ITEM = re.compile(rf"\A{_ITEM.pattern}")
_BLOCK_END = re.compile(r"\s*[\n\r\v\f\x85\u2028\u2029]\s*|\s\|\s")
_DRAWN = r"(?: \|)?(?: (?:[-*+•]|\d{1,3}[.)]))? ?"


def fragment_url(article: Article, start: int, end: int) -> str | None:
    """Return the address that opens an article's page at ``text[start:end]``, highlighted.

    It is the page's plain address where the cited text cannot be told from its twins, and None
    for an article that came from no web address. In a PDF it opens the page of the document.
    """
    address = _address(article)
    if address is None:
        return None
    page = article.page_of(start)
    if page is not None:
        return address if "#" in address else f"{address}#page={page}"
    place = _Place.of(article.text, start, end)
    fragment = next(place.unmistakable(), None)
    if fragment is None:
        return address
    return f"{address}{'' if '#' in address else '#'}{_DIRECTIVE}text={fragment}"


def _address(article: Article) -> str | None:
    if article.source is None or not _WEB_ADDRESS.fullmatch(article.source):
        return None
    return article.source.partition(_DIRECTIVE)[0].removesuffix("#")


@dataclass(frozen=True, slots=True)
class _Place:
    """A cited text with what a browser compares: case folded, white space as single spaces."""

    text: str
    start: int
    end: int
    folded: str
    begin: int  # where the cited text begins in `folded`

    @classmethod
    def of(cls, text: str, start: int, end: int) -> "_Place":
        item = _ITEM.match(text, start, end)
        start = item.end() if item else start
        folded = _folded(text)
        begin = len(_folded(text[:start] + "|")) - 1
        return cls(text, start, end, folded, begin)

    def unmistakable(self) -> Iterator[str]:
        """Return fragments that a browser can find in one place alone, the shortest first."""
        first, last = _terms(self.text[self.start : self.end])
        around = [("", "")]
        for words in _AROUND:
            before, after = self._before(words), self._after(words)
            around += [(before, ""), ("", after), (before, after)]
        if len(self.text[self.start : self.end].split()) < _FEW:
            around.sort(key=lambda pair: not any(pair))
        for prefix, suffix in dict.fromkeys(around):
            if self._is_only(prefix, first, last, suffix):
                yield _fragment(prefix, first, last, suffix)

    def _before(self, words: int) -> str:
        """Return the words before, as far as the block goes: a browser seeks a term in one."""
        blocks = _blocks(self.text[max(0, self.start - _FAR) : self.start])
        return " ".join(blocks[-1].split()[-words:]) if blocks else ""

    def _after(self, words: int) -> str:
        blocks = _blocks(self.text[self.end : self.end + _FAR])
        return " ".join(blocks[0].split()[:words]) if blocks else ""

    def _is_only(self, prefix: str, first: str, last: str, suffix: str) -> bool:
        pattern = re.escape(_folded(first))
        if prefix:
            pattern = rf"{re.escape(_folded(prefix))}{_DRAWN}(?P<start>){pattern}"
        else:
            pattern = rf"(?P<start>){pattern}"
        if last:
            pattern += rf".*?{re.escape(_folded(last))}"
        if suffix:
            pattern += rf"(?={_DRAWN}{re.escape(_folded(suffix))})"
        found = re.search(pattern, self.folded)
        if found is None or found.start("start") != self.begin:
            return False
        whole = found.end() == self.begin + len(_folded(self.text[self.start : self.end]))
        return whole and re.search(pattern, self.folded[found.start() + 1 :]) is None


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _blocks(text: str) -> list[str]:
    """Return the parts of a text that a page may show apart, without what it draws by itself."""
    parts = (_FIRST_ITEM.sub("", part.strip()) for part in _BLOCK_END.split(text))
    return [part for part in parts if part.strip(" |")]


def _terms(quote: str) -> tuple[str, str]:
    """Return what a sentence begins and ends with; the second is empty where the first is all."""
    blocks = _blocks(quote)
    words = quote.split()
    if len(blocks) == 1 and len(words) <= _WHOLE and len(quote) <= _LONGEST_TERM:
        return " ".join(words), ""
    first, last = blocks[0].split(), blocks[-1].split()
    return " ".join(first[:_EDGE]), " ".join(last[-_EDGE:])


def _fragment(prefix: str, first: str, last: str, suffix: str) -> str:
    terms = [_encoded(prefix) + "-"] if prefix else []
    terms.append(_encoded(first))
    if last:
        terms.append(_encoded(last))
    if suffix:
        terms.append("-" + _encoded(suffix))
    return ",".join(terms)


def _encoded(term: str) -> str:
    return percent_encoded(term, safe="").replace("-", "%2D")
