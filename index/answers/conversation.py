"""What was said before, and how a follow-up is read together with it."""

from dataclasses import dataclass

from index.answers.answer import Answer
from index.search.questions import Query, leans
from index.text.citation import Citation

_NAMELESS = {"overview", "small talk"}


@dataclass(frozen=True, slots=True)
class Remembered:
    """A sentence that was cited before, of which no more is known than its number and words."""

    article_id: int
    sentence: int
    quote: str


@dataclass(frozen=True, slots=True)
class EarlierAnswer:
    """What a later question needs of an answer that is no longer at hand as a whole."""

    text: str
    citations: tuple[Remembered, ...]
    abstained: bool
    origin: str = "extracted"


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer."""

    question: str
    answer: Answer | EarlierAnswer


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns so far, the oldest first. It never changes: `add` returns a new one."""

    turns: tuple[Turn, ...] = ()

    def add(self, turn: Turn) -> "Conversation":
        """Return the conversation with one more turn."""
        return Conversation((*self.turns, turn))

    @property
    def cited(self) -> tuple[Citation | Remembered, ...]:
        """What the last answer cited."""
        return self._answered[-1].answer.citations if self._answered else ()

    @property
    def cited_earlier(self) -> tuple[Citation | Remembered, ...]:
        """What the answers before that cited."""
        return tuple(each for turn in self._answered[:-1] for each in turn.answer.citations)

    def query(self, question: str) -> Query:
        """Return what to search for: a question, and the one before it that it may lean on.

        Where that one leans too, the last that stood alone comes first: it named whom all mean.
        Small talk and overviews name nothing that could be leant on, what was refused was not
        understood, and no question is put behind itself: all these are passed over.
        """
        asked = [turn for turn in self._answered if _plain(turn.question) != _plain(question)]
        if not asked:
            return Query(question)
        *before, last = (turn.question for turn in asked)
        alone = [each for each in before if not leans(each)] if leans(last) else []
        said = next((each.quote for each in asked[-1].answer.citations), "")
        context = " ".join([*alone[-1:], last])
        return Query(question, context, said, leans(question))

    @property
    def _answered(self) -> list[Turn]:
        """The turns whose questions were answered from the article."""
        return [
            turn
            for turn in self.turns
            if not turn.answer.abstained and turn.answer.origin not in _NAMELESS
        ]


def _plain(question: str) -> str:
    return " ".join(question.lower().strip("?!. ").split())
