"""DOCX -> the text of a Word file, and what it says of itself.

Paragraphs, lists and tables are read in their order. Headers, footers, footnotes, comments and
what was deleted with changes tracked are left out. Runs in the process of `index.parsing` alone.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from index.errors import SourceError
from index.parsed import Parsed, authors, first_line, iso_date

if TYPE_CHECKING:
    from lxml.etree import _Element

LARGEST_PART = 50 * 1024 * 1024
"""Bytes: the most that one part of the file may unpack to."""

_BODY, _PROPERTIES = "word/document.xml", "docProps/core.xml"
_UNREAD = frozenset({"Fallback", "del", "moveFrom", "pPr", "rPr", "instrText"})
_SHOWN = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_PROPERTY = "*[local-name() = 'pPr']/*[local-name() = $kind]"
_TITLES = frozenset({"Title", "Heading1"})


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
    text = ""
    titles = _values(properties, "title")
    beneath = False  # an item of the same list
    for block, is_item, is_title in _blocks(document):
        beneath = beneath and is_item
        text += ("\n" if beneath else "\n\n" if text else "") + ("- " if is_item else "") + block
        beneath = is_item
        if is_title:
            titles.append(block)
    return Parsed(
        first_line(titles),
        text,
        author=authors(
            each for creator in _values(properties, "creator") for each in creator.split(";")
        ),
        published=iso_date(*_values(properties, "created")),
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


def _blocks(element: "_Element") -> Iterator[tuple[str, bool, bool]]:
    """Give each paragraph and row of a table: its text, and whether it is an item or a title."""
    for child in element:
        match _kind(child):
            case "p":
                text = _text(child).strip()
                if text:
                    yield text, _is_item(child), _is_title(child)
            case "tr":
                cells = [" ".join(_text(each).split()) for each in child if _kind(each) == "tc"]
                if any(cells):
                    yield " | ".join(cells), False, False
            case kind if kind not in _UNREAD:
                yield from _blocks(child)


def _is_item(paragraph: "_Element") -> bool:
    listed = any(style.startswith("List") for style in _styles(paragraph))
    return listed or bool(paragraph.xpath(_PROPERTY, kind="numPr"))


def _is_title(paragraph: "_Element") -> bool:
    return not _TITLES.isdisjoint(_styles(paragraph))


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
