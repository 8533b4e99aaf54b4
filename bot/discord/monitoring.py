"""Monitoring: log lines for people or programs, `/healthz`, and `/metrics` for Prometheus.

Neither contains questions, answers or secrets.
"""

import json
import logging
import re
import sys
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TextIO

from aiohttp import web
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    Summary,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bot.settings import Address
from index import ConfigError

# Whoever has an interaction's token may answer in the bot's name for a quarter of an hour.
_TOKENS = re.compile(r"((?:interactions|webhooks)/\d+/)[^/\s?'\"]+")
_REDACTED = "…"
_STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", "color_message"}
_MOST_SERVERS = 100  # with series of their own; each has a handful
_OTHERS = "other"
_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)  # seconds


class Redacting(logging.Formatter):
    """Formats records without secrets; a subclass says how a line is written."""

    def __init__(self, *, secrets: Collection[str] = ()) -> None:
        super().__init__()
        self._secrets = [secret for secret in secrets if secret]

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with every secret and every interaction's token redacted."""
        line = self.line(record)
        for secret in self._secrets:
            line = line.replace(secret, _REDACTED)
        return _TOKENS.sub(rf"\1{_REDACTED}", line)

    def line(self, record: logging.LogRecord) -> str:
        """Return the line as it was written."""
        raise NotImplementedError


class HumanLines(Redacting):
    """Formats a record for somebody at a terminal; the keys of `extra` follow in brackets."""

    def line(self, record: logging.LogRecord) -> str:
        """Return the time, the level unless it is INFO, and what happened."""
        time = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        level = "" if record.levelno == logging.INFO else f"{record.levelname}: "
        given = ", ".join(f"{name}={value}" for name, value in _extra(record).items())
        line = f"{time} {level}{record.getMessage()}{f' ({given})' if given else ''}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonLines(Redacting):
    """Formats a record as one line of JSON; the keys of `extra` become fields."""

    def line(self, record: logging.LogRecord) -> str:
        """Return the JSON object."""
        fields: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        fields |= _extra(record)
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False, default=str)


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def start_logging(*, secrets: Collection[str] = (), stream: TextIO | None = None) -> None:
    """Log to stderr or a stream: INFO from the bot, WARNING from everything else.

    On a terminal the lines are for people, and JSON anywhere else.
    """
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    lines = HumanLines if stream.isatty() else JsonLines
    handler.setFormatter(lines(secrets=secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("bot").setLevel(logging.INFO)
    logging.captureWarnings(capture=True)


REFUSALS = frozenset({"busy", "refused", "forbidden", "failed"})
"""Outcomes of requests that were not served."""


class Metrics:
    """Counters and durations of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "footnote_requests",
            "Commands, button presses and messages to the bot, by outcome",
            ["outcome"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "footnote_request_seconds",
            "Seconds that they took",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._server_seconds = Summary(
            "footnote_server_request_seconds",
            "Seconds that the requests of a server took, and their number",
            ["server"],
            registry=self.registry,
        )
        self._server_refusals = Counter(
            "footnote_server_refusals",
            "Requests of a server that were not served, by outcome",
            ["server", "outcome"],
            registry=self.registry,
        )
        self._servers: set[str] = set()

    def count(self, outcome: str, seconds: float, *, server: int | None = None) -> None:
        """Count a request by its outcome, and its duration in seconds.

        `server` is where it came from; None is direct messages. Only the first hundred servers
        since the start have series of their own, so that the number of series is bounded.
        """
        self._requests.labels(outcome).inc()
        self._seconds.observe(seconds)
        label = "direct messages" if server is None else f"{server}"
        if label not in self._servers and len(self._servers) >= _MOST_SERVERS:
            label = _OTHERS
        else:
            self._servers.add(label)
        self._server_seconds.labels(label).observe(seconds)
        if outcome in REFUSALS:
            self._server_refusals.labels(label, outcome).inc()

    def watch(self, name: str, description: str, read: Callable[[], float]) -> None:
        """Add a gauge that is read at each scrape."""
        Gauge(name, description, registry=self.registry).set_function(read)


@asynccontextmanager
async def health_server(
    address: Address, metrics: Metrics, problem: Callable[[], str | None]
) -> AsyncIterator[Address]:
    """Serve `/healthz` and `/metrics` until the block ends, and yield the address.

    A `problem` is shown with status 503. Raises: ConfigError when the address cannot be bound.
    """

    async def health(_: web.Request) -> web.Response:
        found = problem()
        return web.json_response({"status": found or "ok"}, status=503 if found else 200)

    async def scrape(_: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    application = web.Application()
    application.add_routes([web.get("/healthz", health), web.get("/metrics", scrape)])
    runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=1)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, address.host, address.port).start()
        except OSError as error:
            raise ConfigError(
                f"FOOTNOTE_HEALTH: {address.host}:{address.port} cannot be listened on:"
                f" {error.strerror or error}; expected a free port of this machine"
            ) from error
        [(host, port, *_)] = runner.addresses
        yield Address(host, port)
    finally:
        await runner.cleanup()
