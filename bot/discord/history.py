"""Conversations, read back from the bot's own messages; none is stored.

Each answer's buttons record who asked, what was cited and which answer it followed on. A reply to
an answer continues it, whoever asked, since everybody sees it; in a thread, where members talk at
once, only the turns of the member who asks now are read.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import discord

from bot.discord.messages import parse_components, parse_question, parse_quotes, parse_text
from index import Conversation, EarlierAnswer, Remembered, Turn

NEW_TOPIC = "**New topic.** What you ask next does not follow on what is above."
"""What the bot says where a fresh conversation begins."""

_MOST_TURNS = 3  # as many as a follow-up is read with
_MOST_HOPS = 8  # messages that are looked at on the way up a chain of replies
_MOST_MESSAGES = 30  # that are looked at in a thread
_MENTION = re.compile(r"<(?:@[!&]?|#|a?:\w+:|/[^:>]+:|t:)[\d:A-Za-z]+>")


@dataclass(frozen=True, slots=True)
class History:
    """What came before a question: the member's turns, and the last one's message id or 0."""

    conversation: Conversation = Conversation()
    message: int = 0


def question_in(content: str) -> str:
    """Return what a member wrote, without mentions and emoji."""
    return " ".join(_MENTION.sub(" ", content).split())


def is_conversation(channel: object, bot: int) -> bool:
    """Whether a channel is one conversation by itself: a thread of the bot's, or a DM."""
    own = isinstance(channel, discord.Thread) and channel.owner_id == bot
    return own or isinstance(channel, discord.DMChannel)


async def load_history(
    channel: Any,
    member: int,
    bot: int,
    *,
    replied_to: discord.Message | None = None,
    before: discord.Message | None = None,
) -> History:
    """Read what came before a member's question.

    That is the chain of replies that ends in the message `replied_to`; without one, in a channel
    that is a conversation, the messages older than `before`.
    """
    turns: list[tuple[int, Turn]] = []
    if replied_to is not None:
        messages = _upwards(replied_to)
    elif is_conversation(channel, bot):
        messages = _backwards(channel, before, bot)
    else:
        return History()
    async for message in messages:
        follow_up, _ = parse_components(message)
        own = follow_up is not None and (replied_to is not None or follow_up.asker == member)
        if message.author.id == bot and own:
            turn = await _turn(message)
            turns += [(message.id, turn)] if turn else []
        if len(turns) == _MOST_TURNS:
            break
    last = turns[0][0] if turns else 0
    return History(Conversation(tuple(turn for _, turn in reversed(turns))), last)


def cited_in(message: discord.Message) -> list[Remembered]:
    """Return what an answer of the bot cites, with its words where the message still shows them."""
    _, cited = parse_components(message)
    quotes = parse_quotes(message.content)
    return [
        Remembered(each.article_id, each.sentence, quotes.get(number, ""))
        for number, each in enumerate(cited, start=1)
    ]


async def question_of(message: discord.Message) -> str | None:
    """Return the question that an answer of the bot answers; None where it cannot be read."""
    question = parse_question(message.content)
    if question is None and message.reference is not None and message.reference.message_id:
        asked = await fetch(message, message.reference.message_id)
        question = question_in(asked.content) if asked else None
    return question


async def fetch(message: discord.Message, other: int) -> discord.Message | None:
    """Return another message of a channel by its id; None where it is gone or inaccessible."""
    resolved = message.reference.resolved if message.reference else None
    if isinstance(resolved, discord.Message) and resolved.id == other:
        return resolved
    channel = message.channel
    try:
        if isinstance(channel, discord.Thread) and other == channel.id:
            return await _thread_starter(channel)
        return await channel.fetch_message(other)
    except (discord.NotFound, discord.Forbidden):
        return None


async def _upwards(message: discord.Message | None) -> AsyncIterator[discord.Message]:
    """Go up from a message through replies and follow-ups, whoever asked."""
    for _ in range(_MOST_HOPS):
        if message is None:
            return
        follow_up, _cited = parse_components(message)
        yield message
        above = follow_up.previous if follow_up is not None else 0
        if not above and message.reference is not None:
            above = message.reference.message_id or 0
        message = await fetch(message, above) if above else None


async def _backwards(
    channel: Any, before: discord.Message | None, bot: int
) -> AsyncIterator[discord.Message]:
    """Go back through a channel to its last new topic.

    Above a thread stands the message it was opened from.
    """
    try:
        async for message in channel.history(limit=_MOST_MESSAGES, before=before):
            if message.author.id == bot and message.content == NEW_TOPIC:
                return
            yield message
        if isinstance(channel, discord.Thread):
            starter = await _thread_starter(channel)
            if starter is not None:
                yield starter
    except (discord.NotFound, discord.Forbidden):
        return


async def _thread_starter(thread: discord.Thread) -> discord.Message | None:
    """Return the message that a thread was opened from; it has the thread's id."""
    if not isinstance(thread.parent, discord.TextChannel):
        return None
    return await thread.parent.fetch_message(thread.id)


async def _turn(message: discord.Message) -> Turn | None:
    """Read one answer of the bot back, with as much as a follow-up needs."""
    follow_up, _ = parse_components(message)
    question = await question_of(message)
    if follow_up is None or not question:
        return None
    abstained = follow_up.origin == "abstained"
    answer = EarlierAnswer(
        text=parse_text(message.content),
        citations=() if abstained else tuple(cited_in(message)),
        abstained=abstained,
        origin="extracted" if abstained else follow_up.origin,
    )
    return Turn(question, answer)
