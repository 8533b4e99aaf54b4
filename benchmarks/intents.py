"""Small talk and overviews: are they recognised, and which real questions are taken for them?

python -m benchmarks.intents. Each example of `bot/intents.toml` is compared with all others; and
each distinct question of the trials, dialogues, stories and SQuAD that is neither small talk nor
asks for an overview is looked at by itself, without its conversation.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.dialogues import DIALOGUES, load_turns
from benchmarks.results import share
from benchmarks.squad import SQUAD, Case, load_cases
from benchmarks.story_files import STORIES, load_stories
from benchmarks.trials import ANSWERABLE, IN_VAIN, TRIALS
from benchmarks.trials import load_cases as load_trials
from bot.intents import QUESTION, THRESHOLD, Intents
from index import Encoder


def measured(cases: Sequence[Case], encoder: Encoder) -> list[str]:
    """Return the tables' lines in Markdown; `cases` are SQuAD's."""
    intents = Intents(encoder)
    predicted = _left_out(intents)
    lines = [
        *_table_of_examples(predicted),
        "",
        "| questions | distinct | taken for small talk or an overview | a thousand |",
        "|---|---|---|---|",
    ]
    taken: dict[str, str] = {}
    total = 0
    for name, questions in _questions(cases):
        distinct = list(dict.fromkeys(questions))
        found = {each: intent for each in distinct if (intent := intents.of(each))}
        lines.append(
            f"| {name} | {len(distinct)} | {len(found)} | {1000 * len(found) / len(distinct):.2f} |"
        )
        taken |= found
        total += len(distinct)
    lines.append(f"| all | {total} | {len(taken)} | {1000 * len(taken) / total:.2f} |")
    counts = Counter(taken.values())
    lines += ["", "Taken for: " + ", ".join(f"{each} {n}" for each, n in counts.most_common())]
    return [*lines, "", *(f"- {text!r}: {intent}" for text, intent in taken.items())]


def _left_out(intents: Intents) -> list[tuple[str, str]]:
    """Return each example's label, and the label that all other examples give it."""
    labels = list(intents.examples.values())
    cosines = intents.vectors @ intents.vectors.T
    np.fill_diagonal(cosines, -1)
    nearest, best = cosines.argmax(axis=1), cosines.max(axis=1)
    return [
        (label, labels[at] if cosine >= THRESHOLD else QUESTION)
        for label, at, cosine in zip(labels, nearest, best, strict=True)
    ]


def _table_of_examples(predicted: Sequence[tuple[str, str]]) -> Iterator[str]:
    yield "| example left out | recognised by the others | taken for a question |"
    yield "|---|---|---|"
    for name in dict.fromkeys(label for label, _ in predicted):
        given = [other for label, other in predicted if label == name]
        right = share(other == name for other in given)
        yield f"| {name} | {right} | {share(other == QUESTION for other in given)} |"
    yield f"| all | {share(label == other for label, other in predicted)} | |"


def _questions(cases: Sequence[Case]) -> Iterator[tuple[str, Iterator[str]]]:
    if TRIALS.is_file():
        yield (
            "trials",
            (
                question.text
                for case in load_trials(TRIALS)
                for questions in case.conversations
                for question in questions
                if question.kind in (ANSWERABLE, IN_VAIN)
            ),
        )
    if DIALOGUES.is_file():
        turns = list(load_turns(DIALOGUES))
        yield "dialogues, as typed", (turn.asked for turn in turns)
        yield "dialogues, made whole", (turn.question for turn in turns)
    if STORIES.is_dir():
        stories = [story for path in sorted(STORIES.glob("*.txt")) for story in load_stories(path)]
        chats = [asked for story in stories for chat in story.chats for asked in chat]
        yield "stories", (asked.text for story in stories for asked in story.questions)
        yield "stories' chats, as typed", (asked.text for asked in chats)
        yield "stories' chats, made whole", (asked.whole for asked in chats)
    yield "SQuAD", (question.text for case in cases for question in case.questions)


def main() -> None:
    """Print the tables."""
    if not SQUAD.is_file():
        sys.exit(f"skipped: no file {SQUAD}")
    print("\n".join(measured(load_cases(SQUAD), Encoder())))


if __name__ == "__main__":
    main()
