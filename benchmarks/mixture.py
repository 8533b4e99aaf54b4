"""A mixture of what people ask, with what was seen of each question: for fitting the confidence.

Seven kinds, each of which weighs alike: SQuAD's questions on long articles; off-topic ones, asked
of another article; stories, asked singly and in chats; many stories in one library; dialogues;
and trials. A question is asked in its conversation, behind what Footnote itself answered.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks import dialogues, squad, stories, trials
from benchmarks.spans import overlap
from benchmarks.story_files import Story, places
from index import Conversation, Encoder, Library, Reader, Turn
from index.answer import answer
from index.confidence import Seen, short_features
from index.retriever import Ranking
from index.short import short_span

OFF_TOPIC = "off-topic"
SHORT_IS_RIGHT = 0.5
"""The F1 with a gold answer from which a short answer counts as right."""

_TOGETHER = 8  # stories in one library
_OF_SQUAD, _OFF_TOPIC, _OF_MANY = 4, 40, 3  # every so manieth question


@dataclass(frozen=True, slots=True)
class Sample:
    """One question: its kind, the document that it is about, and what was seen.

    right:    whether the best sentence, or what is cited, answers
    seen:     what the confidence is made of
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
    short: tuple[tuple[float, ...], bool] | None


def samples(encoder: Encoder, reader: Reader, *, every: int) -> list[Sample]:
    """Ask all kinds their questions; of the stories every so manieth is taken."""
    ask = _Asking(encoder, reader)
    chosen = stories.chosen(every)
    together = {kind: those[1::every] for kind, those in stories.chosen(1).items()}
    found = [*ask.squad(), *ask.stories(chosen), *ask.many(together)]
    return [*found, *ask.dialogues(), *ask.trials()]


class _Asking:
    """Asks questions of libraries that share their models."""

    def __init__(self, encoder: Encoder, reader: Reader) -> None:
        self._encoder = encoder
        self._reader = reader

    def _library(self) -> Library:
        return Library.open(None, encoder=self._encoder, reader=self._reader)

    def squad(self) -> Iterator[Sample]:
        cases = squad.load_cases(squad.SQUAD)
        for number, case in enumerate(cases):
            with self._library() as library:
                article = library.add_text(case.text, title=case.title)
                for each in case.questions[::_OF_SQUAD]:
                    ranking = library.rank(each.text)
                    gold = squad.gold_sentences(article, each)
                    right = _best(ranking)[1] in gold
                    short = _short(ranking, each.answers if each.answerable else ())
                    yield _sample("SQuAD", case.title, each.text, ranking, bool(gold), right, short)
                for each in cases[number - 1].questions[::_OFF_TOPIC]:
                    ranking = library.rank(each.text)
                    yield _sample(OFF_TOPIC, case.title, each.text, ranking, False, False, None)

    def stories(self, chosen: Mapping[str, Sequence[Story]]) -> Iterator[Sample]:
        for story in (each for those in chosen.values() for each in those):
            with self._library() as library:
                article = stories.add(library, story)
                numbers = places(story, article)
                for questions in [*((each,) for each in story.questions), *story.chats]:
                    conversation = Conversation()
                    for each in questions:
                        ranking = library.rank(each.text, conversation=conversation)
                        gold = stories.gold_numbers(each, numbers)
                        right = _best(ranking)[1] in gold
                        short = _short(ranking, (each.short,) if each.short else ())
                        kind = "chats" if conversation.turns else "stories"
                        yield _sample(
                            kind, story.title, each.text, ranking, each.answerable, right, short
                        )
                        answered = answer(each.text, ranking)
                        conversation = conversation.add(Turn(each.text, answered))

    def many(self, together: Mapping[str, Sequence[Story]]) -> Iterator[Sample]:
        for those in together.values():
            for begin in range(0, len(those), _TOGETHER):
                with self._library() as library:
                    added = [
                        (story, stories.add(library, story))
                        for story in those[begin : begin + _TOGETHER]
                    ]
                    for story, article in added:
                        numbers = places(story, article)
                        for each in story.questions[::_OF_MANY]:
                            ranking = library.rank(each.text)
                            gold = stories.gold_numbers(each, numbers)
                            right = _best(ranking) in {(article.id, number) for number in gold}
                            short = _short(ranking, (each.short,) if each.short else ())
                            yield _sample(
                                "many articles",
                                story.title,
                                each.text,
                                ranking,
                                each.answerable,
                                right,
                                short,
                            )

    def dialogues(self) -> Iterator[Sample]:
        texts = {case.title: case.text for case in squad.load_cases(squad.SQUAD)}
        texts["embassy"] = dialogues.EMBASSY.read_text(encoding="utf-8")
        for title, turns in dialogues.load_dialogues(dialogues.DIALOGUES):
            with self._library() as library:
                article = library.add_text(texts[title], title=title)
                conversation = Conversation()
                for turn in turns:
                    if turn.kind == "chitchat":
                        continue
                    ranking = library.rank(turn.asked, conversation=conversation)
                    answerable = turn.kind == "answerable"
                    gold = dialogues.evidence_sentences(article, turn) if answerable else set()
                    right = _best(ranking)[1] in gold
                    yield _sample("dialogues", title, turn.asked, ranking, answerable, right, None)
                    answered = answer(turn.asked, ranking)
                    conversation = conversation.add(Turn(turn.asked, answered))

    def trials(self) -> Iterator[Sample]:
        for case in trials.load_cases(trials.TRIALS):
            with self._library() as library:
                for path in case.files:
                    library.add(path)
                for questions in case.conversations:
                    conversation = Conversation()
                    for each in questions:
                        if each.kind not in (trials.ANSWERABLE, trials.IN_VAIN):
                            continue
                        ranking = library.rank(each.text, conversation=conversation)
                        answered = answer(each.text, ranking)
                        answerable = each.kind == trials.ANSWERABLE
                        right = answerable and trials.is_good(each, answered)
                        yield _sample(
                            "trials", case.name, each.text, ranking, answerable, right, None
                        )
                        conversation = conversation.add(Turn(each.text, answered))


def _sample(
    kind: str,
    document: str,
    question: str,
    ranking: Ranking,
    answerable: bool,
    right: bool,
    short: tuple[tuple[float, ...], bool] | None,
) -> Sample:
    return Sample(
        kind,
        document,
        question,
        ranking.query.follows,
        answerable,
        right,
        Seen.of(ranking),
        short,
    )


def _best(ranking: Ranking) -> tuple[int, int]:
    best = ranking.hits[0]
    return best.article_id, best.sentence.number


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
