"""Broken files, drawn by Hypothesis: whole ones of every format, and what is done to them."""

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Any, TypeVar

from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, NameObject

from tests.support.newspages import news_pages
from tests.support.papers import by_reportlab, by_typst, epub_book, word_file
from tests.support.stories import Block, Story, markdown

_STORY = Story(
    "Skerry Point",
    (
        Block(
            "paragraph", ("The light was lit on Tuesday, Mrs. Calder said. “At last,” she added.",)
        ),
        Block("heading", ("What it cost",)),
        Block("paragraph", ("It cost 340,000 pounds. Größe & naïve < café > 1.5 millions.",)),
        Block("item", ("The stair has 112 steps.",)),
        Block("row", ("Aurora", "1912")),
        Block("paragraph", ("It is seen from everywhere.",)),
    ),
)
_ODD = b"\0 \xff\xfe \xef\xbb\xbf \xed\xa0\x80 \xf0\x9f \r \xc2\xad"
_MARKUP = (
    b"&#0; &#xD800; &#x110000; &a; &lt; <![CDATA[ <!-- <?xml <table> <td><p> <pre><code> <li> </p>"
    b" <svg> <w:p> <w:tbl><w:tr> <w:t/> </w:p> --- > - | []( ``` \\ * [1]:<"
)
_OBJECTS = (
    b"endobj stream endstream 1~0~R << >> [ ] ( /Kids /Length~-1 /Filter/FlateDecode BT Tj Tf"
    b" /Filter[/ASCIIHexDecode/LZWDecode] trailer /Encrypt~1~0~R PK\3\4 PK\5\6 PK\1\2"
)
_LONG = (
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
    b'<meta charset="utf-7">',
    b"<script type=application/ld+json>{",
    b"<time datetime=9999999999>",
    b"<base href=//[>",
    b"\n---\n",
)
_TOKENS = (
    *_ODD.split(b" "),
    *_MARKUP.split(b" "),
    *(each.replace(b"~", b" ") for each in _OBJECTS.split(b" ")),
    *_LONG,
)
T = TypeVar("T")
_NUMBERS = (b"0", b"-1", b"1e9", b"99999999999999999999", b"65535", b"4294967295", b".", b"nan")
_CHARSETS = (
    b"utf-16",
    b"utf-7",
    b"iso-8859-1",
    b"koi8-r",
    b"shift_jis",
    b"x-nonsense",
    b"idna",
    b"",
)


@dataclass(frozen=True, slots=True)
class Broken:
    """A file's name and bytes, and whether it is read in a process of its own."""

    name: str
    data: bytes = field(repr=False)
    earnest: bool

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        printer.text(repr(self))  # Hypothesis would write out all of the bytes


@cache
def whole_files() -> dict[str, tuple[bytes, ...]]:
    """Small files of every format, by suffix."""
    pages = tuple(news.page.encode() for news in news_pages(_STORY))
    pdfs = (by_reportlab(_STORY), by_reportlab(_STORY, columns=2), by_typst(_STORY))
    text = _STORY.text
    return {
        "txt": (text.encode(), text.encode("utf-16"), text.encode("cp1252")),
        "md": (markdown(_STORY).encode(), b"---\ntitle: 'A'\nauthor: B\n---\n" + text.encode()),
        "html": pages,
        "pdf": tuple(chain.from_iterable((each, _plain(each)) for each in pdfs)),
        "docx": (word_file(_STORY),),
        "epub": (epub_book(_STORY),),
    }


