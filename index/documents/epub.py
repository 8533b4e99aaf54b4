"""EPUB -> the text of a book's chapters in their order, and what it says about itself.

The cover and tables of contents are left out. Imported in the sandbox only.
"""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

from lxml import etree
from lxml.etree import _Element

from index.documents.document import DUBLIN_CORE, Document, authors, first_line, iso_date
from index.documents.writer import BlockWriter, parse_html
from index.errors import SourceError

LARGEST = 50 * 1024 * 1024
"""Bytes: the most that all parts of a book that are read may unpack to."""

_CONTAINER, _ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
_DECLARED = re.compile(rb"""<\?xml[^>]{1,100}?encoding\s*=\s*["']([\w.:-]{1,40})""")
_LISTS = frozenset({"cover", "toc", "landmarks", "page-list", "lot", "loi"})
_UNREAD = "//nav | //body//*[@hidden] | //*[contains(@*[name() = 'epub:type'], 'noteref')]"


def read_epub(data: bytes, *, name: str) -> Document:
    """Return the text of a book: blocks a blank line apart, list items on lines of their own.

    Raises: SourceError if it is no EPUB, is locked, unpacks to more than `LARGEST`, or has no
    text.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            book = _Book(archive, name)
            found = book.xml(_CONTAINER).xpath("//*[local-name() = 'rootfile']/@full-path")
            package_path = str(next(iter(found), ""))
            package = book.xml(package_path)
            paths = _spine(package_path, package)
            _refuse_locked(book, paths)
            writer = BlockWriter()
            for path in paths:
                _read_chapter(book, path, writer)
    except (zipfile.BadZipFile, KeyError, RuntimeError, EOFError, ValueError, zlib.error) as error:
        raise _unreadable(name, str(error)) from error
    if not writer.text:
        raise SourceError(
            f"{name} has no text: its chapters are pictures, or missing; expected a book to read; "
            "recognise the text of its pictures (OCR) first"
        )
    return Document(
        writer.text,
        first_line(_values(package, "title")),
        author=authors(_values(package, "creator")),
        published=iso_date(*_values(package, "date")),
        marks=writer.marks,
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
    budget: int = field(default_factory=lambda: LARGEST)

    def part(self, path: str) -> bytes:
        """Unpack a part. Raises: KeyError if there is none, SourceError beyond `LARGEST`."""
        with self.archive.open(path) as stream:
            data = stream.read(self.budget + 1)
        self.budget -= len(data)
        if self.budget < 0:
            raise SourceError(
                f"{self.name} unpacks to more than {LARGEST:,} bytes; expected a book as people "
                "write them; save what it says as plain text"
            )
        return data

    def xml(self, path: str) -> _Element:
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        try:
            return etree.fromstring(self.part(path), parser)
        except etree.XMLSyntaxError as error:
            raise _unreadable(self.name, f"damaged XML in {path}: {error}") from error

    def has(self, path: str) -> bool:
        return path in self.archive.NameToInfo


def _spine(package_path: str, package: _Element) -> list[str]:
    """Return the paths of the chapters in reading order, each once."""
    items = {each.get("id"): each for each in package.xpath("//*[local-name() = 'item']")}
    wanted = package.xpath("//*[local-name() = 'spine']/*[local-name() = 'itemref']/@idref")
    listed = {
        _path(package_path, each.get("href"))
        for each in package.xpath("//*[local-name() = 'guide']/*[local-name() = 'reference']")
        if each.get("type") in _LISTS
    }
    paths = (
        _path(package_path, items[idref].get("href"))
        for idref in wanted
        if idref in items and "nav" not in items[idref].get("properties", "").split()
    )
    return [path for path in dict.fromkeys(paths) if path not in listed]


def _path(origin: str, link: str | None) -> str:
    """Return the path in the book that a link in the file at `origin` leads to."""
    target = unquote((link or "").partition("#")[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(origin), target))


def _refuse_locked(book: _Book, paths: Iterable[str]) -> None:
    if not book.has(_ENCRYPTION):
        return
    entries = book.xml(_ENCRYPTION).xpath("//*[local-name() = 'EncryptedData']")
    locked = {
        posixpath.normpath(unquote(str(link)))
        for entry in entries
        for link in entry.xpath(".//*[local-name() = 'CipherReference']/@URI")
    }
    if not locked.isdisjoint(paths):  # fonts may be obfuscated, which locks nothing
        raise SourceError(
            f"{book.name} is locked by its seller (DRM): its chapters are encrypted; expected a "
            "book without a lock; get one from where you bought it"
        )


def _read_chapter(book: _Book, path: str, writer: BlockWriter) -> None:
    data = book.part(path) if book.has(path) else b""
    if b"<" not in data:
        return
    declared = _DECLARED.match(data)
    charset = declared[1].decode("ascii") if declared else None
    try:
        tree = parse_html(data, name=book.name, charset=charset)
    except etree.ParserError:  # nothing but comments
        return
    kinds = " ".join(map(str, tree.xpath("//body/@*[name() = 'epub:type']"))).split()
    if not _LISTS.isdisjoint(kinds):
        return
    for element in tree.xpath(_UNREAD):
        element.drop_tree()
    writer.write_elements(tree)


def _values(package: _Element, kind: str) -> list[str]:
    """Return each value of a kind, such as ``creator``, but not when the book was last changed."""
    found = package.xpath(DUBLIN_CORE, kind=kind)
    return ["".join(each.itertext()) for each in found if "modification" not in each.values()]
