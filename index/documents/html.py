"""HTML -> the main text of a page and what it says of itself, without menus, adverts and comments.

Runs in the process of `index.documents.sandbox` alone.
"""

import re
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.documents.document import Document, authors, iso_date, one_line
from index.documents.main_content import Words, main_part, strip_unwanted
from index.documents.plain_text import decode
from index.documents.writer import text_of, write_blocks
from index.errors import SourceError
from index.text.marks import HEADINGS, MarkedText

if TYPE_CHECKING:
    from lxml.etree import _Element
    from lxml.html import HtmlElement
    from trafilatura import settings

_MUCH = 0.5  # of the text that a page shows: of less, the user is to know
_FEW = 50  # words, of which no share tells anything
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z!/?]")
# Characters that XML has not: one of them, and lxml would refuse to move the text around it.
_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_CONTROL_REFERENCE = re.compile(
    r"&#(?:0*(?:[1-8]|1[124-9]|2\d|3[01]|6553[45])|x0*(?:[1-8bcef]|1[\da-f]|fff[ef]))(?![\da-f]);?",
    re.ASCII | re.IGNORECASE,
)
_MEANT = {"quote": "blockquote", "lb": "br", "row": "tr", "body": "div"}
_LAYOUT = "//table[.//h1 or .//h2 or .//table or .//td[count(p) > 2]]"
_EXPRESSIONS = {"re": "http://exslt.org/regular-expressions"}
_ADVERT = "'(^|[ _-])(advert|advertisement|sponsored)($|[ _-])', 'i'"
_ADVERTS = f"//body//*[re:test(@class, {_ADVERT}) or re:test(@id, {_ADVERT})]"
_HIDDEN = "//body//*[@hidden or re:test(@style, '(display: *none|visibility: *hidden)', 'i')]"


def read_html(data: bytes, *, name: str, charset: str | None = None) -> Document:
    """Give what a page holds: blocks a blank line apart, items of a list one under another.

    `charset` is what the server said; what the page says of itself comes after it.
    Raises: SourceError when it is no HTML, nests too deep or is too large to be read whole, or
    has no main text.
    """
    from lxml.etree import ParserError

    try:
        tree = parse_html(data, name=name, charset=charset)
    except ParserError:
        raise _empty(name) from None
    about = _metadata(deepcopy(tree))
    _drop_unwanted(tree)
    _dissolve_layout(tree)
    found = _extracted(tree, about.title, recall=False)
    if found is None or found.arrived < _MUCH:
        more = _extracted(tree, about.title, recall=True)
        if more is not None and (found is None or more.arrived > found.arrived):
            found = more
    if found is None:
        raise _empty(name)
    notice = (
        f"only {found.arrived:.0%} of the words of this page were read as its main text; where "
        "something is missing, save what it says as a text file and add that"
    )
    return Document(
        found.text.text,
        one_line(about.title),
        author=authors((about.author or "").split(";")),
        published=iso_date(about.date),
        marks=found.text.marks,
        notice=notice if found.arrived < _MUCH else "",
    )


@dataclass(frozen=True, slots=True)
class _Extracted:
    """The text of a page's article, and which share of the text that the page shows it is."""

    text: MarkedText
    arrived: float


def _extracted(tree: "HtmlElement", title: str | None, *, recall: bool) -> _Extracted | None:
    """Find the article of a page; `recall` prefers too much to too little."""
    from trafilatura import bare_extraction, settings

    found = bare_extraction(deepcopy(tree), include_comments=False, favor_recall=recall)
    if not isinstance(found, settings.Document) or found.body is None:
        return None
    article = _as_html(found.body)
    words = Words.of(text_of(article))
    page = deepcopy(tree)
    part = main_part(page, words, headline=title)
    text = MarkedText()
    write_blocks(article if part is None else part, text)
    for body in page.xpath("//body"):
        strip_unwanted(body, words)
    shown = Words.of(text_of(page))
    few = len(shown.listed) < _FEW
    return _Extracted(text, 1.0 if few else Words.of(text.text).share_of(shown))


def _metadata(tree: "HtmlElement") -> "settings.Document":
    """Read what a page says of itself; a date in its code is no date of the page."""
    from trafilatura.metadata import extract_metadata

    for element in tree.xpath("//body//pre | //body//code | //body//samp | //body//kbd"):
        element.drop_tree()
    return extract_metadata(tree, date_config={"extensive_search": False, "original_date": True})


def _as_html(body: "_Element") -> "_Element":
    """Turn trafilatura's elements into those of HTML that they stand for."""
    for element in body.iter("*"):
        rend = element.get("rend") or ""
        match element.tag:
            case "head":
                element.tag = rend if rend in HEADINGS else "h6"
            case "list":
                element.tag = "ol" if rend == "ol" else "ul"
            case "item":
                element.tag = rend[:2] if rend[:2] in ("dt", "dd") else "li"
            case "cell":
                element.tag = "th" if element.get("role") == "head" else "td"
            case "code":
                element.tag = "pre" if "\n" in "".join(element.itertext()) else "code"
            case tag:
                element.tag = _MEANT.get(str(tag), str(tag))
    return body


def _empty(name: str) -> SourceError:
    return SourceError(
        f"{name} holds no main text; expected a page with an article; if a browser shows one, "
        "save what it says as a text file"
    )


def parse_html(data: bytes, *, name: str, charset: str | None) -> "HtmlElement":
    """Give the root of a page.

    Raises: SourceError, as `read_html`, and lxml.etree.ParserError when nothing is on it.
    """
    from lxml import html

    declared = _CHARSET.search(data[:2048])
    named = charset or (declared[1].decode("ascii").lower() if declared else None)
    text = decode(data, name=name, declared=named)
    if not _TAG.search(text):
        raise SourceError(f"{name} holds no HTML; expected a web page; give text as a .txt file")
    text = _CONTROL_REFERENCE.sub(" ", _CONTROL.sub(" ", text))
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    tree = html.document_fromstring(text.encode(), parser=parser)
    if any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log):
        raise SourceError(
            f"{name} cannot be read whole: its elements nest deeper than 256, or one holds more "
            "than 10 MB; expected a page as people write them; save what it says as a text file"
        )
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
