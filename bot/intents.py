"""What a message asks for besides sentences of an article: small talk, or an overview.

A message has the intent of its nearest example in `intents.toml`, where examples of questions look
like small talk without being it. Small talk that is taken for a question costs a search in vain; a
question that is taken for small talk goes unanswered. Hence these
conditions: every sentence of the message has an intent; at most one word of a sentence is in no
example; small talk has no question word that its example has not; and the cosine of the embeddings
reaches `THRESHOLD`.
"""

import re
import tomllib
from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from index import Encoder
from index.models.tokens import FloatArray, TokenBlock

OVERVIEW = "overview"
"""The intent of a message that asks what the article as a whole says; all others are small talk."""

QUESTION = "question"
"""The label of examples that are answered from the article."""

THRESHOLD = 0.65
"""The least cosine of a message and its nearest example, measured for the packaged encoder.

Other encoders use it too. One whose cosines are higher leaves more to the other two conditions; one
whose cosines are lower recognises little more than the examples themselves.
"""

_EXAMPLES = Path(__file__).with_name("intents.toml")
_LONGEST = 300  # code points
_MOST_UNKNOWN_WORDS = 1
_SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$)|\n")
_CLAUSE_END = re.compile(r"[,;]")
_WORD = re.compile(r"[^\W_]+")
_APOSTROPHE = re.compile(r"['’`´]")
_QUESTION_WORDS = {"who", "whom", "whose", "what", "when", "where", "which", "why", "how"}
_LAUGHTER = re.compile(r"a?(?:ha)+h?|(?:he){2,}h?")
_REPEATED = re.compile(r"(.)\1{2,}")


class Intents:
    """Recognise what messages ask for. Safe to share between threads.

    The examples are encoded when a message is first compared with them, once for all instances
    that share an encoder. A message that is an example, or has several unknown words, needs none.
    """

    def __init__(self, encoder: Encoder) -> None:
        tables = _tables()
        labels = {name: table for name, table in tables.items() if "examples" in table}
        self._encoder = encoder
        self._replies = {name: table["reply"] for name, table in labels.items() if "reply" in table}
        self._invitations: dict[str, str] = tables["invitation"]
        self._spellings: dict[str, str] = tables["spelling"]
        self._vocabulary = {
            word
            for name, table in labels.items()
            if name != QUESTION
            for text in table["examples"]
            for written in _words(text)
            for word in self._spellings.get(written, written).split()
        }
        self.examples: dict[str, str] = {
            self._normalised(text): name
            for name, table in labels.items()
            for text in table["examples"]
        }
        """The label of each example, by its normalised text, in the order of the data file."""

    @cached_property
    def vectors(self) -> FloatArray:
        """(examples, dimension) float32, rows of unit length."""
        return self._embeddings(list(self.examples))

    def of(self, message: str) -> str | None:
        """Return the intent of a message, `OVERVIEW` or a kind of small talk; None for a question.

        Where its sentences have several intents, the first of them in the data file is returned.
        """
        if len(message) > _LONGEST:
            return None
        sentences = [each for each in _SENTENCE_END.split(message) if _words(each)]
        labels = {label for sentence in sentences for label in self._labels(sentence)}
        if QUESTION in labels:
            return None
        return next((label for label in self.examples.values() if label in labels), None)

    def reply(self, intent: str, titles: Sequence[str]) -> str:
        """Return the reply to small talk; `titles` are those of the articles to ask about.

        Raises: KeyError for an intent that is not small talk.
        """
        invitation = self._invitations[("none", "one", "several")[min(len(titles), 2)]]
        invitation = invitation.format(title=next(iter(titles), ""), count=len(titles))
        return f"{self._replies[intent]} {invitation}"

    def _labels(self, sentence: str) -> set[str]:
        """Return the label of a sentence or, where it is a question, those of its clauses."""
        label = self._label(sentence)
        clauses = [each for each in _CLAUSE_END.split(sentence) if _words(each)]
        if label != QUESTION or len(clauses) == 1:
            return {label}
        return set(map(self._label, clauses))

    def _label(self, text: str) -> str:
        """Return the label of the nearest example, or `QUESTION` where none is near."""
        normalised = self._normalised(text)
        if normalised in self.examples:
            return self.examples[normalised]
        words = normalised.split()
        unknown = sum(word not in self._vocabulary for word in words)
        if unknown > _MOST_UNKNOWN_WORDS or unknown == len(words):
            return QUESTION
        cosines = self.vectors @ self._embeddings([normalised])[0]
        nearest = int(np.argmax(cosines))
        example, label = list(self.examples.items())[nearest]
        asks_more = _QUESTION_WORDS.intersection(words) - set(example.split())
        if cosines[nearest] < THRESHOLD or (asks_more and label != OVERVIEW):
            return QUESTION
        return label

    def _embeddings(self, texts: Sequence[str]) -> FloatArray:
        encodings = self._encoder.encode_cached(texts)
        return np.concatenate([TokenBlock.whole(each).sentence_vectors() for each in encodings])

    def _normalised(self, text: str) -> str:
        """Return the words of a text in lower case, as the examples spell them."""
        return " ".join(map(self._spelt, _words(text)))

    def _spelt(self, word: str) -> str:
        if _LAUGHTER.fullmatch(word):
            return "haha"
        for form in (word, _REPEATED.sub(r"\1\1", word), _REPEATED.sub(r"\1", word)):
            if form in self._spellings:
                return self._spellings[form]
            if form in self._vocabulary:
                return form
        return word


def _words(text: str) -> list[str]:
    return _WORD.findall(_APOSTROPHE.sub("", text.lower()))


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(_EXAMPLES.read_text(encoding="utf-8"))
