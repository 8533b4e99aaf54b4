from datetime import UTC, datetime

import docx as python_docx
import pytest

from index.documents import docx
from index.documents.document import Document
from index.documents.docx import read_docx
from index.errors import SourceError
from index.text.segmentation import segment
from tests.support.archives import WORD, run, saved, word_of, zipped
from tests.support.newspages import TITLE, paragraphs


def text_of(body: str) -> str:
    return read_docx(word_of(body), name="it").text


def test_headings_lists_and_tables_of_word_are_read() -> None:
    document = python_docx.Document()
    document.core_properties.title = TITLE
    document.core_properties.author = "Ruth Calder; Ann\tLee"
    document.core_properties.created = datetime(2024, 5, 31, 10, tzinfo=UTC)
    document.add_heading(TITLE, 0)
    for each in paragraphs():
        document.add_paragraph(each)
    document.add_heading("Two centuries of light", 2)
    for each in ("One of them.", "Two of them."):
        document.add_paragraph(each, style="List Bullet")
    table = document.add_table(rows=0, cols=2)
    for cells in (("Ship", "Year"), ("Aurora", "1912")):
        for cell, value in zip(table.add_row().cells, cells, strict=True):
            cell.text = value
    document.sections[0].header.paragraphs[0].text = "Coast Courier"
    found = read_docx(saved(document), name="it")
    text = found.text
    assert (found.title, found.author) == (TITLE, "Ruth Calder, Ann Lee")
    assert found.published == "2024-05-31"
    last = (
        "Two centuries of light",
        "- One of them.\n- Two of them.",
        "Ship | Year",
        "Aurora | 1912",
    )
    assert text == "\n\n".join((TITLE, *paragraphs(), *last))
    wanted = {each[place.start : place.end] for each in paragraphs() for place in segment(each)}
    assert wanted <= {text[each.start : each.end] for each in segment(text)}


def test_the_items_of_a_numbered_list_keep_their_numbers() -> None:
    document = python_docx.Document()
    for each in ("Switch it off.", "Wait."):
        document.add_paragraph(each, style="List Number")
    document.add_paragraph("Then go on.")
    document.add_paragraph("Switch it on.", style="List Number")
    document.add_paragraph("A bullet.", style="List Bullet")
    assert read_docx(saved(document), name="it").text == (
        "1. Switch it off.\n2. Wait.\n\nThen go on.\n\n3. Switch it on.\n- A bullet."
    )


LEVELS = """<w:numbering xmlns:w="%s"><w:abstractNum w:abstractNumId="0">
<w:lvl w:ilvl="0"><w:start w:val="4"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%%1."/></w:lvl>
<w:lvl w:ilvl="1"><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%%1.%%2)"/></w:lvl>
<w:lvl w:ilvl="2"><w:numFmt w:val="upperRoman"/><w:lvlText w:val="§ %%3"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="0"/>
<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/>
</w:lvlOverride></w:num></w:numbering>"""


def item(text: str, depth: int = 0, number: int = 1) -> str:
    named = f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>'
    return f"<w:p><w:pPr>{named}</w:pPr>{run(text)}</w:p>"


def test_levels_of_a_list_count_as_word_counts_them() -> None:
    items = [item("Fees"), item("Late", 1), item("Early", 1), item("Never", 2), item("Terms")]
    others = [item("Late again", 1), item("Anew", number=2), item("No list", number=0)]
    data = word_of("".join(items + others), numbering=LEVELS % WORD)
    assert read_docx(data, name="it").text.split("\n") == [
        *("4. Fees", "4.a) Late", "4.b) Early", "§ I Never", "5. Terms", "5.a) Late again"),
        *("1. Anew", "", "No list"),
    ]


def test_a_footnote_stands_behind_the_paragraph_that_refers_to_it() -> None:
    note = f'<w:footnote w:id="2"><w:p>{run("The fund paid in May.")}</w:p></w:footnote>'
    notes = f'<w:footnotes xmlns:w="{WORD}">{note}</w:footnotes>'
    reference = (
        '<w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:footnoteReference w:id="9"/></w:r>'
    )
    body = (
        f"<w:p>{run('The fund paid 78,000 pounds.')}{reference}</w:p><w:p>{run('So it was.')}</w:p>"
    )
    assert read_docx(word_of(body, footnotes=notes), name="it").text == (
        "The fund paid 78,000 pounds.\n\nThe fund paid in May.\n\nSo it was."
    )


def test_words_that_runs_divide_are_whole() -> None:
    assert text_of(f"<w:p>{run('The A')}{run('urora')}<w:r><w:tab/></w:r>{run('sank.')}</w:p>") == (
        "The Aurora sank."
    )


def test_a_break_stays_and_what_was_deleted_does_not() -> None:
    deleted = "<w:del><w:r><w:delText>No.</w:delText></w:r></w:del>"
    moved = f"<w:moveFrom>{run('No.')}</w:moveFrom>"
    body = f"<w:p>{run('Red,')}<w:r><w:br/></w:r>{deleted}{moved}{run('blue.')}</w:p>"
    assert text_of(body) == "Red,\nblue."


def test_a_text_box_is_read_once() -> None:
    inside = f"<w:txbxContent><w:p>{run('Boxed.')}</w:p></w:txbxContent>"
    both = f"<w:Choice>{inside}</w:Choice><w:Fallback>{inside}</w:Fallback>"
    assert text_of(f"<w:p><w:r>{both}</w:r></w:p>") == "Boxed."


def test_a_heading_is_the_title_where_the_properties_have_none() -> None:
    style = '<w:pPr><w:pStyle w:val="Heading1"/></w:pPr>'
    data = word_of(f"<w:p>{run('Before.')}</w:p><w:p>{style}{run('Ships')}</w:p>")
    assert read_docx(data, name="it") == Document("Before.\n\nShips", "Ships")
    assert read_docx(word_of(f"<w:p>{run('One.')}</w:p>"), name="it") == Document("One.")


def test_a_file_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docx, "LARGEST_PART", 1_000)
    with pytest.raises(SourceError, match="^it unpacks to more than 1,000 bytes; expected a doc"):
        text_of(f"<w:p>{run('a' * 1_000)}</w:p>")


def damaged() -> bytes:
    """A Word file whose body cannot be unpacked, found by fuzzing."""
    data = zipped({"word/document.xml": "<w/>"})
    place = data.index(b".xml") + 4
    return data[:place] + b"\xff" + data[place + 1 :]


@pytest.mark.parametrize(
    "data",
    [b"No zip.", b"PK\3\4", word_of("")[:60], damaged()],
    ids=["text", "short", "cut", "damaged"],
)
def test_what_is_no_word_file_is_refused(data: bytes) -> None:
    with pytest.raises(SourceError, match=r"^it is no Word file \(.*\); expected a \.docx"):
        read_docx(data, name="it")
