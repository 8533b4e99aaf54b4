import io
import re
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from index.documents import pdf
from index.documents.document import Document
from index.documents.pdf import read_pdf
from index.documents.pdf_layout import Line, join_lines
from index.errors import SourceError
from index.text.segmentation import segment
from tests.support.newspages import TITLE, paragraphs
from tests.support.papers import by_reportlab
from tests.support.stories import Block, Story

HEAD = "Coast Courier – Annual report"
ABSTRACT = f"Abstract. {paragraphs()[0]} {paragraphs()[2]}"
PARTS = [
    [f"Part {part} of the report", *(f"{part}: {each}" for each in paragraphs())]
    for part in "ABCDEF"
]
REPORT = Story(
    TITLE,
    tuple(
        Block("paragraph" if number else "heading", (words,))
        for part in PARTS
        for number, words in enumerate(part)
    ),
)


def by_typst() -> bytes:
    """Two columns with words divided at the ends of lines, below a title and an abstract."""
    parts = "\n\n".join(f"== {heading}\n\n" + "\n\n".join(texts) for heading, *texts in PARTS)
    return typst.compile(
        f"""#set document(title: "{TITLE}", author: ("Ruth Calder",),
            date: datetime(year: 2024, month: 5, day: 31))
        #set page(paper: "a4", columns: 2, numbering: "1", header: [{HEAD}])
        #set par(justify: true, first-line-indent: 1em)
        #set text(size: 10pt, hyphenate: true)
        #place(top + center, float: true, scope: "parent")[#text(20pt)[{TITLE}]\n\n{ABSTRACT}]

        {parts}""".encode()
    )


def drawn(*lines: str, title: str = "") -> bytes:
    """One page with these lines, 14 points apart."""
    return pages_of(lines, title=title)


def pages_of(*pages: Sequence[str], title: str = "") -> bytes:
    """Pages with these lines."""
    placed = [[(line, 72, 700 - 14 * row) for row, line in enumerate(page)] for page in pages]
    return placed_on(*placed, title=title)


