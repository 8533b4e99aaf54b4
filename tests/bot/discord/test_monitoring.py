import asyncio
import io
import json
import logging
import re
import socket

import aiohttp
import pytest

from bot.discord.monitoring import Metrics, health_server, start_logging
from bot.settings import Address, read_address
from index import ConfigError

TOKEN = "MTA.secret.token"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:9090", ("127.0.0.1", 9090)),
        ("9090", ("127.0.0.1", 9090)),
        (":9090", ("127.0.0.1", 9090)),
        ("0.0.0.0:80", ("0.0.0.0", 80)),
        ("[::1]:80", ("::1", 80)),
    ],
)
def test_an_address_is_of_this_machine_where_it_names_no_other(
    text: str, address: tuple[str, int]
) -> None:
    assert read_address(text) == address


@pytest.mark.parametrize("text", ["", "localhost", "localhost:", "1:99999", "1:-1", "1:٣"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected HOST:PORT"):
        read_address(text)


async def _look(metrics: Metrics, ailment: str | None) -> tuple[int, str, int, str]:
    listening = health_server(Address("127.0.0.1", 0), metrics, lambda: ailment)
    async with listening as (host, port), aiohttp.ClientSession() as session:
        async with session.get(f"http://{host}:{port}/healthz") as health:
            status, said = health.status, await health.text()
        async with session.get(f"http://{host}:{port}/metrics") as shown:
            return status, said, shown.status, await shown.text()


def test_the_metrics_are_shown_as_prometheus_reads_them() -> None:
    metrics = Metrics()
    metrics.count("done", 0.3)
    metrics.count("busy", 0.01)
    metrics.watch("footnote_under_way", "Questions under way", lambda: 7)
    health, said, status, text = asyncio.run(_look(metrics, None))
    assert (health, said, status) == (200, '{"status": "ok"}', 200)
    lines = text.splitlines()
    assert 'footnote_requests_total{outcome="done"} 1.0' in lines
    assert 'footnote_requests_total{outcome="busy"} 1.0' in lines
    assert 'footnote_request_seconds_bucket{le="0.25"} 1.0' in lines
    assert 'footnote_request_seconds_bucket{le="0.5"} 2.0' in lines
    assert "footnote_under_way 7.0" in lines
    assert any(line.startswith("process_resident_memory_bytes") for line in lines)


def test_durations_and_refusals_are_shown_by_server() -> None:
    metrics = Metrics()
    metrics.count("done", 0.5, server=7)
    metrics.count("busy", 0.25, server=7)
    metrics.count("done", 1)
    lines = asyncio.run(_look(metrics, None))[3].splitlines()
    assert 'footnote_server_request_seconds_count{server="7"} 2.0' in lines
    assert 'footnote_server_request_seconds_sum{server="7"} 0.75' in lines
    assert 'footnote_server_refusals_total{outcome="busy",server="7"} 1.0' in lines
    assert 'footnote_server_request_seconds_count{server="direct messages"} 1.0' in lines
    assert not [
        line for line in lines if line.startswith('footnote_server_refusals_total{outcome="done')
    ]


def test_the_number_of_servers_with_series_of_their_own_is_bounded() -> None:
    metrics = Metrics()
    for server in range(150):
        metrics.count("refused", 0.1, server=server)
    metrics.count("refused", 0.1, server=0)
    lines = asyncio.run(_look(metrics, None))[3].splitlines()
    counts = [line for line in lines if line.startswith("footnote_server_request_seconds_count{")]
    assert len(counts) == 101
    assert 'footnote_server_request_seconds_count{server="other"} 50.0' in counts
    assert 'footnote_server_request_seconds_count{server="0"} 2.0' in counts


def test_what_is_wrong_is_said_with_503() -> None:
    health, said, *_ = asyncio.run(_look(Metrics(), "stopping"))
    assert (health, said) == (503, '{"status": "stopping"}')


def test_an_address_that_is_taken_is_a_config_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        async def listen() -> None:
            async with health_server(Address("127.0.0.1", port), Metrics(), lambda: None):
                pass

        with pytest.raises(ConfigError, match=f"FOOTNOTE_HEALTH: 127.0.0.1:{port} cannot"):
            asyncio.run(listen())


@pytest.fixture
def stream(own_logging: None) -> io.StringIO:
    opened = io.StringIO()
    start_logging(secrets=[TOKEN, ""], stream=opened)
    return opened


def test_a_line_is_an_object_with_the_fields_that_were_given(stream: io.StringIO) -> None:
    logging.getLogger("bot.discord.admission").info(
        "answered", extra={"milliseconds": 12, "guild": 7}
    )
    [line] = stream.getvalue().splitlines()
    said = json.loads(line)
    assert said.pop("time").endswith("+00:00")
    assert said == {
        "level": "info",
        "logger": "bot.discord.admission",
        "event": "answered",
        "milliseconds": 12,
        "guild": 7,
    }


def test_an_error_keeps_its_traceback_on_the_same_line(stream: io.StringIO) -> None:
    try:
        raise RuntimeError("two\nlines")
    except RuntimeError:
        logging.getLogger("bot").exception("failed")
    [line] = stream.getvalue().splitlines()
    assert json.loads(line)["traceback"].endswith("RuntimeError: two\nlines")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_the_lines_are_for_people_and_hold_no_secret(own_logging: None) -> None:
    terminal = Terminal()
    start_logging(secrets=[TOKEN], stream=terminal)
    log = logging.getLogger("bot.discord.runner")
    log.info("connected", extra={"shards": 1, "servers": 2})
    log.warning("Bot %s at interactions/12/aW50ZXJh/callback", TOKEN)
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        log.exception("failed")
    lines = terminal.getvalue().splitlines()
    said = [re.sub(r"^\d\d:\d\d:\d\d ", "", line) for line in lines]
    assert said[0] == "connected (shards=1, servers=2)"
    assert said[1] == "WARNING: Bot … at interactions/12/…/callback"
    assert said[2] == "ERROR: failed"
    assert said[-1] == "RuntimeError: broken"


def test_no_secret_is_logged(stream: io.StringIO) -> None:
    address = "https://discord.com/api/v10/interactions/12/aW50ZXJh/callback"
    logging.getLogger("discord.http").warning("We are being rate limited. POST %s", address)
    logging.getLogger("discord").warning("Bot %s", TOKEN, extra={"held": [TOKEN]})
    said = stream.getvalue()
    assert "interactions/12/…/callback" in said
    assert "aW50ZXJh" not in said
    assert TOKEN not in said


def test_what_discord_py_and_others_say_in_passing_is_left_out(stream: io.StringIO) -> None:
    logging.getLogger("discord.gateway").info("Session ID: 1234")
    logging.getLogger("transformers").info("loading")
    assert stream.getvalue() == ""
