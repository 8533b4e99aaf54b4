import errno
import os
import time
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.documents import loading as sources
from index.documents.document import Document
from index.documents.loading import LARGEST_FILE, check_text, load, read
from index.documents.web import Fetcher, Page
from index.errors import SourceError

pytestmark = pytest.mark.usefixtures("in_process")

FILES = "a text, Markdown, HTML, PDF, Word or EPUB file"


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def refusal(source: str | Path) -> str:
    with pytest.raises(SourceError) as caught:
        load(source)
    return str(caught.value)


@pytest.mark.parametrize("suffix", [".txt", ".text", ".TXT", ".rst", ""])
def test_plain_text_is_kept_exactly_as_it_stands(tmp_path: Path, suffix: str) -> None:
    text = "  *One*.\r\n\r\nTwo &amp; three.\n\t👍🏽 é\r# four  \n"
    path = write(tmp_path, f"the_long-walk{suffix}", text)
    found = load(path)
    assert found.text == text
    assert found.title == "the long walk"
    assert found.source == str(path.resolve())


@pytest.mark.parametrize(
    "line",
    [
        "The long walk",
        "Who walked?",
        "Stop!",
        "Annual report (2024)",
        "Minutes of the meeting, March 3, 2024",
        "May 2024 release notes",
        "“A walk” and other tales",
        "3 walks",
        "Sunday walks in May",
        "May the walk begin",
        "長い散歩",
    ],
)
@pytest.mark.parametrize(
    "written", ["{}\n\n{}", "\n  {} \r\n \r\n{}", "# {}\n\n{}", "{}\n====\n\n{}"]
)
def test_plain_text_is_titled_by_a_first_line_that_looks_like_a_title(
    tmp_path: Path, line: str, written: str
) -> None:
    text = written.format(line, "It was long.")
    found = load(write(tmp_path, "a.txt", text))
    assert (found.title, found.text) == (line, text)


@pytest.mark.parametrize(
    "text",
    [
        "It was long.\n\nMore.",
        "He said “no.”\n\nMore.",
        "長いです。\n\nMore.",
        "The walk:\n\nMore.",
        "The walk\nIt was long.\n\nMore.",
        "The walk\nIt was long.",
        "The walk\n\n \n",
        "The walk",
        f"{'walk ' * 20}on\n\nMore.",
        "- The walk\n\nMore.",
        "• The walk\n\nMore.",
        "1. The walk\n\nMore.",
        "b) The walk\n\nMore.",
        "Subject: The walk\n\nMore.",
        "3 March 2024\n\nMore.",
        "Monday, March 3rd, 2024\n\nMore.",
        "Sun, 3rd of March 2024\n\nMore.",
        "Sept. 3, 2024 at 10:15 am UTC\n\nMore.",
        "2024-03-03T10:00Z\n\nMore.",
        "10:30 am\n\nMore.",
        "* * *\n\nMore.",
        "#!/bin/sh\n\nls",
        "<walk>\n\nMore.",
        "(Applause)\n\nMore.",
        "https://example.com/walk\n\nMore.",
    ],
)
def test_plain_text_whose_first_line_is_no_title_is_titled_by_its_name(
    tmp_path: Path, text: str
) -> None:
    assert load(write(tmp_path, "my_walk.txt", text)).title == "my walk"


def test_looking_for_a_title_takes_no_time(tmp_path: Path) -> None:
    begun = time.perf_counter()
    for text in (
        " " * 5_000_000 + "x" * 200,
        "x\n" + " " * 5_000_000 + "y",
        "x\n" + "=" * 5_000_000,
    ):
        load(write(tmp_path, "a.txt", text))
    assert time.perf_counter() - begun < 5


def test_a_path_may_be_a_string_and_relative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "a.txt", "One.")
    monkeypatch.chdir(tmp_path)
    assert load("a.txt") == load(path)
    assert Path(load("a.txt").source or "").is_absolute()


