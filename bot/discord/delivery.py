"""Send to Discord so that each request ends in one answer or one error, whatever fails.

An interaction's answer is an edit of its first response, which may be repeated without harm.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

import aiohttp
import discord

from bot.discord.admission import AdmissionControl, Busy, Refused
from bot.discord.markdown import escape_markdown
from index import FootnoteError, LibraryError, ModelError

_log = logging.getLogger(__name__)

Result = TypeVar("Result")

# Seconds between attempts where the connection fails: a minute without a network loses no answer.
_PAUSES = (0.2, 0.5, 1.0, 1.0, 2.0, 3.0, 5.0, 8.0, 15.0, 25.0)
_CONNECTION_ERRORS = (aiohttp.ClientError, OSError)  # TimeoutError is an OSError
_ALREADY_ACKNOWLEDGED, _UNKNOWN_INTERACTION, _EXPIRED_TOKEN = 40060, 10062, 50027
_SHOWN = 10.0  # seconds for which everybody sees the error of one member
_UNEXPECTED = "Something went wrong unexpectedly; it is in my log. Try again in a while."
_MAY_NOT_WRITE = (
    "You asked me in <#{channel}>, and I may not write there. Ask in another channel, or ask a"
    " manager of the server to give me the permissions View Channel and Send Messages, and in a"
    " thread Send Messages in Threads. `/help` there shows what I miss."
)
_FORBIDDEN = (
    "Discord does not let me do that here: `/help` shows managers which permissions I miss in this"
    " channel."
)
_UNAVAILABLE = (
    "My library cannot be used at the moment, and whoever runs me can see why in the log."
    " Try again later."
)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is sent: parts of at most 2,000 UTF-16 units each, the buttons under the first."""

    parts: list[str]
    view: discord.ui.View | None = None


class TooLate(Exception):
    """The acknowledgement missed Discord's deadline; there is nobody to answer any more."""


class Delivery(Protocol):
    """How one request is answered."""

    admission: AdmissionControl
    server: int | None
    """The server that the request came from; None is direct messages."""

    async def acknowledge(self) -> None:
        """Show that the bot is at work. Raises: TooLate."""

    async def progress(self, text: str) -> None:
        """Show how far the work is, until the answer takes its place; failures are ignored."""

    async def deliver(self, outgoing: Outgoing) -> discord.Message | None:
        """Send the answer, and return its first message where it is known."""

    async def fail(self, text: str) -> None:
        """Show an error; never raises."""


def progress_from_threads(delivery: Delivery) -> Callable[[str], Future[None]]:
    """Return what calls `delivery.progress` in this event loop, from any thread.

    It runs in the context of now, since discord.py reads variables of it.
    """
    loop, context = asyncio.get_running_loop(), copy_context()

    def show(text: str) -> Future[None]:
        return context.run(asyncio.run_coroutine_threadsafe, delivery.progress(text), loop)

    return show


AnyDelivery = TypeVar("AnyDelivery", bound=Delivery)


