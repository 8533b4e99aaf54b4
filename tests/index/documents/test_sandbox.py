import json
import logging
import subprocess
import sys
import threading
from functools import partial
from typing import Any

import pytest

from index.documents import sandbox
from index.documents.document import Document
from index.documents.loading import read
from index.documents.sandbox import read_sandboxed
from index.errors import SourceError

read_page = partial(read_sandboxed, "html:read_html", format_name="HTML")
PAGE = b"<html><head><title>Pets</title></head><body><p>The cat slept.</p></body></html>"
TASK = {
    "reader": "html:read_html",
    "options": {"name": "it"},
    "cpu_seconds": 20,
    "memory": 1024**3,
}


def refusal(data: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        read_page(data, name="the page")
    return str(caught.value)


def test_a_page_is_read_in_a_light_process_that_gets_no_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: dict[str, Any] = {}
    run = subprocess.run

    def spy(*arguments: Any, **options: Any) -> Any:
        seen.update(options)
        return run(*arguments, **options)

    monkeypatch.setenv("DISCORD_TOKEN", "secret")
    monkeypatch.setattr(subprocess, "run", spy)
    found = read_page(PAGE, name="the page")
    assert (found, found.marks) == (Document("The cat slept.", "Pets"), ())
    assert seen["env"] == {}
    script = f"{sandbox._CHILD}; import sys; assert 'numpy' not in sys.modules"
    command = [sys.executable, "-W", "error", "-c", script, json.dumps(TASK)]
    done = run(command, input=PAGE, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_what_a_server_declared_as_the_encoding_is_passed_on() -> None:
    data = "<p>Žluťoučký kůň.</p>".encode("iso8859-2")
    found = read_page(data, name="it", charset="iso-8859-2")
    assert found.text == "Žluťoučký kůň."


def test_threads_may_read_at_once() -> None:
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(read_page(PAGE, name="it"))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [Document("The cat slept.", "Pets")] * 3


def test_a_parser_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = b"<p " + b" ".join(b"a%d=1" % number for number in range(400_000)) + b">Hi.</p>"
    monkeypatch.setattr(sandbox, "CPU_SECONDS", 1)
    assert "cannot be read as HTML: its parser ran out of memory or time" in refusal(slow)
    monkeypatch.setattr(sandbox, "CPU_SECONDS", 60)
    monkeypatch.setattr(sandbox, "WALL_SECONDS", 1)
    assert "cannot be read as HTML: it took more than 1 seconds to read, or" in refusal(slow)


def test_a_refusal_comes_within_half_a_minute_of_the_clock() -> None:
    assert sandbox.CPU_SECONDS < sandbox.WALL_SECONDS < 30


def test_long_markdown_is_read_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "---\nauthor: Ruth Calder\n---\n# Pets\n\n" + "The cat *slept*.\n\n" * 2_000
    found = read(text.encode("utf-16"), name="a.md")
    assert (found.title, found.author) == ("Pets", "Ruth Calder")
    assert found.text == "Pets" + "\n\nThe cat slept." * 2_000 + "\n\nWritten by Ruth Calder."
    monkeypatch.setattr(sandbox, "CPU_SECONDS", 1)
    with pytest.raises(SourceError, match="cannot be read as Markdown: its parser ran out of"):
        read(b"**" * 500_000 + b"a" + b"**" * 500_000, name="a.md")


def test_html_in_markdown_is_read_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert read(b"# Pets", name="a.md").text == "Pets"
    with pytest.raises(SourceError, match="'a.md' cannot be read as Markdown"):
        read(b"# Pets\n\n<p>The cat slept.</p>", name="a.md")


def test_a_parser_that_takes_too_much_memory_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "MEMORY", 250 * 1024**2)
    assert "cannot be read as HTML: its parser " in refusal(b"<p>" + b"<br>" * 1_000_000)


def test_a_parser_that_fails_is_reported_and_its_traceback_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = sandbox._CHILD.replace("main()", "sandbox.read_here = None; sandbox.main()")
    monkeypatch.setattr(sandbox, "_CHILD", f"from index.documents import sandbox; {broken}")
    with caplog.at_level(logging.DEBUG, logger="index.documents.sandbox"):
        assert "cannot be read as HTML: its parser failed with TypeError; expected" in refusal(PAGE)
    assert "reading the page as HTML failed with status 0: Traceback" in caplog.text
    assert "TypeError: 'NoneType' object is not callable" in caplog.text


@pytest.mark.parametrize(
    ("program", "reason"),
    [("/bin/false", "its parser ran out of memory or time"), ("/bin/true", "its parser returned")],
)
def test_a_parser_that_dies_or_says_nothing_is_reported(
    monkeypatch: pytest.MonkeyPatch, program: str, reason: str
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    said = refusal(PAGE)
    assert said.startswith(f"the page cannot be read as HTML: {reason}")
    assert said.endswith(
        "; expected a document that opens at once; save what it says as plain text or Markdown"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux is sure to enforce every limit")
def test_the_process_is_held_to_limits() -> None:
    script = (
        "import resource as r; from index.documents.sandbox import limit_process;"
        "limit_process(cpu_seconds=7, memory=10**9);"
        "print([r.getrlimit(each)[0] for each in"
        " (r.RLIMIT_CPU, r.RLIMIT_AS, r.RLIMIT_FSIZE, r.RLIMIT_CORE)])"
    )
    command = [sys.executable, "-c", script]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert said.strip() == "[7, 1000000000, 0, 0]"