def test_a_tilde_stands_for_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "a.txt", "One.")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load("~/a.txt").source == str(path.resolve())


def test_a_link_is_named_by_itself_and_placed_by_what_it_points_to(tmp_path: Path) -> None:
    target = write(tmp_path, "4f2a", "*One*.")
    link = tmp_path / "my-walk.md"
    link.symlink_to(target)
    found = load(link)
    assert (found.text, found.title, found.source) == ("One.", "my walk", str(target.resolve()))


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    assert load(write(tmp_path, "a.txt", b"\xef\xbb\xbfOne.")).text == "One."
    assert load(write(tmp_path, "a.md", b"\xef\xbb\xbf# One\n\nTwo.")).title == "One"


def test_a_name_of_dashes_alone_is_its_own_title(tmp_path: Path) -> None:
    assert load(write(tmp_path, "__.txt", "One.")).title == "__.txt"


@pytest.mark.parametrize("suffix", [".md", ".markdown", ".MD"])
def test_markdown_becomes_plain_text_with_a_title(tmp_path: Path, suffix: str) -> None:
    found = load(write(tmp_path, f"walk{suffix}", "# The *walk*\r\n\r\nIt was **long**.\r\n"))
    assert found.text == "The walk\n\nIt was long."
    assert found.title == "The walk"


def test_markdown_without_a_heading_is_titled_by_its_name(tmp_path: Path) -> None:
    assert load(write(tmp_path, "the_walk.md", "It was long.")).title == "the walk"


NO_FILES: dict[str, tuple[str, str]] = {
    "missing": ("{0}/no.txt", f"there is no file {{0}}; expected {FILES}; check the path"),
    "below a file": ("{0}/file/b.txt", "there is no file {0}"),
    "a folder": ("{0}", "{0} is a directory; expected a file; add its files one by one"),
    "a pipe": ("{0}/pipe", "{0} is a device, pipe or socket; expected a file"),
    "links in a circle": ("{0}/loop", "{0} cannot be a file's path ("),
    "no path": ("", f"got an empty path; expected {FILES}; name the file"),
    "NUL": ("a\0b.txt", "{0} cannot be a file's path ("),
    "nobody's home": ("~nobody-has-this-name/a.txt", "{0} cannot be a file's path ("),
    "not UTF-8": ("\udcff.txt", "{0} cannot be a file's path ("),
    "another scheme": ("ftp://a.test/a", "{0} is an address of ftp scheme; expected http or https"),
}


@pytest.mark.parametrize(("source", "said"), NO_FILES.values(), ids=NO_FILES)
def test_what_is_no_file_is_refused(tmp_path: Path, source: str, said: str) -> None:
    write(tmp_path, "file", "One.")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe")
    path = source.format(tmp_path)
    assert refusal(path).startswith(said.format(repr(path)))


def test_a_text_given_as_a_path_is_refused() -> None:
    assert "cannot be read (File name too long)" in refusal("It began. It ended. " * 1_000)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EACCES, "may not be read by this user; expected a readable file; change its perm"),
        (errno.EIO, f"cannot be read (Input/output error); expected {FILES}"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    def fail(*arguments: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    path = write(tmp_path, "a.txt", "One.")
    monkeypatch.setattr(Path, "open", fail)
    assert f"{str(path)!r} {said}" in refusal(path)


@pytest.mark.parametrize("address", ["https://127.0.0.1/a.md", "HTTP://127.0.0.1", " http://127.1"])
def test_a_web_address_is_fetched_from_the_public_web_alone(address: str) -> None:
    assert "is not on the public web" in refusal(address)


def test_a_web_address_in_a_path_object_is_refused() -> None:
    assert refusal(Path("https://example.com/a.md")) == (
        "got the web address 'https:/example.com/a.md' as a path, which bends it; expected two"
        " slashes behind the colon; give the address as a string"
    )


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", "", "is empty; expected text; write the article into it first"),
        *(
            (name, content, "holds no visible character; expected an article; give a text with")
            for name, content in (
                ("a.txt", "\ufeff"),
                ("a.md", "<!-- nothing -->"),
                ("a.md", "---\ntitle: Nothing\n---\n"),
                ("a.md", "***\n\n-\n\n&nbsp;"),
            )
        ),
        (
            *(
                "a.txt",
                "\x89PNG\r\n\x1a\n\0",
                "is binary: it holds a NUL byte at offset 9; expected text in UTF-8; export the",
            ),
        ),
    ],
)
def test_a_file_with_nothing_to_read_is_refused(
    tmp_path: Path, name: str, content: str, said: str
) -> None:
    path = write(tmp_path, name, content)
    assert refusal(path).startswith(f"{str(path)!r} {said}")


