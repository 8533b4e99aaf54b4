"""What was said before, and how a follow-up is read together with it."""

import re
from dataclasses import dataclass

from index.answer import Answer
from index.query import Query

_LEANING = """
he him his she her hers it its they them their theirs this that these those one ones there then
"""
_SMALL = """
a an the and or but so of in on at to for from by with is are was were be been do does did has
have had can could will would should what who whom whose which when where why how much many about
i you we me us my your our not no yes ok too also
"""
_NAMELESS = {"overview", "small talk"}


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

    def query(self, question: str) -> Query:
        """Give what to search for: a question that leans on the one before is read behind it.

        Small talk and overviews name nothing that could be leant on, so they are passed over.
        """
        asked = [turn for turn in self.turns if turn.answer.origin not in _NAMELESS]
        if not asked:
            return Query(question)
        answer = asked[-1].answer
        cited = [(each.article_id, each.sentence) for each in answer.citations]
        cited += [(hit.article_id, hit.sentence.number) for hit in answer.nearest[:1]]
        context = asked[-1].question if _leans(question) else ""
        return Query(question, context, tuple(cited))


def _leans(question: str) -> bool:
    words = set(re.findall(r"\w+", question.lower()))
    leaning = words & set(_LEANING.split())
    telling = words - leaning - set(_SMALL.split())
    return bool(leaning) or len(telling) <= 1
