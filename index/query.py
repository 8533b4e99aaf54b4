"""What is searched for: a question, and what it leans on in a conversation."""

import math
from dataclasses import dataclass

CONTEXT = 0.2
"""What a match of the question before counts, when this one leans on it."""
ALONE = 0.25
"""How much such a question's score is what it would be by itself."""

_NEAR = 0.04  # what standing beside the last citation adds to a score
_REACH = 3.0  # sentences, by which that falls to a third
_AGAIN = 0.03  # what having been cited last takes from it


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it is searched for.

    text:    the question
    context: the question before it, where this one leans on it, and what that leant on
    cited:   article id and sentence number of what was cited last
    """

    text: str
    context: str = ""
    cited: tuple[tuple[int, int], ...] = ()

    @property
    def whole(self) -> str:
        """The question behind what it leans on."""
        return f"{self.context} {self.text}" if self.context else self.text

    def nearness(self, article_id: int, number: int) -> float:
        """Give what a sentence's place adds to its score: people ask on near what they were told.

        What they were told they seldom ask for again.
        """
        distances = [abs(number - at) for cited, at in self.cited if cited == article_id]
        if not distances:
            return 0.0
        nearest = min(distances)
        return _NEAR * math.exp(-nearest / _REACH) if nearest else -_AGAIN
