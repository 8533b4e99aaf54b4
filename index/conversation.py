"""What was said before, and how a follow-up is read together with it."""

import re
from dataclasses import dataclass

from index.answer import Answer, Citation, citation_of
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

    @property
    def cited(self) -> tuple[Citation, ...]:
        """What was cited last; of an abstention, what came nearest."""
        if not self._asked:
            return ()
        answer = self._asked[-1].answer
        return answer.citations + tuple(citation_of(hit, 1) for hit in answer.nearest[:1])

    def query(self, question: str) -> Query:
        """Give what to search for: a question that leans on the one before is read behind it.

        Where that one leans too, the last that stood alone comes first: it named whom all mean.
        Small talk and overviews name nothing that could be leant on, so they are passed over.
        """
        leans = self._asked and _leans(question)
        return Query(question, self._leant_on if leans else "")

    @property
    def _leant_on(self) -> str:
        *before, last = (turn.question for turn in self._asked)
        alone = [question for question in before if not _leans(question)] if _leans(last) else []
        return " ".join([*alone[-1:], last])

    @property
    def _asked(self) -> list[Turn]:
        return [turn for turn in self.turns if turn.answer.origin not in _NAMELESS]


def _leans(question: str) -> bool:
    words = set(re.findall(r"\w+", question.lower()))
    leaning = words & set(_LEANING.split())
    telling = words - leaning - set(_SMALL.split())
    return bool(leaning) or len(telling) <= 1
