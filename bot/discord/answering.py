"""Answering: one question in, one message out; and what the buttons under an answer do."""

import asyncio
import logging
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

import aiohttp
import discord

from bot.discord.admission import AdmissionControl, Refused
from bot.discord.buttons import (
    REASONS,
    Delete,
    FollowUp,
    InContext,
    Pressed,
    Vote,
    Why,
    chosen_in,
    reasons_menu,
)
from bot.discord.delivery import (
    Delivery,
    InteractionDelivery,
    MessageDelivery,
    Outgoing,
    persist,
    progress_from_threads,
    report_errors,
)
from bot.discord.history import cited_in, load_history, question_of
from bot.discord.markdown import strip_invisible, truncate
from bot.discord.messages import FollowUpModal, answer_message, context_message, parse_components
from bot.discord.pool import CollectionPool, OpenCollection, Question
from bot.discord.recent import Asked, RecentQuestions
from bot.discord.state import State
from index import Answer, LibraryError

_log = logging.getLogger(__name__)

_LONGEST_NAME = 90  # of a thread
_WELCOME = "Ask on here: mention me in your message, or press **Follow up** under an answer."
_WELCOME_ALL = "Ask on here: write your question, or press **Follow up** under an answer."
_MOST_PARTS = 20  # messages after a deleted answer that are looked at for its further parts
_NOT_YOURS = (
    "Only the member who asked, and members with the permission Manage Messages, can delete this"
    " answer."
)
_NO_DELETING = "I may not delete messages here: ask a moderator to delete it."
_NO_THREAD = (
    "I could not open a thread here: give me the permissions Create Public Threads and Send"
    " Messages in Threads, or ask in an ordinary channel."
)


