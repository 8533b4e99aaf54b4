"""A Discord in memory, one on loopback, and `footnote` against it in the test's own process."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.__main__ import main
from index import Encoder
from tests.support.discord_world import World, world
from tests.support.launch_bot import aim_at, stand_in
from tests.support.loopback_discord import TOKEN, Loopback


class Ended(NamedTuple):
    """How a command ended: its exit code, and the lines that it wrote."""

    code: int
    out: list[str]
    err: list[str]


Footnote = Callable[..., Ended]


@pytest.fixture(autouse=True)
def _errors_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test in this process read the errors that are removed after ten seconds."""
    monkeypatch.setattr("bot.discord.delivery._SHOWN", 3_600.0)


@pytest.fixture
async def here(tmp_path: Path, encoder: Encoder) -> AsyncIterator[World]:
    """A server without articles."""
    encoder.encode(["warm"])
    async with world(tmp_path, encoder) as made:
        yield made


@pytest.fixture
async def ships(here: World) -> World:
    """A server with one article."""
    await here.add()
    return here


@pytest.fixture
def discord() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture
def own_logging() -> Iterator[None]:
    """Undo what `start_logging` does."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], level = before
    root.setLevel(level)
    logging.getLogger("bot").setLevel(logging.NOTSET)
    logging.captureWarnings(capture=False)


@pytest.fixture
def footnote(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    own_logging: None,
) -> Footnote:
    """Run a command with the stand-in model, given an address, arguments, and settings."""

    def run(address: str, *arguments: str, token: str | None = TOKEN, **settings: str) -> Ended:
        aim_at(address, monkeypatch.setattr)
        stand_in(patch=monkeypatch.setattr)
        known = {"FOOTNOTE_READER": "off", "FOOTNOTE_LIBRARY": str(home / "library")}
        for name, value in (known | settings).items():
            monkeypatch.setenv(name, value)
        if token is not None:
            monkeypatch.setenv("DISCORD_TOKEN", token)
        capsys.readouterr()
        code = main(list(arguments))
        written = capsys.readouterr()
        return Ended(code, written.out.splitlines(), written.err.splitlines())

    return run
