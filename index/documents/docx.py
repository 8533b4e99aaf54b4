"""DOCX -> the text of a Word file, and what it says about itself.

Paragraphs, lists and tables are read in their order, foot- and endnotes after the block that refers
to them. Headers, footers, comments and tracked deletions are left out. A converter such as mammoth
would restart a list after each paragraph between its items, drop equations, and take ten times as
long. Imported in the sandbox only.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from lxml import etree
from lxml.etree import _Element

from index.documents.document import Document, authors, first_line, iso_date
from index.documents.writer import BOLD, BlockWriter
from index.errors import SourceError
from index.text.article import HEADINGS

LARGEST_PART = 50 * 1024 * 1024
"""Bytes: the most that one part of the file may unpack to."""

_BODY, _PROPERTIES = "word/document.xml", "docProps/core.xml"
_STYLES, _NUMBERING = "word/styles.xml", "word/numbering.xml"
_NOTES = {"footnoteReference": "word/footnotes.xml", "endnoteReference": "word/endnotes.xml"}
_UNREAD = frozenset({"Fallback", "del", "moveFrom", "pPr", "rPr", "instrText"})
_SHOWN = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_KINDS = {"title": "h1", "caption": "caption"} | {f"heading{n}": f"h{n}" for n in range(1, 7)}
_MOST_ANCESTORS = 10  # of a style; Word's own have two
_OFF = frozenset({"0", "false", "off", "none"})
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc")),
    *((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_LARGEST_NUMBER = 5_000  # a number above it is shown in digits
_LONGEST_LABEL = 40  # code points of what a level of a list shows
_MOST_LEVELS = 9  # of a list in Word


def read_docx(data: bytes, *, name: str) -> Document:
    """Return the text of a Word file: blocks a blank line apart, items on lines of their own.

    The title is that of the properties, else the first paragraph that is styled as one.
    Raises: SourceError if it is no Word file, or one that unpacks to too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            document = _part(archive, _BODY, name)
            names = set(archive.namelist())
            wanted = (_PROPERTIES, _STYLES, _NUMBERING, *_NOTES.values())
            parts = {each: _part(archive, each, name) for each in wanted if each in names}
    except (zipfile.BadZipFile, KeyError, RuntimeError, EOFError, ValueError, zlib.error) as error:
        raise SourceError(
            f"{name} is no Word file ({error}); expected a .docx; open it in the program that made "
            "it and save it as one"
        ) from error
    reader = _Reader.of(parts)
    reader.read(document)
    properties: dict[str, list[str]] = {"title": [], "creator": [], "created": []}
    for each in parts.get(_PROPERTIES, ()):
        properties.setdefault(_tag(each), []).append(each.text or "")
    return Document(
        reader.writer.text,
        first_line((*properties["title"], *reader.titles)),
        author=authors(name for each in properties["creator"] for name in each.split(";")),
        published=iso_date(*properties["created"]),
        marks=reader.writer.marks,
    )


def _part(archive: zipfile.ZipFile, part: str, name: str) -> _Element:
    with archive.open(part) as stream:
        data = stream.read(LARGEST_PART + 1)
    if len(data) > LARGEST_PART:
        raise SourceError(
            f"{name} unpacks to more than {LARGEST_PART:,} bytes; expected a document as people "
            "write them; save what it says as plain text"
        )
    try:
        return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise SourceError(
            f"{name} holds damaged XML ({error}); expected a .docx; open it in the program that "
            "made it and save it again"
        ) from error


