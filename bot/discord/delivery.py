"""Sending to Discord so that every question ends in one answer or one error, whatever goes wrong.

An interaction's answer is an edit of its first response, which may be repeated without harm.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

import aiohttp
import discord
from discord import app_commands

from bot.discord.intake import Busy
from bot.discord.ledger import Ledger
from bot.discord.markdown import plain
from bot.discord.pool import NoArticles
from index import LibraryError, ModelError, SourceError, UnknownArticle

_log = logging.getLogger(__name__)

Result = TypeVar("Result")

# Seconds between attempts, where the connection fails: a minute without a network loses no answer.
_PAUSES = (0.2, 0.5, 1.0, 1.0, 2.0, 3.0, 5.0, 8.0, 15.0, 25.0)
_LOST = (aiohttp.ClientError, OSError)  # TimeoutError is an OSError
_ALREADY_ACKNOWLEDGED, _UNKNOWN_INTERACTION, _EXPIRED_TOKEN = 40060, 10062, 50027
_GONE = "Something went wrong that nobody foresaw; it is in my log. Try again in a while."
_BROKEN = (
    "My library cannot be used at the moment, and whoever runs me can see why in the log."
    " Try again later."
)
_CHANGED = "That command has changed: wait a minute, reload Discord and try again."


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is sent: parts of at most 2,000 UTF-16 units each, the buttons under the first."""

    parts: list[str]
    view: discord.ui.View | None = None


class TooLate(Exception):
    """The acknowledgement came when nobody waited for it any more."""


class Refused(Exception):
    """What a member may not do, or not so; its text says what to do instead."""


class Delivery(Protocol):
    """How one question is answered."""

    @property
    def ledger(self) -> Ledger:
        """Where it is kept while it is under way."""

    async def acknowledge(self) -> None:
        """Show that the bot is at work. Raises: TooLate."""

    async def deliver(self, outgoing: Outgoing) -> discord.Message | None:
        """Send the answer, and give its first message where it is known."""

    async def fail(self, text: str) -> None:
        """Say what went wrong; never raises."""


class InteractionDelivery:
    """Answers a command, a button or a modal."""

    def __init__(self, interaction: discord.Interaction[Any], *, ephemeral: bool = False) -> None:
        """An `ephemeral` answer is shown to the member alone, as errors always are."""
        self._interaction = interaction
        self._ephemeral = ephemeral
        self._acknowledged = False
        self._ended = False
        self._moved = False  # to the channel

    @property
    def ledger(self) -> Ledger:
        """Where it is kept while it is under way."""
        ledger: Ledger = self._interaction.client.ledger
        return ledger

    async def acknowledge(self) -> None:
        """Show "thinking…". Raises: TooLate."""
        respond = self._interaction.response
        with self.ledger.acknowledging():
            self._acknowledged = await self._respond(
                lambda: respond.defer(ephemeral=self._ephemeral, thinking=True)
            )
        if not self._acknowledged:
            raise TooLate

    async def show(self, modal: discord.ui.Modal) -> None:
        """Open a modal, which is an answer too."""
        self._ended = await self._respond(lambda: self._interaction.response.send_modal(modal))

    async def deliver(self, outgoing: Outgoing) -> discord.Message | None:
        """Put the answer in the place of "thinking…", and what did not fit below it."""
        await self.ledger.uncrowded()
        message = await self._put(outgoing)
        self._ended = True
        for part in () if self._moved else outgoing.parts[1:]:
            await persist(partial(self._follow_up, part, ephemeral=self._ephemeral))
        return message

    async def progress(self, text: str) -> None:
        """Show how far the work is, until it ends; a failure is of no account."""
        if self._ended:
            return
        with suppress(discord.HTTPException, *_LOST):
            await self._interaction.edit_original_response(content=text)

    async def fail(self, text: str) -> None:
        """Tell the member alone."""
        if self._ended:
            return
        self._ended = True
        try:
            await self._tell(text)
        except (discord.HTTPException, *_LOST) as error:
            _log.warning("an error could not be shown: %s", type(error).__name__)

    async def _tell(self, text: str) -> None:
        response = self._interaction.response
        if not self._acknowledged:
            await self._respond(lambda: response.send_message(text, ephemeral=True))
            return
        await self.ledger.uncrowded()
        if self._ephemeral:
            await self._edit(text, None)
        else:
            await self._tell_alone(text)

    async def _tell_alone(self, text: str) -> None:
        """Put the error where everybody sees "thinking…", and take it away once the member has it.

        Between the two Discord might fail, and then it stays: it is never lost.
        """
        await self._put(Outgoing([text]))
        if self._moved:
            return
        with suppress(discord.HTTPException, *_LOST):
            await self._follow_up(text, ephemeral=True)
            await persist(self._interaction.delete_original_response)

    async def _respond(self, callback: Callable[[], Awaitable[object]]) -> bool:
        """Give the one response that there may be. False where it is too late for it."""
        try:
            await persist(callback)
        except discord.HTTPException as error:
            if error.code == _UNKNOWN_INTERACTION:
                return False
            if error.code != _ALREADY_ACKNOWLEDGED:
                raise
        return True

    async def _edit(self, content: str, view: discord.ui.View | None) -> discord.Message:
        return await persist(
            lambda: self._interaction.edit_original_response(content=content, view=view)
        )

    async def _follow_up(self, content: str, *, ephemeral: bool) -> object:
        send = self._interaction.followup.send
        return await send(content, ephemeral=ephemeral, suppress_embeds=True, wait=True)

    async def _put(self, outgoing: Outgoing) -> discord.Message | None:
        """Put a message in the place of "thinking…", or in the channel where that is gone."""
        try:
            return await self._edit(outgoing.parts[0], outgoing.view)
        except discord.HTTPException as error:
            channel = self._interaction.channel
            if self._ephemeral or not _is_gone(error):
                raise
            if not isinstance(channel, discord.abc.Messageable):
                raise
        self._moved = True
        return await send(channel, outgoing, nonce=self._interaction.id)


