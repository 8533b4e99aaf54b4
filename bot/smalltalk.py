"""Chit-chat and its fixed replies: a message none of whose words asks about an article.

Every word of it must belong to a phrase of `bot.phrases`, so that a question behind a greeting
is still a question.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product

from bot import phrases
from bot.spellings import SPELLINGS

_LONGEST = 300  # code points: more is no chit-chat

_REPLIES = {
    "about": "I am a bot that finds and cites: where the text answers, I show its sentences and"
    " where they stand, and where it does not, I say so.",
    "goodbye": "Goodbye, and come back any time.",
    "thanks": "You are welcome!",
    "greeting": "Hello!",
    "other": "All right.",
}
_KINDS = (*_REPLIES, "filler")
_NAME = "<name>"
_BEFORE_A_NAME = (
    "hi/hello/hey/hiya/heya/yo/howdy/greetings/hola/bonjour/good morning/good afternoon"
    "/good evening/good night/thanks/thank you/bye/goodbye/my name is/i am"
)
_NEVER_A_NAME = """
what who whom whose which when where why how is are was were do does did has have had can could
will would should shall tldr tl dr summary summarise summarize sum overview gist recap about and
but or if the a an this that it he she they him her them his their its we us explain describe
define list show give find tell compare name not more else continue next
"""
_SLIPS = """
thanks thank hello morning afternoon evening awesome amazing perfect excellent brilliant goodbye
appreciate appreciated helpful interesting wonderful fantastic understood alright please
"""
_NO_SLIPS = {"tank", "tanks", "mourning", "shanks", "thane"}
_WORD = re.compile(r"[^\W_]+(?:['’`´][^\W_]+)*")
_LAUGHTER = re.compile(r"(?:a?(?:ha){2,}h?a?|(?:he){2,}h?|(?:ja){2,}|(?:lo)+l+|lma+o+)")


def small_talk(question: str, titles: Sequence[str]) -> str | None:
    """Give the reply to chit-chat, or None for a message with any word that may ask something.

    `titles` are those of the articles that can be asked about.
    """
    kind = _kind(question)
    return None if kind is None else f"{_REPLIES[kind]} {_invitation(titles)}"


def is_small_talk(question: str) -> bool:
    """Whether a message is chit-chat from its first word to its last."""
    return _kind(question) is not None


def _invitation(titles: Sequence[str]) -> str:
    match titles:
        case []:
            return (
                "I answer questions about articles, and there is none yet:"
                " add one with `footnote add FILE`."
            )
        case [title]:
            return f"Ask me about “{title}”: I answer with its own sentences."
        case _:
            return f"Ask me about the {len(titles)} articles: I answer with their own sentences."


def _kind(question: str) -> str | None:
    """Give the kind of what weighs most in a message of phrases alone: the first of `_REPLIES`."""
    if len(question) > _LONGEST:
        return None
    known, _ = _phrases()
    kinds = {known.get(phrase, "filler") for phrase in _covering(list(_words(question)))}
    return next((kind for kind in _REPLIES if kind in kinds), None)


def _covering(words: Sequence[str]) -> list[str]:
    """Give phrases that, one after the other, make up the words; [] if none do."""
    ways: list[list[str] | None] = [[], *([None] * len(words))]
    known, longest = _phrases()
    for end in range(1, len(words) + 1):
        for begin in range(max(0, end - longest), end):
            before, phrase = ways[begin], " ".join(words[begin:end])
            named = phrase == _NAME and before and before[-1] in _BEFORE_A_NAME.split("/")
            if before is not None and (named or phrase in known):
                ways[end] = [*before, phrase]
                break
    return ways[-1] or []


def _words(question: str) -> Iterator[str]:
    """Give the words as `bot.phrases` spells them; one that may be a name is `_NAME`."""
    end = 0
    for found in _WORD.finditer(question):
        word = re.sub(r"['’`´]", "", found.group()).lower()
        spelt = _spelt(word)
        if spelt:
            yield from spelt.split()
        else:
            joined = not question[end : found.start()].strip()
            asks = question[found.end() :].lstrip()[:1] == "?"
            named = word.isalpha() and word not in _NEVER_A_NAME.split() and not asks
            yield _NAME if named and (joined or found.group()[0].isupper()) else word
        end = found.end()


def _spelt(word: str) -> str | None:
    """Give the spelling of a word that the phrases use, or None for one that they do not have."""
    if _LAUGHTER.fullmatch(word):
        return "haha"
    known, spellings = _vocabulary(), _spellings()
    shorter = (word, re.sub(r"(.)\1{2,}", r"\1\1", word), re.sub(r"(.)\1{2,}", r"\1", word))
    for form in (*shorter, re.sub(r"(.)\1+$", r"\1", word)):
        if form in spellings:
            return spellings[form]
        if form in known:
            return form
    if len(word) < 5 or word in _NO_SLIPS:
        return None
    return next((right for right in _SLIPS.split() if _one_slip(word, right)), None)


def _one_slip(word: str, right: str) -> bool:
    """Whether one letter was missed, doubled, mistaken or swapped, and not the first."""
    if word[0] != right[0] or abs(len(word) - len(right)) > 1:
        return False
    pairs = enumerate(zip(word, right, strict=False))
    at = next((at for at, (one, other) in pairs if one != other), min(len(word), len(right)))
    rest, wanted = word[at:], right[at:]
    swapped = rest[1::-1] + rest[2:]
    return wanted == swapped or rest == wanted[1:] or rest[1:] in (wanted, wanted[1:])


@cache
def _phrases() -> tuple[dict[str, str], int]:
    """Give the kind of every phrase, and how many words the longest has."""
    known: dict[str, str] = {}
    for kind in _KINDS:
        for line in re.split(r"[;\n]", getattr(phrases, kind.upper())):
            for phrase in _expanded(line):
                known.setdefault(phrase, kind)
    known.pop("", None)
    return known, max(phrase.count(" ") + 1 for phrase in known)


def _expanded(line: str) -> Iterator[str]:
    """Give every phrase that a line of the shorthand stands for."""
    choices = []
    for word in line.split():
        named = ("".join(phrases.CHOICES.get(part, part).split()) for part in word.split("/"))
        choices.append("/".join(named).split("/"))
    for chosen in product(*choices):
        yield " ".join(part.replace("_", " ") for part in chosen if part != "-")


@cache
def _vocabulary() -> frozenset[str]:
    return frozenset(word for phrase in _phrases()[0] for word in phrase.split())


@cache
def _spellings() -> dict[str, str]:
    lines = (line.partition(": ") for line in SPELLINGS.strip().splitlines())
    return {wrong: right for right, _, several in lines for wrong in several.split()}
