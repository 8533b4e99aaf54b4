"""What was said before, and how a follow-up is read together with it."""

import re
from dataclasses import dataclass

from index.answer import Answer

_LEANING = """
he him his she her hers it its they them their theirs this that these those one ones there then
"""
_SMALL = """
a an the and or but so of in on at to for from by with is are was were be been do does did has
have had can could will would should what who whom whose which when where why how much many about
i you we me us my your our not no yes ok too also
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer."""

    question: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns so far, the oldest first. It never changes: `add` gives a new one."""

    turns: tuple[Turn, ...] = ()

    def add(self, turn: Turn) -> "Conversation":
        """Give the conversation with one more turn."""
        return Conversation((*self.turns, turn))

    def query(self, question: str) -> str:
        """Give what to search for: a question that leans on the one before is read after it."""
        if not self.turns or not _leans(question):
            return question
        return f"{self.turns[-1].question} {question}"


def _leans(question: str) -> bool:
    words = set(re.findall(r"\w+", question.lower()))
    leaning = words & set(_LEANING.split())
    telling = words - leaning - set(_SMALL.split())
    return bool(leaning) or len(telling) <= 1