@dataclass(frozen=True, slots=True)
class _Style:
    """A style: its name, the style that it is based on, and the list that it makes items of."""

    name: str
    base: str
    listed: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class _Reader:
    """Writes the blocks of a document, with what the file's other parts say about them."""

    styles: Mapping[str, _Style]
    numbering: "_Numbering"
    notes: Mapping[tuple[str, str], _Element]
    writer: BlockWriter = field(default_factory=BlockWriter)
    titles: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, parts: Mapping[str, _Element]) -> "_Reader":
        notes = {
            (reference, _attribute(note, "id")): note
            for reference, part in _NOTES.items()
            for note in parts.get(part, ())
        }
        styles = {
            _attribute(each, "styleId"): _Style(
                _value(each, "name"), _value(each, "basedOn"), _list_of(each)
            )
            for each in parts.get(_STYLES, ())
            if _tag(each) == "style"
        }
        return cls(styles, _Numbering.of(parts.get(_NUMBERING)), notes)

    def read(self, element: _Element) -> None:
        """Write each paragraph and each row of a table in an element, and the notes to it."""
        for words, marker, kind in self._blocks(element):
            self.writer.marker = marker
            self.writer.write(words, kind=kind, tight=bool(marker) and kind not in HEADINGS)
            if kind == "h1":
                self.titles.append(words)

    def _blocks(self, element: _Element) -> Iterator[tuple[str, str, str | None]]:
        """Yield words, marker and kind of each block."""
        for child in element:
            match _tag(child):
                case "p":
                    words = _text(child).strip()
                    if words:
                        yield words, *self._paragraph(child)
                    yield from self._notes(child)
                case "tr":
                    cells = [" ".join(_text(each).split()) for each in child if _tag(each) == "tc"]
                    if any(cells):
                        header = child.find("{*}trPr/{*}tblHeader")
                        is_header = header is not None and not _OFF.intersection(header.values())
                        yield " | ".join(cells), "", "header" if is_header else "row"
                    yield from self._notes(child)
                case tag if tag not in _UNREAD:
                    yield from self._blocks(child)

    def _paragraph(self, paragraph: _Element) -> tuple[str, str | None]:
        """Return the marker and the kind of a paragraph that is not blank."""
        style = _value(paragraph, "pPr/{*}pStyle")
        styles: dict[str, _Style] = {}  # its own and those that it is based on
        base = style
        while base in self.styles and base not in styles and len(styles) < _MOST_ANCESTORS:
            styles[base] = self.styles[base]
            base = styles[base].base
        names = [each.name.replace(" ", "").lower() for each in styles.values()]
        names.append(style.replace(" ", "").lower())
        kind = next((_KINDS[name] for name in names if name in _KINDS), None)
        runs = [each for each in paragraph.iter("{*}r") if _text(each).strip()]
        if kind is None and runs and all(map(_is_bold, runs)):
            kind = BOLD
        listed = (_list_of(paragraph), *(each.listed for each in styles.values()))
        found = next((each for each in listed if each is not None), None)
        if found is not None and found[0] not in ("", "0"):
            return self.numbering.marker(*found), kind
        return "- " if any(name.startswith("list") for name in names) else "", kind

    def _notes(self, block: _Element) -> Iterator[tuple[str, str, None]]:
        for reference in block.iter("{*}footnoteReference", "{*}endnoteReference"):
            note = self.notes.get((_tag(reference), _attribute(reference, "id")))
            if note is not None and note is not block:
                words = _text(note).strip()
                if words:
                    yield words, "", None


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level of a list counts: ``decimal`` from 1, shown as ``%1.``, for example."""

    kind: str
    label: str
    start: int

    @classmethod
    def of(cls, level: _Element) -> tuple[int, "_Level"]:
        """Return the depth of a level, from 0, and how it counts."""
        return _number(_attribute(level, "ilvl")), cls(
            _value(level, "numFmt") or "decimal",
            _value(level, "lvlText")[:_LONGEST_LABEL],
            _number(_value(level, "start") or "1"),
        )


@dataclass(frozen=True, slots=True)
class _Numbering:
    """Counts the items of a file's lists as Word does, whose paragraphs do not hold the numbers.

    A paragraph, or its style, names a list and a level of it; the list names how each level counts.
    """

    levels: Mapping[str, Mapping[int, _Level]]
    counters: Mapping[str, str] = field(default_factory=dict)  # shared by lists that go on
    counts: dict[str, dict[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, numbering: _Element | None) -> "_Numbering":
        """Read ``word/numbering.xml``."""
        if numbering is None:
            return cls({})
        abstract = {
            _attribute(each, "abstractNumId"): dict(map(_Level.of, each.iterfind("{*}lvl")))
            for each in numbering.iterfind("{*}abstractNum")
        }
        levels, counters = {}, {}
        for each in numbering.iterfind("{*}num"):
            base, name = _value(each, "abstractNumId"), _attribute(each, "numId")
            own = dict(abstract.get(base, {}))
            counters[name] = f"abstract {base}"
            for override in each.iterfind("{*}lvlOverride"):
                counters[name] = name
                depth = _number(_attribute(override, "ilvl"))
                start = _value(override, "startOverride")
                own.update(map(_Level.of, override.iterfind("{*}lvl")))
                if start and depth in own:
                    own[depth] = replace(own[depth], start=_number(start))
            levels[name] = own
        return cls(levels, counters)

    def marker(self, list_id: str, depth: int) -> str:
        """Count an item at a depth from 0 and return its marker, such as ``2. `` or ``- ``."""
        levels = self.levels.get(list_id, {})
        level = levels.get(depth)
        if level is None or level.kind == "bullet":
            return "- "
        counts = self.counts.setdefault(self.counters.get(list_id, list_id), {})
        counts[depth] = counts.get(depth, level.start - 1) + 1
        for deeper in range(depth + 1, _MOST_LEVELS):
            counts.pop(deeper, None)

        def number(found: re.Match[str]) -> str:
            above = int(found[1]) - 1
            counted = levels.get(above, level)
            return _written(counts.get(above, counted.start), counted.kind)

        label = re.sub("%([1-9])", number, level.label).strip()
        return f"{label} " if label else ""


def _list_of(element: _Element) -> tuple[str, int] | None:
    """Return the list and the level that the properties of a paragraph or a style name."""
    named = element.find("{*}pPr/{*}numPr")
    return None if named is None else (_value(named, "numId"), _number(_value(named, "ilvl")))


def _written(number: int, kind: str) -> str:
    """Return a number as letters, Roman digits or decimal ones, as `kind` says."""
    if not 0 < number <= _LARGEST_NUMBER:
        return str(number)
    if kind in ("lowerLetter", "upperLetter"):
        times, place = divmod(number - 1, 26)
        word = chr(ord("a") + place) * (times + 1)
    elif kind in ("lowerRoman", "upperRoman"):
        word = ""
        for value, digits in _ROMAN:
            word += digits * (number // value)
            number %= value
    else:
        return "" if kind == "none" else str(number)
    return word.upper() if kind.startswith("upper") else word


def _number(written: str) -> int:
    return int(written) if written.isdecimal() and len(written) < 10 else 0


def _is_bold(run: _Element) -> bool:
    bold = run.find("{*}rPr/{*}b")
    return bold is not None and not _OFF.intersection(bold.values())


def _text(element: _Element) -> str:
    tag = _tag(element)
    if tag == "t":
        return element.text or ""
    if tag in _SHOWN:
        return _SHOWN[tag]
    if tag in _UNREAD:
        return ""
    inside = "".join(map(_text, element))
    return f"{inside}\n" if tag == "p" else inside


def _tag(element: _Element) -> str:
    """Return an element's name without its namespace, of which Word has two."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _value(element: _Element, path: str) -> str:
    """Return the value of a child, such as ``<w:name w:val="Title"/>``; empty without it."""
    child = element.find(f"{{*}}{path}")
    return "" if child is None else _attribute(child, "val")


def _attribute(element: _Element, name: str) -> str:
    """Return an attribute, whatever its namespace; empty without it."""
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), "")
