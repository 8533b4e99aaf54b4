"""A conversation, read back from the bot's own messages; nothing of it is kept.

Each answer's buttons say who asked, what was cited and which answer it followed on. Only the turns
of the member who asks now are read: nobody's question is completed from another's.
"""

import re
from collections.abc import AsyncIterator

import discord

from bot.discord_buttons import Place, past_of
from bot.discord_message import question_shown, text_shown
from index import Answer, Citation, Conversation, Hit, Turn
from index.article import Sentence

_MOST_TURNS = 3  # as many as a follow-up is read with
_MOST_HOPS = 8  # messages that are looked at on the way up a chain of replies
_LOOKED_BACK = 30  # messages of a thread
_MENTION = re.compile(r"<(?:@[!&]?|#|a?:\w+:|/[^:>]+:|t:)[\d:A-Za-z]+>")


def question_in(content: str) -> str:
    """Give what a member wrote without mentions and emoji."""
    return " ".join(_MENTION.sub(" ", content).split())


async def conversation_of_chain(
    message: discord.Message | None, member: int, bot: int
) -> Conversation:
    """Read the member's turns upwards from a message, through replies and follow-ups."""
    turns: list[Turn] = []
    for _ in range(_MOST_HOPS):
        if message is None or len(turns) == _MOST_TURNS:
            break
        past, _places = past_of(message)
        if message.author.id == bot and past is not None:
            if past.asker != member:
                break
            turn = await _turn(message)
            turns += [turn] if turn else []
        above = past.previous if past is not None else 0
        if not above and message.reference is not None:
            above = message.reference.message_id or 0
        message = await fetch(message, above) if above else None
    return Conversation(tuple(reversed(turns)))


async def conversation_of_channel(
    channel: discord.abc.Messageable, member: int, bot: int, *, before: discord.abc.Snowflake | None
) -> Conversation:
    """Read the member's latest turns in a thread or in direct messages."""
    turns: list[Turn] = []
    async for message in _backwards(channel, before):
        past, _ = past_of(message)
        if message.author.id == bot and past is not None and past.asker == member:
            turn = await _turn(message)
            turns += [turn] if turn else []
        if len(turns) == _MOST_TURNS:
            break
    return Conversation(tuple(reversed(turns)))


async def fetch(message: discord.Message, other: int) -> discord.Message | None:
    """Give another message of a channel; None where it is gone or out of reach."""
    resolved = message.reference.resolved if message.reference else None
    if isinstance(resolved, discord.Message) and resolved.id == other:
        return resolved
    try:
        return await message.channel.fetch_message(other)
    except (discord.NotFound, discord.Forbidden):
        return None


async def _backwards(
    channel: discord.abc.Messageable, before: discord.abc.Snowflake | None
) -> AsyncIterator[discord.Message]:
    """Go through a channel from its end; above a thread stands the message it was opened from."""
    try:
        async for message in channel.history(limit=_LOOKED_BACK, before=before):
            yield message
        if isinstance(channel, discord.Thread) and isinstance(channel.parent, discord.TextChannel):
            yield await channel.parent.fetch_message(channel.id)
    except (discord.NotFound, discord.Forbidden):
        return


async def _turn(message: discord.Message) -> Turn | None:
    """Read one answer of ours back, with as much as a follow-up leans on."""
    past, places = past_of(message)
    question = question_shown(message.content)
    if question is None and message.reference is not None and message.reference.message_id:
        asked = await fetch(message, message.reference.message_id)
        question = question_in(asked.content) if asked else None
    if past is None or not question:
        return None
    abstained = past.origin == "abstained"
    answer = Answer(
        question=question,
        query=question,
        text=text_shown(message.content),
        citations=() if abstained else tuple(map(_cited, range(1, len(places) + 1), places)),
        short=None,
        confidence=0.0,
        abstained=abstained,
        nearest=tuple(map(_near, places)) if abstained else (),
        origin="extracted" if abstained else past.origin,
    )
    return Turn(question, answer)


def _cited(number: int, place: Place) -> Citation:
    """A citation as far as a conversation needs it: whose sentence it was."""
    return Citation(place.article_id, number, place.sentence, 0, 0, "")


def _near(place: Place) -> Hit:
    return Hit(place.article_id, Sentence(place.sentence, 0, 0), "", 0.0, 1)
