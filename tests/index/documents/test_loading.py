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
from index.documents.markdown import read_markdown
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


def parse(markdown: str) -> Document:
    return read_markdown(markdown.encode(), name="it")


def plain(markdown: str) -> str:
    return parse(markdown).text


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


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "no.txt"
    assert refusal(path) == (f"there is no file {str(path)!r}; expected {FILES}; check the path")


def test_a_path_through_a_file_is_refused_as_missing(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", "One.") / "b.txt"
    assert f"there is no file {str(path)!r}" in refusal(path)


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == (
        f"{str(tmp_path)!r} is a directory; expected a file; add its files one by one"
    )


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is a device, pipe or socket; expected a file" in refusal(tmp_path / "pipe")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EACCES, "may not be read by this user; expected a readable file; change its perm"),
        (
            errno.EIO,
            f"cannot be read (Input/output error); expected {FILES}",
        ),
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


def test_an_empty_path_is_refused() -> None:
    assert refusal("") == f"got an empty path; expected {FILES}; name the file"


@pytest.mark.parametrize("path", ["a\0b.txt", "~nobody-has-this-name/a.txt"])
def test_a_path_that_no_file_can_have_is_refused(path: str) -> None:
    assert f"{path!r} cannot be a file's path (" in refusal(path)


def test_a_name_that_is_not_utf_8_is_refused() -> None:
    assert "rename the file" in refusal(os.fsdecode(b"\xff.txt"))


def test_a_text_given_as_a_path_is_refused() -> None:
    assert "cannot be read (File name too long)" in refusal("It began. It ended. " * 1_000)


def test_links_that_turn_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "b.txt")
    (tmp_path / "b.txt").symlink_to(tmp_path / "a.txt")
    assert f"expected {FILES}; check the path" in refusal(tmp_path / "a.txt")


@pytest.mark.parametrize("address", ["https://127.0.0.1/a.md", "HTTP://127.0.0.1", " http://127.1"])
def test_a_web_address_is_fetched_from_the_public_web_alone(address: str) -> None:
    assert "is not on the public web" in refusal(address)


def test_another_scheme_is_no_path() -> None:
    assert "is an address of ftp scheme; expected http or https" in refusal("ftp://example.com/a")


def test_a_web_address_in_a_path_object_is_refused() -> None:
    assert refusal(Path("https://example.com/a.md")) == (
        "got the web address 'https:/example.com/a.md' as a path, which bends it; expected two"
        " slashes behind the colon; give the address as a string"
    )


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", "")
    assert refusal(path) == (
        f"{str(path)!r} is empty; expected text; write the article into it first"
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", " \r\n\t\u00a0\u2029"),
        ("a.txt", "\ufeff"),
        ("a.txt", "\u200b\u200d\x07\u3164"),
        ("a.md", "<!-- nothing -->"),
        ("a.md", "---\ntitle: Nothing\n---\n"),
        ("a.md", "***\n\n-\n\n&nbsp;"),
    ],
)
def test_a_file_with_nothing_visible_is_refused(tmp_path: Path, name: str, content: str) -> None:
    path = write(tmp_path, name, content)
    assert refusal(path) == (
        f"{str(path)!r} holds no visible character; expected an article; "
        "give a text with at least one sentence"
    )


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


def test_binary_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    assert refusal(path) == (
        f"{str(path)!r} is binary: it holds a NUL byte at offset 8; expected text in UTF-8; "
        "export the document as plain text or Markdown"
    )


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


@pytest.mark.parametrize("text", ["a", ".", " \u0301", "👍🏽", "\u200bא", "\x07\n0"], ids=repr)
def test_a_text_with_one_visible_character_passes(text: str) -> None:
    check_text(text, name="it")


@pytest.mark.parametrize(
    "text",
    ["", " \r\n\t", "\u200b\u200d\u2060\ufeff", "\x07\x1b", "\u00ad\u2028", "\u3164\u2800"],
    ids=repr,
)
def test_a_text_without_a_visible_character_is_refused(text: str) -> None:
    with pytest.raises(SourceError, match="^the note holds no visible character; expected an arti"):
        check_text(text, name="the note")


