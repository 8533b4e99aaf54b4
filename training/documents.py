"""The documents whose questions the reader learns to judge, read from their files.

Stories hold questions, near misses and conversations; `A_*` files a question, its context and the
places of the answers; `S_*` sentences, some of which answer. Contexts that stand
side by side in a file are joined to one document, so that it has other sentences on its topic.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks import stories
from benchmarks.story_files import Story, load_stories, places
from index import Article, Library

PUBLIC = (
    "A_condaqa",
    "A_covidqa",
    "A_fairytaleqa",
    "A_multispanqa",
    "A_onestopqa",
    "A_squad1_head",
    "A_squad2_head_unanswerable",
    "A_unansq_dev",
    "S_nqg_test_sentences",
    "S_selqa",
)
HELD_OUT = 5
"""Every so manieth story of a file is left out: `benchmarks.stories` measures on those."""

_JOINED = 6  # contexts to a document
_LONGEST = 3_000  # code points of a context; a longer one is cut out around its answers
_STOP = re.compile(r" ([.?!]) (\w)")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about an article.

    whole: the question made to stand alone; the same where it does already
    gold:  the numbers of the sentences that answer; none where the article does not
    spans: the short answers, half-open in the article's text; none where they are not known
    """

    text: str
    whole: str
    gold: frozenset[int]
    spans: tuple[Span, ...] = ()


class StoryDocument:
    """A story: its single questions and its conversations."""

    source = "stories"

    def __init__(self, story: Story) -> None:
        self._story = story
        self.title = story.title

    def add(self, library: Library) -> Article:
        """Add it as what it is: Markdown or plain text."""
        return stories.add(library, self._story)

    def conversations(self, article: Article) -> Iterator[list[Asked]]:
        """Return the questions, each single one as a conversation of its own."""
        numbers = places(self._story, article)
        singles = [(each,) for each in self._story.questions]
        for turns in (*singles, *self._story.chats):
            conversation = []
            for each in turns:
                gold = stories.gold_numbers(each, numbers)
                first = numbers[each.gold[0] - 1] if each.gold else None
                spans = _placed(article, first, each.short)
                conversation.append(Asked(each.text, each.whole, frozenset(gold), spans))
            yield conversation


class PublicDocument:
    """Contexts of a public data set, one below the other, with the questions on them."""

    def __init__(self, source: str, rows: Sequence[dict[str, Any]]) -> None:
        self.source = source
        self.title = source
        self._texts: dict[str, str] = {}
        self._asked: list[tuple[str, str, list[Span], bool]] = []
        for row in rows:
            context, answers = row["context"], row["answers"]
            self._texts.setdefault(context, _tidied(context))
            spans = [(each["start"], each["start"] + len(each["text"])) for each in answers]
            self._asked.append((row["question"], context, spans, not row["impossible"]))

    def add(self, library: Library) -> Article:
        """Add it as plain text."""
        return library.add_text("\n\n".join(self._texts.values()), title=self.title)

    def conversations(self, article: Article) -> Iterator[list[Asked]]:
        """Return the questions, each as a conversation of its own."""
        begun, starts = 0, {}
        for context, text in self._texts.items():
            starts[context] = article.text.find(text, begun)
            begun = max(begun, starts[context] + len(text))
        for question, context, spans, possible in self._asked:
            start = starts[context]
            placed = tuple((start + begin, start + end) for begin, end in spans)
            if possible and not spans:
                placed = ((start, start + len(context)),)
            inside = [_sentence(article, span) for span in placed]
            if start >= 0 and None not in inside:
                gold = frozenset(number for number in inside if number is not None)
                yield [Asked(question, question, gold, placed if spans else ())]


class SentencesDocument:
    """A question of SelQA with the sentences of its section."""

    source = "S_selqa"

    def __init__(self, row: dict[str, Any]) -> None:
        self._row = row
        self.title = row["title"]

    def add(self, library: Library) -> Article:
        """Add it as plain text."""
        return library.add_text(" ".join(self._row["sentences"]), title=self.title)

    def conversations(self, article: Article) -> Iterator[list[Asked]]:
        """Return the one question."""
        begins, position = [], 0
        for sentence in self._row["sentences"]:
            begins.append(position)
            position += len(sentence) + 1
        gold = frozenset(
            each.number
            for answer in self._row["answers"]
            for each in article.sentences
            if each.start <= begins[answer] < each.end
        )
        question = self._row["question"]
        if gold:
            yield [Asked(question, question, gold)]


Document = StoryDocument | PublicDocument | SentencesDocument


def documents(data: Path) -> Iterator[Document]:
    """Return the documents to train on, from the folder that holds `stories` and `training`.

    Raises: SystemExit where one of their files is missing.
    """
    files = sorted((data / "stories").glob("*.txt"))
    public = {name: data / "training" / f"{name}.jsonl" for name in PUBLIC}
    missing = [path.name for path in public.values() if not path.is_file()]
    if missing or not files:
        raise SystemExit(f"{data} lacks {', '.join(missing) or 'stories/*.txt'}")
    for path in files:
        yield from map(StoryDocument, _of(load_stories(path), held_out=False))
    for name, path in public.items():
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        if name == "S_selqa":
            yield from map(SentencesDocument, rows)
        else:
            yield from (PublicDocument(name, each) for each in _together(name, rows))


def held_out_stories(data: Path) -> Iterator[StoryDocument]:
    """Return the stories that are left out in training."""
    for path in sorted((data / "stories").glob("*.txt")):
        yield from map(StoryDocument, _of(load_stories(path), held_out=True))


def _of(those: Iterable[Story], *, held_out: bool) -> Iterator[Story]:
    return (story for at, story in enumerate(those) if (at % HELD_OUT == 0) == held_out)


def _together(name: str, rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Join the rows of contexts that stand side by side; of a sentence alone, many."""
    contexts = [list(each) for _, each in groupby(map(_cut, rows), key=lambda row: row["context"])]
    most = 1 if name in ("A_multispanqa", "A_covidqa", "A_condaqa") else _JOINED
    for begin in range(0, len(contexts), most):
        yield [row for each in contexts[begin : begin + most] for row in each]


def _cut(row: dict[str, Any]) -> dict[str, Any]:
    """Keep of a long context what stands around its first answer."""
    if len(row["context"]) <= _LONGEST:
        return row
    middle = row["answers"][0]["start"] if row["answers"] else 0
    begin = max(0, middle - _LONGEST // 2)
    context = row["context"][begin : begin + _LONGEST]
    answers = [
        {"text": each["text"], "start": each["start"] - begin}
        for each in row["answers"]
        if begin <= each["start"] and each["start"] - begin + len(each["text"]) <= _LONGEST
    ]
    return {**row, "context": context, "answers": answers}


def _tidied(context: str) -> str:
    """Return a context of the same length whose sentences begin with a capital letter."""
    flat = re.sub(r"\s", " ", context)
    return _STOP.sub(lambda found: f" {found[1]} {found[2].upper()[:1]}", flat)


def _sentence(article: Article, span: Span) -> int | None:
    """Return the number of the sentence that a span lies in; None where it is longer than one."""
    for each in article.sentences:
        if each.start <= span[0] < each.end:
            return each.number if span[1] <= each.end else None
    return None


def _placed(article: Article, number: int | None, short: str | None) -> tuple[Span, ...]:
    if number is None or short is None:
        return ()
    start = article.quote(number).find(short)
    if start < 0:
        return ()
    start += article.sentences[number - 1].start
    return ((start, start + len(short)),)
