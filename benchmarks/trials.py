"""Documents as people have them, and what they ask: is the answer good?

python -m benchmarks.trials [--verbose] [--json FILE]. The documents of a case are added to one
empty library; each conversation is asked in order, behind what Footnote itself answered. An answer
is good when its quotes hold what was expected, or when it refuses, or answers tentatively, what
the documents do not say.
"""

import argparse
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import replies
from benchmarks.replies import REPLIES, is_outright, reply_shares
from benchmarks.results import share
from bot.chat import Chat
from index import Answer, Conversation, Encoder, Library, Reader, Turn

TRIALS = Path("../shared/data/trials/cases.json")

_ORIGINS = {"OVERVIEW": "overview", "SMALLTALK": "small talk"}
_ASKED = {"REFUSE": "not answered by the text", "OVERVIEW": "overview", "SMALLTALK": "small talk"}
ANSWERABLE, IN_VAIN = "answerable", _ASKED["REFUSE"]

_WORD = re.compile(r"\b(who|what|which|when|where|why|how)(?:m|se|['’]?[sd]|['’]re)?\b")
_MEASURED = re.compile(
    r"\bhow (?:many|much|long|old|big|large|small|far|high|wide|deep|tall|heavy|fast|soon|often)\b"
)
_YES_OR_NO = re.compile(
    r"(?:and |so |but )?(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|shall"
    r"|should|may|might|must)\b"
)
WORDS = {
    "who": "who",
    "what": "what, which",
    "which": "what, which",
    "when": "when",
    "where": "where",
    "why": "why",
    "how": "how else",
}
MEASURED, YES_OR_NO, KEYWORDS = "how many, much, long", "yes or no", "keywords and others"


@dataclass(frozen=True, slots=True)
class Question:
    """A question; regular expressions that the quotes must hold, and one for the short answer.

    expected: one of REFUSE, OVERVIEW and SMALLTALK where no quote is.
    """

    text: str
    expected: tuple[str, ...]
    short: str | None

    @property
    def kind(self) -> str:
        """Whether the text answers it, or what else it asks for."""
        return _ASKED.get(self.expected[0], ANSWERABLE)