def test_a_text_beyond_the_limit_is_refused() -> None:
    check_text("é" * (LARGEST_FILE // 2), name="the note")
    with pytest.raises(SourceError, match=r"the note is too large: got 10,485,762 bytes"):
        check_text("é" * (LARGEST_FILE // 2 + 1), name="the note")


def test_a_nul_character_is_refused_with_its_place() -> None:
    with pytest.raises(SourceError, match="^the note holds a NUL character at offset 3; expected"):
        check_text("One\0.", name="the note")


@pytest.mark.parametrize("half", [0xD83D, 0xDC4D, 0xDCFF], ids=hex)
def test_a_lone_surrogate_is_refused_with_its_place(half: int) -> None:
    with pytest.raises(SourceError, match="^the note holds a lone surrogate at offset 4, half a"):
        check_text(f"One {chr(half)}.", name="the note")


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


MARKDOWN = {
    "emphasis and code": ("*a* __b__ ***c*** `d  e` ~~f~~", "a b c d  e f"),
    "a lone star": ("2 * 3 and snake_case_name", "2 * 3 and snake_case_name"),
    "links": ('[a *b*](http://x.y "t"), [c][r] <http://d.e>\n\n[r]: /u', "a b, c http://d.e"),
    "images": ("![a *b* &amp; ![c](d)](e) f", "a b & c f"),
    "soft break": ("one\ntwo\n  three", "one two three"),
    "hard break": ("one  \ntwo\\\nthree<br>four<br />\nfive", "one\ntwo\nthree\nfour\nfive"),
    "entities and escapes": (r"&lt;a&gt; &copy; &#233; \*b\* &nope;", "<a> © é *b* &nope;"),
    "an entity for nothing": ("a&#0;b&#xD800;c", "a\ufffdb\ufffdc"),
    "inline html": ("a<!-- no --> <b>c</b><sup>2</sup>", "a c2"),
    "html blocks": ("a\n\n<!-- no\n\nno -->\n\n<div>\nyes\n</div>\n\nb", "a\n\nyes\n\nb"),
    "unseen html": ("a\n\n<script>\nno\n</script>\n\n<style>no</style>\n\nb", "a\n\nb"),
    "html of several blocks": (
        "<p align=a>One <b>of</b>\n them.<br>Two.</p><ul><li>A<li>B &amp; C</ul><pre>a\n b</pre>",
        "One of them.\nTwo.\n\n- A\n- B & C\n\na\n b",
    ),
    "details": (
        "<details>\n<summary>On macOS</summary>\n\nUse *3.12*.\n\n</details>\n\nb",
        "On macOS\n\nUse 3.12.\n\nb",
    ),
    "an html table": (
        "<table><tr><th>A</th><th>B</th></tr><tr><td></td><td>2<td>3</tr><tr><td>4</table>",
        "A | B\n\n| 2 | 3\n\n4",
    ),
    "html that is no html": ("a\n\n<div><![if x]><?p?> b < c\n\nd", "a\n\nb < c\n\nd"),
    "headings": ("# A\nb\n## *C* ##\nd\n\nE\n===\nf", "A\n\nb\n\nC\n\nd\n\nE\n\nf"),
    "rules": ("a\n\n***\n\nb", "a\n\nb"),
    "quotes": ("> a\n> b\n>\n> c\n>> d", "a b\n\nc\n\nd"),
    "fenced code": ("a\n```py\nb = *c*\n\n  d\n```\ne", "a\n\nb = *c*\n\n  d\n\ne"),
    "indented code": ("a\n\n    b\n      c\n\nd", "a\n\nb\n  c\n\nd"),
    "tight list": ("a:\n* b\n* c\n  d\n* e", "a:\n\n- b\n- c d\n- e"),
    "loose list": ("- a\n\n  b\n\n- c", "- a\n\nb\n\n- c"),
    "numbers": ("3. a\n3. b\n3. c", "3. a\n4. b\n5. c"),
    "bracketed numbers": ("1) a\n2) b", "1) a\n2) b"),
    "from zero": ("0. a\n1. b", "0. a\n1. b"),
    "nested list": ("- a\n  1. b\n  2. c\n- d", "- a\n  1. b\n  2. c\n- d"),
    "tight in loose": ("- a\n\n- b\n  - c\n  - d", "- a\n\n- b\n\n  - c\n  - d"),
    "list in list": ("- - a\n  - b\n- c", "- - a\n  - b\n- c"),
    "empty item": ("- a\n-\n- b", "- a\n- b"),
    "two lists": ("- a\n- b\n\n+ c\n+ d", "- a\n- b\n\n- c\n- d"),
    "code in an item": ("- a\n  ```\n  b\n  ```\n- c", "- a\n\nb\n\n- c"),
    "item of code": ("- ```\n  b\n  ```\n- c", "- b\n\n- c"),
    "table": ("|A|*B*|\n|-|-|\n|1|a<br>b|\n|[c](d)|`e`|", "A | B\n\n1 | a b\n\nc | e"),
    "empty cells": ("|A|B|\n|-|-|\n| |2|\n| | |", "A | B\n\n | 2"),
    "paragraph after a table": ("|A|\n|-|\n|1|\n\nb", "A\n\n1\n\nb"),
    "right to left and emoji": ("**مرحبا** 👩\u200d👧 *שלום*", "مرحبا 👩\u200d👧 שלום"),
}


@pytest.mark.parametrize(("markdown", "text"), MARKDOWN.values(), ids=MARKDOWN.keys())
def test_markdown_reads_as_a_browser_shows_it(markdown: str, text: str) -> None:
    assert plain(markdown) == text
    assert plain(markdown.replace("\n", "\r\n")) == text


TITLES = {
    "none": ("Text.", ""),
    "html heading": ("<h1 align=center><img src=a> Mapper</h1>\n\n## Install", "Mapper"),
    "a summary": ("<details><summary>No</summary>\n\n## Install", "Install"),
    "first heading": ("Text.\n\n## Two *three*\n\n# One", "Two three"),
    "underlined heading": ("One\ntwo\n---\n", "One two"),
    "empty heading": ("#\n\n## <!-- no -->\n\n### Three", "Three"),
    "front matter": ("---\ntitle: Front\ndate: 2024\n---\n# Head", "Front"),
    "front matter without a title": ("---\ndate: 2024\n...\n# Head", "Head"),
    "front matter with a title below": ("---\ntitle: >\n  Long\n---\n# Head", "Long"),
    "front matter that is no YAML": ("---\ntitle: One: two\ntags: [\n---\n# Head", "One: two"),
    "front matter that nests": (f"---\ntitle: {'[' * 5_000}\n---\n# Head", "Head"),
    "double quotes": ('---\ntitle: "A \\"b\\": #1" # no\n---\nText.', 'A "b": #1'),
    "single quotes": ("---\nTitle: 'It''s: so'\n---\nText.", "It's: so"),
    "a comment": ("---\ntitle: C# or not  # no\n---\nText.", "C# or not"),
    "an empty title": ("---\ntitle: ''\n---\n# Head", "Head"),
}


@pytest.mark.parametrize(("markdown", "title"), TITLES.values(), ids=TITLES.keys())
def test_markdown_is_titled_by_front_matter_or_heading(markdown: str, title: str) -> None:
    assert parse(markdown).title == title


AUTHORS = {
    "none": ("title: One", None, None),
    "a name": ("author: Ruth Calder\ndate: 2024-05-31", "Ruth Calder", "2024-05-31"),
    "quoted": ('author: "Calder, Ruth"\ndate: "2024-05"', "Calder, Ruth", "2024-05"),
    "names": ("author: Ruth Calder, Ann Lee  # both\nDate: 2024", "Ruth Calder, Ann Lee", "2024"),
    "brackets": ("authors: ['Ruth Calder', Ann Lee]", "Ruth Calder, Ann Lee", None),
    "entries": ("authors:\n- Ruth Calder\n- Ann Lee\ntags:\n- no", "Ruth Calder, Ann Lee", None),
    "more of each": (
        "authors:\n  - name: Ruth Calder\n    mail: a@b\n  - name: Ann\ndate: 2024-05-31 10:00:00",
        "Ruth Calder, Ann",
        "2024-05-31",
    ),
    "no date": ("author:\ndate: next week", None, None),
    "no day": ("date: 2024-02-30\npublished: 2024-02-29T23:59Z", None, "2024-02-29"),
    "no YAML": ("author: Ann: Lee\ndate: 2024-05-31\ntags: [", "Ann: Lee", "2024-05-31"),
    "unknown": ("author: Unknown\ndate: 0001-01-01", None, None),
}


@pytest.mark.parametrize(("fields", "author", "published"), AUTHORS.values(), ids=AUTHORS.keys())
def test_front_matter_names_authors_and_date(
    fields: str, author: str | None, published: str | None
) -> None:
    found = parse(f"---\n{fields}\n---\nText.")
    assert (found.author, found.published) == (author, published)


def test_what_a_document_says_of_itself_is_kept() -> None:
    data = b"---\nauthor: Ruth Calder\ndate: 2024-05-31\n---\n# One"
    text = "One\n\nWritten by Ruth Calder.\nPublished on 2024-05-31."
    assert read(data, name="a.md") == Document(
        text, "One", None, author="Ruth Calder", published="2024-05-31"
    )


@pytest.mark.parametrize(
    ("written", "version"),
    [("1.10", "1.10"), ("v2", "2"), ("'3'", "3"), ("9" * 41, None), ("[a, b]", "a"), ("", None)],
)
def test_front_matter_gives_the_version_as_it_is_written(written: str, version: str | None) -> None:
    assert parse(f"---\nversion: {written}\n---\nText.").version == version


def test_front_matter_is_no_part_of_the_text() -> None:
    fields = "title: One\ntags:\n- a\n- b\n\n# comment\nnested:\n  key: value\nempty:\n"
    assert plain(f"---\n{fields}---\nText.") == "Text."
    assert plain(f"---\n{fields}broken: [\n---\nText.") == "Text."
    assert plain(f"---\r\n{fields}---\r\nText.") == "Text."


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("---\n\nProse: first.\n\n---\n\nThen.", "Prose: first.\n\nThen."),
        ("---\nOnce, long ago.\n\n---\nThen.", "Once, long ago.\n\nThen."),
        ("---\na: b\n\nProse goes on.", "a: b\n\nProse goes on."),
        ("Text.\n\n---\na: b\n\n---\n", "Text.\n\na: b"),
    ],
    ids=["a blank line first", "prose first", "never closed", "further down"],
)
def test_prose_between_rules_is_not_taken_for_front_matter(markdown: str, text: str) -> None:
    assert plain(markdown) == text


def test_quotes_and_lists_are_read_as_deep_as_the_parser_goes_and_refused_below() -> None:
    assert plain("> " * 99 + "a") == "a"
    assert plain("- " * 49 + "a") == "- " * 49 + "a"
    for markdown in ("> " * 100 + "a", "- " * 50 + "a"):
        with pytest.raises(
            SourceError, match="^it nests lists and quotes too deep to be read whole"
        ):
            plain(markdown)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.lists(st.text("abcxyz", min_size=1), min_size=1).map(" ".join), min_size=1))
