"""The shipped article comes whole out of every format; the figures are benchmarks.formats' own."""

from collections.abc import Iterator

import pytest

from benchmarks.formats import (
    LEAST_F1,
    MOST_BOILERPLATE,
    File,
    files,
    misplaced,
    recovery,
    shipped_story,
)
from index.documents.loading import read
from index.text.segmentation import segment

pytestmark = pytest.mark.usefixtures("in_process")

ROWS = {
    "text, UTF-8",
    "text, UTF-16",
    "text, Windows-1252",
    "Markdown",
    "HTML, semantic",
    "HTML, lazy",
    "PDF by reportlab",
    "PDF by reportlab, two columns",
    "PDF by Typst, hyphenated",
    "PDF by Typst, two columns",
    "DOCX",
    "EPUB",
}


@pytest.fixture(scope="module")
def shipped() -> dict[str, File]:
    return {file.row: file for file in files(shipped_story(), printed=False)}


@pytest.mark.parametrize("row", sorted(ROWS))
def test_the_article_is_recovered(shipped: dict[str, File], row: str) -> None:
    file = shipped[row]
    text = read(file.data, name=file.name).text
    found = recovery(text, file.text, file.boilerplate)
    assert found.f1 >= LEAST_F1
    assert found.boilerplate <= MOST_BOILERPLATE
    assert found.whole >= 0.7 * found.sentences  # in a PDF, bullets and tables look otherwise
    assert misplaced(text) == []


def test_the_rows_are_those_of_the_benchmark(shipped: dict[str, File]) -> None:
    pages = {row for row in shipped if row.startswith("HTML")}  # the others: test_html
    assert set(shipped) - pages == ROWS - pages
    assert len(pages) == 6


@pytest.mark.parametrize(
    ("text", "known", "f1", "boilerplate"),
    [
        ("One  two.\n", "One two.", 1.0, 0.0),
        ("abcd", "ab", 4 / 6, 2 / 4),  # four read, two known, two common
        ("ab", "abcd", 4 / 6, 0.0),
        ("cdab", "abcd", 4 / 8, 2 / 4),  # another order counts
        ("", "abcd", 0.0, 0.0),
    ],
)
def test_what_is_recovered_is_the_longest_common_subsequence(
    text: str, known: str, f1: float, boilerplate: float
) -> None:
    found = recovery(text, known)
    assert (found.f1, found.boilerplate) == pytest.approx((f1, boilerplate))


def test_a_line_of_boilerplate_counts_though_its_characters_are_known() -> None:
    assert recovery("It rained. Menu", "It rained. Me nu", ["Menu"]).boilerplate == 4 / 15


def test_sentences_are_whole_or_not() -> None:
    found = recovery("It rained. The cat\nslept. It", "It rained. The cat slept. It was dark.")
    assert (found.whole, found.sentences) == (2, 3)


def test_a_sentence_out_of_its_place_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert misplaced("One. Two.") == []

    def shifted(text: str) -> Iterator[object]:
        return (type(each)(each.number, each.start + 1, each.end) for each in segment(text))

    monkeypatch.setattr("benchmarks.formats.segment", shifted)
    assert misplaced("One. Two.") == ["the sentences are not the whole text"]
