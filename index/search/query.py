"""What is searched for: a question, and what it may lean on in a conversation."""

from dataclasses import dataclass

Place = tuple[int, int]
"""An article's id and a sentence's number in it."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it is searched for.

    text:    the question
    context: the question before it, and what that one leant on; "" in a new conversation
    said:    the first sentence that was cited last, which may name what the question means
    leans:   whether the question seems to lean on what was said
    cited:   the places of what was cited last
    earlier: those of what was cited before that
    """

    text: str
    context: str = ""
    said: str = ""
    leans: bool = False
    cited: tuple[Place, ...] = ()
    earlier: tuple[Place, ...] = ()

    @property
    def whole(self) -> str:
        """The question behind the one that it leans on, or by itself."""
        return f"{self.context} {self.text}" if self.leans and self.context else self.text

    @property
    def follows(self) -> bool:
        """Whether anything was answered before it."""
        return bool(self.context)
