"""Word files and EPUB books of given parts."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from tests.support.newspages import TITLE

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
CONTAINER = """<?xml version="1.0"?><container version="1.0"
 xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
 <rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/>
 </rootfiles></container>"""
METADATA = f"""<dc:title>{TITLE}</dc:title><dc:creator id="a">Ruth Calder</dc:creator>
 <dc:creator opf:role="aut">Ann Lee</dc:creator>
 <dc:date opf:event="modification">2026-01-01</dc:date><dc:date>2024-05-31T10:00:00Z</dc:date>"""

Parts = Mapping[str, str | bytes]


def zipped(parts: Parts) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in parts.items():
            archive.writestr(path, content)
    return stream.getvalue()


def saved(document: Any) -> bytes:
    """A Word file as python-docx saves it."""
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def word_of(body: str, **parts: str) -> bytes:
    """A Word file with nothing but this body, and these parts by their names."""
    page = f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
    others = {f"word/{part}.xml": content for part, content in parts.items()}
    return zipped({"word/document.xml": page, **others})


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def chapter(body: str, attributes: str = "") -> str:
    return f"""<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><head>
<title>No.</title><style>p {{ margin: 0 }}</style></head><body {attributes}>{body}</body></html>"""


def package(items: str, spine: str, guide: str = "", metadata: str = METADATA) -> str:
    return f"""<?xml version="1.0"?><package version="3.0" xmlns="http://www.idpf.org/2007/opf">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:opf="http://www.idpf.org/2007/opf">
{metadata}</metadata><manifest>{items}</manifest><spine>{spine}</spine>
<guide>{guide}</guide></package>"""


def book(*bodies: str, others: Parts | None = None, **options: str) -> bytes:
    """A book with these chapters, in the order of their numbers."""
    numbers = range(len(bodies))
    items = "".join(f'<item id="c{n}" href="text/c%20{n}.xhtml#start"/>' for n in numbers)
    spine = "".join(f'<itemref idref="c{n}"/>' for n in numbers)
    return zipped(
        {
            "META-INF/container.xml": CONTAINER,
            "OEBPS/book.opf": package(items, spine, **options),
            **{f"OEBPS/text/c {n}.xhtml": chapter(bodies[n]) for n in reversed(numbers)},
            **(others or {}),
        }
    )