class MessageDelivery:
    """Answers a message by replying to it."""

    def __init__(self, message: discord.Message, ledger: Ledger) -> None:
        self._message = message
        self.ledger = ledger
        self._ended = False

    async def acknowledge(self) -> None:
        """Show that the bot is typing, if it may."""
        with suppress(discord.HTTPException, *_LOST):
            await self._message.channel.typing()

    async def deliver(self, outgoing: Outgoing) -> discord.Message | None:
        """Reply; where the message is gone, send without."""
        reference = self._message.to_reference(fail_if_not_exists=False)
        nonce = self._message.id
        sent = await send(self._message.channel, outgoing, nonce=nonce, reference=reference)
        self._ended = True
        return sent

    async def fail(self, text: str) -> None:
        """Reply with what went wrong."""
        if self._ended:
            return
        self._ended = True
        try:
            await self.deliver(Outgoing([text]))
        except (discord.HTTPException, *_LOST) as error:
            _log.warning("an error could not be shown: %s", type(error).__name__)


@asynccontextmanager
async def told(delivery: Delivery) -> AsyncIterator[None]:
    """Tell the member of whatever goes wrong inside, and log what nobody foresaw."""
    with delivery.ledger.entry() as entry:
        try:
            yield
        except TooLate:
            entry.outcome = "late"
        except Busy as error:
            entry.outcome = "busy"
            await delivery.fail(str(error))
        except (NoArticles, Refused, SourceError, UnknownArticle, ValueError) as error:
            entry.outcome = "refused"
            await delivery.fail(_said(error))
        except (LibraryError, ModelError) as error:
            entry.outcome = "failed"
            _log.error("%s: %s", type(error).__name__, error)
            await delivery.fail(_BROKEN)
        except asyncio.CancelledError:
            entry.outcome = "interrupted"
            await delivery.fail("I am being restarted: try again in a minute.")
            raise
        except Exception:
            entry.outcome = "failed"
            _log.exception("an error that nobody foresaw; please report it with this:")
            await delivery.fail(_GONE)


async def tell_of_command(
    interaction: discord.Interaction[Any], error: app_commands.AppCommandError
) -> None:
    """Tell of a command that could not even be called: Discord knows it in another form."""
    # Its text may quote what was typed.
    _log.error("a command could not be called: %s", type(error).__name__)
    await InteractionDelivery(interaction, ephemeral=True).fail(_CHANGED)


async def persist(call: Callable[[], Awaitable[Result]]) -> Result:
    """Await a call, and again where the connection was lost. Raises: as the last call."""
    for pause in _PAUSES:
        try:
            return await call()
        except _LOST:
            await asyncio.sleep(pause)
    return await call()


async def send(
    channel: discord.abc.Messageable,
    outgoing: Outgoing,
    *,
    nonce: int,
    reference: discord.MessageReference | None = None,
) -> discord.Message | None:
    """Send to a channel; Discord drops what it had before under the same `nonce`."""
    sent = None
    for number, part in enumerate(outgoing.parts):
        options: dict[str, Any] = {"nonce": f"{nonce}-{number}", "suppress_embeds": True}
        if number == 0 and outgoing.view is not None:
            options["view"] = outgoing.view
        if reference is not None:
            options["reference"] = reference
        message = await persist(partial(channel.send, part, **options))
        # The parts hang together, so that a reply to any of them finds the first.
        reference = message.to_reference(fail_if_not_exists=False) if sent is None else reference
        sent = sent or message
    return sent


def _is_gone(error: discord.HTTPException) -> bool:
    return isinstance(error, discord.NotFound) or error.code == _EXPIRED_TOKEN


def _said(error: Exception) -> str:
    if isinstance(error, (NoArticles, Refused)):
        return str(error)
    shown = plain(str(error))
    return f"{shown[:1].upper()}{shown[1:]}" + "." * (not shown.endswith((".", "!", "?")))
