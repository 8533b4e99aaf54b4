import pytest

from index.documents.document import LONGEST, authors, iso_date, one_line


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
