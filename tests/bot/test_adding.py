import os
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from bot.__main__ import main
from index import Library
from tests.support.archives import book, chapter, run, word_of

ANTS = "Ants walk in lines."

pytestmark = pytest.mark.usefixtures("loaded_models")


@pytest.fixture
def here(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, and a library of its own."""
    monkeypatch.setenv("FOOTNOTE_LIBRARY", str(home / "kept"))
    (home / "ants.txt").write_text(ANTS)
    return home


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "got an empty path"),
        ("~nobody-of-this-name/x.txt", "cannot be a file's path"),
        ("x" * 300, "cannot be read (File name too long)"),
        ("ants.txt/x", "there is no file"),
        ("a\0b", "cannot be a file's path"),
    ],
)
def test_a_path_that_can_be_none_is_told_and_the_next_source_added(
    here: Path, capsys: pytest.CaptureFixture[str], source: str, said: str
) -> None:
    assert main(["add", source, "ants.txt"]) == 2
    told = capsys.readouterr()
    assert told.out == "added 1: ants (1 sentences)\n1 of 2 added\n"
    assert told.err.startswith("footnote: ")
    assert told.err.count("\n") == 1
    assert said in told.err


def test_an_empty_title_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["add", "--title", " ", "ants.txt"]) == 2
    assert "--title is empty; expected a title" in capsys.readouterr().err
    with Library.open(here / "kept") as library:
        assert library.titles() == {}


def test_a_title_cannot_steer_the_terminal(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["add", "--title", "An\x1b[2Jts", "ants.txt"]) == 0
    assert capsys.readouterr().out == "added 1: An[2Jts (1 sentences)\n"
    assert main(["remove", "1"]) == 0
    assert capsys.readouterr().out == "removed 1: An[2Jts\n"


def test_a_title_is_shown_as_it_is(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["add", "--title", ":ant: [b]Ants[/b]", "ants.txt"]) == 0
    assert capsys.readouterr().out == "added 1: :ant: [b]Ants[/b] (1 sentences)\n"
    assert main(["remove", "1"]) == 0
    assert capsys.readouterr().out == "removed 1: :ant: [b]Ants[/b]\n"


@pytest.mark.parametrize(
    ("data", "title", "text"),
    [
        (b"<!DOCTYPE html><title>On ants</title><p>Ants walk in lines.</p>", "On ants", ANTS),
        (word_of(f"<w:p>{run(ANTS)}</w:p>"), "standard input", ANTS),
        (book(chapter(f"<p>{ANTS}</p>")), None, ANTS),
        (f"WEBVTT\n\n00:01.000 --> 00:02.000\n{ANTS}".encode(), "standard input", ANTS),
        (f"# On ants\n\n{ANTS}".encode(), "On ants", f"# On ants\n\n{ANTS}"),
        (ANTS.encode("utf-16"), "standard input", ANTS),
    ],
    ids=["html", "word", "epub", "subtitles", "marked text", "utf-16"],
)
def test_standard_input_is_read_as_what_it_is(
    here: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, title: str | None, text: str
) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(data)))
    assert main(["add", "-"]) == 0
    with Library.open(here / "kept") as library:
        [article] = library.articles()
    assert text in article.text
    assert title in (None, article.title)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"PK\3\4zip", "is an archive or an office file"),
        (b"{\\rtf1 Hello}", "is rich text (RTF)"),
        (b"%PDF-1.7 broken", "standard input.pdf"),
    ],
)
def test_standard_input_that_cannot_be_read_is_told(
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    data: bytes,
    said: str,
) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(data)))
    assert main(["add", "-"]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert said in told.err


def test_a_file_named_twice_or_in_a_folder_is_unchanged(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["add", "ants.txt", "."]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "added 1: ants (1 sentences)",
        "unchanged 1: ants (1 sentences)",
        "2 of 2 added",
    ]


def test_hidden_folders_links_and_what_is_no_file_are_passed_over(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("docs/b/.git/x.txt", "docs/b/bees.md", "docs/.hidden.txt"):
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text("Bees hum.")
    os.mkfifo(here / "docs" / "pipe.txt")
    (here / "docs" / "round").symlink_to(here / "docs")
    (here / "docs" / "folder.txt").mkdir()
    assert main(["add", "docs"]) == 0
    assert capsys.readouterr().out == "added 1: bees (1 sentences)\n"
