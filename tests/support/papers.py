"""PDF, Word and EPUB files as other programs write them: the text is known to the character.

PDF is made by reportlab, by Typst and, where there is one, by Chromium's printing. A paper has
running heads and page numbers, which are no part of its text.
"""

import io
import json
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from html import escape
from pathlib import Path

import typst
from docx import Document
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph, Table

from tests.support.newspages import blocks
from tests.support.stories import Story

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
HEAD = "Proceedings of the Harbour Society"
FOOT = "Printed for members only"


def by_reportlab(story: Story, *, columns: int = 1, indent: float = 0) -> bytes:
    """Justified, with a head, and the page's number in its foot; with an indent without spaces."""
    styles = getSampleStyleSheet()
    body = ParagraphStyle("body", parent=styles["BodyText"], alignment=4, firstLineIndent=indent)
    body.spaceBefore = 0 if indent else 6
    body.spaceAfter = 0

    def edges(canvas: Canvas, document: BaseDocTemplate) -> None:
        canvas.drawString(72, 800, HEAD)
        canvas.drawCentredString(A4[0] / 2, 30, f"Page {document.page}")

    stream = io.BytesIO()
    document = BaseDocTemplate(stream, pagesize=A4, title=story.title)
    width, gap = document.width / columns, 9 * (columns - 1)
    frames = [
        Frame(document.leftMargin + n * width + n * gap, document.bottomMargin, width - gap, 690)
        for n in range(columns)
    ]
    document.addPageTemplates(PageTemplate(frames=frames, onPage=edges))
    flow: list[Flowable] = [Paragraph(escape(story.title), styles["Title"])]
    for kind, run in story.runs():
        if kind == "row":
            flow.append(Table([block.words for block in run]))
        else:
            style = styles["Heading2"] if kind == "heading" else body
            flow += [Paragraph(escape(block.text, quote=False), style) for block in run]
    document.build(flow)
    return stream.getvalue()


_TYPST = """
#let story = json(bytes(sys.inputs.story))
#set document(title: story.title)
#set page(paper: "a4", columns: int(sys.inputs.columns), numbering: "1 / 1", header: [%s])
#set par(justify: true)
#set text(lang: "en", hyphenate: true, size: 10pt)
#place(top + center, scope: "parent", float: true, text(size: 18pt, story.title))
#for (kind, run) in story.runs {
  if kind == "heading" { heading(level: 2, run.first().first()) }
  else if kind == "item" { list(..run.map(words => words.first())) }
  else if kind == "row" { table(columns: run.first().len(), ..run.flatten()) }
  else { for words in run { par(words.first()) } }
}
"""


def by_typst(story: Story, *, columns: int = 1) -> bytes:
    """Justified, with words divided at the ends of lines, ligatures, a head and page numbers."""
    runs = [(kind, [block.words for block in run]) for kind, run in story.runs()]
    inputs = {"story": json.dumps({"title": story.title, "runs": runs}), "columns": str(columns)}
    data = typst.compile((_TYPST % HEAD).encode(), sys_inputs=inputs)
    assert isinstance(data, bytes)
    return data


def by_chromium(story: Story, *, columns: int = 1) -> bytes:
    """A page as a person prints it: with the date, the title, the address and page numbers."""
    assert CHROMIUM is not None
    style = f"body {{ columns: {columns}; text-align: justify; hyphens: auto }}"
    title = escape(story.title)
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{style}</style><h1>{title}</h1>{''.join(blocks(story))}"
    )
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "page.html"), Path(folder, "page.pdf")
        source.write_text(page, encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/user"]
        command = [CHROMIUM, *options, f"--print-to-pdf={target}", source.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return target.read_bytes()


def word_file(story: Story) -> bytes:
    """With Word's own styles for headings, lists and tables, and a header and a footer."""
    document = Document()
    document.core_properties.title = story.title
    document.add_heading(story.title, 0)
    for kind, run in story.runs():
        if kind == "row":
            table = document.add_table(rows=0, cols=len(run[0].words), style="Table Grid")
            for block in run:
                for cell, words in zip(table.add_row().cells, block.words, strict=True):
                    cell.text = words
            continue
        for block in run:
            if kind == "heading":
                document.add_heading(block.words[0], 1)
            else:
                style = "List Bullet" if kind == "item" else None
                document.add_paragraph(block.words[0], style=style)
    document.sections[0].header.paragraphs[0].text = HEAD
    document.sections[0].footer.paragraphs[0].text = FOOT
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


_CONTAINER = """<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>"""
_BOOK = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">x</dc:identifier>
<dc:title>{title}</dc:title><dc:language>en</dc:language><dc:creator>Ruth Calder</dc:creator>
</metadata><manifest><item id="nav" href="nav.xhtml" properties="nav"
 media-type="application/xhtml+xml"/>{items}</manifest><spine>{spine}</spine></package>"""
_CHAPTER = """<?xml version="1.0" encoding="utf-8"?>
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>{title}</title></head>
<body>{body}</body></html>"""


def epub_book(story: Story) -> bytes:
    """A book of chapters, with a table of contents, the chapters not stored in reading order."""
    title = escape(story.title)
    chapters = [f"<h1>{title}</h1>"]
    for block in blocks(story):
        if block.startswith("<h2"):
            chapters.append("")
        chapters[-1] += block
    links = "".join(f'<li><a href="c{n}.xhtml">Part {n}</a></li>' for n in range(len(chapters)))
    contents = (
        f'<nav epub:type="toc" xmlns:epub="http://www.idpf.org/2007/ops"><ol>{links}</ol></nav>'
    )
    names = [f"c{n}" for n in range(len(chapters))]
    items = "".join(
        f'<item id="{name}" href="{name}.xhtml" media-type="application/xhtml+xml"/>'
        for name in reversed(names)
    )
    spine = "".join(f'<itemref idref="{name}"/>' for name in names)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        archive.writestr("META-INF/container.xml", _CONTAINER)
        archive.writestr("OEBPS/book.opf", _BOOK.format(title=title, items=items, spine=spine))
        archive.writestr("OEBPS/nav.xhtml", _CHAPTER.format(title=title, body=contents))
        for name, chapter in reversed(list(zip(names, chapters, strict=True))):
            archive.writestr(f"OEBPS/{name}.xhtml", _CHAPTER.format(title=title, body=chapter))
    return stream.getvalue()


PDFS: dict[str, Callable[[Story], bytes]] = {
    "PDF by reportlab": by_reportlab,
    "PDF by reportlab, two columns": lambda story: by_reportlab(story, columns=2),
    "PDF by Typst, hyphenated": by_typst,
    "PDF by Typst, two columns": lambda story: by_typst(story, columns=2),
}
PRINTED: dict[str, Callable[[Story], bytes]] = {
    "PDF by Chromium": by_chromium,
    "PDF by Chromium, two columns": lambda story: by_chromium(story, columns=2),
}
"""By Chromium, where there is one on this machine."""
