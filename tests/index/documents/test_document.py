from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import docx
import pytest

from index.documents.document import (
    LONGEST,
    Document,
    authors,
    iso_date,
    one_line,
    with_metadata,
)
from index.documents.loading import read
from index.text.segmentation import segment
from tests.support.archives import book, saved


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("2024-05-31", "2024-05-31"),
        (" 2024-05-31T10:00:00+02:00", "2024-05-31"),
        ("2024-05", "2024-05"),
        ("2024", "2024"),
        ("20240531", "2024-05-31"),
        ("1813", "1813"),
        ("D:20240531120000+02'00'", "2024-05-31"),
        ("D:202405", "2024-05"),
        ("2024-02-29", "2024-02-29"),
        ("2023-02-29", None),
        ("2024-13", None),
        ("0101-01-01T00:00:00+00:00", None),
        ("12345", None),
        ("May 2024", None),
        ("-0044", None),
        ("٢٠٢٤", None),
        ("", None),
        (None, None),
    ],
)
def test_a_date_is_read_as_far_as_it_goes(written: str | None, date: str | None) -> None:
    assert iso_date(written) == date


def test_the_first_date_that_is_one_counts() -> None:
    assert iso_date("soon", None, "2023-02-30", "2022", "2021") == "2022"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("  The\n long\twalk ", "The long walk"),
        ("The\x00 \u200blong\u202e walk\ud800", "The long walk"),
        ("Größe 東京", "Größe 東京"),
        ("Microsoft Word - A walk.docx", "A walk.docx"),
        ("(anonymous)", ""),
        ("Untitled", ""),
        ("…", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_words_become_one_line(words: str | None, line: str) -> None:
    assert one_line(words) == line


def test_a_line_is_not_longer_than_it_may_be() -> None:
    assert one_line("a" * LONGEST) == "a" * LONGEST
    assert one_line("a" * 10_000) == "a" * (LONGEST - 1) + "…"
    assert len(authors(["Ruth Calder"] + [f"Author {n}" for n in range(500)]) or "") <= LONGEST


def test_each_author_is_named_once() -> None:
    assert authors([" Ruth  Calder", None, "Ann Lee", "Ruth Calder", "", "unknown"]) == (
        "Ruth Calder, Ann Lee"
    )
    assert authors([]) is None


BLOCK = "Written by Mette Lindqvist.\nPublished on 2023-08-17."


def imprint(found: Document) -> str:
    """The block behind the text, which its mark shows."""
    assert found.marks is not None
    [offset] = [offset for offset, kind in found.marks if kind == "meta"]
    assert found.text[:offset].endswith("\n\n")
    return found.text[offset:]


def test_markdown_tells_what_its_front_matter_says() -> None:
    fields = "author: Mette Lindqvist\ndate: 2023-08-17\nversion: 1.2"
    found = read(f"---\n{fields}\n---\n# Geese\n\nThey fly.\n".encode(), name="geese.md")
    assert found.text == f"Geese\n\nThey fly.\n\n{BLOCK}\nVersion 1.2."
    assert found.marks == ((0, "h1"), (18, "meta"))
    said = [found.text[each.start : each.end] for each in segment(found.text)]
    assert said[-3:] == [*BLOCK.split("\n"), "Version 1.2."]


@pytest.mark.usefixtures("in_process")
def test_html_word_and_epub_tell_what_their_properties_say() -> None:
    told = (
        '<meta name="author" content="Mette Lindqvist">'
        '<meta property="article:published_time" content="2023-08-17T10:00:00Z">'
    )
    page = f"<html><head>{told}</head><body><p>Geese fly.</p></body></html>"
    assert imprint(read(page.encode(), name="geese.html")) == BLOCK
    document = docx.Document()
    document.core_properties.author = "Mette Lindqvist"
    document.core_properties.created = datetime(2023, 8, 17, tzinfo=UTC)
    document.add_paragraph("Geese fly.")
    assert imprint(read(saved(document), name="geese.docx")) == BLOCK
    metadata = "<dc:creator>Mette Lindqvist</dc:creator><dc:date>2023-08-17</dc:date>"
    assert imprint(read(book("<p>Geese fly.</p>", metadata=metadata), name="geese.epub")) == BLOCK


def test_plain_text_stays_what_was_read() -> None:
    data = b"---\nauthor: Mette Lindqvist\n---\nGeese fly."
    assert read(data, name="geese.txt").text == data.decode()


@pytest.mark.parametrize(
    "written",
    [
        "2023-08-17",
        "17 August 2023",
        "the 17th of August, 2023",
        "August 17, 2023",
        "Aug. 17th 2023",
        "17 Aug 2023",
        "17.8.2023",
        "08/17/2023",
        "2023/08/17",
    ],
)
def test_a_date_in_the_text_is_not_told_again(written: str) -> None:
    parsed = Document(
        f"Posted {written} by  mette\nlindqvist.",
        author="Mette Lindqvist",
        published="2023-08-17",
    )
    assert with_metadata(parsed) is parsed


@pytest.mark.parametrize("written", ["17 August 2022", "August 2023", "117 August 2023", "2023"])
def test_another_date_in_the_text_is_another(written: str) -> None:
    parsed = Document(f"Seen {written}.", published="2023-08-17", marks=())
    assert with_metadata(parsed).text == f"Seen {written}.\n\nPublished on 2023-08-17."


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ({"published": "2023"}, "Published in 2023."),
        ({"published": "2023-08"}, "Published in 2023-08."),
        ({"author": "Ann Lee, Ruth Calder"}, "Written by Ann Lee, Ruth Calder."),
        ({"author": "Acme Inc."}, "Written by Acme Inc."),
        ({"version": "1.2"}, "Version 1.2."),
    ],
)
def test_only_what_is_known_is_told(told: dict[str, Any], line: str) -> None:
    text = "Ann Lee saw 1.2 geese in August 2022, before 2023."
    assert with_metadata(replace(Document(text), **told)).text == f"{text}\n\n{line}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("© Coast Courier 2023", {"published": "2023"}),
        ("Published in August 2023.", {"published": "2023-08"}),
        ("This is version 1.2.", {"version": "1.2"}),
        ("Footnote v1.2", {"version": "1.2"}),
        ("By ANN LEE and Ruth Calder", {"author": "Ruth Calder, Ann Lee"}),
    ],
)
def test_what_the_text_says_is_not_told_again(text: str, told: dict[str, Any]) -> None:
    parsed = replace(Document(text), **told)
    assert with_metadata(parsed) is parsed


@pytest.mark.usefixtures("in_process")
def test_what_programs_write_for_nobody_is_no_author() -> None:
    document = docx.Document()  # by python-docx
    document.add_paragraph("Geese fly.")
    document.core_properties.created = datetime(1, 1, 1, tzinfo=UTC)
    assert read(saved(document), name="geese.docx").text == "Geese fly."
