"""The Discord client: which messages and presses are questions, and how each is answered."""

import logging
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
from discord import app_commands

from bot.discord.buttons import FollowUp, InContext, Place, Vote
from bot.discord.commands import add_commands, definition_of
from bot.discord.delivery import (
    Delivery,
    InteractionDelivery,
    MessageDelivery,
    Outgoing,
    tell_of_command,
    told,
)
from bot.discord.history import cited_in, fetch, is_conversation, question_in, read_back
from bot.discord.intake import Intake
from bot.discord.ledger import Ledger
from bot.discord.markdown import cut, visible
from bot.discord.messages import answer_message, context_message
from bot.discord.pool import Desk, Question, Shelf
from bot.discord.uploads import Ingestion, Limits

if TYPE_CHECKING:
    Interaction = discord.Interaction["FootnoteClient"]

_log = logging.getLogger(__name__)

_ORDINARY = {discord.MessageType.default, discord.MessageType.reply}
_CONNECTIONS = 50  # at once to Discord: a burst of questions opens no more
_LONGEST_NAME = 90  # of a thread
_UNREADABLE = (
    "Discord does not show me what you wrote there: mention me, or press **Follow up** under an"
    " answer."
)
_WELCOME = "Ask on here: mention me in your message, or press **Follow up** under an answer."
_WELCOME_ALL = "Ask on here: write your question, or press **Follow up** under an answer."
_NO_THREAD = (
    "I could not open a thread here: give me the permissions Create Public Threads and Send"
    " Messages in Threads, or ask in an ordinary channel."
)


