"""Runs the Discord bot: start, stop, exit codes; and registers its commands."""

import asyncio
import logging
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
import discord
from pydantic import SecretStr

from bot.discord.admission import AdmissionControl
from bot.discord.client import FootnoteClient
from bot.discord.commands import add_commands
from bot.discord.monitoring import health_server, start_logging
from bot.discord.onboarding import invite_link
from bot.discord.pool import CollectionPool
from bot.discord.uploads import Limits
from bot.settings import Settings
from index import ConfigError, FootnoteError

WRONG_TOKEN, MISSING_INTENT, UNREACHABLE = 3, 4, 5
"""Exit codes that docs/operations.md explains and the systemd unit knows; 0 is a requested stop."""

GRACE, LAST_WORDS, FAREWELL = 5.0, 2.0, 1.0
"""Seconds for requests in flight to finish, to report to the others, and to close connections.

Together they are less than the ten that Docker grants.
"""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0  # seconds between two attempts to connect
_BAD_TOKEN = 4004  # the gateway's close code for it
_NO_CONNECTION = (aiohttp.ClientError, OSError, discord.GatewayNotFound, discord.DiscordServerError)

_log = logging.getLogger(__name__)

Result = TypeVar("Result")


class StartError(FootnoteError):
    """The bot cannot start, or go on; `exit_code` is for programs."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message, exit_code)
        self.exit_code = exit_code

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Shards:
    """Those of a bot's `count` shards, `first` to `last`, that one process runs.

    Discord shows each server to one shard, so whatever one process knows of a server by itself,
    such as that an article is being added there, no other process need know.
    """

    first: int
    last: int
    count: int

    @classmethod
    def read(cls, shards: str | None, of: int | None) -> "Shards | None":
        """Read `A-B` or a number, and how many there are; None where neither is given.

        Raises: ConfigError.
        """
        if shards is None and of is None:
            return None
        found = re.fullmatch(r"(\d+)(?:-(\d+))?", shards or "", re.ASCII)
        if found and of is not None:
            first = int(found[1])
            last = int(found[2] or first)
            if first <= last < of:
                return cls(first, last, of)
        raise ConfigError(
            f"--shards {shards or '…'} --of {of or '…'}: expected both, and shards from 0 on that"
            " are fewer than there are, such as --shards 0-3 --of 16"
        )


def serve(
    settings: Settings,
    pool: CollectionPool,
    *,
    warm_up: Callable[[], None],
    announced: Sequence[str] = (),
    shards: Shards | None = None,
) -> int:
    """Run the bot until SIGTERM or SIGINT, and return the exit code 0.

    `announced` is logged first, a line each. `warm_up` loads what answers need, before members can
    ask. `shards` are those to run; None is all that Discord advises. At the end each question in
    flight is answered, or its member is asked to try again.
    Raises: ConfigError, ModelError, StartError.
    """
    start_logging(secrets=_secrets(settings))
    for line in announced:
        _log.info(line)
    asyncio.run(_serve(settings, pool, warm_up, shards))
    if not pool.close(timeout=FAREWELL):
        # Nobody waits any more for what a thread still waits for, such as an LLM. The library
        # loses nothing by that: every change is one transaction.
        _log.warning("stopped while a thread was running")
        logging.shutdown()
        os._exit(0)
    _log.info("stopped")
    return 0


def sync(settings: Settings, pool: CollectionPool, *, guild: int | None = None) -> int:
    """Register the commands, for every server or for one, and return their number.

    Raises: ConfigError, StartError.
    """

    async def run() -> int:
        async with create_client(settings, pool) as client:
            client.sync_at_start = False
            await _log_in(client, settings)
            return await _retry(lambda: client.sync(guild=guild), seconds=settings.connect_timeout)

    return asyncio.run(run())


def create_client(
    settings: Settings, pool: CollectionPool, shards: Shards | None = None
) -> FootnoteClient:
    """Return a client as the settings say, for these shards alone if there are any."""
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # it never speaks
    options: dict[str, Any] = {}
    if shards is not None:
        options["shard_ids"] = list(range(shards.first, shards.last + 1))
        options["shard_count"] = shards.count
    client = FootnoteClient(
        pool,
        admission=AdmissionControl(
            total=settings.queue,
            per_server=settings.server_queue,
            cooldown=settings.cooldown,
            workers=settings.workers,
        ),
        limits=Limits(settings.server_articles, settings.server_bytes),
        message_content=settings.message_content,
        privacy_url=settings.privacy_url,
        **options,
    )
    add_commands(client.tree)
    return client


def token_of(settings: Settings) -> str:
    """Return the bot's token. Raises: ConfigError."""
    if settings.discord_token is None:
        raise ConfigError(
            "DISCORD_TOKEN is not set; expected the token of a bot: make one at"
            " discord.com/developers/applications, under Bot, and set it in .env"
        )
    return settings.discord_token.get_secret_value()


async def _serve(
    settings: Settings,
    pool: CollectionPool,
    warm_up: Callable[[], None],
    shards: Shards | None,
) -> None:
    stop, hurry = _signals()
    client = create_client(settings, pool, shards)
    async with _closing(client), _monitored(client, settings, stop):
        running = asyncio.create_task(_run(client, settings, warm_up))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if running.done():
            await running
            return
        _log.info("stopping")
        await _finish(client, hurry)
        running.cancel()
        await asyncio.wait({running})


def _signals() -> tuple[asyncio.Event, asyncio.Event]:
    """Return what the first SIGTERM or SIGINT sets, and what a second one does."""
    stop, hurry = asyncio.Event(), asyncio.Event()

    def on_signal() -> None:
        (hurry if stop.is_set() else stop).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # on Windows
            asyncio.get_running_loop().add_signal_handler(number, on_signal)
    return stop, hurry


