from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from benchmarks.comparison import UNREAD, Footnote, story_ranks
from benchmarks.stories import Outcome, add, as_json, gold_numbers, outcomes, short_is_right, table
from benchmarks.story_files import Asked, Said, Story, load_stories, places
from index import Answer, Article, Encoder, Library, Reader
from tests.support.answered import answered

FILE = """\
@story frozen-harbour | news
1 The harbour of Tarn froze in 1947.
2 "No ship left for weeks," said Ida Holm.

3 Dr. Lund fed the gulls at a cost of 40 crowns.
@ask
Q 1 | When did ice close the port? | 1947
Q 2,1 | Why did no ship leave? | -
U 3 | Who paid Dr. Lund?
@chat
A 2 | who spoke | = | Ida Holm
A 2 | for how long? | For how long did no ship leave Tarn? | weeks
U 1 | and in 1963? | Did the harbour freeze in 1963?
@said
T 1 | Ice closed the port.
F 2,3 name | Ida Lund spoke.

@story museum-fees | prices
# Fees
1 Everyone pays at the desk:
2 - Adults: 6 euros
3 - Children: 3 euros
4 The desk opens at ten.

5 Monday: closed
6 Tuesday: ten to four

## Steps
7 1. Pay.
8 2. Walk in.
@ask
Q 3 | What does a child pay? | 3 euros
"""


@pytest.fixture
def stories(tmp_path: Path) -> list[Story]:
    path = tmp_path / "news.txt"
    path.write_text(FILE, encoding="utf-8")
    return load_stories(path)


def test_a_story_is_read_with_its_questions_and_chats(stories: list[Story]) -> None:
    story = stories[0]
    assert story.text == (
        'The harbour of Tarn froze in 1947. "No ship left for weeks," said Ida Holm.\n\n'
        "Dr. Lund fed the gulls at a cost of 40 crowns."
    )
    assert not story.markdown
    assert story.questions == (
        Asked("When did ice close the port?", "When did ice close the port?", (1,), "1947"),
        Asked("Why did no ship leave?", "Why did no ship leave?", (2, 1), None),
        Asked("Who paid Dr. Lund?", "Who paid Dr. Lund?", (), None),
    )
    assert story.chats == (
        (
            Asked("who spoke", "who spoke", (2,), "Ida Holm"),
            Asked("for how long?", "For how long did no ship leave Tarn?", (2,), "weeks"),
            Asked("and in 1963?", "Did the harbour freeze in 1963?", (), None),
        ),
    )
    assert [each.answerable for each in story.chats[0]] == [True, True, False]


