"""A conversation, read back from the bot's own messages; nothing of it is kept.

Each answer's buttons say who asked, what was cited and which answer it followed on. Only the turns
of the member who asks now are read: nobody's question is completed from another's.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import discord

from bot.discord.buttons import past_of
from bot.discord.messages import question_shown, quotes_shown, text_shown
from index import Conversation, EarlierAnswer, Remembered, Turn

_MOST_TURNS = 3  # as many as a follow-up is read with
_MOST_HOPS = 8  # messages that are looked at on the way up a chain of replies
_LOOKED_BACK = 30  # messages of a thread
_MENTION = re.compile(r"<(?:@[!&]?|#|a?:\w+:|/[^:>]+:|t:)[\d:A-Za-z]+>")


@dataclass(frozen=True, slots=True)
class Before:
    """What came before a question: the member's turns, and the id of the last one's message."""

    conversation: Conversation = Conversation()
    message: int = 0


def question_in(content: str) -> str:
    """Give what a member wrote without mentions and emoji."""
    return " ".join(_MENTION.sub(" ", content).split())


def is_conversation(channel: object, bot: int) -> bool:
    """Whether a channel is one conversation by itself: a thread of the bot's, or a DM."""
    own = isinstance(channel, discord.Thread) and channel.owner_id == bot
    return own or isinstance(channel, discord.DMChannel)


async def read_back(
    channel: Any,
    member: int,
    bot: int,
    *,
    answered: discord.Message | None = None,
    newest: discord.Message | None = None,
) -> Before:
    """Read what came before a question of a member.

    That is the chain that ends in the answer which was `answered`; else, in a conversation, the
    messages older than `newest`.
    """
    turns: list[tuple[int, Turn]] = []
    if answered is not None:
        messages = _upwards(answered, member, bot)
    elif is_conversation(channel, bot):
        messages = _backwards(channel, newest)
    else:
        return Before()
    async for message in messages:
        past, _ = past_of(message)
        if message.author.id == bot and past is not None and past.asker == member:
            turn = await _turn(message)
            turns += [(message.id, turn)] if turn else []
        if len(turns) == _MOST_TURNS:
            break
    last = turns[0][0] if turns else 0
    return Before(Conversation(tuple(turn for _, turn in reversed(turns))), last)


def cited_in(message: discord.Message) -> list[Remembered]:
    """Return what an answer of ours cites, with its words where the message still shows them."""
    _, places = past_of(message)
    quotes = quotes_shown(message.content)
    return [
        Remembered(place.article_id, place.sentence, quotes.get(number, ""))
        for number, place in enumerate(places, start=1)
    ]


async def fetch(message: discord.Message, other: int) -> discord.Message | None:
    """Give another message of a channel; None where it is gone or out of reach."""
    resolved = message.reference.resolved if message.reference else None
    if isinstance(resolved, discord.Message) and resolved.id == other:
        return resolved
    channel = message.channel
    try:
        if isinstance(channel, discord.Thread) and other == channel.id:
            return await _opened_from(channel)
        return await channel.fetch_message(other)
    except (discord.NotFound, discord.Forbidden):
        return None


async def _upwards(
    message: discord.Message | None, member: int, bot: int
) -> AsyncIterator[discord.Message]:
    """Go up from a message through replies and follow-ups, as far as they are one member's."""
    for _ in range(_MOST_HOPS):
        if message is None:
            return
        past, _places = past_of(message)
        if message.author.id == bot and past is not None and past.asker != member:
            return
        yield message
        above = past.previous if past is not None else 0
        if not above and message.reference is not None:
            above = message.reference.message_id or 0
        message = await fetch(message, above) if above else None


async def _backwards(
    channel: Any, newest: discord.Message | None
) -> AsyncIterator[discord.Message]:
    """Go through a channel from its end; above a thread stands the message it was opened from."""
    try:
        async for message in channel.history(limit=_LOOKED_BACK, before=newest):
            yield message
        if isinstance(channel, discord.Thread):
            opening = await _opened_from(channel)
            if opening is not None:
                yield opening
    except (discord.NotFound, discord.Forbidden):
        return


async def _opened_from(thread: discord.Thread) -> discord.Message | None:
    """Give the message that a thread was opened from; it has the thread's id."""
    if not isinstance(thread.parent, discord.TextChannel):
        return None
    return await thread.parent.fetch_message(thread.id)


async def _turn(message: discord.Message) -> Turn | None:
    """Read one answer of ours back, with as much as a follow-up leans on."""
    past, _ = past_of(message)
    question = question_shown(message.content)
    if question is None and message.reference is not None and message.reference.message_id:
        asked = await fetch(message, message.reference.message_id)
        question = question_in(asked.content) if asked else None
    if past is None or not question:
        return None
    abstained = past.origin == "abstained"
    answer = EarlierAnswer(
        text=text_shown(message.content),
        citations=() if abstained else tuple(cited_in(message)),
        abstained=abstained,
        origin="extracted" if abstained else past.origin,
    )
    return Turn(question, answer)
