"""Articles of many kinds, with questions that repeat little of their words, single and in chats.

python -m benchmarks.stories [--every N] [--json FILE]. Each story is a library of its own; a hit is
a sentence in which one of those begins that its writer named. Nothing but what Footnote itself
answered is in a conversation.
"""

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from benchmarks import replies
from benchmarks.replies import REPLIES, reply_shares
from benchmarks.results import share
from benchmarks.spans import normalised
from benchmarks.squad import first_gold_rank
from benchmarks.story_files import STORIES, Asked, Story, load_stories, places
from bot.chat import Chat
from index import Answer, Article, Conversation, Encoder, Hit, Library, Reader, Turn
from index.text.words import function_words

EVERY = 5
"""Of this many stories `make bench` takes one: those that were held out when the reader was
trained. With any other number it is measured on stories that it has seen.
"""

SINGLE, FIRST, FOLLOW_UP = "single questions", "first of a chat", "follow-ups"
TOTAL = "all"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question, and what Footnote found and answered.

    kind: of the story: the name of its file; place: SINGLE, FIRST or FOLLOW_UP
    rank, rank_whole: of the first right sentence, asked as typed and made whole
    cited: whether the answer cites a right sentence
    """

    kind: str
    title: str
    place: str
    asked: Asked
    rank: float
    rank_whole: float
    cited: bool
    answer: Answer


def chosen(every: int) -> dict[str, list[Story]]:
    """Read every so manieth story of all files, by the name of the file."""
    files = {path.stem: load_stories(path) for path in sorted(STORIES.glob("*.txt"))}
    return {kind: stories[::every] for kind, stories in files.items()}


def outcomes(
    stories: Mapping[str, Iterable[Story]], encoder: Encoder, reader: Reader
) -> Iterator[Outcome]:
    """Ask every story all its questions, and hold its chats."""
    for kind, those in stories.items():
        for story in those:
            with Library.open(None, encoder=encoder, reader=reader) as library:
                article = add(library, story)
                yield from _asked_of(library, article, kind, story)


def add(library: Library, story: Story) -> Article:
    """Add a story as what it is: Markdown or plain text."""
    name = "story.md" if story.markdown else "story.txt"
    return library.add_bytes(story.text.encode(), name=name, title=_as_title(story.title))


def _as_title(name: str) -> str:
    return name.replace("-", " ").capitalize()


def _asked_of(library: Library, article: Article, kind: str, story: Story) -> Iterator[Outcome]:
    chat, numbers = Chat(library), places(story, article)
    singles = [(each,) for each in story.questions]
    for number, questions in enumerate([*singles, *story.chats]):
        place = SINGLE if number < len(singles) else FIRST
        conversation = Conversation()
        for each in questions:
            gold = gold_numbers(each, numbers)
            answer = chat.reply(each.text, conversation=conversation)
            rank = _rank(library.search(each.text, top_k=10, conversation=conversation), gold)
            whole = rank
            if conversation.turns or each.whole != each.text:
                whole = _rank(library.search(each.whole, top_k=10), gold)
            cited = any(citation.sentence in gold for citation in answer.citations)
            yield Outcome(kind, story.title, place, each, rank, whole, cited, answer)
            conversation, place = conversation.add(Turn(each.text, answer)), FOLLOW_UP


def gold_numbers(asked: Asked, numbers: Sequence[int | None]) -> set[int]:
    """Give the numbers of the article's sentences that answer, from those of the story's."""
    found = {numbers[number - 1] for number in asked.gold}
    return {number for number in found if number is not None}


def _rank(hits: Sequence[Hit], gold: set[int]) -> float:
    return first_gold_rank([hit.sentence for hit in hits], gold) or np.inf


def short_is_right(given: str, gold: str) -> bool:
    """Whether one of two short answers holds the other, and with it a word that tells something."""
    left, right = normalised(given), normalised(gold)
    if not (set(left) & set(right)) - function_words():
        return False
    return _holds(left, right) or _holds(right, left)


def _holds(words: Sequence[str], part: Sequence[str]) -> bool:
    length = len(part)
    return any(words[at : at + length] == part for at in range(len(words) - length + 1))


def table(found: Sequence[Outcome]) -> list[str]:
    """Give the tables' lines in Markdown."""
    answerable = [each for each in found if each.asked.answerable]
    in_vain = [each for each in found if not each.asked.answerable]
    return [
        "| answered by the story | asked | count | hit@1 | hit@3 | made whole: hit@1 | hit@3"
        f" | right cited | {REPLIES} |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
        *(
            f"| {kind} | {place} | {len(inside)} | {_hits(inside)}"
            f" | {np.mean([each.cited for each in inside]):.3f} | {_replies(inside)} |"
            for kind, place, inside in _groups(answerable, (SINGLE, FIRST, FOLLOW_UP))
        ),
        "",
        f"| not answered by it | asked | count | {REPLIES} | AUROC by confidence |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {kind} | {place} | {len(inside)} | {_replies(inside)}"
            f" | {_auroc(inside, _alike(answerable, kind, place))} |"
            for kind, place, inside in _groups(in_vain, (SINGLE, FOLLOW_UP))
        ),
        "",
        "| short answers | where one is known | of these right | where none is"
        " | where the story does not answer |",
        "|---|---|---|---|---|",
        *(f"| {kind} | {_shorts(_of_kind(found, kind))} |" for kind in _kinds(found)),
    ]