class InteractionDelivery:
    """Answers a command, a button or a modal."""

    def __init__(
        self,
        interaction: discord.Interaction,
        admission: AdmissionControl,
        *,
        ephemeral: bool = False,
    ) -> None:
        """An `ephemeral` answer is shown to the member alone, as errors always are."""
        self.admission = admission
        self.server = interaction.guild_id
        self._interaction = interaction
        self._ephemeral = ephemeral
        self._acknowledged = False
        self._ended = False
        self._in_channel = False  # the answer went to the channel, since the response is gone

    async def acknowledge(self) -> None:
        """Show "thinking…". Raises: TooLate."""
        response = self._interaction.response
        with self.admission.acknowledging():
            self._acknowledged = await self._respond(
                lambda: response.defer(ephemeral=self._ephemeral, thinking=True)
            )
        if not self._acknowledged:
            raise TooLate

    async def show(self, modal: discord.ui.Modal) -> None:
        """Open a modal as the answer."""
        self._ended = await self._respond(lambda: self._interaction.response.send_modal(modal))

    async def deliver(self, outgoing: Outgoing) -> discord.Message | None:
        """Replace "thinking…" by the answer, and send further parts below it."""
        await self.admission.yield_to_acknowledgements()
        message = await self._replace(outgoing)
        self._ended = True
        for part in () if self._in_channel else outgoing.parts[1:]:
            await persist(partial(self._follow_up, part, ephemeral=self._ephemeral))
        return message

    async def progress(self, text: str) -> None:
        """Show how far the work is, until it ends; failures are ignored."""
        if self._ended:
            return
        with suppress(discord.HTTPException, *_CONNECTION_ERRORS):
            await self._interaction.edit_original_response(content=text)

    async def fail(self, text: str) -> None:
        """Show an error to the member alone."""
        if self._ended:
            return
        self._ended = True
        try:
            if not self._acknowledged:
                response = self._interaction.response
                await self._respond(lambda: response.send_message(text, ephemeral=True))
                return
            await self.admission.yield_to_acknowledgements()
            # Where everybody sees "thinking…", the error replaces it, and is removed once the
            # member has it: if Discord fails between the two, it stays, and is never lost.
            await self._replace(Outgoing([text]))
            if self._ephemeral or self._in_channel:
                return
            with suppress(discord.HTTPException, *_CONNECTION_ERRORS):
                await self._follow_up(text, ephemeral=True)
                await persist(self._interaction.delete_original_response)
        except (discord.HTTPException, *_CONNECTION_ERRORS) as error:
            _log.warning("an error could not be shown: %s", type(error).__name__)

    async def _respond(self, callback: Callable[[], Awaitable[object]]) -> bool:
        """Send the one response that Discord allows. Return False where it is too late for it."""
        try:
            await persist(callback)
        except discord.HTTPException as error:
            if error.code == _UNKNOWN_INTERACTION:
                return False
            if error.code != _ALREADY_ACKNOWLEDGED:
                raise
        return True

    async def _replace(self, outgoing: Outgoing) -> discord.Message | None:
        """Replace "thinking…" by a message, or send it to the channel where the former is gone."""
        edit = self._interaction.edit_original_response
        try:
            return await persist(lambda: edit(content=outgoing.parts[0], view=outgoing.view))
        except discord.HTTPException as error:
            channel = self._interaction.channel
            gone = isinstance(error, discord.NotFound) or error.code == _EXPIRED_TOKEN
            if self._ephemeral or not gone or not isinstance(channel, discord.abc.Messageable):
                raise
        self._in_channel = True
        return await send(channel, outgoing, nonce=str(self._interaction.id))

    async def _follow_up(self, content: str, *, ephemeral: bool) -> object:
        send = self._interaction.followup.send
        return await send(content, ephemeral=ephemeral, suppress_embeds=True, wait=True)


class UpdateDelivery(InteractionDelivery):
    """Answers a button or a menu by changing the message that it stands under, for its member."""

    def __init__(self, interaction: discord.Interaction, admission: AdmissionControl) -> None:
        super().__init__(interaction, admission, ephemeral=True)

    async def acknowledge(self) -> None:
        """Take the press, and leave the message as it is. Raises: TooLate."""
        with self.admission.acknowledging():
            self._acknowledged = await self._respond(self._interaction.response.defer)
        if not self._acknowledged:
            raise TooLate

    async def deliver(self, outgoing: Outgoing) -> discord.Message | None:
        """Change the message, or tell the member below it where they have dismissed it."""
        try:
            return await super().deliver(outgoing)
        except discord.NotFound:
            await persist(partial(self._follow_up, outgoing.parts[0], ephemeral=True))
            self._ended = True
        return None

    async def fail(self, text: str) -> None:
        """Show an error to the member alone, and leave the message as it is."""
        if self._ended or not self._acknowledged:
            await super().fail(text)
            return
        self._ended = True
        try:
            await persist(partial(self._follow_up, text, ephemeral=True))
        except (discord.HTTPException, *_CONNECTION_ERRORS) as error:
            _log.warning("an error could not be shown: %s", type(error).__name__)


