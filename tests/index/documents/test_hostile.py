"""Files made to do harm, or that are not what they are called: each is refused in half a minute.

The worst are read in the sandbox, which takes the harm: afterwards this process holds no more
memory than before, and the next question is answered by the same library. The others are read in
this process, where their readers refuse them by themselves.
"""

import io
import os
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from index import Encoder, Library, SourceError
from index.documents.loading import read
from tests.support.archives import zipped

SECONDS = 30
MEMORY = 50 * 1024  # kibibytes
QUOTE = "The cat slept on the mat."
CONTAINER = "META-INF/container.xml"


def of(data: bytes) -> Callable[[], bytes]:
    return lambda: data


def docx(body: bytes) -> Callable[[], bytes]:
    """A Word file of this document."""
    return lambda: zipped({"word/document.xml": body})


WORD = (
    b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
)
PARAGRAPH = b"<w:p><w:r><w:t>%s</w:t></w:r></w:p>"
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE html [<!ENTITY l0 "ha">'
    + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    + "]><html><body><p>&l11;</p></body></html>"
).encode()


def rootfile(path: bytes) -> bytes:
    return b'<container><rootfiles><rootfile full-path="%s"/></rootfiles></container>' % path


def book(*chapters: bytes, package: bytes = b"") -> Callable[[], bytes]:
    """An EPUB of these chapters."""
    numbers = range(len(chapters))
    items = b"".join(b'<item id="c%d" href="c%d"/>' % (n, n) for n in numbers)
    spine = b"".join(b'<itemref idref="c%d"/>' % n for n in numbers)
    package = package or b"<package>%s<spine>%s</spine></package>" % (items, spine)
    parts = {f"c{n}": chapter for n, chapter in enumerate(chapters)}
    return lambda: zipped({CONTAINER: rootfile(b"opf"), "opf": package, **parts})


def pdf(*objects: bytes) -> bytes:
    """A PDF of these objects, numbered from 1, the first its catalogue, without their table."""
    numbered = (b"%d 0 obj%sendobj\n" % each for each in enumerate(objects, start=1))
    return b"%PDF-1.5\n" + b"".join(numbered) + b"trailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF"


def pages(kids: bytes, *others: bytes, count: int = 1) -> bytes:
    """A PDF of these pages; its other objects are numbered from 3."""
    tree = b"<</Type/Pages/Kids[%s]/Count %d/MediaBox[0 0 9 9]>>" % (kids, count)
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", tree, *others)


PAGE = b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<</A 4 0 R>>>>>>"


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<</Length %d%s>>stream\n%s\nendstream " % (len(data), entries, data)


def many_pages() -> bytes:
    kids = b" ".join(b"%d 0 R" % number for number in range(4, 10_004))
    return pages(kids, stream(b""), *[b"<</Type/Page/Parent 2 0 R>>"] * 10_000, count=10_000)


