"""DOCX -> the text of a Word file, and what it says of itself.

Paragraphs, lists and tables are read in their order. Headers, footers, footnotes, comments and
what was deleted with changes tracked are left out. Runs in the process of `index.parsing` alone.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.errors import SourceError
from index.marks import BOLD, MarkedText
from index.parsed import Parsed, authors, first_line, iso_date

if TYPE_CHECKING:
    from lxml.etree import _Element

LARGEST_PART = 50 * 1024 * 1024
"""Bytes: the most that one part of the file may unpack to."""

_BODY, _PROPERTIES = "word/document.xml", "docProps/core.xml"
_UNREAD = frozenset({"Fallback", "del", "moveFrom", "pPr", "rPr", "instrText"})
_SHOWN = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_PROPERTY = "*[local-name() = 'pPr']/*[local-name() = $kind]"
_HEADER_ROW = (
    "*[local-name() = 'trPr']/*[local-name() = 'tblHeader'][not(@*[. = '0' or . = 'false'])]"
)
_KINDS = {"Title": "h1", "Caption": "caption"} | {f"Heading{n}": f"h{n}" for n in range(1, 7)}
_OFF = frozenset({"0", "false", "off", "none"})


def read_docx(data: bytes, *, name: str) -> Parsed:
    """Give what a Word file holds: blocks a blank line apart, items of a list one under another.

    The title is that of the properties, else the first paragraph that is styled as one.
    Raises: SourceError when it is no Word file, or one that unpacks to too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            document = _part(archive, _BODY, name)
            known = _PROPERTIES in archive.namelist()
            properties = _part(archive, _PROPERTIES, name) if known else None
    except (zipfile.BadZipFile, KeyError, RuntimeError, EOFError, ValueError, zlib.error) as error:
        raise SourceError(
            f"{name} is no Word file ({error}); expected a .docx; open it in the program that made "
            "it and save it as one"
        ) from error
    text = MarkedText()
    titles = _values(properties, "title")
    beneath = False  # an item of the same list
    for block in _blocks(document):
        between = "\n" if beneath and block.is_item else "\n\n"
        marker = "- " if block.is_item else ""
        text.add(marker + block.words, between=between, kind=block.kind)
        beneath = block.is_item
        if block.kind == "h1":
            titles.append(block.words)
    return Parsed(
        first_line(titles),
        text.text,
        author=authors(
            each for creator in _values(properties, "creator") for each in creator.split(";")
        ),
        published=iso_date(*_values(properties, "created")),
        marks=text.marks,
    )


def _part(archive: zipfile.ZipFile, part: str, name: str) -> "_Element":
    from lxml import etree

    with archive.open(part) as stream:
        data = stream.read(LARGEST_PART + 1)
    if len(data) > LARGEST_PART:
        raise SourceError(
            f"{name} unpacks to more than {LARGEST_PART:,} bytes; expected a document as people "
            "write them; save what it says as plain text"
        )
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise SourceError(
            f"{name} holds damaged XML ({error}); expected a .docx; open it in the program that "
            "made it and save it again"
        ) from error


def _values(properties: "_Element | None", kind: str) -> list[str]:
    if properties is None:
        return []
    return [each.text or "" for each in properties if _kind(each) == kind]


@dataclass(frozen=True, slots=True)
class _Block:
    """A paragraph or a row of a table: its words, its kind, and whether it is a list's item."""

    words: str
    kind: str | None
    is_item: bool = False


def _blocks(element: "_Element") -> Iterator[_Block]:
    """Give each paragraph and each row of a table."""
    for child in element:
        match _kind(child):
            case "p":
                text = _text(child).strip()
                if text:
                    yield _Block(text, _kind_of(child), _is_item(child))
            case "tr":
                cells = [" ".join(_text(each).split()) for each in child if _kind(each) == "tc"]
                if any(cells):
                    kind = "header" if child.xpath(_HEADER_ROW) else "row"
                    yield _Block(" | ".join(cells), kind)
            case kind if kind not in _UNREAD:
                yield from _blocks(child)


def _is_item(paragraph: "_Element") -> bool:
    listed = any(style.startswith("List") for style in _styles(paragraph))
    return listed or bool(paragraph.xpath(_PROPERTY, kind="numPr"))


def _kind_of(paragraph: "_Element") -> str | None:
    """Tell headings, captions and paragraphs that are bold as a whole from others."""
    for style in _styles(paragraph):
        if style in _KINDS:
            return _KINDS[style]
    runs = [each for each in paragraph.iter("{*}r") if _text(each).strip()]
    return BOLD if runs and all(map(_is_bold, runs)) else None


def _is_bold(run: "_Element") -> bool:
    bold = run.find("{*}rPr/{*}b")
    return bold is not None and not _OFF.intersection(bold.values())


def _styles(paragraph: "_Element") -> list[str]:
    return [value for each in paragraph.xpath(_PROPERTY, kind="pStyle") for value in each.values()]


def _text(element: "_Element") -> str:
    kind = _kind(element)
    if kind == "t":
        return element.text or ""
    if kind in _SHOWN:
        return _SHOWN[kind]
    if kind in _UNREAD:
        return ""
    inside = "".join(map(_text, element))
    return f"{inside}\n" if kind == "p" else inside


def _kind(element: "_Element") -> str:
    """Give an element's name without its namespace, of which Word knows two."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