class FootnoteClient(discord.AutoShardedClient):
    """Answers mentions, direct messages, replies, its own threads, commands and buttons."""

    def __init__(
        self,
        desk: Desk,
        *,
        intake: Intake,
        limits: Limits,
        ledger: Ledger | None = None,
        message_content: bool = False,
        **options: Any,
    ) -> None:
        """`message_content` asks for a privileged intent; `options` are discord.py's own."""
        intents = discord.Intents.none()
        intents.guilds = intents.guild_messages = intents.dm_messages = True
        intents.message_content = message_content
        super().__init__(
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            **options,
        )
        self.desk = desk
        self.intake = intake
        self.ledger = ledger or Ledger()
        self.ingestion = Ingestion(limits)
        self.sync_at_start = True
        self.tree = app_commands.CommandTree[FootnoteClient](self)
        self.tree.error(tell_of_command)
        add_commands(self.tree)

    async def login(self, token: str) -> None:
        """Log in. Raises: discord.LoginFailure for a wrong token."""
        self.http.connector = aiohttp.TCPConnector(limit=_CONNECTIONS)
        await super().login(token)

    async def setup_hook(self) -> None:
        """Listen to the buttons of every answer, old ones too, and tell Discord new commands."""
        self.add_dynamic_items(InContext, FollowUp, Vote)
        if self.sync_at_start:
            known = await self.desk.note(lambda state: state.synced(self._scope()))
            if known != definition_of(self.tree):
                await self.sync()

    async def sync(self, *, guild: int | None = None) -> int:
        """Tell Discord the commands, of every server or of one. Gives how many there are."""
        place = discord.Object(guild) if guild is not None else None
        if place is not None:
            self.tree.copy_global_to(guild=place)
        synced = await self.tree.sync(guild=place)
        if place is None:
            definition = definition_of(self.tree)
            await self.desk.note(lambda state: state.keep_synced(self._scope(), definition))
        return len(synced)

    async def on_message(self, message: discord.Message) -> None:
        """Answer a message that is addressed to the bot."""
        ours = self._ours()
        if message.author.bot or message.type not in _ORDINARY:
            return
        mentioned = any(user.id == ours for user in message.mentions)
        answered = await self._answered(message)
        if not (mentioned or answered or is_conversation(message.channel, ours)):
            return
        question = question_in(message.content)
        delivery = MessageDelivery(message, self.ledger)
        if question:
            asked = _question(question, message.author, message.channel)
            await self._converse(
                delivery, asked, message.channel, answered=answered, newest=message
            )
        elif answered is not None and not message.content:
            await delivery.fail(_UNREADABLE)
        elif mentioned and message.content:
            await delivery.fail("Ask me something: write your question behind my name.")

    async def ask(
        self,
        interaction: "Interaction",
        text: str,
        *,
        article: int | None = None,
        thread: bool = False,
    ) -> None:
        """Answer a command's question, and open a thread there if that is wanted."""
        asked = (article,) if article is not None else None
        sent = await self._converse(
            InteractionDelivery(interaction),
            _question(text, interaction.user, interaction.channel, asked),
            interaction.channel,
        )
        if thread and sent is not None:
            await self._open_thread(interaction, sent, text)

    async def follow_up(self, interaction: "Interaction", text: str) -> None:
        """Answer the question of a *Follow up* modal."""
        await self._converse(
            InteractionDelivery(interaction),
            _question(text, interaction.user, interaction.channel),
            interaction.channel,
            answered=interaction.message,
        )

    async def show_context(
        self,
        delivery: InteractionDelivery,
        server: int,
        place: Place,
        answer: discord.Message | None,
    ) -> None:
        """Show the paragraph around a sentence that an answer cites to whoever asked for it."""
        cited = cited_in(answer) if answer is not None else []
        here = (place.article_id, place.sentence)
        quotes = (each.quote for each in cited if (each.article_id, each.sentence) == here)
        quote = next(quotes, "")

        def work(shelf: Shelf) -> Outgoing:
            return context_message(shelf.library.article(place.article_id), place, quote)

        async with told(delivery):
            await delivery.acknowledge()
            await delivery.deliver(await self.desk.run(server, work))

    async def keep_vote(self, interaction: "Interaction", *, helpful: bool) -> None:
        """Keep what a member thinks of an answer; the last word counts."""
        delivery = InteractionDelivery(interaction, ephemeral=True)
        async with told(delivery):
            await delivery.acknowledge()
            message = interaction.message
            if message is None:
                return
            server, member = interaction.guild_id or 0, interaction.user.id
            await self.desk.note(
                lambda state: state.vote(server, message.id, member, helpful=helpful)
            )
            kept = "it was helpful" if helpful else "a citation is wrong"
            await delivery.deliver(Outgoing([f"Thank you. Kept: {kept}."]))

    async def _converse(
        self,
        delivery: Delivery,
        question: Question,
        channel: Any,
        *,
        answered: discord.Message | None = None,
        newest: discord.Message | None = None,
    ) -> discord.Message | None:
        """Answer one question; whatever happens, the member is told once."""
        async with told(delivery):
            await delivery.acknowledge()
            with self.intake.place(question.member, question.server or question.member):
                before = await read_back(
                    channel, question.member, self._ours(), answered=answered, newest=newest
                )
                given = await self.desk.answer(question, before.conversation)
                outgoing = answer_message(
                    given,
                    asker=question.member,
                    previous=before.message,
                    heading=isinstance(delivery, InteractionDelivery),
                )
                return await delivery.deliver(outgoing)
        return None

    async def _open_thread(
        self, interaction: "Interaction", answer: discord.Message, name: str
    ) -> None:
        delivery = InteractionDelivery(interaction, ephemeral=True)
        welcome = _WELCOME_ALL if self.intents.message_content else _WELCOME
        async with told(delivery):
            try:
                thread = await answer.create_thread(
                    name=cut(visible(name), _LONGEST_NAME) or "Question"
                )
                await thread.send(welcome)
            except (discord.HTTPException, ValueError) as error:
                _log.info("no thread could be opened: %s", error)
                await interaction.followup.send(_NO_THREAD, ephemeral=True)

    async def _answered(self, message: discord.Message) -> discord.Message | None:
        """Give the message of ours that this one replies to."""
        reference = message.reference
        if reference is None or reference.message_id is None:
            return None
        if reference.type is not discord.MessageReferenceType.reply:
            return None
        resolved = await fetch(message, reference.message_id)
        return resolved if resolved and resolved.author.id == self._ours() else None

    def _ours(self) -> int:
        assert self.user is not None  # noqa: S101
        return self.user.id

    def _scope(self) -> str:
        return f"{self.application_id}"


def _question(
    text: str, member: Any, channel: Any, articles: tuple[int, ...] | None = None
) -> Question:
    """Give a question with where it was asked: of a thread, the channel above counts too."""
    guild = getattr(channel, "guild", None)
    above = getattr(channel, "parent_id", None)
    channels = (channel.id, above) if above else (channel.id,)
    return Question(text, member.id, guild.id if guild else 0, channels, articles)
