"""HTML -> the main text of a page and what it says of itself, without menus, adverts and comments.

Runs in the process of `index.parsing` alone.
"""

import re
from collections import Counter
from copy import deepcopy
from typing import TYPE_CHECKING

from index.blocks import one_line, write_blocks
from index.encoding import decode
from index.errors import SourceError
from index.marks import HEADINGS, MarkedText, may_be_heading
from index.mending import mend
from index.parsed import Parsed, authors, iso_date
from index.parsed import one_line as title_line

if TYPE_CHECKING:
    from lxml.html import HtmlElement
    from trafilatura.settings import Document

_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z!/?]")
_LAYOUT = "//table[.//h1 or .//h2 or .//table or .//td[count(p) > 2]]"
_MUCH = 0.6  # of the words of a page; of less, something is likely to be missing
_WORD = re.compile(r"\w+")
_BESIDE = (
    "'(^|[ _-])(comment|comments|related|share|sharing|social|menu|nav|sidebar|cookie|consent"
    "|newsletter|promo|footer|header|breadcrumb|widget|banner|popup|modal)([ _-]|$)', 'i'"
)
_PROSE = (
    "//body//*[self::p or self::li or self::td or self::dd or self::pre]"
    "[not(ancestor-or-self::*[self::nav or self::header or self::footer or self::aside"
    f" or self::form or re:test(@class, {_BESIDE}) or re:test(@id, {_BESIDE})])]"
    "[not(.//p or .//li or .//td or .//dd or .//pre)]"
)
_BOLD = ".//text()[not(normalize-space()) or ancestor::b or ancestor::strong]"
_EXPRESSIONS = {"re": "http://exslt.org/regular-expressions"}
_ADVERT = "'(^|[ _-])(advert|advertisement|sponsored)($|[ _-])', 'i'"
_ADVERTS = f"//body//*[re:test(@class, {_ADVERT}) or re:test(@id, {_ADVERT})]"
_HIDDEN = "//body//*[@hidden or re:test(@style, '(display: *none|visibility: *hidden)', 'i')]"


def read_webpage(data: bytes, *, name: str, charset: str | None) -> Parsed:
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
    _drop_unwanted(tree)
    _dissolve_layout(tree)
    mark_headings(tree)
    captions = captions_of(tree)
    published = _date(tree)
    words = _visible_words(tree)
    mend(tree)
    again = deepcopy(tree)
    document, text = _main_text(tree, captions, recall=False)
    if _arrived(text, words) < _MUCH:
        other, more = _main_text(again, captions, recall=True)
        if _arrived(more, words) > _arrived(text, words):
            document, text = other or document, more
    if document is None or not text.pieces:
        raise _empty(name)
    return Parsed(
        title_line(document.title),
        text.text,
        author=authors((document.author or "").split(";")),
        published=published,
        marks=text.marks,
        notice=_notice(_arrived(text, words)),
    )


def _main_text(
    tree: "HtmlElement", captions: frozenset[str], *, recall: bool
) -> tuple["Document | None", MarkedText]:
    """Give what trafilatura finds, and its text; with `recall` it would rather keep too much."""
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    text = MarkedText()
    found = bare_extraction(tree, include_comments=False, with_metadata=True, favor_recall=recall)
    if not isinstance(found, Document) or found.body is None:
        return None, text
    write_blocks(found.body, text, captions=captions)
    return found, text


def _date(tree: "HtmlElement") -> str | None:
    """Give the day of publication, which is none that an example of code shows."""
    from htmldate import find_date

    shown = deepcopy(tree)
    for element in shown.xpath("//pre | //code | //samp | //kbd"):
        element.drop_tree()
    return iso_date(find_date(shown, extensive_search=False, original_date=True))


def _visible_words(tree: "HtmlElement") -> Counter[str]:
    """Count the words of a page's paragraphs, items and cells, but not of what surrounds a text."""
    found: Counter[str] = Counter()
    for element in tree.xpath(_PROSE, namespaces=_EXPRESSIONS):
        words = element.text_content()
        linked = sum(len(each.text_content()) for each in element.iter("a"))
        if 2 * linked <= len(words):
            found.update(_WORD.findall(words))
    return found


def _arrived(text: MarkedText, words: Counter[str]) -> float:
    """Say what share of these words a text has."""
    found = Counter(_WORD.findall(text.text))
    return (found & words).total() / words.total() if words else 1.0


def _notice(share: float) -> str:
    if share >= _MUCH:
        return ""
    return (
        f"only {share:.0%} of the words of this page were read as its main text; where something "
        "is missing, save what it says as a text file and add that"
    )


def _empty(name: str) -> SourceError:
    return SourceError(
        f"{name} holds no main text; expected a page with an article; if a browser shows one, "
        "save what it says as a text file"
    )


def parse_html(data: bytes, *, name: str, charset: str | None) -> "HtmlElement":
    """Give the root of a page.

    Raises: SourceError, as `read_webpage`, and lxml.etree.ParserError when nothing is on it.
    """
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
    return tree


def mark_headings(tree: "HtmlElement") -> None:
    """Make headings of what stands above other blocks as one: legends, and bold paragraphs."""
    for element in tree.iter("legend"):
        element.tag = "h6"
    for paragraph in tree.xpath("//p[.//b or .//strong][not(ancestor::td or ancestor::th)]"):
        following = paragraph.getnext()
        if following is None or following.tag in HEADINGS:
            continue
        words = one_line(paragraph.text_content())
        bold = one_line("".join(paragraph.xpath(_BOLD)))
        if words == bold and may_be_heading(words):
            paragraph.tag = "h6"


def captions_of(tree: "HtmlElement") -> frozenset[str]:
    """Give the captions of tables and pictures, each as one line."""
    return frozenset(one_line(each.text_content()) for each in tree.iter("caption", "figcaption"))


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
