"""The part of a web page that holds its article, whole: lists, cells and captions with the rest.

An extractor says which sentences are the article's, and passes over what it does not know for text.
So the part that holds its sentences is read from the page itself, without what is called a menu, an
advert or the like and holds none of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.documents.document import one_line
from index.documents.writer import text_of
from index.text.marks import HEADINGS

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_RUN = 3  # words: as many in a row say that two texts are the same there
_SAME = 0.5  # of an element's words are the article's: it is no menu, whatever it is called
_WHOLE = 0.9  # of the article's words must stand in the part that is taken for it
_TEXTS = frozenset({"p", "pre", "ul", "ol", "dl", "table", "blockquote", *HEADINGS})
_MOSTLY_LINKS = 0.6  # of an element's characters

_NUMBER = re.compile(r"^ *\d{1,9}\. ", re.MULTILINE)
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


@dataclass(frozen=True, slots=True)
class Words:
    """A text as what can be found again in another: its words, and the runs of them."""

    listed: tuple[str, ...]
    runs: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, text: str) -> "Words":
        """Read a text; the numbers of its lists are no words of it."""
        listed = tuple(_WORDS.findall(_NUMBER.sub("", text.casefold())))
        return cls(listed, frozenset(_runs(listed)))

    def count_of(self, other: "Words") -> int:
        """Return how many of another text's words stand in this one, in runs of `_RUN`."""
        found = [False] * len(other.listed)
        for start, run in enumerate(_runs(other.listed)):
            if run in self.runs:
                found[start : start + _RUN] = [True] * _RUN
        return sum(found)

    def share_of(self, other: "Words") -> float:
        """Return which share of another text's words stand in this one."""
        return self.count_of(other) / max(1, len(other.listed))

    def hold(self, other: "Words") -> bool:
        """Say whether at least half of another text stands in this one."""
        if len(other.listed) >= _RUN:
            return self.share_of(other) >= _SAME
        size = len(other.listed)
        runs = zip(*(self.listed[start:] for start in range(size)), strict=False)
        return bool(size) and other.listed in runs


def main_part(page: "HtmlElement", article: Words, *, headline: str | None) -> "HtmlElement | None":
    """Return the element that holds an article, stripped of all else; None where none holds it.

    The page's headline is moved into it where it stands outside. What is stripped goes from the
    page as well.
    """
    part = _holder(page, article)
    if part is None:
        return None
    strip_unwanted(part, article)
    _move_headline(page, part, one_line(headline))
    return part if Words.of(text_of(part)).share_of(article) >= _WHOLE else None


def strip_unwanted(part: "HtmlElement", article: Words) -> None:
    """Drop what is called a menu or the like, or is made of links, unless it is the article's."""
    for element in list(part):
        if not isinstance(element.tag, str) or element.tag in ("pre", "code"):
            continue
        if _is_permalink(element):
            element.drop_tree()
        elif _is_unwanted(element) or _is_made_of_links(element):
            said = Words.of(text_of(element))
            if not article.hold(said):
                element.drop_tree()
            else:
                strip_unwanted(element, article)
        else:
            strip_unwanted(element, article)


def _holder(page: "HtmlElement", article: Words) -> "HtmlElement | None":
    """Return the innermost element that holds all that the page has of an article.

    Its headline may stand outside.
    """
    bodies = page.xpath("//body")
    if not bodies or not article.runs:
        return None
    found, missing = bodies[0], 0
    held = _count(found, article)
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
        missing += len(Words.of(headlines).listed)
        if _count(inner, article) < held - missing:
            break
        found = inner
    return found


def _move_headline(page: "HtmlElement", part: "HtmlElement", words: str) -> None:
    """Move the headline of these words to the head of a part that has none."""
    if not words or part.xpath("ancestor-or-self::h1 | descendant::h1"):
        return
    for headline in page.xpath("//h1"):
        if one_line(headline.text_content()) == words:
            headline.tail = part.text
            part.text = None
            part.insert(0, headline)
            return


def _count(element: "HtmlElement", article: Words) -> int:
    return Words.of(text_of(element)).count_of(article)


def _is_unwanted(element: "HtmlElement") -> bool:
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


def _is_made_of_links(element: "HtmlElement") -> bool:
    if element.tag not in _LINKED:
        return False
    links = element.xpath("descendant::a[@href]")
    if not links:
        return False
    whole = len("".join(element.text_content().split()))
    linked = sum(len("".join(link.text_content().split())) for link in links)
    return linked > _MOSTLY_LINKS * whole


def _is_permalink(element: "HtmlElement") -> bool:
    """Say whether an element is the sign behind a heading that links to it."""
    parent = element.getparent()
    return (
        element.tag == "a"
        and parent is not None
        and parent.tag in HEADINGS
        and element.text_content().strip() in _PERMALINK
    )


def _runs(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return zip(*(words[start:] for start in range(_RUN)), strict=False)
