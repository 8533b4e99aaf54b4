"""Running the Discord bot from its start to its end, and telling Discord its commands."""

import asyncio
import logging
import os
import re
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import discord
from pydantic import SecretStr

from bot.discord.client import FootnoteClient
from bot.discord.connecting import connect, log_in, patiently, reason_of
from bot.discord.health import watched
from bot.discord.intake import Intake
from bot.discord.logs import start_logging
from bot.discord.pool import Desk
from bot.discord.shards import Shards
from bot.discord.uploads import Limits
from bot.settings import Settings

GRACE, LAST_WORDS, FAREWELL = 5.0, 2.0, 1.0
"""Seconds for answers under way to finish, then to tell whoever still waits, then to hang up.

Together they are less than the ten that Docker grants.
"""

_log = logging.getLogger(__name__)


def serve(
    settings: Settings,
    desk: Desk,
    *,
    rehearse: Callable[[], None],
    announced: Sequence[str] = (),
    shards: Shards | None = None,
) -> int:
    """Run the bot until SIGTERM or SIGINT. Gives the exit code 0.

    `announced` is logged first, a line each. `rehearse` loads what answers need, and is run before
    members can ask. `shards` are those to run; when None, all that Discord advises. At the end
    each question under way is answered, or its member is told to ask again.
    Raises: ConfigError, ModelError, StartError.
    """
    start_logging(secrets=_secrets(settings))
    for line in announced:
        _log.info(line)
    asyncio.run(_serve(settings, desk, rehearse, shards))
    if not desk.close(patience=FAREWELL):
        # What a thread still waits for, such as an LLM, nobody waits for any more. The library
        # loses nothing by that: every change is one transaction.
        _log.warning("stopped with a thread at work")
        logging.shutdown()
        os._exit(0)
    _log.info("stopped")
    return 0


def sync(settings: Settings, desk: Desk, *, guild: int | None = None) -> int:
    """Tell Discord the commands, of every server or of one, and give how many there are.

    Raises: ConfigError, StartError.
    """

    async def run() -> int:
        async with client_of(settings, desk) as client:
            client.sync_at_start = False
            await log_in(client, settings)
            return await patiently(
                lambda: client.sync(guild=guild), seconds=settings.connect_timeout
            )

    return asyncio.run(run())


def client_of(settings: Settings, desk: Desk, shards: Shards | None = None) -> FootnoteClient:
    """Give the client that the settings describe, for these shards alone if there are any."""
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # it never speaks
    intake = Intake(
        total=settings.queue,
        per_server=settings.server_queue,
        cooldown=settings.cooldown,
        workers=settings.workers,
    )
    return FootnoteClient(
        desk,
        intake=intake,
        limits=Limits(settings.server_articles, settings.server_bytes),
        message_content=settings.message_content,
        **(shards.options if shards else {}),
    )


async def _serve(
    settings: Settings, desk: Desk, rehearse: Callable[[], None], shards: Shards | None
) -> None:
    stop, hurry = _signals()
    client = client_of(settings, desk, shards)
    async with _open(client), _watched(client, settings, stop):
        running = asyncio.create_task(_run(client, settings, rehearse))
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
    """Give what the first SIGTERM or SIGINT sets, and what a second one does."""
    stop, hurry = asyncio.Event(), asyncio.Event()

    def told() -> None:
        (hurry if stop.is_set() else stop).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows has no such thing
            asyncio.get_running_loop().add_signal_handler(number, told)
    return stop, hurry


async def _run(client: FootnoteClient, settings: Settings, rehearse: Callable[[], None]) -> None:
    """Log in, rehearse and hold the connection. Raises: StartError."""
    await log_in(client, settings)
    await asyncio.to_thread(rehearse)
    running = await patiently(lambda: connect(client), seconds=settings.connect_timeout)
    _log.info("connected", extra={"shards": len(client.shards), "servers": len(client.guilds)})
    try:
        await running
    except discord.DiscordException as error:
        raise reason_of(error) from error
    finally:
        running.cancel()


async def _finish(client: FootnoteClient, hurry: asyncio.Event) -> None:
    """Let what is under way end, or tell its members that it will not, and hang up.

    Until it has hung up, whoever asks is told to ask again later.
    """
    client.intake.stop()
    ended = asyncio.create_task(client.ledger.emptied(GRACE))
    hurried = asyncio.create_task(hurry.wait())
    await asyncio.wait({ended, hurried}, return_when=asyncio.FIRST_COMPLETED)
    for each in (ended, hurried):
        each.cancel()
    with suppress(TimeoutError):
        async with asyncio.timeout(FAREWELL):
            await asyncio.gather(*(shard.disconnect() for shard in client.shards.values()))
    client.ledger.cancel()
    await client.ledger.emptied(LAST_WORDS)


@asynccontextmanager
async def _open(client: FootnoteClient) -> AsyncIterator[None]:
    """Close the client in the end, and do not wait for long if the other side is silent."""
    await client.__aenter__()
    try:
        yield
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await client.close()


@asynccontextmanager
async def _watched(
    client: FootnoteClient, settings: Settings, stop: asyncio.Event
) -> AsyncIterator[None]:
    """Show health and metrics, if that is wanted."""
    if settings.health is None:
        yield
        return

    def ailment() -> str | None:
        if stop.is_set():
            return "stopping"
        if not client.is_ready():
            return "starting"
        cut_off = any(shard.is_closed() for shard in client.shards.values())
        return "disconnected from Discord" if cut_off else None

    metrics = client.ledger.metrics
    metrics.watch("footnote_servers", "Servers that the bot is on", lambda: len(client.guilds))
    metrics.watch(
        "footnote_questions_under_way",
        "Questions that hold a place in the queue",
        lambda: client.intake.under_way,
    )
    metrics.watch(
        "footnote_gateway_latency_seconds", "Mean latency of the shards", lambda: client.latency
    )
    async with watched(settings.health, metrics, ailment) as at:
        _log.info("health is shown", extra={"address": f"{at.host}:{at.port}"})
        yield


def _secrets(settings: Settings) -> list[str]:
    kept = (settings.discord_token, settings.llm_key)
    held = [secret.get_secret_value() for secret in kept if secret] + [settings.llm_url or ""]
    if isinstance(settings.library, SecretStr):
        address = settings.library.get_secret_value()
        held += [address, *re.findall(r":[^/@]+@", address)]
    return held
