"""HTML -> the main text of a page and what it says of itself, without menus, adverts and comments.

Runs in the process of `index.parsing` alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from index.encoding import decode
from index.errors import SourceError
from index.parsed import Parsed, authors, iso_date, one_line

if TYPE_CHECKING:
    from lxml.etree import _Element
    from lxml.html import HtmlElement

_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z!/?]")
_LAYOUT = "//table[.//h1 or .//h2 or .//table or .//td[count(p) > 2]]"
_EXPRESSIONS = {"re": "http://exslt.org/regular-expressions"}
_ADVERT = "'(^|[ _-])(advert|advertisement|sponsored)($|[ _-])', 'i'"
_ADVERTS = f"//body//*[re:test(@class, {_ADVERT}) or re:test(@id, {_ADVERT})]"
_HIDDEN = "//body//*[@hidden or re:test(@style, '(display: *none|visibility: *hidden)', 'i')]"
_BLOCKS = frozenset({"p", "head", "item", "quote", "list", "table", "div"})
_SPACE = re.compile(r"\s+")


def read_webpage(data: bytes, *, name: str, charset: str | None) -> Parsed:
    """Give what a page holds: blocks a blank line apart, items of a list one under another.

    `charset` is what the server said; what the page says of itself comes after it.
    Raises: SourceError when it is no HTML, nests too deep or is too large to be read whole, or
    has no main text.
    """
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    document = bare_extraction(
        _tree(data, name, charset),
        include_comments=False,
        with_metadata=True,
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    if not isinstance(document, Document) or document.body is None:
        raise SourceError(
            f"{name} holds no main text; expected a page with an article; if a browser shows one, "
            "save what it says as a text file"
        )
    writer = _Writer()
    writer.read(document.body)
    return Parsed(
        one_line(document.title),
        "".join(writer.pieces),
        author=authors((document.author or "").split(";")),
        published=iso_date(document.date),
    )


def _tree(data: bytes, name: str, charset: str | None) -> "HtmlElement":
    from lxml import html

    declared = _CHARSET.search(data[:2048])
    named = charset or (declared[1].decode("ascii").lower() if declared else None)
    text = decode(data, name=name, declared=named)
    if not _TAG.search(text):
        raise SourceError(f"{name} holds no HTML; expected a web page; give text as a .txt file")
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    tree = html.document_fromstring(text.encode(), parser=parser)
    if any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log):
        raise SourceError(
            f"{name} cannot be read whole: its elements nest deeper than 256, or one holds more "
            "than 10 MB; expected a page as people write them; save what it says as a text file"
        )
    _drop_unwanted(tree)
    _dissolve_layout(tree)
    return tree


def _drop_unwanted(tree: "HtmlElement") -> None:
    """Drop adverts and what the page hides, unless it is most of the page: a script shows it."""
    whole = _prose(tree)
    for element in tree.xpath(f"{_ADVERTS} | {_HIDDEN}", namespaces=_EXPRESSIONS):
        if 2 * _prose(element) <= whole:
            element.drop_tree()


def _dissolve_layout(tree: "HtmlElement") -> None:
    """Take apart tables that only arrange a page: what they part are no rows of data.

    The cell with the most words is the article, where nothing else says that it is.
    """
    cells: list[HtmlElement] = []
    for table in tree.xpath(_LAYOUT):
        for element in table.xpath("self::* | tbody | thead | tr | */tr | tr/* | */tr/*"):
            if element.tag in ("td", "th"):
                cells.append(element)
            element.tag = "div"
    if cells and not tree.xpath("//article | //main"):
        max(cells, key=_prose).tag = "article"


def _prose(element: "HtmlElement") -> int:
    """Count the characters of the paragraphs in an element, and of those that stand in it bare."""
    return sum(map(len, element.xpath("descendant-or-self::p//text() | text() | font/text()")))


@dataclass(slots=True)
class _Writer:
    """Takes elements of trafilatura's own making, and keeps the text written so far."""

    pieces: list[str] = field(default_factory=list)
    line: str = ""  # of the open block
    marker: str = ""  # of the item opened since the last block
    lists: list[int | None] = field(default_factory=list)  # the next number; None has bullets
    beneath: bool = False  # whether the last block was an item of the open list

    def read(self, element: "_Element") -> None:
        tag = element.tag
        if tag == "row":
            self._close()
            self.line = " | ".join(_one_line("".join(_texts(cell))) for cell in element)
            self._close()
        elif tag == "code":
            self._close()
            self._write("".join(_texts(element)).strip("\n"))
        elif tag == "lb":
            self.line += "\n"
        else:
            self._read_inside(element)

    def _read_inside(self, element: "_Element") -> None:
        if element.tag in _BLOCKS:
            self._close()
        if element.tag == "list":
            self.lists.append(1 if element.get("rend") == "ol" else None)
        elif element.tag == "item":
            self._open_item()
        self._take(element.text)
        for child in element:
            if isinstance(child.tag, str):
                self.read(child)
            self._take(child.tail)
        if element.tag in _BLOCKS:
            self._close()
        if element.tag == "list":
            self.lists.pop()
            self.beneath = self.beneath and bool(self.lists)

    def _take(self, text: str | None) -> None:
        self.line += _SPACE.sub(" ", text or "")

    def _open_item(self) -> None:
        number = self.lists[-1] if self.lists else None
        if number is not None:
            self.lists[-1] = number + 1
        self.marker = "  " * (len(self.lists) - 1) + ("- " if number is None else f"{number}. ")

    def _close(self) -> None:
        lines, self.line = self.line.split("\n"), ""
        self._write("\n".join(line.strip() for line in lines).strip())

    def _write(self, text: str) -> None:
        if not text:
            return
        if self.pieces:
            self.pieces.append("\n" if self.marker and self.beneath else "\n\n")
        self.pieces.append(self.marker + text)
        self.beneath = bool(self.marker)
        self.marker = ""


def _texts(element: "_Element") -> Iterator[str]:
    """Give the words inside an element, with its line breaks."""
    yield element.text or ""
    for child in element:
        yield "\n" if child.tag == "lb" else "".join(_texts(child))
        yield child.tail or ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