def test_a_file_over_the_limit_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "a.txt", "One.")
    os.truncate(path, LARGEST_FILE + 1)
    monkeypatch.delattr(Path, "open")
    assert refusal(path) == (
        f"{str(path)!r} is too large: got 10,485,761 bytes or more, expected at most 10,485,760; "
        "split it into smaller files"
    )


def test_a_file_of_just_the_limit_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "LARGEST_FILE", 4)
    assert load(write(tmp_path, "a.txt", "One.")).text == "One."
    assert "got 5 bytes or more, expected at most 4" in refusal(write(tmp_path, "b.txt", "Three"))


def test_a_file_that_grows_over_the_limit_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "a.txt", "One.")
    before = path.stat()
    path.write_text("One. Two. Three.")
    monkeypatch.setattr(sources, "LARGEST_FILE", 4)
    monkeypatch.setattr(Path, "stat", lambda _path, **_options: before)
    assert "got 5 bytes or more, expected at most 4" in refusal(path)


@pytest.mark.parametrize(
    ("content", "byte", "offset"),
    [
        (b"\xef\xbb\xbfna\xefve", "ef", 5),
        ("Zürich, Genève, Å".encode()[:-1], "c3", 18),
        ("Zürich, Genève".encode() + b"\xe9.", "e9", 16),
        (b"odd \x81\x8d", "81", 4),
        (b"cut \xf0\x9f\x91", "f0", 4),
        (b"half \xed\xa0\x80", "ed", 5),
    ],
    ids=["after a byte order mark", "cut", "damaged", "none", "cut short", "a surrogate"],
)
def test_damaged_utf_8_is_refused_with_the_place(
    tmp_path: Path, content: bytes, byte: str, offset: int
) -> None:
    path = write(tmp_path, "a.txt", content)
    assert refusal(path) == (
        f"{str(path)!r} is not UTF-8: byte 0x{byte} at offset {offset} does not fit; "
        "expected text in UTF-8; open it in an editor and save it as UTF-8"
    )


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"], ids=lambda encoding: encoding
)
@pytest.mark.parametrize("text", ["“Naïve,” she said – at l’été…", "Größe 5 € für Åse", "Plain."])
def test_text_is_read_in_the_encodings_that_people_have(
    tmp_path: Path, text: str, encoding: str
) -> None:
    data = text.encode(encoding)
    assert load(write(tmp_path, "a.txt", data)).text == text
    assert read(data, name="a.md").text == text


def test_utf_16_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    said = refusal(write(tmp_path, "a.txt", "One.".encode("utf-16-be").join([b"\xfe\xff", b"a"])))
    assert "is not UTF-16-BE: byte 0x61 at offset 10 does not fit; expected text" in said


def test_bytes_are_read_as_the_file_that_they_are_called() -> None:
    assert read(b"# One\n\n*Two*.", name="a.md") == Document("One\n\nTwo.", "One", None)
    found = read(b"# One", name="my_walk.txt", source="https://example.com/1")
    assert found == Document("# One", "my walk", "https://example.com/1")
    for data, said in ((b"", "'a.md' is empty; expected text"), (b" ", "holds no visible")):
        with pytest.raises(SourceError, match=said):
            read(data, name="a.md")
    with pytest.raises(SourceError, match="'a.md' is too large: got 10,485,761 bytes"):
        read(bytes(LARGEST_FILE + 1), name="a.md")


