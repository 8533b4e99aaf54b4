"""A web page put so that trafilatura, which finds its main text, keeps what people read there.

It drops lists in tables and outside of divisions, labels, pictures with their captions and cells
that name a social network, and takes words set as code for a block of their own.
"""

from typing import TYPE_CHECKING

from index.blocks import GUARD, one_line

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_LARGEST_CELL = 1_000  # code points; a larger one is no cell of data
_PLAIN_CELLS = "//td[not(.//table or .//pre or .//h1 or .//h2)] | //th[not(.//table)]"
_BLOCKS = frozenset({"p", "div", "br", "ul", "ol", "dl", "dt", "dd", "section", "blockquote"})


def mend(tree: "HtmlElement") -> None:
    """Change a page in place; its words and their order stay."""
    _mend_code(tree)
    _mend_labels(tree)
    _mend_figures(tree)
    for cell in tree.xpath(_PLAIN_CELLS):
        words = one_line("".join(_cell_words(cell)))
        if words and len(words) <= _LARGEST_CELL:
            for child in list(cell):
                cell.remove(child)
            cell.text = words + GUARD
    _mend_body(tree)


def _mend_code(tree: "HtmlElement") -> None:
    """Let code inside a line stand in it, and a block of code be one."""
    for element in tree.xpath("//code | //kbd | //samp | //tt | //var"):
        if next(element.iterancestors("pre"), None) is None:
            element.tag = "pre" if "\n" in element.text_content().strip() else "span"
    for block in tree.iter("pre"):
        if not len(block) and block.text:
            inner = block.makeelement("code")
            inner.text, block.text = block.text, None
            block.append(inner)


def _mend_labels(tree: "HtmlElement") -> None:
    for label in tree.xpath("//li//label | //p//label | //td//label"):
        label.tag = "span"


def _mend_figures(tree: "HtmlElement") -> None:
    """Keep what a figure says, which would go with its picture."""
    for figure in tree.xpath("//figure[.//figcaption]"):
        figure.tag = "div"
    for caption in tree.iter("figcaption"):
        words = one_line(caption.text_content())
        for child in list(caption):
            caption.remove(child)
        caption.tag, caption.text = "p", words


def _mend_body(tree: "HtmlElement") -> None:
    """Say that a page is an article whose paragraphs stand in its body, in no division."""
    body = tree.find("body")
    if body is None or tree.xpath("//article | //main"):
        return
    bare = sum(len(each.text_content()) for each in body.iterchildren("p"))
    if 2 * bare > sum(len(each.text_content()) for each in body.iter("p")) > 0:
        article = body.makeelement("article")
        article.text, body.text = body.text, None
        article.extend(list(body))
        body.append(article)


def _cell_words(element: "HtmlElement") -> list[str]:
    """Give the words of a cell of a table, its blocks parted by spaces and items by commas."""
    words = [element.text or ""]
    for number, child in enumerate(element):
        if not isinstance(child.tag, str) or child.tag in ("script", "style"):
            words.append(child.tail or "")
            continue
        between = ", " if child.tag == "li" and number else " " if child.tag in _BLOCKS else ""
        after = " " if child.tag in _BLOCKS else ""
        words += [between, *_cell_words(child), after, child.tail or ""]
    return words
