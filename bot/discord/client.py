"""The Discord client: which gateway events are questions, and who answers them."""

import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
import discord
from discord import app_commands
from discord.ext import tasks

from bot.discord.admission import AdmissionControl
from bot.discord.answering import Answering
from bot.discord.buttons import pressed_in
from bot.discord.delivery import InteractionDelivery, MessageDelivery
from bot.discord.departures import Departures
from bot.discord.history import fetch, is_conversation, question_in
from bot.discord.managing import Managing
from bot.discord.onboarding import Onboarding, presence
from bot.discord.panels import Example, Topic, parse_panel
from bot.discord.pool import CollectionPool
from bot.discord.uploads import Limits, Uploads
from index import LibraryError

_log = logging.getLogger(__name__)

_ORDINARY = {discord.MessageType.default, discord.MessageType.reply}
_CONNECTIONS = 50  # concurrent ones to Discord: a burst of questions opens no more
_UNREADABLE = (
    "Discord does not show me what you wrote there: mention me, or press **Follow up** under an"
    " answer."
)
_UNREADABLE_ABOVE = (
    "Discord does not show me the message that you replied to: write your question behind my name,"
    " or choose *Apps → Ask the article about this* in the menu of that message."
)
_CHANGED = "That command has changed: wait a minute, reload Discord and try again."


