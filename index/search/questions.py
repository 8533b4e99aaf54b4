"""What a question asks for, as far as its words tell: its kind, its numbers, what it leans on.

A question is searched for as a `Query`: together with what it may lean on in a conversation, its
misspelt words corrected.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rapidfuzz import process
from rapidfuzz.distance import OSA

from index.errors import QuestionError
from index.text.article import lone_surrogate
from index.text.words import english, function_words

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
    def expanded(self) -> str:
        """The question behind the one that it leans on, or by itself."""
        return f"{self.context} {self.text}" if self.leans and self.context else self.text

    @property
    def follows(self) -> bool:
        """Whether anything was answered before it."""
        return bool(self.context)


Kind = Literal["who", "when", "where", "number", "reason", "manner", "yes or no", "other"]

LONGEST_QUESTION = 4_000
"""Code points: more than any chat lets a person send at once."""

LONG_ANSWERS: frozenset[Kind] = frozenset(("yes or no", "reason", "manner"))
"""Kinds that few words cannot answer."""

_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "reason",
        re.compile(
            r"\bwhy\b|\bhow come\b|\bwhat(?:'s| is| was)? the reason|\bwhat (?:caused|led)\b"
        ),
    ),
    (
        "number",
        re.compile(
            r"\bhow (?:many|much|long|old|tall|high|big|far|wide|deep|heavy|fast|large|often|hot"
            r"|cold|late|early|soon|thick|small|expensive|few)\b|\bby how\b"
            r"|\b(?:price|cost|fee)\b|\b(?:what|which)(?:'s| is| was| are| were)? (?:the )?"
            r"(?:\w+ )?(?:number|percentage|age|size|height|length|weight|population|temperature"
            r"|distance|amount|share|speed|rate)\b"
        ),
    ),
    (
        "when",
        re.compile(
            r"\bwhen\b|\b(?:what|which) (?:year|date|day|time|month|century|decade)\b|\bdate\b"
        ),
    ),
    ("where", re.compile(r"\bwhere\b|\b(?:what|which) (?:city|country|place|town|street)\b")),
    ("who", re.compile(r"\bwho(?:se|m|'?s)?\b")),
    (
        "manner",
        re.compile(r"\bhow (?:do|does|did|can|could|to|should|would|will|is|are|was|were)\b"),
    ),
    (
        "yes or no",
        re.compile(
            r"^(?:and |so |but |ok |okay |then )*(?:is|are|was|were|am|do|does|did|has|have|had|can"
            r"|could|will|would|shall|should|may|might|must|isn't|aren't|wasn't|don't|doesn't"
            r"|didn't|can't|won't)\b"
        ),
    ),
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_TIME = re.compile(
    rf"\d|\b{_MONTH}\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day|\b(?:yesterday|today|tomorrow"
    r"|morning|noon|evening|night|midnight|week|month|year|century|spring|summer|autumn|winter|ago"
    r"|until|before|after|once)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty"
    r"|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion|half|third|quarter"
    r"|dozen|twice|once|double|free|no|none|both|several)\b",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(?:because|since|due|so that|in order|caused?|causes|reason|owing|thanks to|as|for|after"
    r"|led|to)\b",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?<=[^.!?] )[A-Z][\w’'-]+|\b(?:people|persons?|child(?:ren)?|(?:wo)?m[ae]n|adults?|anyone"
    r"|everyone|everybody|nobody|no one)\b"
)
_PLACE = re.compile(
    r"\b(?:in|at|on|near|from|to|behind|under|between|beside|above|over|into|through|across|north"
    r"|south|east|west|of)\s+(?:the\s+|an?\s+)?[\w/~]",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"[a-z]*\d+(?:[.,:]\d+)*")
_ASKS = re.compile(r"\?[\"'”’)\]]*$")

_PROVENANCE = (
    (
        re.compile(r"\bwho (?:wrote|sent|posted|published|authored)\b|\bauthors?\b|\bwritten by\b"),
        re.compile(r"(?:from:|by\s|authors?\b|written by|posted by|sent by)", re.IGNORECASE),
    ),
    (
        re.compile(
            r"\bwhen (?:was|is|were) (?:this|it|the \w+) (?:\w+ )?(?:published|written|posted"
            r"|updated|revised|sent)\b|\bpublication date\b|\bhow (?:old|recent|new) is (?:this|the"
            r" (?:article|page|text|document))\b"
        ),
        re.compile(r"(?:published|date:|posted|updated|last \w+ed\b|written on)", re.IGNORECASE),
    ),
    (
        re.compile(
            r"\bversion is (?:this|it)\b|\b(?:what|which)(?:'s| is)? the (?:\w+ )?version\b"
        ),
        re.compile(r"version\b", re.IGNORECASE),
    ),
)
"""Questions for what a document tells of itself, each with how a line begins that tells it."""

_PERSON = "he|him|his|she|hers?|they|them|theirs?|its"
_PERSONAL = re.compile(_PERSON)
_PRONOUN = re.compile(rf"{_PERSON}|it|this|that|these|those|ones?|there|then")
_NAMED = re.compile(  # what a pronoun behind it may stand for
    r"\b(?:the|an?|every|each|all|some|many|most|any|no)\s+\w|(?<=\s)[A-Z]\w+"
)
_EXPLETIVE = re.compile(  # pronouns that stand for nothing, or for the text itself
    r"^(?:there (?:is|are|was|were|an?|any)\b|it (?:true|possible|worth|ok|that)\b"
    r"|th(?:is|at) (?:article|text|page|document|story)\b)|^there\b|^then\b"
)
_SAYING = re.compile(r"\b(?:true|likely|possible|(?:say|think|believe|claim|mean|show)s?|said)\s+$")
_OPENINGS = re.compile(r"^(?:and|but|so|or|then|what about|how about|what of|why not)\b")
_SAYING_LITTLE = {
    "yes",
    "ok",
    "okay",
    "please",
    "tell",
    "else",
    "mean",
    "exactly",
    "sure",
}


@lru_cache(maxsize=256)
def kind_of(question: str) -> Kind:
    """Return what kind of thing a question asks for; the first kind that its words show."""
    lower = question.lower().replace("’", "'").strip()
    return next((kind for kind, pattern in _KINDS if pattern.search(lower)), "other")


def fits(question: str, sentence: str) -> bool:
    """Whether a sentence holds the kind of thing that a question asks for, as far as one sees."""
    match kind_of(question):
        case "reason":
            return bool(_REASON.search(sentence))
        case "number":
            return bool(_NUMBER.search(sentence))
        case "when":
            return bool(_TIME.search(sentence))
        case "where":
            return bool(_PLACE.search(sentence))
        case "who":
            return bool(_NAME.search(sentence))
        case _:
            return True


def tells_provenance(question: str, sentence: str) -> bool:
    """Whether a question asks who wrote a document, when, or which version, and a line tells it."""
    lower = question.lower().replace("’", "'")
    return any(asked.search(lower) and told.match(sentence) for asked, told in _PROVENANCE)


def numbers(text: str) -> frozenset[str]:
    """Return the numbers in a text, with the letters that they belong to: ``2004``, ``e9``."""
    return frozenset(_DIGITS.findall(text.lower()))


def asks(sentence: str) -> bool:
    """Whether a sentence is a question itself."""
    return bool(_ASKS.search(sentence))


def content_words(text: str) -> frozenset[str]:
    """Return the words of a text that say something on their own, in lower case."""
    return frozenset(re.findall(r"\w+", text.lower())) - function_words()


def echoes(question: str, sentence: str) -> bool:
    """Whether a sentence says nothing that the question does not say.

    It may still say that it is so, which answers a question of yes or no, and who gives a statement
    instead of a question looks for it.
    """
    said = content_words(sentence)
    states = question.rstrip().endswith((".", "!"))
    if not asks(sentence) and (states or kind_of(question) == "yes or no"):
        return False
    return said <= content_words(question)


def leans(question: str) -> bool:
    """Whether a question is likely to mean something that was named before it.

    It does with a pronoun that stands for nothing in the question itself, or when it says next to
    nothing on its own. A definite noun phrase leans on nothing.
    """
    lower = question.lower().replace("’", "'").strip()
    words = re.findall(r"\w+(?:'\w+)?", lower)
    little = function_words() | _SAYING_LITTLE
    telling = [word for word in words if not (_PRONOUN.fullmatch(word) or word in little)]
    if _OPENINGS.match(lower) or not telling:
        return True
    for found in re.finditer(r"\w+", question):
        word, before, after = found[0].lower(), question[: found.start()], question[found.end() :]
        named = _PERSONAL.fullmatch(word) and _NAMED.search(before)
        joins = word == "that" and _SAYING.search(before)
        stands_for_nothing = joins or _EXPLETIVE.search(f"{word}{after}".lower())
        if _PRONOUN.fullmatch(word) and not named and not stands_for_nothing:
            return True
    return len(telling) <= 1 and not re.search(r"\bthe \w+", lower)


_SHORTEST = 4  # code points: shorter words have too many neighbours
_SHORTEST_NAME = 6  # names are often near to others: Lund, Lind
_LONG = 8  # from here on a word may hold two mistakes
_COMMON = 4.0  # Zipf: outside of the articles only common words are meant
_WORD = re.compile(r"[^\W\d_]{4,}")


def correct(question: str, vocabulary: Callable[[], Collection[str]]) -> str:
    """Return a question with its misspelt words corrected.

    A word is misspelt that is neither a common English word nor one of the articles', which
    `vocabulary` returns in lower case; it is called only where a word is not common. A word
    without a near one stays as it is, and so does a name, unless it is one of the articles'.
    """
    words = [found for found in _WORD.finditer(question) if found[0].lower() not in english()]
    if not words:
        return question
    known = set(vocabulary())
    corrected = question
    for found in reversed(words):
        word = found[0].lower()
        named = found[0][0].isupper() and found.start() > 0 and not question.isupper()
        if word in known or (named and len(word) < _SHORTEST_NAME):
            continue
        near = _nearest(word, known, common=not named)
        if near is not None:
            corrected = corrected[: found.start()] + near + corrected[found.end() :]
    return corrected


def _nearest(word: str, vocabulary: Collection[str], *, common: bool) -> str | None:
    most = 2 if len(word) >= _LONG else 1
    near = [each for each in vocabulary if len(each) >= _SHORTEST and each[0] == word[0]]
    found = process.extractOne(word, near, scorer=OSA.distance, score_cutoff=most)
    if found is None and common:
        words = [each for each, zipf in english().items() if zipf >= _COMMON and each.isalpha()]
        found = process.extractOne(word, words, scorer=OSA.distance, score_cutoff=1)
    return found[0] if found else None


def check_question(question: str) -> None:
    """Raise QuestionError for a question with nothing to search for in it, or too long a one."""
    if not any(character.isalnum() for character in question):
        raise QuestionError(f"the question {question[:20]!r} has no words; ask for something")
    if len(question) > LONGEST_QUESTION:
        raise QuestionError(
            f"the question has {len(question):,} characters; ask in {LONGEST_QUESTION:,} or fewer"
        )
    half = lone_surrogate(question)
    if half is not None:
        raise QuestionError(
            f"the question holds a lone surrogate at offset {half}, half a character;"
            " ask in whole ones"
        )