def test_a_story_with_headings_is_markdown_with_rows_and_items_on_lines(
    stories: list[Story],
) -> None:
    assert stories[1].markdown
    assert stories[1].text == (
        "# Fees\n\nEveryone pays at the desk:\n\n- Adults: 6 euros\n- Children: 3 euros\n\n"
        "The desk opens at ten.\n\nMonday: closed  \nTuesday: ten to four\n\n"
        "## Steps\n\n1. Pay.\n2. Walk in."
    )
    assert stories[1].sentences[1] == "Adults: 6 euros"
    assert stories[1].sentences[7] == "Walk in."


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("2 Out of order.", "expected sentence 1 or a heading, found '2 Out of order.'"),
        ("No number.", "expected sentence 1 or a heading"),
    ],
)
def test_a_line_that_is_no_sentence_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(f"@story x | y\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"bad\.txt, line 2: ") as raised:
        load_stories(path)
    assert complaint in str(raised.value)


def test_statements_are_read_with_their_kinds_and_what_they_cite(stories: list[Story]) -> None:
    assert stories[0].statements == (
        Said("Ice closed the port.", "T", (1,)),
        Said("Ida Lund spoke.", "name", (2, 3)),
    )
    assert stories[1].statements == ()


@pytest.mark.parametrize("line", ["T 1", "T 1 name | Text.", "F 1 | Text.", "X 1 | T.", "T a | T."])
def test_a_line_that_is_no_statement_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(f"@story x | y\n1 One.\n@said\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"bad\.txt, line 4: "):
        load_stories(path)


@pytest.mark.parametrize("line", ["Q 2 | Who? | -", "Q 1 | Who?", "X 1 | Who?", "Q one | Who? | -"])
def test_a_line_that_is_no_question_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(f"@story x | y\n1 One.\n@ask\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"bad\.txt, line 4: "):
        load_stories(path)


def test_a_sentence_is_where_it_begins_in_what_was_read(stories: list[Story]) -> None:
    text = 'Weather\n\nThe harbour of Tarn\nfroze in 1947. "No ship left for weeks," said Ida Holm.'
    article = Article(1, "x", text, None, "", datetime.now(UTC))
    numbers = places(stories[0], article)
    assert [sentence.number for sentence in article.sentences] == [1, 2, 3]
    assert numbers == [2, 3, None]
    assert gold_numbers(stories[0].questions[1], numbers) == {2, 3}
    assert gold_numbers(Asked("?", "?", (3,), None), numbers) == set()


def test_every_sentence_of_a_story_is_found_as_it_is_added(
    stories: list[Story], library: Library
) -> None:
    for story in stories:
        article = add(library, story)
        for number, sentence in zip(places(story, article), story.sentences, strict=True):
            assert number is not None
            place = article.sentences[number - 1]
            assert sentence in article.text[place.start : place.end]


@pytest.mark.parametrize(
    ("given", "gold", "right"),
    [
        ("1947", "1947", True),
        ("The harbour", "harbour", True),
        ("about 1,530 units", "1,530", True),
        ("Holm", "Ida Holm", True),
        ("Ida", "Holm", False),
        ("in 1947", "1963", False),
        ("Holm, the elder Ida", "Ida Holm", False),
        ("in", "in 1947", False),
        ("47", "1947", False),
    ],
)
def test_a_short_answer_is_right_when_one_holds_the_other(
    given: str, gold: str, right: bool
) -> None:
    assert short_is_right(given, gold) is right


def test_every_question_of_every_story_is_asked(
    stories: list[Story], encoder: Encoder, reader: Reader
) -> None:
    found = list(outcomes({"news": stories[:1], "fees": stories[1:]}, encoder, reader))
    assert [(each.kind, each.place, each.asked.answerable) for each in found] == [
        ("news", "single questions", True),
        ("news", "single questions", True),
        ("news", "single questions", False),
        ("news", "first of a chat", True),
        ("news", "follow-ups", True),
        ("news", "follow-ups", False),
        ("fees", "single questions", True),
    ]
    assert found[0].rank == found[0].rank_whole == 1
    assert found[6].cited
    assert not found[2].cited
    assert np.isinf(found[2].rank)
    assert as_json(found[0])["rank"] == 1
    assert as_json(found[2])["rank"] is None


def outcome(rank: float, answer: Answer, *, gold: bool = True, short: str | None = None) -> Outcome:
    asked = Asked("?", "?", (1,) if gold else (), short)
    return Outcome("news", "x", "single questions", asked, rank, rank, rank == 2, answer)


def test_the_tables_count_ranks_replies_and_short_answers() -> None:
    quote = "The harbour of Tarn froze in 1947."
    lines = table(
        [
            outcome(1, answered(quote, short="in 1947"), short="1947"),
            outcome(2, answered(quote, short="Tarn"), short="1947"),
            outcome(4, answered(quote, tentative=True)),
            outcome(np.inf, answered()),
            outcome(np.inf, answered(quote, short="Tarn"), gold=False),
            outcome(np.inf, answered(), gold=False),
        ]
    )
    for kind in ("all", "news"):
        assert (
            f"| {kind} | single questions | 4 | {HITS} | 0.250 | 0.250 | 0.250 | 0.500 |" in lines
        )
        assert f"| {kind} | single questions | 2 | 0.500 | 0.000 | 0.500 | 0.500 |" in lines
        assert f"| {kind} | {SHORTS} |" in lines


HITS = "0.250 | 0.500 | 0.250 | 0.500"
SHORTS = "1.000 (2 of 2) | 0.500 (1 of 2) | 0.000 (0 of 2) | 0.500 (1 of 2)"


def test_retrievers_are_ranked_on_single_questions_and_follow_ups_made_whole(
    stories: list[Story], encoder: Encoder
) -> None:
    makers = {UNREAD: lambda document: Footnote(document, encoder, "off")}
    [(singles, follow_ups)] = story_ranks(makers, stories, encoder).values()
    assert singles == [1, 1, 1]
    assert follow_ups == [1]
