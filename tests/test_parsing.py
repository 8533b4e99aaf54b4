import gzip
import io
import os
import resource
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from index import Library, parsing
from index.errors import SourceError
from index.parsed import Parsed
from index.parsing import parse
from index.sources import read

PAGE = b"<html><head><title>Pets</title></head><body><p>The cat slept.</p></body></html>"


def refusal(data: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        parse(data, kind="html", name="the page")
    return str(caught.value)


def test_a_page_is_parsed_in_another_process() -> None:
    assert parse(PAGE, kind="html", name="the page") == Parsed("Pets", "The cat slept.")
    assert "trafilatura" not in vars(parsing)


def test_what_a_server_said_of_the_encoding_is_passed_on() -> None:
    data = "<p>Žluťoučký kůň.</p>".encode("iso8859-2")
    assert parse(data, kind="html", name="it", charset="iso-8859-2").text == "Žluťoučký kůň."


def test_the_process_gets_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    run = subprocess.run

    def spy(*arguments: Any, **options: Any) -> Any:
        seen.update(options)
        return run(*arguments, **options)

    monkeypatch.setenv("DISCORD_TOKEN", "secret")
    monkeypatch.setattr(subprocess, "run", spy)
    parse(PAGE, kind="html", name="the page")
    assert seen["env"] == {}


def test_threads_may_parse_at_once() -> None:
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(parse(PAGE, kind="html", name="it")))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [Parsed("Pets", "The cat slept.")] * 3


def pdf_of(kids: str, count: int) -> bytes:
    """A PDF without a table of its objects, whose tree of pages has these children."""
    return (
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        f"2 0 obj<</Type/Pages/Kids[{kids}]/Count {count}/MediaBox[0 0 9 9]>>endobj\n"
        "3 0 obj<</Type/Page/Parent 2 0 R>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF"
    ).encode()


def docx_of(document: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", document)
    return stream.getvalue()


OTHERS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a PDF that holds itself": ("pdf", lambda: pdf_of("2 0 R 2 0 R", 2), "expected"),
    "a PDF of many pages": (
        "pdf",
        lambda: pdf_of("3 0 R " * 10_000, 10_000),
        "has 10,000 pages; expected at most 2,000",
    ),
    "a PDF that nests": ("pdf", lambda: b"%PDF-1.4\n1 0 obj" + b"[" * 500_000, "expected"),
    "a PDF that is HTML": ("pdf", lambda: PAGE, "is no PDF that can be read"),
    "a bomb": ("docx", lambda: docx_of(b"<w>" + b" " * 60_000_000), "unpacks to more than"),
    "laughs": ("docx", lambda: docx_of(laughs()), "holds damaged XML"),
    "a DOCX that nests": ("docx", lambda: docx_of(b"<p>" * 100_000), "holds damaged XML"),
    "a DOCX that is a PDF": ("docx", lambda: pdf_of("3 0 R", 1), "is no Word file"),
    "an empty zip": ("docx", lambda: b"PK\5\6" + bytes(18), "is no Word file"),
}


@pytest.mark.parametrize(("kind", "make", "said"), OTHERS.values(), ids=OTHERS.keys())
def test_a_hostile_file_is_refused_and_leaves_no_mark(
    kind: str, make: Callable[[], bytes], said: str
) -> None:
    data = make()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(SourceError, match=said):
        read(data, name=f"a.{kind}")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024  # kibibytes


def laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    head = f'<?xml version="1.0"?><!DOCTYPE html [<!ENTITY l0 "ha">{entities}]>'
    return f"{head}<html><body><p>&l11;</p></body></html>".encode()


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nested": (lambda: b"<div>" * 1_000_000 + b"deep", "nest deeper than 256"),
    "nested inline": (lambda: b"<p>" + b"<b>" * 100_000 + b"deep", "nest deeper than 256"),
    "nested tables": (lambda: b"<table><tr><td>x" * 90_000, "nest deeper than 256"),
    "one line": (lambda: b"<p>" + b"word " * 2_090_000, "one holds more than 10 MB"),
    "nothing": (lambda: b"<html>" + b" " * 1_000_000, "holds no main text"),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is binary"),
    "a zip": (lambda: b"PK\3\4\x14\0\0\0<html><p>Hi.", "is binary"),
    "gzip": (lambda: gzip.compress(PAGE), "is binary"),
    "text": (lambda: b"No HTML at all.", "holds no HTML"),
    "brackets": (lambda: b"<" * 1_000_000, "holds no HTML"),
}


@pytest.mark.parametrize(("make", "said"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_page_is_refused_and_leaves_no_mark(make: Callable[[], bytes], said: str) -> None:
    data = make()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert said in refusal(data)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 50 * 1024  # kibibytes


def test_a_billion_laughs_are_not_laughed() -> None:
    assert parse(laughs(), kind="html", name="it").text.endswith("&l11;")


def test_a_parser_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = b"<p " + b" ".join(b"a%d=1" % number for number in range(400_000)) + b">Hi.</p>"
    monkeypatch.setattr(parsing, "SECONDS", 1)
    assert "cannot be read as HTML: its parser ran out of memory or time" in refusal(slow)
    monkeypatch.setattr(parsing, "SECONDS", 60)
    monkeypatch.setattr(parsing, "PATIENCE", 1)
    assert "cannot be read as HTML: it took more than 1 seconds to read, or" in refusal(slow)


def test_a_parser_that_takes_too_much_memory_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "MEMORY", 250 * 1024**2)
    assert "cannot be read as HTML: its parser " in refusal(b"<p>" + b"<br>" * 1_000_000)


def test_a_parser_that_dies_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert refusal(PAGE) == (
        "the page cannot be read as HTML: its parser ran out of memory or time; expected a document"
        " that opens at once; save what it says as plain text or Markdown"
    )


def test_a_parser_that_says_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/true")
    assert "cannot be read as HTML: it gave nothing" in refusal(PAGE)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux is sure to hold to every limit")
def test_the_process_is_held_to_limits() -> None:
    script = (
        "import resource as r, index.parsing as p; p._limit(7, 10**9);"
        "print([r.getrlimit(each)[0] for each in"
        " (r.RLIMIT_CPU, r.RLIMIT_AS, r.RLIMIT_FSIZE, r.RLIMIT_CORE)])"
    )
    command = [sys.executable, "-c", script]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert said.strip() == "[7, 1000000000, 0, 0]"


def test_the_next_question_is_answered_after_a_hostile_page(
    library: Library, tmp_path: Path
) -> None:
    library.add_text("The cat slept on the mat. It rained all day.", title="Pets")
    hostile = tmp_path / "a.html"
    hostile.write_bytes(b"<div>" * 1_000_000)
    with pytest.raises(SourceError, match="nest deeper"):
        library.add(hostile)
    assert library.ask("Where did the cat sleep?").citations[0].quote == "The cat slept on the mat."
    assert [article.title for article in library.articles()] == ["Pets"]


def test_a_line_of_a_hundred_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.touch()
    os.truncate(path, 100_000_000)
    with Library.open(None, reader="off") as library, pytest.raises(SourceError, match="too large"):
        library.add(path)
