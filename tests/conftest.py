"""No test reaches the network, and each meets the real model, loaded once."""

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from index import Encoder, Library, Reader
from index.models.encoder import DEFAULT_MODEL
from index.models.reader import DEFAULT_READER
from index.search.questions import Query
from index.search.retriever import Ranking, Retriever
from tests.support.postgres_server import PostgresServer

# What is drawn is drawn alike each time: `make fuzz` is where new cases are looked for.
hypothesis.settings.register_profile("alike", derandomize=True)
hypothesis.settings.load_profile("alike")

os.environ["HF_HUB_OFFLINE"] = "1"  # read when huggingface_hub is first imported
# Read when torch and faiss are first imported, here and in the processes that tests start: with a
# worker for each core, more threads would only wait for one another.
os.environ["OMP_NUM_THREADS"] = "1"

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


@pytest.fixture(scope="session")
def reader() -> Reader:
    return Reader()


@pytest.fixture
def loaded_models(encoder: Encoder, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries and commands of this process use the packaged models that are loaded already."""

    def encoder_of(name: str = DEFAULT_MODEL, *, threads: int | None = None) -> Encoder:
        return encoder if name == DEFAULT_MODEL else Encoder(name, threads=threads)

    def reader_of(name: str = DEFAULT_READER, *, threads: int | None = None) -> Reader:
        return reader if name == DEFAULT_READER else Reader(name, threads=threads)

    for module in ("index.collection", "bot.commands"):
        monkeypatch.setattr(f"{module}.Encoder", encoder_of)
        monkeypatch.setattr(f"{module}.Reader", reader_of)


@pytest.fixture
def library(request: pytest.FixtureRequest, encoder: Encoder) -> Iterator[Library]:
    """A new library in memory, or `in PostgreSQL` where a test's parameter says so."""
    shared = getattr(request, "param", None) == "in PostgreSQL"
    place = request.getfixturevalue("address") if shared else None
    with Library.open(place, encoder=encoder, reader="off") as opened:
        yield opened


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server for all tests; it runs only if one of them needs it."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
def address(postgres: PostgresServer) -> str:
    """An empty database."""
    return postgres.emptied()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """Where a new library can be kept: what holds there holds for both stores."""
    if request.param == "sqlite":
        return tmp_path / "library"
    address: str = request.getfixturevalue("address")
    return address


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[Query]:
    """What is searched for from here on."""
    queries: list[Query] = []
    rank = Retriever.rank

    def spied(self: Retriever, query: Query, *args: Any, **options: Any) -> Ranking:
        queries.append(query)
        return rank(self, query, *args, **options)

    monkeypatch.setattr(Retriever, "rank", spied)
    return queries


@pytest.fixture
def short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """An LLM's server is asked again at once."""
    monkeypatch.setattr("bot.llm.client._PAUSE", 0.01)


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