def unpacked(size: int) -> bytes:
    """So many zeros, deflated twice."""
    deflater = zlib.compressobj(1)
    once = b"".join(deflater.compress(bytes(10**6)) for _ in range(size // 10**6))
    return zlib.compress(once + deflater.flush())


def printed() -> bytes:
    saved = io.BytesIO()
    canvas = Canvas(saved)
    canvas.drawString(72, 700, "One.")
    canvas.save()
    return saved.getvalue()


TWICE = b"/Filter[/FlateDecode/FlateDecode]"
# What it is called, how it is made, and what is said of it.
FILES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    # Zips that unpack to more than anybody writes.
    "a bomb in Word": ("a.docx", docx(b"<w>" + b" " * 60_000_000), "unpacks to more than"),
    "a bomb beside it": (
        "a.docx",
        lambda: zipped({"word/document.xml": b"<w/>", "docProps/core.xml": b" " * 60_000_000}),
        "unpacks to more than",
    ),
    "a bomb of words": (
        "a.docx",
        docx(WORD + PARAGRAPH % (b"word " * 1_000_000) * 9 + b"</w:body></w:document>"),
        "unpacks to 45,000,007 bytes of text",
    ),
    "a bomb of paragraphs": ("a.docx", docx(WORD + b"<p/>" * 12_000_000), "expected"),
    "a bomb in a book": ("a.epub", book(b"<p>" + b" " * 60_000_000), "unpacks to more than"),
    "a book of bombs": (
        "a.epub",
        book(*[b"<p>" + b" " * 9_000_000] * 6),
        "unpacks to more than 52,428,800 bytes",
    ),
    "a book that lists itself": (
        "a.epub",
        lambda: zipped({CONTAINER: rootfile(CONTAINER.encode())}),
        "has no text",
    ),
    # PDFs whose objects lead in a circle, or to too many.
    "10,000 pages": ("a.pdf", many_pages, "has 10,000 pages; expected at most 2,000"),
    "one page 10,000 times": ("a.pdf", of(pages(b"3 0 R " * 10_000, count=10_000)), "10,000 pages"),
    "pages that hold themselves": ("a.pdf", of(pages(b"2 0 R 2 0 R", count=2)), "expected"),
    "a page within itself": (
        "a.pdf",
        of(pages(b"3 0 R", b"<</Type/Page/Parent 3 0 R/Contents[3 0 R]>>")),
        "has no text",
    ),
    "a picture of itself": (
        "a.pdf",
        of(pages(b"3 0 R", PAGE, stream(b"/A Do", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]"))),
        "has no text",
    ),
    "contents that hold themselves": ("a.pdf", of(pages(b"3 0 R", PAGE, b"[4 0 R]")), "no text"),
    "a length that is its own": (
        "a.pdf",
        of(pages(b"3 0 R", PAGE, b"<</Length 4 0 R>>stream\nBT\nendstream ")),
        "has no text",
    ),
    "objects within themselves": (
        "a.pdf",
        of(pages(b"5 0 R", PAGE, stream(b"5 0 4 0 R", b"/Type/ObjStm/N 1/First 4/Extends 4 0 R"))),
        "expected",
    ),
    "tables in a circle": (
        "a.pdf",
        of(b"%PDF-1.5\nxref\n0 0\ntrailer<</Root 1 0 R/Prev 9>>\nstartxref\n9\n%%EOF"),
        "is no PDF that can be read",
    ),
    "a bomb in a PDF": (
        "a.pdf",
        lambda: pages(b"3 0 R", PAGE, stream(unpacked(100_000_000), TWICE)),
        "expected",
    ),
    "arrays in arrays": ("a.pdf", of(b"%PDF-1.4\n1 0 obj" + b"[" * 500_000), "expected"),
    # Markup that nests, or stands for more than it is.
    "nested HTML": ("a.html", of(b"<div>" * 1_000_000 + b"deep"), "nest deeper than 256"),
    "nested words": ("a.html", of(b"<p>" + b"<b>" * 100_000 + b"deep"), "nest deeper than 256"),
    "nested Word": ("a.docx", docx(b"<p>" * 100_000), "holds damaged XML"),
    "a nested book": ("a.epub", book(b"<div>" * 1_000_000 + b"deep"), "nest deeper than 256"),
    "a nested list of parts": (
        "a.epub",
        book(b"<p>One.", package=b"<a>" * 100_000),
        "is no EPUB that can be read",
    ),
    "nested HTML in Markdown": ("a.md", of(b"<div>" * 3_000 + b"deep"), "nest deeper than 256"),
    "nested quotes": ("a.md", of(b">" * 100_000 + b"deep"), "nests lists and quotes too deep"),
    "a billion laughs": ("a.docx", docx(LAUGHS), "holds damaged XML"),
    "a billion laughs in a book": (
        "a.epub",
        book(b"<p>One.", package=LAUGHS),
        "is no EPUB that can be read",
    ),
    "brackets": ("a.html", of(b"<" * 1_000_000), "holds no HTML"),
    "a line of 10 MB": ("a.html", of(b"<p>" + b"word " * 2_090_000), "one holds more than 10 MB"),
    "nothing": ("a.html", of(b"<html>" + b" " * 1_000_000), "holds no main text"),
    # What is not what it is called.
    "a PDF called Word": ("a.docx", printed, "is no Word file"),
    "a PDF called text": ("a.txt", printed, "is a PDF; expected a text"),
    "a PDF called a book": ("a.epub", printed, "is no EPUB that can be read"),
    "Word called a book": ("a.epub", docx(b"<w/>"), "is no EPUB that can be read"),
    "a book called Word": ("a.docx", book(b"<p>One."), "is no Word file"),
    "a book called text": ("a.txt", book(b"<p>One."), "is an EPUB book; expected"),
    "a zip called PDF": ("a.pdf", docx(b"<w/>"), "is no PDF that can be read"),
    "Word called text": ("a.txt", docx(WORD), "is a Word file; expected"),
    "RTF called text": (
        "a.txt",
        of(rb"{\rtf1\ansi One.}"),
        r"is rich text \(RTF\); expected a text",
    ),
    "OpenDocument": (
        "a.odt",
        of(b"PK\3\4" + b"\0" * 26 + b"mimetypeapplication/vnd.oasis.opendocument.text"),
        r"is an OpenDocument file, such as \.odt; .* save it as \.docx or as plain text",
    ),
    "an archive": ("a.txt", of(b"PK\3\4\0"), "is an archive or an office file; expected"),
    "an old Word file": ("a.doc", of(b"\xd0\xcf\x11\xe0\0"), "an old office file, such as"),
    "a picture called HTML": ("a.html", of(b"\x89PNG\r\n\x1a\n\0"), "is binary"),
}


SANDBOXED = (
    "a bomb in Word",
    "a bomb of words",
    "a bomb of paragraphs",
    "a book of bombs",
    "a bomb in a PDF",
    "arrays in arrays",
    "nested HTML",
    "a billion laughs in a book",
)


@pytest.fixture(scope="module")
def library(encoder: Encoder) -> Iterator[Library]:
    with Library.open(None, encoder=encoder, reader="off") as opened:
        opened.add_text(f"{QUOTE} It rained all day.", title="Pets")
        opened.ask("Where did the cat sleep?")
        yield opened


@contextmanager
def unharmed(library: Library) -> Iterator[None]:
    """Hold what is done here to its time and memory, and ask the next question."""
    articles = library.articles()
    before, begun = resident(), time.monotonic()
    yield
    assert time.monotonic() - begun < SECONDS
    assert resident(most=True) - before < MEMORY
    assert library.ask("Where did the cat sleep?").citations[0].quote == QUOTE
    assert library.articles() == articles


def resident(*, most: bool = False) -> int:
    """Kibibytes of memory that this process holds, or the most since this was last asked."""
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("only Linux tells how much memory a process holds")
    if not most:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    told = dict(line.split(":", maxsplit=1) for line in lines)
    return int(told["VmHWM" if most else "VmRSS"].split()[0])


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("case", [each for each in FILES if each not in SANDBOXED])
def test_a_hostile_file_is_refused(case: str) -> None:
    name, make, said = FILES[case]
    begun = time.monotonic()
    with pytest.raises(SourceError, match=said):
        read(make(), name=name)
    assert time.monotonic() - begun < SECONDS


@pytest.mark.parametrize("case", SANDBOXED)
def test_a_file_that_takes_all_memory_or_time_is_refused_and_leaves_no_mark(
    library: Library, tmp_path: Path, case: str
) -> None:
    name, make, said = FILES[case]
    path = tmp_path / name
    path.write_bytes(make())
    with unharmed(library), pytest.raises(SourceError, match=said):
        library.add(path)


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.pdf", "a.docx", "a.epub"])
def test_a_line_of_a_hundred_megabytes_is_refused_unread(
    library: Library, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.touch()
    os.truncate(path, 100_000_000)
    with unharmed(library), pytest.raises(SourceError, match="is too large: got 100,000,000 bytes"):
        library.add(path)


def test_a_billion_laughs_in_a_page_are_not_laughed(library: Library) -> None:
    before = resident()
    article = library.add_bytes(LAUGHS, name="a.html")
    assert resident(most=True) - before < MEMORY
    assert article.text.endswith("&l11;")
    library.remove(article.id)