@dataclass(frozen=True, slots=True)
class Case:
    """Documents that are asked together, and the conversations about them."""

    name: str
    kind: str
    files: tuple[Path, ...]
    conversations: tuple[tuple[Question, ...], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question in its conversation, the first being turn 1, and what was answered."""

    case: Case
    turn: int
    question: Question
    answer: Answer

    @property
    def good(self) -> bool:
        """Whether the answer is as expected."""
        return is_good(self.question, self.answer)


def load_cases(path: Path) -> list[Case]:
    """Read the cases; their documents are in the folder `inputs` beside the file."""
    return [_case(entry, path.parent) for entry in json.loads(path.read_text(encoding="utf-8"))]


def _case(entry: dict[str, Any], folder: Path) -> Case:
    files = tuple(folder / "inputs" / name for name in entry["files"])
    conversations = tuple(tuple(map(_question, turns)) for turns in entry["conversations"])
    return Case(entry["id"], entry["kind"], files, conversations)


def _question(turn: dict[str, Any]) -> Question:
    return Question(turn["question"], tuple(turn["expected"]), turn["short"])


def is_good(question: Question, answer: Answer) -> bool:
    """Whether an answer is as expected, and its short answer too, where there is one."""
    [wanted, *_] = question.expected
    if wanted == "REFUSE":
        return answer.abstained or answer.tentative
    if wanted in _ORIGINS:
        return answer.origin == _ORIGINS[wanted]
    quotes = quoted(answer)
    return all(_found(each, quotes) for each in question.expected) and (
        answer.short is None or question.short is None or short_is_right(question, answer)
    )


def short_is_right(question: Question, answer: Answer) -> bool:
    """Whether the short answer that was given holds what was expected."""
    given = answer.short.quote if answer.short else ""
    return question.short is not None and _found(question.short, given)


def quoted(answer: Answer) -> str:
    """Give all quotes of an answer in one line."""
    return " || ".join(citation.quote for citation in answer.citations)


def _found(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


def question_word(question: str) -> str:
    """Name the kind of question by the word that asks."""
    text = question.lower()
    if _YES_OR_NO.match(text):
        return YES_OR_NO
    if _MEASURED.search(text):
        return MEASURED
    found = _WORD.search(text)
    return WORDS[found[1]] if found else KEYWORDS


def outcomes(cases: Iterable[Case], encoder: Encoder, reader: Reader) -> Iterator[Outcome]:
    """Hold every conversation of every case."""
    for case in cases:
        with Library.open(None, encoder=encoder, reader=reader) as library:
            for path in case.files:
                library.add(path)
            for questions in case.conversations:
                yield from _held(case, Chat(library), questions)


def _held(case: Case, chat: Chat, questions: Sequence[Question]) -> Iterator[Outcome]:
    conversation = Conversation()
    for turn, question in enumerate(questions, start=1):
        answer = chat.reply(question.text, conversation=conversation)
        yield Outcome(case, turn, question, answer)
        conversation = conversation.add(Turn(question.text, answer))


def table(found: Sequence[Outcome]) -> list[str]:
    """Give the tables' lines in Markdown."""
    return [
        "| measure | value |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in _measures(found)),
        "",
        *_rows("question", found, _turn_and_kind),
        "",
        *_rows("asked by", found, lambda each: [question_word(each.question.text)]),
        "",
        *_rows("document", found, lambda each: [each.case.kind]),
    ]


def _measures(found: Sequence[Outcome]) -> Iterator[tuple[str, str]]:
    answerable = [each for each in found if each.question.kind == ANSWERABLE]
    follow_ups = [each for each in found if each.turn > 1]
    faqs = [each for each in found if "FAQ" in each.case.kind]
    given = [each for each in found if each.answer.short]
    checked = [each for each in given if each.question.short]
    yield "good answers", share(each.good for each in found)
    yield "good answers on FAQs", share(each.good for each in faqs)
    yield "good answers to follow-ups", share(each.good for each in follow_ups)
    yield (
        "good answers to follow-ups that the text answers",
        share(each.good for each in follow_ups if each.question.kind == ANSWERABLE),
    )
    yield (
        "questions that the text does not answer, refused or answered tentatively",
        share(each.good for each in found if each.question.kind == IN_VAIN),
    )
    yield "answerable questions refused", share(each.answer.abstained for each in answerable)
    yield (
        "right answers to answerable questions, given outright",
        share(is_outright(each.answer) for each in answerable if each.good),
    )
    yield "answerable questions given a short answer", share(e.answer.short for e in answerable)
    yield (
        "of these right, where one is known",
        share(short_is_right(each.question, each.answer) for each in checked),
    )


def _turn_and_kind(outcome: Outcome) -> list[str]:
    turn = "first questions" if outcome.turn == 1 else "follow-ups"
    return [turn, f"{turn}: {outcome.question.kind}", f"all: {outcome.question.kind}"]


def _rows(
    title: str, found: Sequence[Outcome], groups_of: Callable[[Outcome], Iterable[str]]
) -> Iterator[str]:
    groups: dict[str, list[Outcome]] = {}
    for each in found:
        for group in groups_of(each):
            groups.setdefault(group, []).append(each)
    yield f"| {title} | count | good | {REPLIES} |"
    yield "|---|---|---|---|---|---|"
    for group, inside in sorted(groups.items()):
        good = sum(each.good for each in inside) / len(inside)
        answers = [each.answer for each in inside]
        yield f"| {group} | {len(inside)} | {good:.3f} | {reply_shares(answers)} |"


def described(outcome: Outcome) -> str:
    """Put a question and its answer in one line."""
    question, answer = outcome.question, outcome.answer
    verdict = "refused" if answer.abstained else "tentative" if answer.tentative else answer.origin
    shown = quoted(answer) or " || ".join(f"(near: {hit.quote})" for hit in answer.nearest)
    short = f" short={answer.short.quote!r}" if answer.short else ""
    line = (
        f"{outcome.case.name} turn {outcome.turn}: {question.text}"
        f" -> {verdict} {answer.confidence:.2f}{short} {shown}"
        f" | expected {' & '.join(question.expected)}"
        f"{f', short {question.short}' if question.short else ''}"
    )
    return " ".join(line.split())


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Give an outcome as it is kept in a file."""
    return {
        "case": outcome.case.name,
        "kind": outcome.case.kind,
        "turn": outcome.turn,
        "question": outcome.question.text,
        "expected": list(outcome.question.expected),
        "short": outcome.question.short,
        "good": outcome.good,
        **replies.as_json(outcome.answer),
    }


def measured(encoder: Encoder, reader: Reader) -> list[str]:
    """Measure, and give the tables' lines in Markdown."""
    if not TRIALS.is_file():
        return [f"Skipped: there is no {TRIALS}."]
    return table(list(outcomes(load_cases(TRIALS), encoder, reader)))


def main() -> None:
    """Print the tables, and what else is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trials", description=__doc__)
    parser.add_argument("--verbose", action="store_true", help="show every answer that is not good")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep all outcomes in a file")
    options = parser.parse_args()
    if not TRIALS.is_file():
        raise SystemExit(f"skipped: there is no {TRIALS}")
    found = list(outcomes(load_cases(TRIALS), Encoder(), Reader()))
    if options.verbose:
        print(*(described(each) for each in found if not each.good), "", sep="\n")
    if options.json:
        kept = [as_json(each) for each in found]
        options.json.write_text(json.dumps(kept, indent=1, ensure_ascii=False), encoding="utf-8")
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