class FootnoteClient(discord.AutoShardedClient):
    """Answers mentions, direct messages, replies, its own threads, commands and buttons.

    Its commands are those that were added to its `tree` before it starts.
    """

    def __init__(
        self,
        pool: CollectionPool,
        *,
        admission: AdmissionControl,
        limits: Limits,
        message_content: bool = False,
        privacy_url: str | None = None,
        **options: Any,
    ) -> None:
        """`message_content` asks for a privileged intent; `options` are discord.py's own.

        `privacy_url` is the address of the operator's privacy policy.
        """
        intents = discord.Intents.none()
        intents.guilds = intents.guild_messages = intents.dm_messages = True
        intents.message_content = message_content
        super().__init__(
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            **options,
        )
        self.pool = pool
        self.admission = admission
        self.answering = Answering(pool, admission)
        self.onboarding = Onboarding(
            pool,
            admission,
            self.answering,
            message_content=message_content,
            privacy_url=privacy_url,
            started=datetime.now(UTC),
        )
        self.uploads = Uploads(pool, limits)
        self.departures = Departures(pool)
        self.managing = Managing(pool, admission, self.uploads)
        self.sync_at_start = True
        self.tree = app_commands.CommandTree[FootnoteClient](self)
        self.tree.error(self._report_command_error)

    async def login(self, token: str) -> None:
        """Log in. Raises: discord.LoginFailure for a wrong token."""
        self.http.connector = aiohttp.TCPConnector(limit=_CONNECTIONS)
        await super().login(token)

    async def setup_hook(self) -> None:
        """Register the commands with Discord if they have changed since the last time."""
        if self.sync_at_start:
            registered = await self.pool.with_state(lambda state: state.synced(self._scope))
            if registered != self._definition():
                await self.sync()

    async def sync(self, *, guild: int | None = None) -> int:
        """Register the commands with Discord, for every server or for one; return their number."""
        if guild is not None:
            server = discord.Object(guild)
            self.tree.copy_global_to(guild=server)
            return len(await self.tree.sync(guild=server))
        synced = await self.tree.sync()
        definition = self._definition()
        await self.pool.with_state(lambda state: state.keep_synced(self._scope, definition))
        return len(synced)

    async def on_ready(self) -> None:
        """Show below the bot's name what it is for; Discord forgets it with each new session."""
        servers = {guild.id for guild in self.guilds}
        with _logged("the servers were not noted"):
            await self.departures.note(servers, is_own=self._is_own_server)
        try:
            await self.change_presence(activity=presence(await self.pool.shared()))
        except (LibraryError, discord.ConnectionClosed, ConnectionError) as error:
            _log.warning("the presence was not set: %s", type(error).__name__)
        if not self.forget_departed.is_running():
            self.forget_departed.start()

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Greet a server that has added the bot."""
        with _logged("a new server was not noted"):
            await self.departures.joined(guild.id)
        await self.onboarding.greet(guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Note when a server has removed the bot."""
        with _logged("a server's departure was not noted"):
            await self.departures.left(guild.id)

    @tasks.loop(hours=6)
    async def forget_departed(self) -> None:
        """Forget the servers that removed the bot thirty days ago."""
        with _logged("a server was not forgotten"):
            await self.departures.forget(is_own=self._is_own_server)

    async def close(self) -> None:
        """Close the connections."""
        self.forget_departed.cancel()
        await super().close()

    def _is_own_server(self, server: int) -> bool:
        """Whether Discord shows a server to one of this process's shards."""
        return (server >> 22) % (self.shard_count or 1) in self.shards

    async def on_message(self, message: discord.Message) -> None:
        """Answer a message that is addressed to the bot."""
        assert self.user is not None  # noqa: S101
        bot = self.user.id
        if message.author.bot or message.type not in _ORDINARY:
            return
        mentioned = any(user.id == bot for user in message.mentions)
        replied_to = await self._own_message_above(message, bot)
        if not (mentioned or replied_to or is_conversation(message.channel, bot)):
            return
        question = question_in(message.content)
        if question:
            await self.answering.reply(message, question, bot=bot, replied_to=replied_to)
            return
        above = None if replied_to is not None else await self._message_above(message)
        if mentioned and above is not None and not above.author.bot:
            question = question_in(above.content)
            if question:
                await self.answering.reply(
                    message, question, bot=bot, replied_to=None, heading=True
                )
                return
        delivery = MessageDelivery(message, self.admission)
        if mentioned and above is not None and not above.content:
            await delivery.fail(_UNREADABLE_ABOVE)
        elif replied_to is not None and not message.content:
            await delivery.fail(_UNREADABLE)
        elif mentioned and message.content:
            await delivery.fail("Ask me something: write your question behind my name.")

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Answer a question anew that was edited soon after it was asked."""
        assert self.user is not None  # noqa: S101
        message, bot = payload.message, self.user.id
        question = question_in(message.content)
        if question and not message.author.bot:
            replied_to = await self._own_message_above(message, bot)
            await self.answering.edited(message, question, bot=bot, replied_to=replied_to)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Delete the answer to a question that was deleted soon after it was asked."""
        await self.answering.deleted(payload.message_id)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """React to a press of a button; commands and modals reach discord.py's own handlers."""
        if interaction.type is discord.InteractionType.component:
            custom_id = interaction.data.get("custom_id", "") if interaction.data else ""
            button, panel = pressed_in(interaction), parse_panel(str(custom_id))
            if button is not None:
                await self.answering.press(interaction, button)
            elif isinstance(panel, Topic | Example):
                await self.onboarding.press(interaction, panel)
            elif panel is not None:
                await self.managing.press(interaction, panel)

    async def _own_message_above(
        self, message: discord.Message, bot: int
    ) -> discord.Message | None:
        """Return the message of the bot that a message replies to."""
        above = await self._message_above(message)
        return above if above and above.author.id == bot else None

    async def _message_above(self, message: discord.Message) -> discord.Message | None:
        """Return the message that a message replies to; None where it is gone."""
        reference = message.reference
        if reference is None or reference.message_id is None:
            return None
        if reference.type is not discord.MessageReferenceType.reply:
            return None
        return await fetch(message, reference.message_id)

    async def _report_command_error(
        self, interaction: discord.Interaction, error: app_commands.AppCommandError
    ) -> None:
        """Answer a command that could not be called, since Discord knows it in another form."""
        # The error's text may quote what was typed.
        _log.error("a command could not be called: %s", type(error).__name__)
        await InteractionDelivery(interaction, self.admission, ephemeral=True).fail(_CHANGED)

    def _definition(self) -> str:
        """Return a hash of all commands as Discord knows them."""
        commands = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        return hashlib.sha256(json.dumps(commands, sort_keys=True).encode()).hexdigest()

    @property
    def _scope(self) -> str:
        return f"{self.application_id}"


@contextmanager
def _logged(problem: str) -> Iterator[None]:
    """Log what a library says, where no member waits for it."""
    try:
        yield
    except LibraryError as error:
        _log.error("%s: %s", problem, error)
