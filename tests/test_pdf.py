import io
from collections.abc import Callable

import pytest
from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate

from index import pdf
from index.article import segment
from index.errors import SourceError
from index.parsed import Parsed
from index.pdf import read_pdf
from tests.newspages import TITLE, paragraphs

HEADING = "Two centuries of light"


def written(*, indent: float = 0, space: float = 6) -> bytes:
    """An article over several pages, as reportlab lays it out, with running heads and numbers."""
    styles = getSampleStyleSheet()
    body = ParagraphStyle(
        "body",
        parent=styles["BodyText"],
        alignment=4,
        firstLineIndent=indent,
        spaceBefore=space,
        spaceAfter=0,
        fontSize=14,
        leading=18,
    )

    def edges(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.drawString(72, 800, "Coast Courier – Annual report")
        canvas.drawCentredString(300, 30, f"Page {document.page} of 3")

    stream = io.BytesIO()
    document = SimpleDocTemplate(stream, pagesize=A4, title=TITLE)
    story = [Paragraph(TITLE, styles["Title"])]
    for copy in range(4):
        story.append(Paragraph(f"{HEADING} {'abcd'[copy]}", styles["Heading2"]))
        story += [Paragraph(f"{'ABCD'[copy]}: {each}", body) for each in paragraphs()]
    document.build(story, onFirstPage=edges, onLaterPages=edges)
    return stream.getvalue()


def truth() -> list[str]:
    lines = [TITLE]
    for copy in range(4):
        lines.append(f"{HEADING} {'abcd'[copy]}")
        lines += [f"{'ABCD'[copy]}: {each}" for each in paragraphs()]
    return lines


def drawn(*lines: str, title: str = "") -> bytes:
    """One page with these lines, 14 points apart."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4)
    canvas.setTitle(title)
    for number, line in enumerate(lines):
        canvas.drawString(72, 700 - 14 * number, line)
    canvas.save()
    return stream.getvalue()


def refusal(data: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        read_pdf(data, name="it")
    return str(caught.value)


@pytest.mark.parametrize(("indent", "space"), [(0, 6), (18, 0)], ids=["spaced", "indented"])
def test_paragraphs_run_on_over_pages_without_heads_and_numbers(
    indent: float, space: float
) -> None:
    data = written(indent=indent, space=space)
    assert len(PdfReader(io.BytesIO(data)).pages) > 2
    found = read_pdf(data, name="it")
    text = found.text
    assert found.title == TITLE
    found = {text[each.start : each.end] for each in segment(text)}
    whole = "\n\n".join(truth())
    wanted = {whole[each.start : each.end] for each in segment(whole)}
    assert len(wanted - found) <= 0.03 * len(wanted)
    assert "Coast Courier" not in text
    assert "Page " not in text
    assert sorted("".join(text.split())) == sorted("".join(whole.split()))


def test_a_word_that_was_divided_at_the_end_of_a_line_is_whole_again() -> None:
    lines = ("They walked along the cause-", "way to the well-", "known tower, a well-known sight.")
    assert read_pdf(drawn(*lines), name="it").text == (
        "They walked along the causeway to the well-known tower, a well-known sight."
    )


def test_a_page_without_a_title_has_none() -> None:
    assert read_pdf(drawn("One.", title=" "), name="it") == Parsed(None, "One.")


def locked(data: bytes) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(data))
    writer.encrypt("secret", algorithm="RC4-128")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: locked(drawn("One.")),
            "it asks for a password, or is encrypted; expected a PDF that is",
        ),
        (lambda: drawn(), "it has no text, only pictures of pages; expected a PDF with a text"),
        (lambda: b"No PDF at all.", "it is no PDF that can be read ("),
        (lambda: b"<html><p>Hi.", "it is no PDF that can be read ("),
        (lambda: drawn("One.")[:300], "it is no PDF that can be read ("),
    ],
    ids=["locked", "no text", "text", "html", "cut"],
)
def test_what_has_no_text_to_read_is_refused(make: Callable[[], bytes], said: str) -> None:
    assert refusal(make()).startswith(said)


def test_a_pdf_of_too_many_pages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MOST_PAGES", 2)
    assert refusal(written()).startswith("it has 3 pages; expected at most 2; add it in parts")
