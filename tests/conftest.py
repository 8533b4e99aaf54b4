"""No test reaches the network, and each meets the real model, loaded once."""

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from index import Encoder, Library

os.environ["HF_HUB_OFFLINE"] = "1"  # read when huggingface_hub is first imported

SHARED = Path(__file__).parents[2] / "shared"


class NetworkForbiddenError(AssertionError):
    """A test tried to leave this machine."""


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    connect = socket.socket.connect
    look_up = socket.getaddrinfo

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not ipaddress.ip_address(address[0]).is_loopback:
            raise NetworkForbiddenError(f"a test connects to {address}")
        connect(self, address)

    def refused(host: Any, *rest: Any, **options: Any) -> Any:
        if host == "127.0.0.1":
            return look_up(host, *rest, **options)
        raise NetworkForbiddenError(f"a test looks up {host}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        patch.setattr(socket.socket, "connect_ex", guarded)
        patch.setattr(socket, "getaddrinfo", refused)
        yield


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return Encoder()


@pytest.fixture
def library(encoder: Encoder) -> Iterator[Library]:
    with Library.open(None, encoder=encoder, reader="off") as opened:
        yield opened


@pytest.fixture
def short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """An LLM's server is asked again at once."""
    monkeypatch.setattr("bot.llm._PAUSE", 0.01)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's empty home, in which nothing is set."""
    for name in [name for name in os.environ if name.startswith("FOOTNOTE_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("DISCORD_TOKEN", raising=False)
    for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path
