"""DOCX -> the text of a Word file, and what it says of itself.

Paragraphs, lists and tables are read in their order, and foot- and endnotes behind the block that
refers to them. Headers, footers, comments and what was deleted with changes tracked are left out.
Runs in the process of `index.documents.sandbox` alone.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.documents.document import Document, authors, first_line, iso_date
from index.documents.numbering import Numbering, list_of
from index.errors import SourceError
from index.text.marks import BOLD, HEADINGS, MarkedText

if TYPE_CHECKING:
    from lxml.etree import _Element

LARGEST_PART = 50 * 1024 * 1024
"""Bytes: the most that one part of the file may unpack to."""

_BODY, _PROPERTIES = "word/document.xml", "docProps/core.xml"
_STYLES, _NUMBERING = "word/styles.xml", "word/numbering.xml"
_NOTES = {"footnoteReference": "word/footnotes.xml", "endnoteReference": "word/endnotes.xml"}
_UNREAD = frozenset({"Fallback", "del", "moveFrom", "pPr", "rPr", "instrText"})
_SHOWN = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_PROPERTY = "*[local-name() = 'pPr']/*[local-name() = $kind]"
_HEADER_ROW = (
    "*[local-name() = 'trPr']/*[local-name() = 'tblHeader'][not(@*[. = '0' or . = 'false'])]"
)
_KINDS = {"title": "h1", "caption": "caption"} | {f"heading{n}": f"h{n}" for n in range(1, 7)}
_MOST_ANCESTORS = 10  # of a style; Word's own have two
_OFF = frozenset({"0", "false", "off", "none"})


def read_docx(data: bytes, *, name: str) -> Document:
    """Give what a Word file holds: blocks a blank line apart, items of a list one under another.

    The title is that of the properties, else the first paragraph that is styled as one.
    Raises: SourceError when it is no Word file, or one that unpacks to too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            document = _part(archive, _BODY, name)
            parts = set(archive.namelist())
            wanted = (_PROPERTIES, _STYLES, _NUMBERING, *_NOTES.values())
            others = {each: _part(archive, each, name) for each in wanted if each in parts}
    except (zipfile.BadZipFile, KeyError, RuntimeError, EOFError, ValueError, zlib.error) as error:
        raise SourceError(
            f"{name} is no Word file ({error}); expected a .docx; open it in the program that made "
            "it and save it as one"
        ) from error
    properties = others.get(_PROPERTIES)
    reader = _Reader.of(others)
    text = MarkedText()
    titles = _values(properties, "title")
    beneath = False  # an item of the same list
    for block in reader.blocks(document):
        between = "\n" if beneath and block.is_item else "\n\n"
        text.add(block.words, between=between, kind=block.kind)
        beneath = block.is_item
        if block.kind == "h1":
            titles.append(block.words)
    return Document(
        text.text,
        first_line(titles),
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


@dataclass(frozen=True, slots=True)
class _Style:
    """What a style is called, what it is based on, and the list that it makes items of."""

    name: str
    base: str
    listed: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads blocks with what the file's other parts say of them: styles, lists and notes."""

    styles: Mapping[str, _Style]
    numbering: Numbering
    notes: Mapping[tuple[str, str], "_Element"]

    @classmethod
    def of(cls, parts: Mapping[str, "_Element"]) -> "_Reader":
        styles = parts.get(_STYLES)
        notes = {
            (reference, identity): note
            for reference, part in _NOTES.items()
            if part in parts
            for note in parts[part]
            for identity in note.xpath("@*[local-name() = 'id']")
        }
        found = () if styles is None else styles.iterfind("{*}style")
        return cls(dict(map(_style, found)), Numbering.of(parts.get(_NUMBERING)), notes)

    def blocks(self, element: "_Element") -> Iterator[_Block]:
        """Give each paragraph and each row of a table, and behind it the notes to it."""
        for child in element:
            match _kind(child):
                case "p":
                    yield from self._paragraph(child)
                    yield from self._notes(child)
                case "tr":
                    cells = [" ".join(_text(each).split()) for each in child if _kind(each) == "tc"]
                    if any(cells):
                        kind = "header" if child.xpath(_HEADER_ROW) else "row"
                        yield _Block(" | ".join(cells), kind)
                    yield from self._notes(child)
                case kind if kind not in _UNREAD:
                    yield from self.blocks(child)

    def _paragraph(self, paragraph: "_Element") -> Iterator[_Block]:
        words = _text(paragraph).strip()
        if not words:
            return
        chain = self._chain(paragraph)
        kind = next((_KINDS[name] for name in chain if name in _KINDS), None)
        runs = [each for each in paragraph.iter("{*}r") if _text(each).strip()]
        if kind is None and runs and all(map(_is_bold, runs)):
            kind = BOLD
        listed = self._list(paragraph)
        if listed is not None:
            marker = self.numbering.marker(*listed)
        else:
            marker = "- " if any(name.startswith("list") for name in chain) else ""
        yield _Block(marker + words, kind, is_item=bool(marker) and kind not in HEADINGS)

    def _notes(self, block: "_Element") -> Iterator[_Block]:
        for reference in block.iter("{*}footnoteReference", "{*}endnoteReference"):
            for identity in reference.xpath("@*[local-name() = 'id']"):
                note = self.notes.get((_kind(reference), identity))
                if note is not None and note is not block:
                    words = _text(note).strip()
                    if words:
                        yield _Block(words, None)

    def _list(self, paragraph: "_Element") -> tuple[str, int] | None:
        """Give the list that a paragraph is an item of, by itself or by its style."""
        own = list_of(paragraph.find("{*}pPr"))
        if own is None:
            listed = (self.styles[each].listed for each in self._ancestors(paragraph))
            own = next((each for each in listed if each is not None), None)
        return None if own is None or own[0] in ("", "0") else own

    def _chain(self, paragraph: "_Element") -> list[str]:
        """Give the names of a paragraph's style and of those it is based on, without spaces."""
        names = [self.styles[each].name for each in self._ancestors(paragraph)]
        return [name.replace(" ", "").lower() for name in (*names, *_styles(paragraph))]

    def _ancestors(self, paragraph: "_Element") -> list[str]:
        found: list[str] = []
        style = next(iter(_styles(paragraph)), "")
        while style in self.styles and style not in found and len(found) < _MOST_ANCESTORS:
            found.append(style)
            style = self.styles[style].base
        return found


def _style(style: "_Element") -> tuple[str, _Style]:
    def named(kind: str) -> str:
        child = style.find(f"{{*}}{kind}")
        return "" if child is None else next(iter(child.values()), "")

    [identity] = style.xpath("@*[local-name() = 'styleId']") or [""]
    return str(identity), _Style(named("name"), named("basedOn"), list_of(style.find("{*}pPr")))


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
