"""Which message answers which question, as long as changing the question changes the answer."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass, field

import discord

DELETABLE, EDITABLE = 600.0, 120.0
"""Seconds after a question in which deleting it, or editing it, concerns its answer."""

_MOST = 1_000  # questions that are remembered


@dataclass(slots=True)
class Asked:
    """A question in a message, and its answer once there is one.

    since: when it arrived, by the monotonic clock
    deleted: whether the question is gone, so that its answer must go
    lock: held while it is answered
    """

    text_hash: str
    since: float
    answer: discord.Message | None = None
    deleted: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class RecentQuestions:
    """The latest questions of messages. They are held in memory, and none by its text."""

    def __init__(self) -> None:
        self._asked: OrderedDict[int, Asked] = OrderedDict()

    def add(self, message: int, text: str) -> Asked:
        """Remember a question."""
        self._asked[message] = asked = Asked(_hash(text), time.monotonic())
        while len(self._asked) > _MOST:
            self._asked.popitem(last=False)
        return asked

    def deleted(self, message: int) -> Asked | None:
        """Forget a deleted question, and return it if its answer goes too."""
        asked = self._asked.pop(message, None)
        if asked is not None and _age(asked) <= DELETABLE:
            asked.deleted = True
            return asked
        return None

    def edited(self, message: int, text: str) -> Asked | None:
        """Return a question if it is another one now, early enough to be answered anew."""
        asked = self._asked.get(message)
        if asked is None or _age(asked) > EDITABLE or asked.text_hash == _hash(text):
            return None
        asked.text_hash = _hash(text)
        return asked


def _age(asked: Asked) -> float:
    """Return the seconds since a question arrived; Discord's clock may differ from this one."""
    return time.monotonic() - asked.since


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
