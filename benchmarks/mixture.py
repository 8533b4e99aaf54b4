"""A mixture of what people ask, with what was seen of each question: for fitting the confidence.

Seven kinds, each of which weighs alike: SQuAD's questions on long articles; off-topic ones, asked
of another article; stories, asked singly and in chats; many stories in one library; dialogues;
and trials. A question is asked in its conversation, behind what Footnote itself answered.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from benchmarks import dialogues, squad, stories, trials
from benchmarks.spans import overlap
from benchmarks.story_files import Story, places
from index import Answer, Conversation, Encoder, Library, Reader, Turn
from index.answers.answer import build_answer
from index.answers.confidence import Seen, short_features, short_span
from index.search.retriever import Ranking
from index.storage.sqlite_store import SqliteStore
from index.storage.vectors import VectorIndex

OFF_TOPIC = "off-topic"
SHORT_IS_RIGHT = 0.5
"""The F1 with a gold answer from which a short answer counts as right."""

_TOGETHER = 8  # stories in one library
_OF_SQUAD, _OFF_TOPIC, _OF_MANY = 4, 40, 3  # every so manieth question
_OFF_TOPIC_OF_STORY = 3  # questions of another story


@dataclass(frozen=True, slots=True)
class Sample:
    """One question: its kind, the document that it is about, and what was seen.

    right:    whether the best sentence, or what is cited, answers
    seen:     what the confidence is made of, with the reader
    unread:   the same without it
    short:    what that of the short answer weighs, and whether it is right; None where there is
              none, or nobody knows
    """

    kind: str
    document: str
    question: str
    follow_up: bool
    answerable: bool
    right: bool
    seen: Seen
    unread: Seen
    short: tuple[tuple[float, ...], bool] | None


def samples(encoder: Encoder, reader: Reader, *, every: int) -> list[Sample]:
    """Ask all kinds their questions; of the stories every so manieth is taken."""
    ask = _Asking(encoder, reader)
    chosen = stories.chosen(every)
    found = [*ask.squad(), *ask.stories(chosen), *ask.many(chosen)]
    return [*found, *ask.dialogues(), *ask.trials()]


@dataclass(frozen=True, slots=True)
class _Pair:
    """One library seen twice, with the reader and without; `add` to `read`."""

    read: Library
    unread: Library

    def sample(
        self,
        kind: str,
        document: str,
        question: str,
        *,
        gold: Collection[tuple[int, int]] = (),
        shorts: Sequence[str] | None = None,
        conversation: Conversation = Conversation(),
    ) -> tuple[Sample, Answer]:
        """Ask a question whose answers stand at the gold places; none where it has no answer.

        `shorts` are the short answers, None where they are not known.
        """
        ranking = self.read.rank(question, conversation=conversation)
        unread = self.unread.rank(question, conversation=conversation)
        best = ranking.hits[0]
        sample = Sample(
            kind=kind,
            document=document,
            question=question,
            follow_up=ranking.query.follows,
            answerable=bool(gold),
            right=(best.article_id, best.sentence) in gold,
            seen=Seen.of(ranking),
            unread=Seen.of(unread),
            short=None if shorts is None else _short(ranking, shorts),
        )
        return sample, build_answer(question, ranking)


class _Asking:
    """Asks questions of libraries that share their models."""

    def __init__(self, encoder: Encoder, reader: Reader) -> None:
        self._encoder = encoder
        self._reader = reader

    @contextmanager
    def _library(self) -> Iterator[_Pair]:
        store = SqliteStore(None, collection="default")
        vectors = VectorIndex(store)
        read = Library(store, vectors, encoder=self._encoder, reader=self._reader)
        yield _Pair(read, Library(store, vectors, encoder=self._encoder))
        store.close()

    def squad(self) -> Iterator[Sample]:
        cases = squad.load_cases(squad.SQUAD)
        for number, case in enumerate(cases):
            with self._library() as pair:
                article = pair.read.add_text(case.text, title=case.title)
                for each in case.questions[::_OF_SQUAD]:
                    gold = {(article.id, place) for place in squad.gold_sentences(article, each)}
                    yield pair.sample(
                        "SQuAD", case.title, each.text, gold=gold, shorts=each.answers
                    )[0]
                for each in cases[number - 1].questions[::_OFF_TOPIC]:
                    yield pair.sample(OFF_TOPIC, case.title, each.text)[0]

    def stories(self, chosen: Mapping[str, Sequence[Story]]) -> Iterator[Sample]:
        told = [each for those in chosen.values() for each in those]
        for number, story in enumerate(told):
            with self._library() as pair:
                article = stories.add(pair.read, story)
                numbers = places(story, article)
                for questions in [*((each,) for each in story.questions), *story.chats]:
                    conversation = Conversation()
                    for each in questions:
                        sample, answered = pair.sample(
                            "chats" if conversation.turns else "stories",
                            story.title,
                            each.text,
                            gold={
                                (article.id, place) for place in stories.gold_numbers(each, numbers)
                            },
                            shorts=(each.short,) if each.short else (),
                            conversation=conversation,
                        )
                        yield sample
                        conversation = conversation.add(Turn(each.text, answered))
                for each in told[number - 1].questions[:_OFF_TOPIC_OF_STORY]:
                    yield pair.sample(OFF_TOPIC, story.title, each.text)[0]

    def many(self, together: Mapping[str, Sequence[Story]]) -> Iterator[Sample]:
        for those in together.values():
            for begin in range(0, len(those), _TOGETHER):
                with self._library() as pair:
                    added = [
                        (story, stories.add(pair.read, story))
                        for story in those[begin : begin + _TOGETHER]
                    ]
                    for story, article in added:
                        numbers = places(story, article)
                        for each in story.questions[::_OF_MANY]:
                            yield pair.sample(
                                "many articles",
                                story.title,
                                each.text,
                                gold={
                                    (article.id, place)
                                    for place in stories.gold_numbers(each, numbers)
                                },
                                shorts=(each.short,) if each.short else (),
                            )[0]

    def dialogues(self) -> Iterator[Sample]:
        texts = {case.title: case.text for case in squad.load_cases(squad.SQUAD)}
        texts["embassy"] = dialogues.EMBASSY.read_text(encoding="utf-8")
        for title, turns in dialogues.load_dialogues(dialogues.DIALOGUES):
            with self._library() as pair:
                article = pair.read.add_text(texts[title], title=title)
                conversation = Conversation()
                for turn in turns:
                    if turn.kind == "chitchat":
                        continue
                    found = (
                        dialogues.evidence_sentences(article, turn)
                        if turn.kind == "answerable"
                        else ()
                    )
                    sample, answered = pair.sample(
                        "dialogues",
                        title,
                        turn.asked,
                        gold={(article.id, place) for place in found},
                        conversation=conversation,
                    )
                    yield sample
                    conversation = conversation.add(Turn(turn.asked, answered))

    def trials(self) -> Iterator[Sample]:
        for case in trials.load_cases(trials.TRIALS):
            with self._library() as pair:
                for path in case.files:
                    pair.read.add(path)
                for questions in case.conversations:
                    conversation = Conversation()
                    for each in questions:
                        if each.kind not in (trials.ANSWERABLE, trials.IN_VAIN):
                            continue
                        sample, answered = pair.sample(
                            "trials", case.name, each.text, conversation=conversation
                        )
                        answerable = each.kind == trials.ANSWERABLE
                        right = answerable and trials.is_good(each, answered)
                        yield replace(sample, answerable=answerable, right=right)
                        conversation = conversation.add(Turn(each.text, answered))


def _short(ranking: Ranking, golds: Sequence[str]) -> tuple[tuple[float, ...], bool] | None:
    """Return what a short answer is judged by, and whether it is right: where no words are known
    that answer, it is wrong.
    """
    span = short_span(ranking)
    if span is None:
        return None
    best = ranking.hits[0]
    given = ranking.articles[best.article_id].text[span.start : span.end]
    right = bool(golds) and _says(given, golds)
    return short_features(ranking, span), right


def _says(given: str, golds: Sequence[str]) -> bool:
    """Whether a short answer is near a gold one, or one of the two holds the other."""
    return overlap(given, golds) >= SHORT_IS_RIGHT or any(
        stories.short_is_right(given, gold) for gold in golds
    )
