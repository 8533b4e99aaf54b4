"""How the bot is, for whoever watches it: `/healthz`, and `/metrics` as Prometheus reads them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bot.settings import Address
from index import ConfigError

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """Counts and times of one process, without a word of what was asked."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "footnote_requests",
            "Commands, presses and messages to the bot, by what came of them",
            ["outcome"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "footnote_request_seconds",
            "Seconds that they took",
            buckets=_SECONDS,
            registry=self.registry,
        )

    def count(self, outcome: str, seconds: float) -> None:
        """Count a request by its outcome, and the seconds that it took."""
        self._requests.labels(outcome).inc()
        self._seconds.observe(seconds)

    def watch(self, name: str, about: str, read: Callable[[], float]) -> None:
        """Show a number that is read when somebody looks."""
        Gauge(name, about, registry=self.registry).set_function(read)


@asynccontextmanager
async def watched(
    address: Address, metrics: Metrics, ailment: Callable[[], str | None]
) -> AsyncIterator[Address]:
    """Serve `/healthz` and `/metrics` until the block ends, and give where.

    `ailment` says what is wrong, or None. Raises: ConfigError when the address cannot be had.
    """

    async def health(_: web.Request) -> web.Response:
        wrong = ailment()
        said = {"status": wrong or "ok"}
        return web.json_response(said, status=200 if wrong is None else 503)

    async def shown(_: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    application = web.Application()
    application.add_routes([web.get("/healthz", health), web.get("/metrics", shown)])
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
