"""HTML -> the main text of a page and what it says about itself, without menus and adverts.

trafilatura finds which sentences are the article's, but skips what it does not recognise as text.
So the element of the page that holds these sentences is read itself, whole: lists, cells and
captions included, without what is called a menu, an advert or the like and holds none of them.
Imported in the sandbox only.
"""

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree
from lxml.html import HtmlElement
from trafilatura import bare_extraction
from trafilatura import settings as trafilatura
from trafilatura.metadata import extract_metadata

from index.documents.document import Document, authors, iso_date, one_line
from index.documents.writer import BlockWriter, parse_html, text_of
from index.errors import SourceError
from index.text.article import HEADINGS

_MUCH = 0.5  # of the text that a page shows: if less was read, the user should know
_FEW = 50  # words: a share of fewer says nothing
_HTML_TAGS = {"quote": "blockquote", "lb": "br", "row": "tr", "body": "div"}  # for trafilatura's
_LAYOUT = "//table[.//h1 or .//h2 or .//table or .//td[count(p) > 2]]"
_EXPRESSIONS = {"re": "http://exslt.org/regular-expressions"}
_ADVERT = "'(^|[ _-])(advert|advertisement|sponsored)($|[ _-])', 'i'"
_ADVERTS = f"//body//*[re:test(@class, {_ADVERT}) or re:test(@id, {_ADVERT})]"
_HIDDEN = "//body//*[@hidden or re:test(@style, '(display: *none|visibility: *hidden)', 'i')]"

