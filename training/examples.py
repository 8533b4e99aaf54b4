"""Training examples: a question, a window of text, and what answers in it.

Those of QAMR teach to find the words: a window is a sentence, alone or with the one before it;
only the sentence may answer. Some hold no answer: a random other sentence of the document, or the
one that shares the most rare words with the question; or the question asks for what the sentence
does not tell, for it names somebody else, or asks why instead of when.

Those of cases teach to tell whether a sentence answers: a question of documents, with sentences
that answer and others that Footnote ranks high.
"""

import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from training.candidates import Case
from training.qamr import Question, Text

_ALONE = 0.7  # how often a sentence comes without the one before it
_JOINED = 0.2  # of the questions ask what another one with the same answer asks too
_HARD = 0.5  # of the windows without an answer are hard negatives
_MISSED = 0.3  # of the questions are also asked so that their sentence does not answer
_REWORDED = 0.3  # of these rather ask why, when or where than of somebody else
_NAME = re.compile(r"(?<=\w )(?:[A-Z][a-z]+(?: [A-Z][a-z]+)*|\d[\d,.]*\d|\d)")
_ADVERBS = ("Why", "When", "Where")

_WHOLE = 0.3  # of the follow-ups are asked as they were made whole
_NEGATIVES, _NEAR_MISSES = 3, 3  # sentences that do not answer, of a question that has an answer
# and of one that has none


@dataclass(frozen=True, slots=True)
class Example:
    """A question and a window whose sentence begins at `first`.

    answers: whether the sentence answers
    spans:   half-open, in code points of the window, one for each annotator who marked one; empty
             where nothing answers, or the words are not known
    """

    question: str
    window: str
    first: int
    answers: bool
    spans: tuple[tuple[int, int], ...] = ()


def of_cases(cases: Sequence[Case], generator: random.Random) -> list[Example]:
    """Return the examples of one pass: of each question what answers, and some that does not."""
    examples = []
    for case in cases:
        question = case.whole if generator.random() < _WHOLE else case.question
        right = [each for each in case.candidates if each.answers]
        wrong = [each for each in case.candidates if not each.answers]
        taken = _NEAR_MISSES if not right else _NEGATIVES
        places = list(range(len(wrong)))
        for _ in range(min(taken, len(wrong))):
            [place] = generator.choices(places, [1 / (2 + each) for each in places])
            places.remove(place)
            right.append(wrong[place])
        examples += [
            Example(question, each.window, each.first, each.answers, each.spans) for each in right
        ]
    return examples


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
        self._names: dict[str, list[str]] = defaultdict(list)
        for text in sentences.values():
            self._names[text.document] += [each[0] for each in _NAME.finditer(text.text)]
        self._first_words: dict[str, set[str]] = defaultdict(set)
        for question in questions:
            self._first_words[question.sentence].add(question.text.partition(" ")[0].lower())
        self._words = {identity: _words(text.text) for identity, text in sentences.items()}
        self._holding = Counter(word for words in self._words.values() for word in words)

    def draw(self, generator: random.Random, *, share: float = 1.0) -> list[Example]:
        """Return the examples of one pass over a `share` of the questions, in their order."""
        examples = []
        for question in self._questions:
            if generator.random() >= share:
                continue
            examples.append(self._answered(question, generator))
            if generator.random() < self._unanswered_share:
                examples += self._unanswered(question, generator)
            if generator.random() < _MISSED:
                examples += self._near_miss(question, generator)
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
        return Example(text, window, first, True, spans)

    def _near_miss(self, question: Question, generator: random.Random) -> list[Example]:
        """Ask for something of the same kind that the sentence does not tell."""
        changed = self._renamed(question, generator) or self._reworded(question, generator)
        if changed is None:
            return []
        window, first = self._window(question.sentence, generator)
        return [Example(changed, window, first, False)]

    def _renamed(self, question: Question, generator: random.Random) -> str | None:
        """Put a name or number of the document in the place of one that stands in both."""
        text = self._sentences[question.sentence].text
        found = [each for each in _NAME.finditer(question.text) if each[0] in text]
        if not found or generator.random() < _REWORDED:
            return None
        old = generator.choice(found)
        names = self._names[self._sentences[question.sentence].document]
        others = [
            name for name in names if name not in text and name[0].isdigit() == old[0][0].isdigit()
        ]
        if not others:
            return None
        return question.text[: old.start()] + generator.choice(others) + question.text[old.end() :]

    def _reworded(self, question: Question, generator: random.Random) -> str | None:
        """Ask why, when or where instead, which nobody asked about the sentence."""
        first, _, rest = question.text.partition(" ")
        asked = self._first_words[question.sentence]
        others = [each for each in _ADVERBS if each.lower() not in asked]
        if first.lower() not in map(str.lower, _ADVERBS) or not others:
            return None
        return f"{generator.choice(others)} {rest}"

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
        return [Example(question.text, window, first, False)]

    def _shared(self, question: Question, identity: str) -> float:
        shared = _words(question.text) & self._words[identity]
        return sum(math.log(len(self._words) / self._holding[word]) for word in shared)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))