def placed_on(*pages: Sequence[tuple[str, float, float]], title: str = "") -> bytes:
    """Pages with these words, by their distances from the left and from the bottom."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4)
    canvas.setTitle(title)
    for words in pages:
        for text, left, bottom in words:
            canvas.drawString(left, bottom, text)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def in_rows(columns: int, *, rows: int = 30) -> tuple[bytes, str]:
    """A page whose lines run across the columns in the file, and what it says."""
    width = (510 - 14 * columns) / columns
    lines = simpleSplit(" ".join(paragraphs() * 3), "Helvetica", 10, width)[: columns * rows]
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4)
    canvas.setFont("Helvetica-Bold", 18)
    canvas.drawCentredString(300, 790, f"{TITLE}, and all of the village came to see it")
    canvas.setFont("Helvetica", 10)
    for row in range(rows):
        for column, line in enumerate(lines[row::rows]):
            canvas.drawString(50 + column * (width + 14), 750 - 12 * row, line)
    canvas.save()
    return stream.getvalue(), " ".join(lines)


def changed(data: bytes, change: Callable[[PdfWriter], object]) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(data))
    change(writer)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def turn_page(writer: PdfWriter, *, by: int) -> None:
    writer.pages[0].rotate(by)


def text_of(data: bytes) -> str:
    return read_pdf(data, name="it").text


def page_texts(found: Document) -> list[str]:
    return [found.text[start:end] for start, end in pairwise((*found.pages, len(found.text)))]


def refusal(data: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        read_pdf(data, name="it")
    return str(caught.value)


@pytest.mark.parametrize("indent", [0, 18], ids=["spaced", "indented"])
def test_paragraphs_run_on_over_pages_without_heads_and_numbers(indent: float) -> None:
    data = by_reportlab(REPORT, indent=indent)
    found = read_pdf(data, name="it")
    assert len(found.pages) == len(PdfReader(io.BytesIO(data)).pages) > 1
    sentences = {found.text[each.start : each.end] for each in segment(found.text)}
    wanted = {REPORT.text[each.start : each.end] for each in segment(REPORT.text)}
    assert len(wanted - sentences) <= 0.03 * len(wanted)
    assert "".join(found.text.split()) == "".join(REPORT.text.split())


def test_columns_are_read_one_after_another() -> None:
    found = read_pdf(by_reportlab(REPORT, columns=2, indent=12), name="it")
    assert found.title == TITLE
    assert found.text.endswith(REPORT.text.removeprefix(TITLE))
    found = read_pdf(by_typst(), name="it")
    assert found.text == REPORT.text.replace(TITLE, f"{TITLE}\n\n{ABSTRACT}", 1)
    assert (found.title, found.author) == (TITLE, "Ruth Calder")


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_columns_are_found_where_the_file_runs_across_them(columns: int) -> None:
    data, said = in_rows(columns)
    assert text_of(data).replace("\n\n", " ").endswith(said)
    for turn in (90, 180, 270):
        assert text_of(changed(data, partial(turn_page, by=turn))) == text_of(data)


def test_the_rows_of_a_table_stay_whole() -> None:
    rows = [["Ship", "Year", "Lost"], *([f"Aurora {n}", str(1900 + n), str(n)] for n in range(9))]
    stream = io.BytesIO()
    body = getSampleStyleSheet()["BodyText"]
    before, after = (Paragraph(each, body) for each in paragraphs()[:2])
    SimpleDocTemplate(stream).build([before, Table(rows, colWidths=90), after])
    assert text_of(stream.getvalue()).split("\n\n") == [
        paragraphs()[0],
        *map(" | ".join, rows),
        paragraphs()[1],
    ]


def test_a_stamp_along_the_margin_stands_behind_its_page() -> None:
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4)
    canvas.rotate(90)
    canvas.drawString(300, -30, "Stamped in May")
    canvas.rotate(-90)
    for number, line in enumerate(["It began at dawn", "and it ended at dusk."]):
        canvas.drawString(72, 500 - 14 * number, line)
    canvas.save()
    assert text_of(stream.getvalue()) == "It began at dawn and it ended at dusk.\n\nStamped in May"


def test_the_text_tells_where_each_page_begins() -> None:
    data = pages_of(
        (),
        ("It was long. They walked along the cause-",),
        (),
        ("way to the tower.", "It rained, and"),
        ("they went home.",),
        (),
    )
    found = read_pdf(data, name="it")
    assert found.text == (
        "It was long. They walked along the causeway to the tower. It rained, and they went home."
    )
    assert page_texts(found) == [
        "",
        "It was long. They walked along the cause",
        "",
        "way to the tower. It rained, and ",
        "they went home.",
        "",
    ]


def test_a_page_that_ends_with_a_paragraph_is_followed_by_a_blank_line() -> None:
    found = read_pdf(pages_of(("One.",), ("Two.",)), name="it")
    assert page_texts(found) == ["One.\n\n", "Two."]


@pytest.mark.parametrize("make", [partial(by_reportlab, REPORT, columns=2), by_typst])
def test_pages_are_told_apart_as_another_library_tells_them(make: Callable[[], bytes]) -> None:
    data = make()
    found = page_texts(read_pdf(data, name="it"))
    for page, text in zip(PdfReader(io.BytesIO(data)).pages, found, strict=True):
        wanted = re.sub(r"[\s\xad-]", "", page.extract_text())
        assert re.sub(r"[\s-]", "", text) in wanted
        assert len(wanted) - len(re.sub(r"[\s-]", "", text)) < 60  # the head and the number


def test_a_word_that_was_divided_at_the_end_of_a_line_is_whole_again() -> None:
    lines = ("They walked along the cause-", "way to the well-", "known tower, a well-known sight.")
    assert text_of(drawn(*lines)) == (
        "They walked along the causeway to the well-known tower, a well-known sight."
    )


def test_a_hyphen_of_its_own_stays() -> None:
    lines = (
        "The Anglo-",
        "Norman lords – the vassal-",
        "states – were many, in the mid-",
        "1090s.",
    )
    whole = "The Anglo-Norman lords – the vassal-states – were many, in the mid-1090s."
    known = (
        *("States of a vassal, pre-", "and post-war—", "all of Newton-by-", "sea, a once-"),
        "in-a-life sight.",
    )
    said = "States of a vassal, pre- and post-war—all of Newton-by-sea, a once-in-a-life sight."
    assert text_of(drawn(*lines, "", "", *known)) == f"{whole}\n\n{said}"
    # Here words are divided.
    more = ("A cause-", "way. The CAUSEWAY, the cause-", "WAY.", "", "", *lines)
    assert "A causeway. The CAUSEWAY, the causeWAY." in text_of(drawn(*more))
    assert "the vassalstates – were" in text_of(drawn(*more))


def test_pages_that_are_all_alike_are_read() -> None:
    assert text_of(pages_of(("One.",), ("One.",), ("One.",))) == "One.\n\nOne.\n\nOne."


def test_a_number_that_ends_a_paragraph_is_no_page_number() -> None:
    lines = (
        "The tower that stands there was built by a",
        "widow and her two sons in the year",
        "1788",
    )
    assert text_of(drawn(*lines)) == " ".join(lines)
    assert text_of(pages_of(("One.", *[""] * 30, "7"))) == "One."


def test_what_a_browser_prints_at_the_edges_of_a_page_is_left_out() -> None:
    head = [("11/23/26, 2:07 PM", 24, 820), (TITLE, 250, 820)]
    foot = [("https://example.com/a", 24, 20), ("1/1", 560, 20)]
    assert text_of(placed_on([*head, ("It rained.", 72, 700), *foot])) == "It rained."


def test_the_last_row_of_a_table_is_no_page_number() -> None:
    rows = enumerate((("Ship", "Lost"), ("1912", "7"), ("1934", "9")))
    page = [
        (words, x, 120 - 40 * row)
        for row, cells in rows
        for words, x in zip(cells, (72, 162), strict=True)
    ]
    assert text_of(placed_on(page)) == "Ship | Lost\n\n1912 | 7\n\n1934 | 9"


def test_the_items_of_a_list_are_paragraphs() -> None:
    lines = ("He saw:", "• one of them", "• two of", "them", "", "", "So be it.")
    assert text_of(drawn(*lines)) == "He saw:\n\n- one of them\n- two of them\n\nSo be it."


def test_a_document_that_says_nothing_of_itself() -> None:
    found = read_pdf(drawn("One.", title=" "), name="it")
    assert (found.title, found.text, found.author, found.pages) == ("", "One.", None, (0,))


def test_the_author_of_the_file_may_be_several() -> None:
    data = changed(drawn("One."), lambda it: it.add_metadata({"/Author": "Ruth Calder; Ann Lee"}))
    assert read_pdf(data, name="it").author == "Ruth Calder, Ann Lee"


def test_the_date_is_that_of_the_document_or_when_the_file_was_made() -> None:
    assert read_pdf(by_typst(), name="it").published == "2024-05-31"
    made = changed(
        drawn("One."), lambda it: it.add_metadata({"/CreationDate": "D:20230401120000Z"})
    )
    assert read_pdf(made, name="it").published == "2023-04-01"
    lost = changed(drawn("One."), lambda it: it.add_metadata({"/CreationDate": "yesterday"}))
    assert read_pdf(lost, name="it").published is None


PACKET = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:format>{0}</dc:format>
 <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{1}</rdf:li></rdf:Alt></dc:title>
 <dc:creator><rdf:Seq><rdf:li>{2}</rdf:li><rdf:li>Ann Lee</rdf:li></rdf:Seq></dc:creator>
 <dc:date><rdf:Seq><rdf:li>2021-07</rdf:li></rdf:Seq></dc:date>
 </rdf:Description></rdf:RDF></x:xmpmeta>"""