def test_paragraphs_without_markup_come_back_unchanged(paragraphs: list[str]) -> None:
    text = "\n\n".join(f"{each}." for each in paragraphs)
    assert parse(text) == Document(text, marks=())


@settings(deadline=None, max_examples=300)
@given(
    st.one_of(
        st.text(st.characters(codec="utf-8", exclude_characters="\0")),
        st.text("ab *_`[]()!<>#|~-+=&;:.\\'\"1\t\r\n", max_size=60),
    ),
    st.sampled_from(["", "---\n", "---\ntitle: ", "- ", "> ", "|a|\n|-|\n"]),
)
def test_any_text_can_be_read_as_markdown(text: str, opening: str) -> None:
    found = parse(opening + text)
    assert "\r" not in found.text
    assert found.title == " ".join(found.title.split())


@pytest.mark.parametrize(
    "markdown",
    [
        "---\n" + "a: b\n" * 20_000,
        "---\ntitle: '" + "''" * 50_000 + "\n---\n",
        "*a _b " * 15_000,
        "**" * 20_000 + "a" + "**" * 20_000,
        "![" * 2_000 + "a" + "](b)" * 2_000,
        "a" + " " * 100_000 + "b",
        "|a|b|\n|-|-|\n" + "|c|d|\n" * 5_000,
        "- a\n" * 10_000,
    ],
    ids=["fields", "quotes", "openers", "stars", "images", "spaces", "rows", "items"],
)
def test_awkward_markdown_is_read_in_time(markdown: str) -> None:
    started = time.perf_counter()
    plain(markdown)
    assert time.perf_counter() - started < 5.0


