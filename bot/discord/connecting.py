"""Logging in and connecting, with patience; and why Discord does not let the bot go on."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp
import discord

from bot.discord.client import FootnoteClient
from bot.settings import Settings
from index import ConfigError, FootnoteError

WRONG_TOKEN, MISSING_INTENT, UNREACHABLE = 3, 4, 5
"""Exit codes that the README explains and the systemd unit knows; 0 is that it was told to stop."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0  # seconds between two attempts to connect
_BAD_TOKEN = 4004  # how the gateway closes for it
_NO_CONNECTION = (aiohttp.ClientError, OSError, discord.GatewayNotFound, discord.DiscordServerError)

_log = logging.getLogger(__name__)

Result = TypeVar("Result")


class StartError(FootnoteError):
    """The bot cannot start, or go on; `exit_code` tells programs why."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def token_of(settings: Settings) -> str:
    """Give the bot's token. Raises: ConfigError."""
    if settings.discord_token is None:
        raise ConfigError(
            "DISCORD_TOKEN is not set; expected the token of a bot: make one at"
            " discord.com/developers/applications, under Bot, and set it in .env"
        )
    return settings.discord_token.get_secret_value()


async def log_in(client: FootnoteClient, settings: Settings) -> None:
    """Log in. Raises: ConfigError, StartError."""

    async def attempt() -> None:
        try:
            await client.login(token_of(settings))
        except BaseException:
            await client.http.close()  # the next attempt opens it again
            raise

    await patiently(attempt, seconds=settings.connect_timeout)


async def connect(client: FootnoteClient) -> asyncio.Task[None]:
    """Connect, and give what holds the connection from then on."""
    running = asyncio.create_task(client.connect())
    greeted = asyncio.create_task(client.wait_for("connect"))
    try:
        await asyncio.wait({running, greeted}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
    except BaseException:
        running.cancel()
        raise
    finally:
        greeted.cancel()
    return running


async def patiently(attempt: Callable[[], Awaitable[Result]], *, seconds: float) -> Result:
    """Await an attempt, and again with growing pauses while Discord is out of reach.

    Raises: StartError, `seconds` later.
    """
    end, pause = time.monotonic() + seconds, _FIRST_PAUSE
    while True:
        try:
            async with asyncio.timeout(end - time.monotonic()):
                return await attempt()
        except _NO_CONNECTION as error:
            said = str(error) or "it does not answer"
            if time.monotonic() + pause >= end:
                raise StartError(
                    f"Discord cannot be reached: {said}; tried for {seconds:.0f} s"
                    " (FOOTNOTE_CONNECT_TIMEOUT); check the network of this machine",
                    UNREACHABLE,
                ) from error
            _log.warning("Discord cannot be reached", extra={"error": said, "pause": pause})
        except discord.DiscordException as error:
            raise reason_of(error) from error
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def reason_of(error: discord.DiscordException) -> StartError:
    """Say why Discord does not let the bot go on."""
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