async def _run(client: FootnoteClient, settings: Settings, warm_up: Callable[[], None]) -> None:
    """Log in, warm up and hold the connection. Raises: StartError."""
    await _log_in(client, settings)
    assert client.application_id is not None  # noqa: S101
    _log.info("add the bot to a server", extra={"invite": invite_link(client.application_id)})
    await asyncio.to_thread(warm_up)
    running = await _retry(lambda: _connect(client), seconds=settings.connect_timeout)
    _log.info("connected", extra={"shards": len(client.shards), "servers": len(client.guilds)})
    try:
        await running
    except discord.DiscordException as error:
        raise _start_error(error) from error
    finally:
        running.cancel()


async def _log_in(client: FootnoteClient, settings: Settings) -> None:
    """Log in. Raises: ConfigError, StartError."""

    async def attempt() -> None:
        try:
            await client.login(token_of(settings))
        except BaseException:
            await client.http.close()  # the next attempt opens it again
            raise

    await _retry(attempt, seconds=settings.connect_timeout)


async def _connect(client: FootnoteClient) -> asyncio.Task[None]:
    """Connect, and return the task that holds the connection from then on."""
    running = asyncio.create_task(client.connect())
    connected = asyncio.create_task(client.wait_for("connect"))
    try:
        await asyncio.wait({running, connected}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
    except BaseException:
        running.cancel()
        raise
    finally:
        connected.cancel()
    return running


async def _retry(attempt: Callable[[], Awaitable[Result]], *, seconds: float) -> Result:
    """Await an attempt, and again with growing pauses while Discord cannot be reached.

    Raises: StartError, `seconds` later, or at once for what Discord refuses.
    """
    end, pause = time.monotonic() + seconds, _FIRST_PAUSE
    while True:
        try:
            async with asyncio.timeout(end - time.monotonic()):
                return await attempt()
        except _NO_CONNECTION as error:
            reason = str(error) or "it does not answer"
            if time.monotonic() + pause >= end:
                raise StartError(
                    f"Discord cannot be reached: {reason}; tried for {seconds:.0f} s"
                    " (FOOTNOTE_CONNECT_TIMEOUT); check the network of this machine",
                    UNREACHABLE,
                ) from error
            _log.warning("Discord cannot be reached", extra={"error": reason, "pause": pause})
        except discord.DiscordException as error:
            raise _start_error(error) from error
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _start_error(error: discord.DiscordException) -> StartError:
    """Return why Discord does not let the bot start, or go on."""
    closed = error.code if isinstance(error, discord.ConnectionClosed) else None
    if isinstance(error, discord.LoginFailure) or closed == _BAD_TOKEN:
        return StartError(
            "Discord does not accept the token in DISCORD_TOKEN; expected the one that"
            " discord.com/developers/applications shows once, under Bot: reset it there",
            WRONG_TOKEN,
        )
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return StartError(
            "FOOTNOTE_MESSAGE_CONTENT is set, and Discord does not let the bot read messages:"
            " allow it the Message Content Intent at discord.com/developers/applications, under"
            " Bot, or unset it",
            MISSING_INTENT,
        )
    return StartError(f"Discord does not let the bot go on: {error}", UNREACHABLE)


async def _finish(client: FootnoteClient, hurry: asyncio.Event) -> None:
    """Let requests in flight end, or report that they will not, and disconnect.

    Until it has disconnected, new questions are refused.
    """
    admission = client.admission
    admission.stop()
    ended = asyncio.create_task(admission.drained(GRACE))
    hurried = asyncio.create_task(hurry.wait())
    await asyncio.wait({ended, hurried}, return_when=asyncio.FIRST_COMPLETED)
    for each in (ended, hurried):
        each.cancel()
    with suppress(TimeoutError):
        async with asyncio.timeout(FAREWELL):
            await asyncio.gather(*(shard.disconnect() for shard in client.shards.values()))
    admission.cancel()
    await admission.drained(LAST_WORDS)


@asynccontextmanager
async def _closing(client: FootnoteClient) -> AsyncIterator[None]:
    """Close the client in the end, and do not wait for long if the other side is silent."""
    await client.__aenter__()
    try:
        yield
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await client.close()


@asynccontextmanager
async def _monitored(
    client: FootnoteClient, settings: Settings, stop: asyncio.Event
) -> AsyncIterator[None]:
    """Serve health and metrics, if the settings say where."""
    if settings.health is None:
        yield
        return

    def problem() -> str | None:
        if stop.is_set():
            return "stopping"
        if not client.is_ready():
            return "starting"
        closed = any(shard.is_closed() for shard in client.shards.values())
        return "disconnected from Discord" if closed else None

    metrics = client.admission.metrics
    metrics.watch("footnote_servers", "Servers that the bot is on", lambda: len(client.guilds))
    metrics.watch(
        "footnote_gateway_latency_seconds", "Mean latency of the shards", lambda: client.latency
    )
    async with health_server(settings.health, metrics, problem) as at:
        _log.info("health is shown", extra={"address": f"{at.host}:{at.port}"})
        yield


def _secrets(settings: Settings) -> list[str]:
    secrets = (settings.discord_token, settings.llm_key)
    found = [each.get_secret_value() for each in secrets if each] + [settings.llm_url or ""]
    if isinstance(settings.library, SecretStr):
        address = settings.library.get_secret_value()
        found += [address, *re.findall(r":[^/@]+@", address)]
    return found