def page(data: bytes, path: str, media_type: str, charset: str | None = None) -> Document:
    class Given(Fetcher):
        def fetch(self, address: str) -> Page:
            return Page(address, data, media_type, charset)

    return load(f"https://a.test{path}", fetcher=Given())


@pytest.mark.parametrize(
    ("path", "media_type", "text", "title"),
    [
        ("/", "text/html", "One.", "a.test"),
        ("/the_walk.txt", "text/html", "One.", "the walk"),
        ("/a", "", "One.", "a"),
        ("/a.html", "text/plain", "<html><p>One.", "a"),
        ("/a.pdf", "text/plain", "<html><p>One.", "a"),
        ("/a%20b.md", "text/plain", "One.", "a b"),
        ("/a", "text/markdown", "One.", "a"),
    ],
)
def test_a_page_is_read_as_what_the_server_says_that_it_is(
    path: str, media_type: str, text: str, title: str
) -> None:
    is_markdown = path.endswith(".md") or media_type == "text/markdown"
    found = page(b"*One*." if is_markdown else b"<html><p>One.", path, media_type)
    assert found == Document(text, title, f"https://a.test{path}")


def test_a_page_without_a_type_is_read_by_its_name() -> None:
    assert page(b"*One*.", "/a.md", "").text == "One."
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