_RUN = 3  # words in a row that two texts must share to be the same there
_SAME = 0.5  # of an element's words are the article's: it is no menu, whatever it is called
_WHOLE = 0.9  # of the article's words must stand in the element that is taken for it
_TEXTS = frozenset({"p", "pre", "ul", "ol", "dl", "table", "blockquote", *HEADINGS})
_MOSTLY_LINKS = 0.6  # of an element's characters
_LIST_NUMBER = re.compile(r"^ *\d{1,9}\. ", re.MULTILINE)
_WORDS = re.compile(r"\w+")
_UNWANTED_TAGS = ("nav", "aside", "footer", "form", "menu", "dialog")
_UNWANTED_ROLES = frozenset(
    {"navigation", "complementary", "contentinfo", "banner", "search", "dialog", "alertdialog"}
)
_UNWANTED_NAMES = re.compile(
    r"(?<![a-z])(?:ads?|advert|advertisement|author|banner|breadcrumbs?|byline|catlinks|comments?"
    r"|consent|cookies?|disqus|editsection|footer|gdpr|headerlink|masthead|modal|newsletter"
    r"|outbrain|pagination|paywall|popup|printfooter|promo|screen-reader|sharedaddy|sidebar|signup"
    r"|skip-?link|sponsor|sponsored|sr-only|subscribe|taboola|toolbar|visually-?hidden"
    r"|widget-area)(?![a-z])"
)
_LINKS_NAMES = re.compile(  # of lists of links; without any, it is a restaurant's menu
    r"(?<![a-z])(?:menu|nav|navbar|navbox|navigation|recommended|related|share|sharing|social|tags"
    r"|teasers?|toc)(?![a-z])"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LINKED = ("ul", "ol", "dl", "div", "section", "p", "table")
_PERMALINK = frozenset("#¶§🔗")


def read_html(data: bytes, *, name: str, charset: str | None = None) -> Document:
    """Return the main text of a page: blocks a blank line apart, list items on lines of their own.

    `charset` is what the server declared; what the page itself declares comes after it.
    Raises: SourceError if it is no HTML, nests too deep or is too large to be read whole, or has
    no main text.
    """
    empty = SourceError(
        f"{name} holds no main text; expected a page with an article; if a browser shows one, "
        "save what it says as a text file"
    )
    try:
        tree = parse_html(data, name=name, charset=charset)
    except etree.ParserError:
        raise empty from None
    about = _metadata(deepcopy(tree))
    _drop_unwanted(tree)
    _dissolve_layout(tree)
    found = _extract(tree, about.title, recall=False)
    if found is None or found.share < _MUCH:
        more = _extract(tree, about.title, recall=True)
        if more is not None and (found is None or more.share > found.share):
            found = more
    if found is None:
        raise empty
    notice = (
        f"only {found.share:.0%} of the words of this page were read as its main text; if "
        "something is missing, save what it says as a text file and add that"
    )
    return Document(
        found.writer.text,
        one_line(about.title),
        author=authors((about.author or "").split(";")),
        published=iso_date(about.date),
        marks=found.writer.marks,
        notice=notice if found.share < _MUCH else "",
    )


def _metadata(tree: HtmlElement) -> trafilatura.Document:
    """Return what a page says about itself; a date in its code is not the date of the page."""
    for element in tree.xpath("//body//pre | //body//code | //body//samp | //body//kbd"):
        element.drop_tree()
    return extract_metadata(tree, date_config={"extensive_search": False, "original_date": True})


def _drop_unwanted(tree: HtmlElement) -> None:
    """Drop adverts and what the page hides, unless it is most of the page: a script shows it."""
    whole = _prose(tree)
    for element in tree.xpath(f"{_ADVERTS} | {_HIDDEN}", namespaces=_EXPRESSIONS):
        if 2 * _prose(element) <= whole:
            element.drop_tree()


def _dissolve_layout(tree: HtmlElement) -> None:
    """Take apart tables that only arrange a page: their rows are no rows of data.

    The cell with the most words is the article, unless an element says that it is.
    """
    cells: list[HtmlElement] = []
    for table in tree.xpath(_LAYOUT):
        for element in table.xpath("self::* | tbody | thead | tr | */tr | tr/* | */tr/*"):
            if element.tag in ("td", "th"):
                cells.append(element)
            element.tag = "div"
    if cells and not tree.xpath("//article | //main"):
        max(cells, key=_prose).tag = "article"


def _prose(element: HtmlElement) -> int:
    """Count the characters of the paragraphs in an element, and of text that is directly in it."""
    return sum(map(len, element.xpath("descendant-or-self::p//text() | text() | font/text()")))


@dataclass(frozen=True, slots=True)
class _Extracted:
    """The text of a page's article, and its share of the text that the page shows."""

    writer: BlockWriter
    share: float


def _extract(tree: HtmlElement, title: str | None, *, recall: bool) -> _Extracted | None:
    """Find the article of a page; `recall` prefers too much to too little."""
    found = bare_extraction(deepcopy(tree), include_comments=False, favor_recall=recall)
    if not isinstance(found, trafilatura.Document) or found.body is None:
        return None
    article = _as_html(found.body)
    words = _Words.of(text_of(article))
    page = deepcopy(tree)
    element = _article_element(page, words, headline=one_line(title))
    writer = BlockWriter()
    writer.write_elements(article if element is None else element)
    for body in page.xpath("//body"):
        _strip_unwanted(body, words)
    shown = _Words.of(text_of(page))
    few = len(shown.listed) < _FEW
    return _Extracted(writer, 1.0 if few else _Words.of(writer.text).share_of(shown))


def _as_html(body: etree._Element) -> etree._Element:
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
                element.tag = _HTML_TAGS.get(str(tag), str(tag))
    return body


@dataclass(frozen=True, slots=True)
class _Words:
    """A text as what can be found again in another: its words, and the runs of them."""

    listed: tuple[str, ...]
    runs: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, text: str) -> "_Words":
        """Split a text; the numbers of its lists are not counted."""
        listed = tuple(_WORDS.findall(_LIST_NUMBER.sub("", text.casefold())))
        return cls(listed, frozenset(_runs(listed)))

    def count_of(self, other: "_Words") -> int:
        """Return how many of another text's words stand in this one, in runs of `_RUN`."""
        found = [False] * len(other.listed)
        for start, run in enumerate(_runs(other.listed)):
            if run in self.runs:
                found[start : start + _RUN] = [True] * _RUN
        return sum(found)

    def share_of(self, other: "_Words") -> float:
        """Return the share of another text's words that stand in this one."""
        return self.count_of(other) / max(1, len(other.listed))

    def hold(self, other: "_Words") -> bool:
        """Return whether at least half of another text stands in this one."""
        size = len(other.listed)
        if size >= _RUN:
            return self.share_of(other) >= _SAME
        runs = zip(*(self.listed[start:] for start in range(size)), strict=False)
        return bool(size) and other.listed in runs