class Answering:
    """Answers questions from messages, commands, modals and buttons."""

    def __init__(self, pool: CollectionPool, admission: AdmissionControl) -> None:
        self._pool = pool
        self._admission = admission
        self._recent = RecentQuestions()

    async def reply(
        self,
        message: discord.Message,
        text: str,
        *,
        bot: int,
        replied_to: discord.Message | None,
        heading: bool = False,
    ) -> None:
        """Answer a question in a message; it follows on `replied_to`, or on what was above it.

        `heading` puts the question first, where it stands in another message.
        """
        asked = self._recent.add(message.id, text)
        await self._reply(asked, message, text, bot, replied_to, heading=heading)

    async def edited(
        self, message: discord.Message, text: str, *, bot: int, replied_to: discord.Message | None
    ) -> None:
        """Answer an edited question anew, in place, if it is recent and another one now."""
        asked = self._recent.edited(message.id, text)
        if asked is not None:
            await self._reply(asked, message, text, bot, replied_to)

    async def deleted(self, message: int) -> None:
        """Delete the answer to a deleted question, if that was asked recently."""
        asked = self._recent.deleted(message)
        if asked is not None and asked.answer is not None:
            await self._withdraw(asked.answer)

    async def _reply(
        self,
        asked: Asked,
        message: discord.Message,
        text: str,
        bot: int,
        replied_to: discord.Message | None,
        *,
        heading: bool = False,
    ) -> None:
        async with asked.lock:  # an edit waits for the answer to what it changes
            before = asked.answer
            sent = await self._answer(
                MessageDelivery(message, self._admission, shown=before),
                _question(text, message.author, message.channel),
                message.channel,
                bot,
                replied_to=replied_to,
                before=message,
                heading=heading,
                instead_of=before,
            )
            asked.answer = sent or before
        if asked.deleted and asked.answer is not None:
            await self._withdraw(asked.answer)

    async def ask(
        self,
        interaction: discord.Interaction,
        text: str,
        *,
        article: int | None = None,
        replied_to: discord.Message | None = None,
        private: bool = False,
    ) -> discord.Message | None:
        """Answer a question of a command or a modal, and return the answer's message if known.

        A `private` answer is shown to the member alone.
        """
        articles = (article,) if article is not None else None
        bot = interaction.client.user
        assert bot is not None  # noqa: S101
        return await self._answer(
            InteractionDelivery(interaction, self._admission, ephemeral=private),
            _question(text, interaction.user, interaction.channel, articles),
            interaction.channel,
            bot.id,
            replied_to=replied_to,
            private=private,
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
            match button:
                case InContext():
                    outgoing = await self._in_context(server, button, message)
                case Vote():
                    outgoing = await self._vote(interaction, button, message)
                case Why():
                    outgoing = await self._give_reason(interaction, button)
                case Delete():
                    outgoing = await self._delete(interaction, button, message)
            await delivery.deliver(outgoing)

    async def _follow_up(self, interaction: discord.Interaction, text: str) -> None:
        answer = interaction.message
        private = answer is not None and answer.flags.ephemeral
        await self.ask(interaction, text, replied_to=answer, private=private)

    async def _vote(
        self, interaction: discord.Interaction, vote: Vote, answer: discord.Message
    ) -> Outgoing:
        """Store a vote; ask what is wrong where it is against the answer."""
        server, member = interaction.guild_id or 0, interaction.user.id
        # Nobody else can open a private answer, so no review links to it.
        channel = 0 if answer.flags.ephemeral else answer.channel.id
        await self._pool.with_state(
            lambda state: state.vote(
                server, answer.id, member, helpful=vote.helpful, channel=channel
            )
        )
        if vote.helpful:
            return Outgoing(["Thank you. Recorded: 👍."])
        keeps = await self._pool.with_state(lambda state: state.keeps_questions(server))
        asked, _ = parse_components(answer)
        if keeps and channel and asked and (question := await question_of(answer)):
            await self._pool.with_state(
                lambda state: state.keep_question(server, answer.id, asked.asker, question)
            )
        return Outgoing(["Thank you. Recorded: 👎. What is wrong?"], reasons_menu(answer.id))

    async def _give_reason(self, interaction: discord.Interaction, why: Why) -> Outgoing:
        """Store why a member voted against an answer."""
        member = interaction.user.id
        reason = next((each for each in chosen_in(interaction) if each in REASONS), None)
        if reason is None:
            raise Refused("Choose one of the reasons in the menu.")
        await self._pool.with_state(lambda state: state.give_reason(why.answer, member, reason))
        return Outgoing([f"Thank you. Recorded: {REASONS[reason].lower()}."])

    async def _delete(
        self, interaction: discord.Interaction, button: Delete, answer: discord.Message
    ) -> Outgoing:
        """Delete an answer with all its parts, for the asker and for moderators."""
        moderates = interaction.guild_id is not None and interaction.permissions.manage_messages
        if interaction.user.id != button.asker and not moderates:
            raise Refused(_NOT_YOURS)
        try:
            await self._remove(answer)
        except discord.Forbidden as error:
            raise Refused(_NO_DELETING) from error
        return Outgoing(["Deleted."])

    async def _remove(self, answer: discord.Message) -> None:
        """Delete an answer and the parts that hang below it. Raises: discord.HTTPException."""
        await self._remove_parts(answer)
        with suppress(discord.NotFound):  # somebody else was quicker
            await persist(answer.delete)

    async def _remove_parts(self, answer: discord.Message) -> None:
        """Delete the parts that hang below an answer, and take it out of reviews.

        Parts that cannot be read or deleted stay. Raises: LibraryError.
        """
        chain = {answer.id}
        parts: list[discord.Message] = []
        with suppress(discord.HTTPException):
            async for message in answer.channel.history(limit=_MOST_PARTS, after=answer):
                above = message.reference.message_id if message.reference else None
                if above in chain and message.author.id == answer.author.id:
                    chain.add(message.id)
                    parts.append(message)
            for message in reversed(parts):
                await persist(message.delete)
        await self._pool.with_state(lambda state: state.forget_message(answer.id))

    async def _withdraw(self, answer: discord.Message) -> None:
        """Delete an answer whose question is gone; nobody waits for it, so errors are logged."""
        with self._admission.request() as entry:
            try:
                await self._remove(answer)
            except (discord.HTTPException, aiohttp.ClientError, OSError, LibraryError) as error:
                entry.outcome = "failed"
                _log.warning("an answer could not be deleted: %s", type(error).__name__)

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
        heading: bool = False,
        private: bool = False,
        instead_of: discord.Message | None = None,
    ) -> discord.Message | None:
        """Answer one question; whatever fails, the member sees one error.

        `instead_of` is the answer whose place this one takes.
        """
        async with report_errors(delivery):
            await delivery.acknowledge()
            if instead_of is not None:
                await self._remove_parts(instead_of)
            with self._admission.slot(question.member, question.server or question.member) as pause:
                await asyncio.sleep(pause)
                history = await load_history(
                    channel, question.member, bot, replied_to=replied_to, before=before
                )
                as_message = partial(
                    answer_message,
                    asker=question.member,
                    previous=history.message,
                    heading=heading or isinstance(delivery, InteractionDelivery),
                    private=private,
                )
                progress = progress_from_threads(delivery)
                shown: list[Future[None]] = []

                def show(extracted: Answer) -> None:
                    shown.append(progress(as_message(extracted).parts[0]))

                given = await self._pool.answer(question, history.conversation, show=show)
                for each in shown:
                    await asyncio.wrap_future(each)  # or else it might come after the answer
                sent = await delivery.deliver(as_message(given))
                if given.abstained and sent is not None and question.server and not private:
                    await self._record_refusal(question, sent)
                return sent
        return None

    async def _record_refusal(self, question: Question, sent: discord.Message) -> None:
        """List a refused question for reviews; the member has the answer already."""

        def work(state: State) -> None:
            state.refuse(question.server, question.channels[0], sent.id)
            state.keep_question(question.server, sent.id, question.member, question.text)

        try:
            await self._pool.with_state(work)
        except LibraryError as error:
            _log.error("a refusal could not be recorded: %s", error)

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
