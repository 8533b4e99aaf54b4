"""Answering: one question in, one message out; and what the buttons under an answer do."""

import asyncio
import logging
from concurrent.futures import Future
from functools import partial
from typing import Any

import discord

from bot.discord.admission import AdmissionControl
from bot.discord.delivery import (
    Delivery,
    InteractionDelivery,
    MessageDelivery,
    Outgoing,
    progress_from_threads,
    report_errors,
)
from bot.discord.history import cited_in, load_history
from bot.discord.markdown import strip_invisible, truncate
from bot.discord.messages import (
    FollowUp,
    FollowUpModal,
    InContext,
    Pressed,
    answer_message,
    context_message,
)
from bot.discord.pool import CollectionPool, OpenCollection, Question
from index import Answer

_log = logging.getLogger(__name__)

_LONGEST_NAME = 90  # of a thread
_WELCOME = "Ask on here: mention me in your message, or press **Follow up** under an answer."
_WELCOME_ALL = "Ask on here: write your question, or press **Follow up** under an answer."
_NO_THREAD = (
    "I could not open a thread here: give me the permissions Create Public Threads and Send"
    " Messages in Threads, or ask in an ordinary channel."
)


class Answering:
    """Answers questions from messages, commands, modals and buttons."""

    def __init__(self, pool: CollectionPool, admission: AdmissionControl) -> None:
        self._pool = pool
        self._admission = admission

    async def reply(
        self, message: discord.Message, text: str, *, bot: int, replied_to: discord.Message | None
    ) -> None:
        """Answer a question in a message; it follows on `replied_to`, or on what was above it."""
        delivery = MessageDelivery(message, self._admission)
        question = _question(text, message.author, message.channel)
        await self._answer(
            delivery, question, message.channel, bot, replied_to=replied_to, before=message
        )

    async def ask(
        self,
        interaction: discord.Interaction,
        text: str,
        *,
        article: int | None = None,
        replied_to: discord.Message | None = None,
    ) -> discord.Message | None:
        """Answer a question of a command or a modal, and return the answer's message if known."""
        articles = (article,) if article is not None else None
        bot = interaction.client.user
        assert bot is not None  # noqa: S101
        return await self._answer(
            InteractionDelivery(interaction, self._admission),
            _question(text, interaction.user, interaction.channel, articles),
            interaction.channel,
            bot.id,
            replied_to=replied_to,
        )

    async def open_thread(
        self,
        interaction: discord.Interaction,
        answer: discord.Message,
        name: str,
        *,
        needs_mention: bool,
    ) -> None:
        """Open a thread for follow-ups under an answer, or say why that is not possible."""
        async with report_errors(self._to_member(interaction)):
            try:
                thread = await answer.create_thread(
                    name=truncate(strip_invisible(name), _LONGEST_NAME) or "Question"
                )
                await thread.send(_WELCOME if needs_mention else _WELCOME_ALL)
            except (discord.HTTPException, ValueError) as error:
                _log.info("no thread could be opened: %s", error)
                await interaction.followup.send(_NO_THREAD, ephemeral=True)

    async def press(self, interaction: discord.Interaction, button: Pressed) -> None:
        """Do what a button is for; only whoever pressed it sees the result."""
        if isinstance(button, FollowUp):
            delivery = InteractionDelivery(interaction, self._admission)
            await delivery.show(FollowUpModal(self._follow_up))
            return
        delivery = self._to_member(interaction)
        async with report_errors(delivery):
            await delivery.acknowledge()
            server, message = interaction.guild_id or 0, interaction.message
            if message is None:
                return
            if isinstance(button, InContext):
                outgoing = await self._in_context(server, button, message)
            else:
                member, helpful = interaction.user.id, button.helpful
                await self._pool.with_state(
                    lambda state: state.vote(server, message.id, member, helpful=helpful)
                )
                opinion = "it was helpful" if helpful else "a citation is wrong"
                outgoing = Outgoing([f"Thank you. Recorded: {opinion}."])
            await delivery.deliver(outgoing)

    async def _follow_up(self, interaction: discord.Interaction, text: str) -> None:
        await self.ask(interaction, text, replied_to=interaction.message)

    async def _in_context(
        self, server: int, button: InContext, answer: discord.Message
    ) -> Outgoing:
        """Return the paragraph around a sentence that an answer cites."""
        place = (button.article_id, button.sentence)
        quotes = [
            cited.quote for cited in cited_in(answer) if (cited.article_id, cited.sentence) == place
        ]

        def work(collection: OpenCollection) -> Outgoing:
            article = collection.library.article(button.article_id)
            return context_message(article, button, quotes[0] if quotes else "")

        return await self._pool.run(server, work)

    async def _answer(
        self,
        delivery: Delivery,
        question: Question,
        channel: Any,
        bot: int,
        *,
        replied_to: discord.Message | None,
        before: discord.Message | None = None,
    ) -> discord.Message | None:
        """Answer one question; whatever fails, the member sees one error."""
        async with report_errors(delivery):
            await delivery.acknowledge()
            with self._admission.slot(question.member, question.server or question.member) as pause:
                await asyncio.sleep(pause)
                history = await load_history(
                    channel, question.member, bot, replied_to=replied_to, before=before
                )
                as_message = partial(
                    answer_message,
                    asker=question.member,
                    previous=history.message,
                    heading=isinstance(delivery, InteractionDelivery),
                )
                progress = progress_from_threads(delivery)
                shown: list[Future[None]] = []

                def show(extracted: Answer) -> None:
                    shown.append(progress(as_message(extracted).parts[0]))

                given = await self._pool.answer(question, history.conversation, show=show)
                for each in shown:
                    await asyncio.wrap_future(each)  # or else it might come after the answer
                return await delivery.deliver(as_message(given))
        return None

    def _to_member(self, interaction: discord.Interaction) -> InteractionDelivery:
        return InteractionDelivery(interaction, self._admission, ephemeral=True)


def _question(
    text: str, member: Any, channel: Any, articles: tuple[int, ...] | None = None
) -> Question:
    """Return a question with where it was asked: of a thread, the channel above counts too."""
    guild = getattr(channel, "guild", None)
    above = getattr(channel, "parent_id", None)
    channels = (channel.id, above) if above else (channel.id,)
    return Question(text, member.id, guild.id if guild else 0, channels, articles)