def _runs(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return zip(*(words[start:] for start in range(_RUN)), strict=False)


def _article_element(page: HtmlElement, article: _Words, *, headline: str) -> HtmlElement | None:
    """Return the element that holds an article, stripped of all else; None if none holds it.

    The page's headline is moved into it if it stands outside. What is stripped is dropped from the
    page as well.
    """
    element = _innermost_holder(page, article)
    if element is None:
        return None
    _strip_unwanted(element, article)
    if headline and not element.xpath("ancestor-or-self::h1 | descendant::h1"):
        headings = (
            each for each in page.xpath("//h1") if one_line(each.text_content()) == headline
        )
        heading = next(headings, None)
        if heading is not None:
            heading.tail = element.text
            element.text = None
            element.insert(0, heading)
    return element if _Words.of(text_of(element)).share_of(article) >= _WHOLE else None


def _innermost_holder(page: HtmlElement, article: _Words) -> HtmlElement | None:
    """Return the innermost element with all words of an article that the page has.

    Its headline may stand outside.
    """
    bodies = page.xpath("//body")
    if not bodies or not article.runs:
        return None
    found, missing = bodies[0], 0
    held = _Words.of(text_of(found)).count_of(article)
    while held:
        children = [child for child in found if isinstance(child.tag, str)]
        inner = max(children, key=lambda child: len(child.text_content()), default=None)
        if inner is None or inner.tag in _TEXTS:
            break
        if inner.text_content().strip() == found.text_content().strip():
            found = inner
            continue
        headlines = " ".join(
            text_of(each) for each in found.iter("h1") if inner not in (each, *each.iterancestors())
        )
        missing += len(_Words.of(headlines).listed)
        if _Words.of(text_of(inner)).count_of(article) < held - missing:
            break
        found = inner
    return found


def _strip_unwanted(element: HtmlElement, article: _Words) -> None:
    """Drop what is called a menu or the like, or consists of links, unless the article has it."""
    for child in list(element):
        if not isinstance(child.tag, str) or child.tag in ("pre", "code"):
            continue
        is_permalink = (
            child.tag == "a"
            and element.tag in HEADINGS
            and child.text_content().strip() in _PERMALINK
        )
        is_unwanted = _is_unwanted(child) or _is_made_of_links(child)
        if is_permalink or (is_unwanted and not article.hold(_Words.of(text_of(child)))):
            child.drop_tree()
        else:
            _strip_unwanted(child, article)


def _is_unwanted(element: HtmlElement) -> bool:
    if element.tag in _UNWANTED_TAGS or element.get("role") in _UNWANTED_ROLES:
        return True
    if element.get("aria-hidden") == "true":
        return True
    if element.tag == "header" and not element.xpath("descendant::h1 | ancestor::article"):
        return True
    names = f"{element.get('class', '')} {element.get('id', '')}".strip()
    names = _CAMEL.sub("-", names).lower()
    if _UNWANTED_NAMES.search(names):
        return True
    return bool(_LINKS_NAMES.search(names)) and bool(element.xpath("descendant-or-self::a[@href]"))


def _is_made_of_links(element: HtmlElement) -> bool:
    if element.tag not in _LINKED:
        return False
    links = element.xpath("descendant::a[@href]")
    if not links:
        return False
    whole = len("".join(element.text_content().split()))
    linked = sum(len("".join(link.text_content().split())) for link in links)
    return linked > _MOSTLY_LINKS * whole
