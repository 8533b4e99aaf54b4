import subprocess
import sys
import threading
from typing import Any

import pytest

from index.documents import sandbox as parsing
from index.documents.document import Parsed
from index.documents.loading import read
from index.documents.sandbox import parse
from index.errors import SourceError

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


def test_a_parser_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = b"<p " + b" ".join(b"a%d=1" % number for number in range(400_000)) + b">Hi.</p>"
    monkeypatch.setattr(parsing, "SECONDS", 1)
    assert "cannot be read as HTML: its parser ran out of memory or time" in refusal(slow)
    monkeypatch.setattr(parsing, "SECONDS", 60)
    monkeypatch.setattr(parsing, "PATIENCE", 1)
    assert "cannot be read as HTML: it took more than 1 seconds to read, or" in refusal(slow)


def test_a_refusal_comes_within_half_a_minute_of_the_clock() -> None:
    assert parsing.SECONDS < parsing.PATIENCE < 30


def test_long_markdown_is_parsed_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "---\nauthor: Ruth Calder\n---\n# Pets\n\n" + "The cat *slept*.\n\n" * 2_000
    found = read(text.encode("utf-16"), name="a.md")
    assert (found.title, found.author) == ("Pets", "Ruth Calder")
    assert found.text == "Pets" + "\n\nThe cat slept." * 2_000 + "\n\nWritten by Ruth Calder."
    monkeypatch.setattr(parsing, "SECONDS", 1)
    with pytest.raises(SourceError, match="cannot be read as Markdown: its parser ran out of"):
        read(b"**" * 500_000 + b"a" + b"**" * 500_000, name="a.md")


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
        "import resource as r, index.documents.sandbox as p; p._limit(7, 10**9);"
        "print([r.getrlimit(each)[0] for each in"
        " (r.RLIMIT_CPU, r.RLIMIT_AS, r.RLIMIT_FSIZE, r.RLIMIT_CORE)])"
    )
    command = [sys.executable, "-c", script]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert said.strip() == "[7, 1000000000, 0, 0]"