def test_metadata_that_stands_open_in_the_file_is_believed_first() -> None:
    own = PACKET.format("application/pdf", "Ships", "Ruth Calder").encode()
    photo = PACKET.format("image/jpeg", "A picture", "A camera").encode()
    for data in (drawn("One.") + own + photo, drawn("One.") + own + own[40:]):
        found = read_pdf(data, name="it")
        assert (found.title, found.author) == ("Ships", "Ruth Calder, Ann Lee")
        assert found.published == "2021-07"
    broken = own[:60] + b"<" + own[60:]
    assert read_pdf(drawn("One.") + broken, name="it").text == "One."


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_an_encrypted_file_that_opens_without_a_password_is_read(algorithm: str) -> None:
    data = changed(drawn("One."), lambda it: it.encrypt("", "owner", algorithm=algorithm))
    assert text_of(data) == "One."


def locked(algorithm: str) -> bytes:
    return changed(drawn("One."), lambda it: it.encrypt("secret", algorithm=algorithm))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: locked("RC4-128"), "it asks for a password; expected a PDF that opens without"),
        (lambda: locked("AES-256"), "it asks for a password; expected a PDF that opens without"),
        (lambda: drawn(), "it has no text, only pictures of pages; expected a PDF with a text"),
        (lambda: b"No PDF at all.", "it is no PDF that can be read ("),
        (lambda: b"<html><p>Hi.", "it is no PDF that can be read ("),
        (lambda: drawn("One.")[:300], "it is no PDF that can be read ("),
    ],
    ids=["locked", "AES", "no text", "text", "html", "cut"],
)
def test_what_has_no_text_to_read_is_refused(make: Callable[[], bytes], said: str) -> None:
    assert refusal(make()).startswith(said)


def test_a_pdf_of_too_many_pages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MOST_PAGES", 2)
    assert refusal(by_reportlab(REPORT)).startswith(
        "it has 3 pages; expected at most 2; add it in parts"
    )


SAMPLES = st.lists(
    st.sampled_from(["One.", "cause-", "way", "Norse–", "•", "and", "word", "-", "3."]),
    min_size=1,
    max_size=4,
).map(" ".join)
SAMPLE_LINES = st.lists(
    st.tuples(SAMPLES, st.sampled_from([10.0, 14.0]), st.booleans()), max_size=5
)


def page_of(lines: list[tuple[str, float, bool]]) -> list[Line]:
    return [
        Line(text, number, 72, 500, 700 - 14 * number, size, cells=cells)
        for number, (text, size, cells) in enumerate(lines)
    ]


@settings(deadline=None, max_examples=300)
@given(st.lists(SAMPLE_LINES, max_size=6))
def test_pages_part_the_text_and_nothing_but_hyphens_and_bullets_is_lost(
    pages: list[list[tuple[str, float, bool]]],
) -> None:
    text, offsets = join_lines([page_of(lines) for lines in pages])
    assert len(offsets) == len(pages)
    parts = [text[start:end] for start, end in pairwise((*offsets, len(text)))]
    assert "".join(parts) == text
    for part, lines in zip(parts, pages, strict=True):
        said = "".join(words for words, _, _ in lines)
        assert letters(part) == letters(said)


def letters(text: str) -> str:
    return "".join(filter(lambda character: character not in "-• \n", text))


def test_pages_without_a_line_have_no_text() -> None:
    assert join_lines([]) == ("", ())
    assert join_lines([[], []]) == ("", (0, 0))