class MessageDelivery:
    """Answers a message by replying to it."""

    def __init__(
        self,
        message: discord.Message,
        admission: AdmissionControl,
        *,
        shown: discord.Message | None = None,
    ) -> None:
        """`shown` is what the answer takes the place of, if there is something already."""
        self.admission = admission
        self.server = message.guild.id if message.guild else None
        self._message = message
        self._shown = shown
        # Discord takes a nonce of 25 characters, and drops what has that of an earlier answer.
        self._nonce = f"{message.id}e" if shown is not None else str(message.id)
        self._ended = False

    async def acknowledge(self) -> None:
        """Show that the bot is typing, if it may."""
        with suppress(discord.HTTPException, *_CONNECTION_ERRORS):
            await self._message.channel.typing()

    async def progress(self, text: str) -> None:
        """Reply with what the answer will take the place of; failures are ignored."""
        with suppress(discord.HTTPException, *_CONNECTION_ERRORS):
            if self._shown is not None:
                await self._shown.edit(content=text, view=None)
            else:
                self._shown = await self._send(Outgoing([text]), nonce=f"{self._nonce}s")

    async def deliver(self, outgoing: Outgoing) -> discord.Message | None:
        """Reply, or send to the channel where the message is gone."""
        sent = None
        if self._shown is not None:
            edit = partial(self._shown.edit, content=outgoing.parts[0], view=outgoing.view)
            with suppress(discord.HTTPException):  # somebody may have removed it
                sent = await persist(edit)
        if sent is None:
            sent = await self._send(outgoing, nonce=self._nonce)
        elif outgoing.parts[1:]:
            await self._send(Outgoing(outgoing.parts[1:]), nonce=f"{self._nonce}m")
        self._ended = True
        return sent

    async def _send(self, outgoing: Outgoing, *, nonce: str) -> discord.Message | None:
        reference = self._message.to_reference(fail_if_not_exists=False)
        return await send(self._message.channel, outgoing, nonce=nonce, reference=reference)

    async def fail(self, text: str) -> None:
        """Reply with an error, and on a server remove it after ten seconds: it is one member's.

        Where the bot may not write, the member gets a direct message.
        """
        if self._ended:
            return
        self._ended = True
        try:
            sent = await self.deliver(Outgoing([text]))
            if sent is not None and self._message.guild is not None:
                self.admission.later(_SHOWN, sent.delete)
        except discord.Forbidden:
            await self._tell_author()
        except (discord.HTTPException, *_CONNECTION_ERRORS) as error:
            _log.warning("an error could not be shown: %s", type(error).__name__)

    async def _tell_author(self) -> None:
        """Tell whoever asked, in a direct message, that the bot may not write where they did."""
        try:
            await send(
                self._message.author,
                Outgoing([_MAY_NOT_WRITE.format(channel=self._message.channel.id)]),
                nonce=f"{self._message.id}d",
            )
        except (discord.HTTPException, *_CONNECTION_ERRORS) as error:
            _log.warning("nobody could be told of it: %s", type(error).__name__)


@asynccontextmanager
async def report_errors(delivery: AnyDelivery) -> AsyncIterator[AnyDelivery]:
    """Track the block as a request, and turn what it raises into one error for the member.

    The texts of a FootnoteError say what to do, so members see them, except for those of a library
    or a model that fails: they may hold paths and addresses. Any other exception is a defect: it
    is logged with its traceback.
    """
    with delivery.admission.request(delivery.server) as entry:
        try:
            yield delivery
        except TooLate:
            entry.outcome = "late"
        except Refused as error:
            entry.outcome = "busy" if isinstance(error, Busy) else "refused"
            await delivery.fail(str(error))
        except discord.Forbidden as error:
            entry.outcome = "forbidden"
            _log.warning("Discord does not let me answer there: %s", error.text)
            await delivery.fail(_FORBIDDEN)
        except (LibraryError, ModelError) as error:
            entry.outcome = "failed"
            _log.error("%s: %s", type(error).__name__, error)
            await delivery.fail(_UNAVAILABLE)
        except FootnoteError as error:
            entry.outcome = "refused"
            text = escape_markdown(str(error))
            end = "" if text.endswith((".", "!", "?")) else "."
            await delivery.fail(f"{text[:1].upper()}{text[1:]}{end}")
        except asyncio.CancelledError:
            entry.outcome = "interrupted"
            await delivery.fail("I am being restarted: try again in a minute.")
            raise
        except Exception:
            entry.outcome = "failed"
            _log.exception("an unexpected error; please report it with this:")
            await delivery.fail(_UNEXPECTED)


async def persist(call: Callable[[], Awaitable[Result]]) -> Result:
    """Await a call, and again where the connection was lost. Raises: as the last call."""
    for pause in _PAUSES:
        try:
            return await call()
        except _CONNECTION_ERRORS:
            await asyncio.sleep(pause)
    return await call()


async def send(
    channel: discord.abc.Messageable,
    outgoing: Outgoing,
    *,
    nonce: str,
    reference: discord.MessageReference | None = None,
) -> discord.Message | None:
    """Send to a channel and return the first message; Discord drops repetitions of a `nonce`."""
    first = None
    for number, part in enumerate(outgoing.parts):
        options: dict[str, Any] = {"nonce": f"{nonce}-{number}", "suppress_embeds": True}
        if number == 0 and outgoing.view is not None:
            options["view"] = outgoing.view
        if reference is not None:
            options["reference"] = reference
        message = await persist(partial(channel.send, part, **options))
        if first is None:
            first = message
            # The parts form a chain, so that a reply to any of them finds the first.
            reference = message.to_reference(fail_if_not_exists=False)
    return first
