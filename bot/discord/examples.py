"""Example questions: made from an article's headings and sentences by rule, then checked.

A rule only proposes. A question is shown if the articles answer it with the sentence that it was
made from, or with one below the heading that it was made from.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from index import Article, Library
from index.text.article import HEADINGS
from index.text.structure import outline_of

MOST = 3
"""How many examples are shown."""

LONGEST = 80
"""Code points of an example: it is the label of a button."""

_MOST_READ = 300  # sentences of an article
_MOST_TRIED = 12  # questions that are asked to find the examples
_LONGEST_HEADING = 6  # words
_NAME = r"[A-Z][\w’'-]+(?: (?:[A-Z]|al-|bin |de |van |von )[\w’'-]+){1,2}"
_SUBJECT = r"(?:The|A|An)(?: [\w’'-]+){1,4}?|[A-Z][\w’'-]+(?: [A-Z][\w’'-]+){0,3}"
_LEANING = {"he", "she", "it", "they", "this", "that", "these", "those", "there", "what", "who"}
_NAMED_AFTER = re.compile(rf"^[^,]{{4,80}}, (?P<name>{_NAME}), ")
_NAMED_FIRST = re.compile(rf"^(?P<name>{_NAME}), (?:the|an?|who|then)\b")
_IS_A = re.compile(rf"^(?P<subject>{_SUBJECT}) (?P<verb>is|are) (?:an?|the|one of)\b")
_DONE_IN = re.compile(
    rf"^(?P<subject>{_SUBJECT}) (?P<be>was|were)"
    r" (?P<verb>\w+ed|built|made|held|begun|won|lost|found|sold|sunk|written|born|taken|set up)\b"
    r".* (?:in|on) (?:\d{1,2} )?(?:[A-Z]\w+ )?\d{4}\b"
)
_YEAR = re.compile(r"\b[Ii]n (?P<year>1[5-9]\d\d|20\d\d)\b")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question, and the numbers of the sentences of which one must be cited in its answer."""

    question: str
    sentences: frozenset[int]


def examples(library: Library, articles: Sequence[Article]) -> tuple[str, ...]:
    """Return at most three questions that the articles answer; none where no rule yields one.

    Raises: LibraryError, ModelError.
    """
    ids = [article.id for article in articles]
    in_turn = zip_longest(*([(each.id, one) for one in candidates(each)] for each in articles))
    found: list[str] = []
    cited: set[tuple[int, int]] = set()
    tried = [each for each in chain.from_iterable(in_turn) if each is not None][:_MOST_TRIED]
    for article_id, candidate in tried:
        if len(found) == MOST:
            break
        answer = library.ask(candidate.question, articles=ids)
        if answer.abstained or answer.tentative or candidate.question in found:
            continue
        places = {(article_id, number) for number in candidate.sentences}
        places &= {(each.article_id, each.sentence) for each in answer.citations}
        if places and not places & cited:
            found.append(candidate.question)
            cited |= places
    return tuple(found)


def candidates(article: Article) -> list[Candidate]:
    """Return the questions that the rules make of an article: the most telling kinds first."""
    by_kind: list[list[Candidate]] = [[], [], [], []]
    below: dict[int, set[int]] = {}
    for number, heading in outline_of(article).headings.items():
        below.setdefault(heading, set()).add(number)
    marked = {start for start, kind in article.marks or () if kind in HEADINGS - {"h1"}}
    for sentence in article.sentences[:_MOST_READ]:
        quote = " ".join(article.quote(sentence.number).split())
        under = frozenset(below.get(sentence.number, ()))
        if sentence.start in marked and under:
            if quote.endswith("?"):
                by_kind[0].append(Candidate(quote, under))
            elif len(quote.split()) <= _LONGEST_HEADING:
                question = f"What does it say about “{quote.rstrip('.:')}”?"
                by_kind[1].append(Candidate(question, under))
            continue
        for kind, question in _questions(quote):
            by_kind[kind].append(Candidate(question, frozenset({sentence.number})))
    made = chain.from_iterable(by_kind)
    fitting = [each for each in made if len(each.question) <= LONGEST]
    return list({each.question: each for each in reversed(fitting)}.values())[::-1]


def _questions(sentence: str) -> Iterator[tuple[int, str]]:
    """Yield what a sentence answers, each with its kind."""
    if done := _DONE_IN.match(sentence):
        subject = _inside(done["subject"], done["be"])
        if subject is not None:
            yield 0, f"When {done['be']} {subject} {done['verb']}?"
    elif is_a := _IS_A.match(sentence):
        subject = _inside(is_a["subject"], is_a["verb"])
        if subject is not None:
            yield 2, f"What {is_a['verb']} {subject}?"
    if named := _NAMED_AFTER.match(sentence) or _NAMED_FIRST.match(sentence):
        yield 2, f"Who is {named['name']}?"
    years = set(_YEAR.findall(sentence))
    if len(years) == 1:
        yield 3, f"What happened in {years.pop()}?"


def _inside(subject: str, verb: str) -> str | None:
    """Return a sentence's subject as it stands inside of a question; None where it leans.

    Nor does a plural without an article stand there: its capital letter may be the sentence's.
    """
    first, *others = subject.split(" ")
    if first in {"The", "A", "An"}:
        return " ".join([first.lower(), *others])
    return None if first.lower() in _LEANING or verb in {"were", "are"} else subject
