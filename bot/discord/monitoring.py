"""Monitoring: a JSON object for each log line, `/healthz`, and `/metrics` for Prometheus.

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
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bot.settings import Address
from index import ConfigError

# Whoever has an interaction's token may answer in the bot's name for a quarter of an hour.
_TOKENS = re.compile(r"((?:interactions|webhooks)/\d+/)[^/\s?'\"]+")
_REDACTED = "…"
_STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", "color_message"}
_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)  # seconds


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON; the keys of `extra` become fields."""

    def __init__(self, *, secrets: Collection[str] = ()) -> None:
        super().__init__()
        self._secrets = [secret for secret in secrets if secret]

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with every secret and every interaction's token redacted."""
        fields: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        fields |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        line = json.dumps(fields, ensure_ascii=False, default=str)
        for secret in self._secrets:
            line = line.replace(secret, _REDACTED)
        return _TOKENS.sub(rf"\1{_REDACTED}", line)


def start_logging(*, secrets: Collection[str] = (), stream: TextIO | None = None) -> None:
    """Log JSON lines to stderr or a stream: INFO from the bot, WARNING from everything else."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines(secrets=secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("bot").setLevel(logging.INFO)
    logging.captureWarnings(capture=True)


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

    def count(self, outcome: str, seconds: float) -> None:
        """Count a request by its outcome, and its duration in seconds."""
        self._requests.labels(outcome).inc()
        self._seconds.observe(seconds)

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
