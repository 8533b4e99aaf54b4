"""The prompt is there before the models are."""

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bot.chat import Chat
from bot.sharing import SHIPPED_TITLE
from bot.terminal.repl import Repl
from index import Library, ModelError
from tests.support.standin import StandIn

ROOT = Path(__file__).parents[3]
ESCAPE = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
ASKS_FOR_CURSOR, CURSOR = b"\x1b[6n", b"\x1b[1;1R"
SLOW = """
import sys, time
from pathlib import Path
import bot.commands
from bot.__main__ import main
from tests.support.standin import StandIn

class Slow(StandIn):
    def encode(self, texts):
        wait()
        return super().encode(texts)

def wait(*_):
    while not started.exists():
        time.sleep(0.02)

bot.commands.Encoder = lambda *_, **__: Slow()
bot.commands.App.llm = wait
started = Path(sys.argv.pop(1))
sys.exit(main())
"""


class Terminal:
    """A terminal in which a process runs."""

    def __init__(self, controller: int) -> None:
        self._controller = controller
        self._shown = b""

    def type(self, line: str) -> None:
        os.write(self._controller, f"{line}\r".encode())

    def wait_for(self, text: str, *, seconds: float = 60) -> None:
        """Read what is shown until the text is; what stood before it is forgotten."""
        deadline = time.monotonic() + seconds
        while text.encode() not in self._shown:
            assert time.monotonic() < deadline, self._shown
            ready, _, _ = select.select([self._controller], [], [], 0.1)
            if ready:
                shown = os.read(self._controller, 10_000)
                if ASKS_FOR_CURSOR in shown:
                    os.write(self._controller, CURSOR)
                self._shown += ESCAPE.sub(b"", shown)
        self._shown = self._shown.partition(text.encode())[2]


@contextmanager
def terminal(*arguments: str, home: Path) -> Iterator[Terminal]:
    controller, other = pty.openpty()
    termios.tcsetwinsize(other, (24, 80))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "FOOTNOTE_READER": "off"}
    process = subprocess.Popen(
        [sys.executable, "-c", *arguments],
        cwd=home,
        env=environment,
        stdin=other,
        stdout=other,
        stderr=other,
    )
    os.close(other)
    try:
        yield Terminal(controller)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait(10)
        os.close(controller)


def test_the_prompt_is_there_while_the_models_are_loaded(home: Path) -> None:
    loaded, library = home / "loaded", home / "library"
    with Library.open(library, encoder=StandIn(), reader="off") as made:
        made.add_text("The ferry opened in 1911.", title="Ferries")
    with terminal(SLOW, str(loaded), "chat", "--library", str(library), home=home) as shown:
        shown.wait_for("Ask about “Ferries”.")
        shown.wait_for("?")
        shown.type("/articles")
        shown.wait_for("Ferries")
        shown.type("When did the ferry open?")
        shown.wait_for("Loading the models")
        loaded.touch()
        shown.wait_for("The ferry opened in 1911.")
        shown.type("quit")


def test_a_new_library_gets_the_shipped_article_behind_the_prompt(home: Path) -> None:
    loaded = home / "loaded"
    with terminal(SLOW, str(loaded), "chat", home=home) as shown:
        shown.wait_for(f"Ask about “{SHIPPED_TITLE}”.")
        shown.wait_for("?")
        shown.type("/articles")
        shown.wait_for("Loading the models")
        loaded.touch()
        shown.wait_for(SHIPPED_TITLE)
        shown.type("What had provoked the protests?")
        shown.wait_for("a series of American air strikes")
        shown.type("quit")


def test_leaving_while_the_models_are_loaded_ends_well(home: Path) -> None:
    with Library.open(home / "library", encoder=StandIn(), reader="off"):
        pass
    packaged = "import sys; from bot.__main__ import main; sys.exit(main(sys.argv[1:]))"
    for _ in range(3):
        with terminal(packaged, "chat", "--library", str(home / "library"), home=home) as shown:
            shown.wait_for("quit leaves.")
            shown.type("quit")


@pytest.fixture
def repl() -> Iterator[tuple[Repl, StringIO, Future[Chat]]]:
    shown, loading = StringIO(), Future[Chat]()
    with Library.open(None, encoder=StandIn(), reader="off") as library:
        library.add_text("The ferry opened in 1911.", title="Ferries")
        yield Repl(library, Console(file=shown), chat=loading), shown, loading


def test_what_needs_no_model_does_not_wait_for_one(
    repl: tuple[Repl, StringIO, Future[Chat]],
) -> None:
    asked, shown, loading = repl
    asked.run(iter(["/help", "/articles", "/use 1", "/search", "/sources", "/new", "quit"]))
    assert not loading.done()
    assert "expected /search WORDS" in shown.getvalue()


def test_a_model_that_cannot_be_loaded_is_named_at_each_question(
    repl: tuple[Repl, StringIO, Future[Chat]],
) -> None:
    asked, shown, loading = repl
    loading.set_exception(ModelError("no model 'x': expected another"))
    asked.run(iter(["When did the ferry open?", "/search ferry", "quit"]))
    assert shown.getvalue().count("no model 'x': expected another") == 2
    assert "1911" not in shown.getvalue()