def _plain(pdf: bytes) -> bytes:
    """Give a PDF whose pages are not compressed, so that what is done to them is not noise."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf)))
    for page in writer.pages:
        contents = page.get_contents()
        assert contents is not None
        stream = DecodedStreamObject()
        stream.set_data(contents.get_data())
        page[NameObject("/Contents")] = writer._add_object(stream)
    saved = io.BytesIO()
    writer.write(saved)
    return saved.getvalue()


def _flip(draw: st.DrawFn, data: bytes) -> bytes:
    place = _place(draw, data)
    return data[:place] + bytes([draw(st.integers(0, 255))]) + data[place + 1 :]


def _cut(draw: st.DrawFn, data: bytes) -> bytes:
    return data[: _place(draw, data)]


def _leave_out(draw: st.DrawFn, data: bytes) -> bytes:
    place = _place(draw, data)
    return data[:place] + data[place + draw(st.integers(1, 200)) :]


def _repeat(draw: st.DrawFn, data: bytes) -> bytes:
    place, length = _place(draw, data), draw(st.integers(1, 100))
    times = draw(st.sampled_from((2, 3, 50, 1_000)))
    return data[:place] + data[place : place + length] * times + data[place + length :]


def _insert(draw: st.DrawFn, data: bytes) -> bytes:
    place, token = _place(draw, data), draw(st.sampled_from(_TOKENS))
    return data[:place] + token * draw(st.sampled_from((1, 1, 1, 2, 300))) + data[place:]


def _splice(draw: st.DrawFn, data: bytes) -> bytes:
    other = _one(draw, list(chain.from_iterable(whole_files().values())))
    return data[: _place(draw, data)] + other[_place(draw, other) :]


def _renumber(draw: st.DrawFn, data: bytes) -> bytes:
    """Another number in its place: the object that a PDF refers to, a size, a length, an entity."""
    numbers = list(re.finditer(rb"\d+", data))
    if not numbers:
        return data
    chosen = _one(draw, numbers)
    number = draw(st.one_of(st.sampled_from(_NUMBERS), st.integers(0, 40).map(b"%d".__mod__)))
    return data[: chosen.start()] + number + data[chosen.end() :]


def _swap(draw: st.DrawFn, data: bytes) -> bytes:
    """A name of the file in another's place: an element, an attribute, a key of a PDF."""
    names = list(re.finditer(rb"[</][A-Za-z][\w:]*", data))
    if not names:
        return data
    one, other = _one(draw, names), _one(draw, names)
    return data[: one.start()] + other[0] + data[one.end() :]


def _say_otherwise(draw: st.DrawFn, data: bytes) -> bytes:
    """Lie about the encoding."""
    charset = draw(st.sampled_from(_CHARSETS))
    if b"utf-8" in data:
        return data.replace(b"utf-8", charset, 1)
    return b'<meta charset="' + charset + b'">' + data


def _encode_otherwise(draw: st.DrawFn, data: bytes) -> bytes:
    text = data.decode("utf-8", "replace")
    return text.encode(draw(st.sampled_from(("utf-16", "utf-16-be", "cp1252", "utf-7"))), "replace")


def _break_member(draw: st.DrawFn, data: bytes) -> bytes:
    """Do something to one part of a zip, or leave it out, and zip it again."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {each: archive.read(each) for each in archive.namelist()}
    except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError, ValueError):
        return data
    if not parts:
        return data
    # The parts of Word's template that nobody reads come last.
    told = sorted(parts, key=lambda each: not re.search(r"document|core|opf|html|container", each))
    name = told[min(draw(st.integers(0, 2 * len(told))) // 2, len(told) - 1)]
    deed = draw(st.sampled_from((*_BYTES, None)))
    part = parts.pop(name)
    if deed is not None:
        parts[name] = deed(draw, part)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, held in parts.items():
            archive.writestr(zipfile.ZipInfo(each), held, zipfile.ZIP_DEFLATED)  # timeless
    return stream.getvalue()


def _place(draw: st.DrawFn, data: bytes) -> int:
    return draw(st.integers(0, len(data)))


def _one(draw: st.DrawFn, things: Sequence[T]) -> T:
    """Draw the place of one, which takes less than to compare them, as Hypothesis would."""
    return things[draw(st.integers(0, len(things) - 1))]


_Deed = Callable[[st.DrawFn, bytes], bytes]
_BYTES: tuple[_Deed, ...] = (
    _flip,
    _cut,
    _leave_out,
    _repeat,
    _insert,
    _splice,
    _renumber,
    _swap,
    _say_otherwise,
    _encode_otherwise,
)


@st.composite
def broken(draw: st.DrawFn) -> Broken:
    """Draw a file of a format, do a few things to it, and name it, now and then wrongly."""
    files = whole_files()
    suffix = draw(st.sampled_from(sorted(files)))
    data = _one(draw, files[suffix])
    for _ in range(draw(st.integers(0, 5))):
        zipped = data.startswith(b"PK") and draw(st.integers(0, 4)) > 0
        data = _break_member(draw, data) if zipped else draw(st.sampled_from(_BYTES))(draw, data)
    name = draw(st.sampled_from([suffix] * 9 + sorted(files)))
    return Broken(f"a.{name}", data, earnest=draw(st.integers(0, 99)) == 99)
