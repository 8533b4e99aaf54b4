"""EPUB -> the text of a book's chapters in their order, and what it says of itself.

The cover and tables of contents are left out. Runs in the sandbox alone.
"""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from index.documents.document import DUBLIN_CORE, Document, authors, first_line, iso_date
from index.documents.writer import parse_html, write_blocks
from index.errors import SourceError
from index.text.marks import MarkedText

if TYPE_CHECKING:
    from lxml.etree import _Element

LARGEST = 50 * 1024 * 1024
"""Bytes: the most that the parts of the book which are read may unpack to together."""

_CONTAINER, _ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
_DECLARED = re.compile(rb"""<\?xml[^>]{1,100}?encoding\s*=\s*["']([\w.:-]{1,40})""")
_LISTS = frozenset({"cover", "toc", "landmarks", "page-list", "lot", "loi"})
_UNREAD = "//nav | //body//*[@hidden] | //*[contains(@*[name() = 'epub:type'], 'noteref')]"


def read_epub(data: bytes, *, name: str) -> Document:
    """Give what a book holds: blocks a blank line apart, items of a list one under another.

    Raises: SourceError when it is no EPUB, is locked, unpacks to more than `LARGEST`, or has no
    text.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            book = _Book(archive, name)
            place, package = _package(book)
            paths = _spine(place, package)
            _refuse_locked(book, paths)
            text = MarkedText()
            for path in paths:
                _read_chapter(book, path, text)
    except (zipfile.BadZipFile, KeyError, RuntimeError, EOFError, ValueError, zlib.error) as error:
        raise _unreadable(name, str(error)) from error
    if not text.pieces:
        raise SourceError(
            f"{name} has no text: its chapters are pictures, or missing; expected a book to read; "
            "recognise the text of its pictures (OCR) first"
        )
    return Document(
        text.text,
        first_line(_values(package, "title")),
        author=authors(_values(package, "creator")),
        published=iso_date(*_values(package, "date")),
        marks=text.marks,
    )


def _unreadable(name: str, reason: str) -> SourceError:
    return SourceError(
        f"{name} is no EPUB that can be read ({reason}); expected a book that a reader opens; "
        "convert it to EPUB again, or save what it says as plain text"
    )


@dataclass(slots=True)
class _Book:
    """An open file, and how many bytes of it may still be unpacked."""

    archive: zipfile.ZipFile
    name: str
    left: int = field(default_factory=lambda: LARGEST)

    def part(self, path: str) -> bytes:
        """Unpack a part. Raises: KeyError where there is none."""
        with self.archive.open(path) as stream:
            data = stream.read(self.left + 1)
        self.left -= len(data)
        if self.left < 0:
            raise SourceError(
                f"{self.name} unpacks to more than {LARGEST:,} bytes; expected a book as people "
                "write them; save what it says as plain text"
            )
        return data

    def xml(self, path: str) -> "_Element":
        from lxml import etree

        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        try:
            return etree.fromstring(self.part(path), parser)
        except etree.XMLSyntaxError as error:
            raise _unreadable(self.name, f"damaged XML in {path}: {error}") from error

    def has(self, path: str) -> bool:
        return path in self.archive.NameToInfo


def _package(book: _Book) -> tuple[str, "_Element"]:
    """Give the path of the file that lists all others, and its root."""
    found = book.xml(_CONTAINER).xpath("//*[local-name() = 'rootfile']/@full-path")
    path = str(next(iter(found), ""))
    return path, book.xml(path)


def _spine(place: str, package: "_Element") -> list[str]:
    """Give the paths of the chapters in reading order, each once."""
    items = {each.get("id"): each for each in package.xpath("//*[local-name() = 'item']")}
    wanted = package.xpath("//*[local-name() = 'spine']/*[local-name() = 'itemref']/@idref")
    listed = {
        _path(place, each.get("href"))
        for each in package.xpath("//*[local-name() = 'guide']/*[local-name() = 'reference']")
        if each.get("type") in _LISTS
    }
    paths = (
        _path(place, items[idref].get("href"))
        for idref in wanted
        if idref in items and "nav" not in items[idref].get("properties", "").split()
    )
    return [path for path in dict.fromkeys(paths) if path not in listed]


def _path(place: str, link: str | None) -> str:
    """Give the path that a link in the file at `place` leads to; it is looked up in the book."""
    target = unquote((link or "").partition("#")[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(place), target))


def _refuse_locked(book: _Book, paths: Iterable[str]) -> None:
    if not book.has(_ENCRYPTION):
        return
    entries = book.xml(_ENCRYPTION).xpath("//*[local-name() = 'EncryptedData']")
    locked = {
        posixpath.normpath(unquote(str(link)))
        for entry in entries
        for link in entry.xpath(".//*[local-name() = 'CipherReference']/@URI")
    }
    if not locked.isdisjoint(paths):  # fonts may be disguised, which locks nothing
        raise SourceError(
            f"{book.name} is locked by its seller (DRM): its chapters are encrypted; expected a "
            "book without a lock; get one from where you bought it"
        )


def _read_chapter(book: _Book, path: str, text: MarkedText) -> None:
    from lxml.etree import ParserError

    data = book.part(path) if book.has(path) else b""
    if b"<" not in data:
        return
    declared = _DECLARED.match(data)
    charset = declared[1].decode("ascii") if declared else None
    try:
        tree = parse_html(data, name=book.name, charset=charset)
    except ParserError:  # nothing but comments
        return
    kinds = " ".join(map(str, tree.xpath("//body/@*[name() = 'epub:type']"))).split()
    if not _LISTS.isdisjoint(kinds):
        return
    for element in tree.xpath(_UNREAD):
        element.drop_tree()
    write_blocks(tree, text)


def _values(package: "_Element", kind: str) -> list[str]:
    """Give each value of a kind, such as ``creator``, but when the book was last changed."""
    found = package.xpath(DUBLIN_CORE, kind=kind)
    return ["".join(each.itertext()) for each in found if "modification" not in each.values()]