@pytest.mark.parametrize(
    "text",
    ["a", ".", " \u0301", "👍🏽", "\u200bא", "\x07\n0", "é" * (LARGEST_FILE // 2)],
    ids=lambda value: repr(value)[:30],
)
def test_a_text_with_a_visible_character_up_to_the_limit_passes(text: str) -> None:
    check_text(text, name="it")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *(
            (text, "holds no visible character; expected an arti")
            for text in (
                "",
                " \r\n\t",
                "\u200b\u2060\ufeff",
                "\x07\x1b",
                "\xad\u2028",
                "\u3164\u2800",
            )
        ),
        ("é" * (LARGEST_FILE // 2 + 1), "is too large: got 10,485,762 bytes"),
        ("One\0.", "holds a NUL character at offset 3; expected"),
        ("One \ud83d.", "holds a lone surrogate at offset 4, half a"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_text_that_is_no_article_is_refused(text: str, said: str) -> None:
    with pytest.raises(SourceError, match=f"^the note {said}"):
        check_text(text, name="the note")


@settings(deadline=None, max_examples=200)
@given(st.text(st.characters()))
def test_a_text_that_passes_can_be_kept_and_shown(text: str) -> None:
    try:
        check_text(text, name="it")
    except SourceError:
        return
    assert text.encode("utf-8").decode("utf-8") == text
    assert "\0" not in text
    assert text.strip()


def page(data: bytes, path: str, media_type: str, charset: str | None = None) -> Document:
    class Given(Fetcher):
        def fetch(self, address: str) -> Page:
            return Page(address, data, media_type, charset)

    return load(f"https://a.test{path}", fetcher=Given())


@pytest.mark.parametrize(
    ("path", "media_type", "text", "title"),
    [
        ("/a.md", "", "One.", "a"),
        ("/", "text/html", "One.", "a.test"),
        ("/the_walk.txt", "text/html", "One.", "the walk"),
        ("/a", "", "One.", "a"),
        ("/a.html", "text/plain", "<html><p>One.", "a"),
        ("/a.pdf", "text/plain", "<html><p>One.", "a"),
        ("/a%20b.md", "text/plain", "One.", "a b"),
        ("/a", "text/markdown", "One.", "a"),
    ],
)
def test_a_page_is_read_as_what_the_server_says_or_by_its_name(
    path: str, media_type: str, text: str, title: str
) -> None:
    is_markdown = path.endswith(".md") or media_type == "text/markdown"
    found = page(b"*One*." if is_markdown else b"<html><p>One.", path, media_type)
    assert found == Document(text, title, f"https://a.test{path}")


def test_a_page_without_type_and_suffix_is_plain_text() -> None:
    assert page(b"*One*.", "/a", "").text == "*One*."


@pytest.mark.parametrize(
    "charset", ["punycode", "unicode_escape", "utf-7", "idna", "rot13", "hex", "nonsense", "a\0"]
)
def test_an_encoding_that_no_page_is_written_in_is_passed_over(charset: str) -> None:
    assert (
        page(rb"One \u0041 +AGE- -", "/a", "text/plain", charset).text
        == rb"One \u0041 +AGE- -".decode()
    )


def test_the_encoding_that_a_server_names_is_taken_where_it_fits() -> None:
    assert page("Žluť".encode("iso8859-2"), "/a", "text/plain", "latin2").text == "Žluť"
    assert page("“a”".encode("cp1252"), "/a", "text/plain", "iso-8859-1").text == "“a”"
    assert page("“a”".encode(), "/a", "text/plain", "shift_jis2").text == "“a”"