def _kinds(found: Iterable[Outcome]) -> list[str]:
    return [TOTAL, *sorted({each.kind for each in found})]


def _of_kind(found: Iterable[Outcome], kind: str) -> list[Outcome]:
    return [each for each in found if kind in (TOTAL, each.kind)]


def _alike(found: Iterable[Outcome], kind: str, place: str) -> list[Outcome]:
    return [each for each in _of_kind(found, kind) if each.place == place]


def _groups(
    found: Sequence[Outcome], kept: Sequence[str]
) -> Iterator[tuple[str, str, list[Outcome]]]:
    for kind in _kinds(found):
        for place in kept:
            inside = _alike(found, kind, place)
            if inside:
                yield kind, place, inside


def _hits(found: Sequence[Outcome]) -> str:
    ranks = np.array([(each.rank, each.rank_whole) for each in found])
    return " | ".join(f"{(ranks[:, way] <= most).mean():.3f}" for way in (0, 1) for most in (1, 3))


def _replies(found: Iterable[Outcome]) -> str:
    return reply_shares([each.answer for each in found])


def _auroc(in_vain: Sequence[Outcome], answerable: Sequence[Outcome]) -> str:
    if not answerable:
        return "-"
    labels = [False] * len(in_vain) + [True] * len(answerable)
    scores = [each.answer.confidence for each in (*in_vain, *answerable)]
    return f"{roc_auc_score(labels, scores):.3f}"


def _shorts(found: Sequence[Outcome]) -> str:
    known = [each for each in found if each.asked.short]
    pairs = [
        (each.answer.short.quote, each.asked.short or "") for each in known if each.answer.short
    ]
    cells = (
        share(each.answer.short for each in known),
        share(short_is_right(*pair) for pair in pairs),
        share(e.answer.short for e in found if e.asked.answerable and e.asked.short is None),
        share(each.answer.short for each in found if not each.asked.answerable),
    )
    return " | ".join(cells)


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Give an outcome as it is kept in a file."""
    asked = outcome.asked
    return {
        "kind": outcome.kind,
        "story": outcome.title,
        "place": outcome.place,
        "question": asked.text,
        "whole": asked.whole,
        "gold": list(asked.gold),
        "short": asked.short,
        "rank": None if np.isinf(outcome.rank) else outcome.rank,
        "rank_whole": None if np.isinf(outcome.rank_whole) else outcome.rank_whole,
        **replies.as_json(outcome.answer),
    }


def measured(encoder: Encoder, reader: Reader, *, every: int = EVERY) -> list[str]:
    """Measure, and give the tables' lines in Markdown."""
    if not STORIES.is_dir():
        return [f"Skipped: there is no {STORIES}."]
    return _told(chosen(every), encoder, reader)[1]


def _told(
    stories: Mapping[str, Sequence[Story]], encoder: Encoder, reader: Reader
) -> tuple[list[Outcome], list[str]]:
    found = list(outcomes(stories, encoder, reader))
    counts = ", ".join(f"{len(those)} of {kind}" for kind, those in stories.items())
    taken = f"Stories taken: {sum(map(len, stories.values()))} ({counts})."
    return found, [taken, "", *table(found)]


def main() -> None:
    """Print the tables, and keep all outcomes if that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stories", description=__doc__)
    parser.add_argument(
        "--every", type=int, default=EVERY, metavar="N", help=f"one story of N (default: {EVERY})"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep all outcomes in a file")
    options = parser.parse_args()
    if not STORIES.is_dir():
        raise SystemExit(f"skipped: there is no {STORIES}")
    found, lines = _told(chosen(options.every), Encoder(), Reader())
    if options.json:
        kept = [as_json(each) for each in found]
        options.json.write_text(json.dumps(kept, indent=1, ensure_ascii=False), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
