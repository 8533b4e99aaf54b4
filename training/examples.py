"""Training examples: a question, a window of text, and the spans that answer in it.

A window is a sentence, alone or with the one before it, as at inference; only the sentence may
answer. Some windows hold no answer: a random other sentence of the document, or a hard negative,
the one that shares the most rare words with the question.
"""

import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from training.qamr import Question, Text

_ALONE = 0.7  # how often a sentence comes without the one before it
_JOINED = 0.2  # of the questions ask what another one with the same answer asks too
_HARD = 0.5  # of the windows without an answer are hard negatives


@dataclass(frozen=True, slots=True)
class Example:
    """A question and a window whose sentence begins at `first`.

    `spans` are half-open, in code points of the window, one for each annotator who marked one;
    empty where nothing answers.
    """

    question: str
    window: str
    first: int
    spans: tuple[tuple[int, int], ...]


class Examples:
    """Draws the examples of a pass: every question once, and a share of them without an answer."""

    def __init__(
        self, sentences: Mapping[str, Text], questions: Sequence[Question], *, unanswered: float
    ) -> None:
        self._sentences = sentences
        self._questions = questions
        self._unanswered_share = unanswered
        self._documents: dict[str, list[str]] = defaultdict(list)
        for identity, text in sentences.items():
            self._documents[text.document].append(identity)
        self._alike: dict[tuple[str, tuple[int, int]], list[Question]] = defaultdict(list)
        for question in questions:
            self._alike[question.sentence, question.spans[0]].append(question)
        self._words = {identity: _words(text.text) for identity, text in sentences.items()}
        self._holding = Counter(word for words in self._words.values() for word in words)

    def draw(self, generator: random.Random) -> list[Example]:
        """Return the examples of one pass, in the order of the data."""
        examples = []
        for question in self._questions:
            examples.append(self._answered(question, generator))
            if generator.random() < self._unanswered_share:
                examples += self._unanswered(question, generator)
        return examples

    def _answered(self, question: Question, generator: random.Random) -> Example:
        window, first = self._window(question.sentence, generator)
        text, marked = question.text, question.spans
        if generator.random() < _JOINED:
            other = generator.choice(self._alike[question.sentence, question.spans[0]])
            if other is not question:
                text = f"{text.rstrip('? ')}, {other.text}"
                marked += other.spans
        spans = tuple((start + first, end + first) for start, end in marked)
        return Example(text, window, first, spans)

    def _window(self, identity: str, generator: random.Random) -> tuple[str, int]:
        sentence = self._sentences[identity]
        if generator.random() < _ALONE or sentence.before is None:
            return sentence.text, 0
        before = self._sentences[sentence.before].text + " "
        return before + sentence.text, len(before)

    def _unanswered(self, question: Question, generator: random.Random) -> list[Example]:
        answers = {self._sentences[question.sentence].text[a:b].lower() for a, b in question.spans}
        others = [
            identity
            for identity in self._documents[self._sentences[question.sentence].document]
            if identity != question.sentence
            and not any(answer in self._sentences[identity].text.lower() for answer in answers)
        ]
        if not others:
            return []
        chosen = generator.choice(others)
        if generator.random() < _HARD:
            chosen = max(others, key=lambda identity: self._shared(question, identity))
        window, first = self._window(chosen, generator)
        return [Example(question.text, window, first, ())]

    def _shared(self, question: Question, identity: str) -> float:
        shared = _words(question.text) & self._words[identity]
        return sum(math.log(len(self._words) / self._holding[word]) for word in shared)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))
