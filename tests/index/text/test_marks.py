from pathlib import Path

import docx
import pytest
from docx.oxml import OxmlElement

from index.documents.document import Document
from index.documents.docx import read_docx
from index.documents.epub import read_epub
from index.documents.html import read_html
from index.documents.loading import read
from index.documents.markdown import read_markdown
from index.documents.writer import BOLD, BlockWriter
from index.library import Library
from tests.support.archives import book, saved
from tests.support.standin import StandIn

Shown = list[tuple[str, str]]


def shown(parsed: Document) -> Shown:
    """Each mark's kind, and the line that begins where it stands."""
    assert parsed.marks is not None
    assert list(parsed.marks) == sorted(parsed.marks)
    found = [(kind, parsed.text[offset:].partition("\n")[0]) for offset, kind in parsed.marks]
    assert all(not offset or parsed.text[offset - 1] == "\n" for offset, _ in parsed.marks)
    return found


def marks_of(markdown: str) -> Shown:
    return shown(read_markdown(markdown.encode(), name="it"))


MARKDOWN = """# Otters

Setext
------

Prose with a **bold** word.

### Sizes ###

| Kind | Length |
|------|--------|
| Sea otter | 1.4 m |

![A raft of otters](raft.png)

    indented = 1

```sh
make otters
```

- ## In an item
- **Only bold**
"""


def test_markdown_keeps_what_its_blocks_are() -> None:
    assert marks_of(MARKDOWN) == [
        ("h1", "Otters"),
        ("h2", "Setext"),
        ("h3", "Sizes"),
        ("header", "Kind | Length"),
        ("row", "Sea otter | 1.4 m"),
        ("caption", "A raft of otters"),
        ("code", "indented = 1"),
        ("code", "make otters"),
        ("h2", "- In an item"),
    ]


def test_html_in_markdown_keeps_what_its_blocks_are() -> None:
    table = "<table><tr><th>A</th></tr><tr><td>1</td></tr></table>"
    assert marks_of(f"<h1>Otters</h1>\n\n<details><summary>More</summary>\n\n{table}\n") == [
        ("h1", "Otters"),
        ("h6", "More"),
        ("header", "A"),
        ("row", "1"),
    ]


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        ("**How long?**\n\nTwo days.", [("h6", "How long?")]),
        ("__How__ **long?**\n\nTwo days.", [("h6", "How long?")]),
        ("1. **How long?**\n\n   Two days.", [("h6", "1. How long?")]),
        ("Before.\n\n**The end**", []),
        ("**How** long?\n\nTwo days.", []),
        ("**Take no more than eight.**\n\nKeep it dry.", []),
        (f"**{'long ' * 40}**\n\nIt was.", []),
        ("**Old**\n\n## New\n\nIt is.", [("h2", "New")]),
        ("Only prose.", []),
    ],
)
def test_a_bold_paragraph_above_another_is_a_heading(markdown: str, found: Shown) -> None:
    assert marks_of(markdown) == found


PAGE = """<h1>Ferries</h1><p>The ferries of the island run all the year, but not on Christmas Day.
</p><h3>Fares</h3><p>Children travel free, and dogs do too when the ferry is not full of people.</p>
<table><caption>Fares of 2024</caption><tr><th>Who</th><th>Fare</th></tr>
<tr><th>Adult</th><td>7</td></tr></table><p><strong>Can I bring a car?</strong></p>
<p>Only in summer, when the large ferry runs, and then the car costs more than its driver.</p>
<pre><code>ferry --book</code></pre><p>That is the command for booking in the terminal.</p>"""
FOUND = [
    ("h1", "Ferries"),
    ("h3", "Fares"),
    ("caption", "Fares of 2024"),
    ("header", "Who | Fare"),
    ("row", "Adult | 7"),
    ("h6", "Can I bring a car?"),
    ("code", "ferry --book"),
]


def test_html_keeps_what_its_blocks_are() -> None:
    page = f"<html><body><article>{PAGE}</article></body></html>"
    assert shown(read_html(page.encode(), name="it", charset=None)) == FOUND


def test_a_book_keeps_what_its_blocks_are_across_chapters() -> None:
    terms = "<h2>Terms</h2><dl><dt>Quay</dt><dd>Where a ship lies.</dd></dl>"
    more = [("h2", "Terms"), ("h6", "Quay")]
    assert shown(read_epub(book(PAGE, terms), name="it")) == FOUND + more


def test_a_word_file_keeps_what_its_blocks_are() -> None:
    document = docx.Document()
    document.add_heading("Harbour report", 0)
    document.add_paragraph("The quay was repaired.")
    document.add_heading("Costs", 2)
    table = document.add_table(rows=2, cols=2)
    for row, words in zip(table.rows, (("Year", "Cost"), ("2021", "7")), strict=True):
        for cell, word in zip(row.cells, words, strict=True):
            cell.text = word
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    document.add_paragraph().add_run("Who paid?").bold = True
    document.add_paragraph("The town.")
    document.add_paragraph("In bold", style="List Bullet")
    assert shown(read_docx(saved(document), name="it")) == [
        ("h1", "Harbour report"),
        ("h2", "Costs"),
        ("header", "Year | Cost"),
        ("row", "2021 | 7"),
        ("h6", "Who paid?"),
    ]


def test_marks_pass_through_the_process_that_parses(tmp_path: Path) -> None:
    file = tmp_path / "ferries.html"
    file.write_text(f"<html><body><article>{PAGE}</article></body></html>")
    with Library.open(tmp_path / "library", encoder=StandIn()) as library:
        added = library.add(file)
        assert added.marks == library.article(added.id).marks
    with Library.open(tmp_path / "library", encoder=StandIn()) as library:
        kept = library.article(added.id)
    assert shown(Document(kept.text, kept.title, None, marks=kept.marks)) == FOUND


def test_a_format_that_does_not_tell_has_no_marks(tmp_path: Path) -> None:
    assert read(b"Ferries\n\nThey run.", name="ferries.txt").marks is None
    assert read(b"They run.", name="ferries.md").marks == ()
    with Library.open(tmp_path / "library", encoder=StandIn()) as library:
        assert library.add_text("They run.", title="Ferries").marks is None


def test_a_block_begins_where_its_mark_says() -> None:
    text = BlockWriter()
    for block, kind in (("One", "h1"), ("Two", BOLD), ("Three.", None), ("Four", BOLD)):
        text.write(block, kind=kind)
    assert text.text == "One\n\nTwo\n\nThree.\n\nFour"
    assert text.marks == ((0, "h1"), (5, "h6"))
