from collections.abc import Sequence

import numpy as np
import pytest

from index.models.tokens import TokenBlock
from index.search.evidence import Candidates, View, adjusted, answers_nothing, read_with, scores_of
from index.search.questions import Place, Query
from index.text.article import Article
from index.text.segmentation import Passage
from index.text.structure import outline_of
from tests.support.rankings import article

EAST, NORTH, WEST = (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)

MILL = article("The mill\n\nIt was sold in 1931. Ada Penn bought it. Nobody came. It rained.")


def block(*sentences: Sequence[float]) -> TokenBlock:
    """A passage of sentences with one token each."""
    vectors = np.array(sentences, np.float32)
    owners = np.arange(len(sentences))
    return TokenBlock(owners, vectors, owners, len(sentences))


def laid_out(
    *articles: Article, vectors: Sequence[Sequence[float]] = (), title: Sequence[float] = WEST
) -> Candidates:
    """One passage for each article, of given vectors, each title of another."""
    passages = [Passage(each.id, 1, 1, len(each.sentences)) for each in articles]
    given = iter(vectors)
    blocks = [block(*(next(given, WEST) for _ in each.sentences)) for each in articles]
    return Candidates.of(
        passages,
        blocks,
        {each.id: block(title) for each in articles},
        {each.id: each for each in articles},
        {each.id: outline_of(each) for each in articles},
    )


def view(*tokens: Sequence[float], weights: Sequence[float] = ()) -> View:
    given = weights or [1] * len(tokens)
    return View(np.array(tokens, np.float32), np.array(given, np.float32))


def test_the_shares_of_a_view_are_its_weights_with_a_sum_of_one() -> None:
    assert view(EAST, NORTH, weights=[1, 3]).share.tolist() == [0.25, 0.75]
    assert view(EAST, NORTH, weights=[0, 0]).share.tolist() == [0, 0]


def test_candidates_know_where_each_sentence_stands_and_what_it_stands_under() -> None:
    other = article("It snowed.", article_id=2)
    found = laid_out(MILL, other)
    assert found.places == ((1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (2, 1))
    assert found.inside == ((0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (1, 0))
    # The titles stand behind all sentences: that of the first article is the seventh.
    assert found.above == {0: [6], 1: [0, 6], 2: [0, 6], 3: [0, 6], 4: [0, 6], 5: [7]}
    assert found.quote(2) == "Ada Penn bought it."
    assert len(found.blocks) == 4


def test_a_heading_that_is_no_candidate_is_left_out() -> None:
    found = Candidates.of(
        [Passage(1, 2, 2, 3)],
        [block(EAST, NORTH)],
        {1: block(WEST)},
        {1: MILL},
        {1: outline_of(MILL)},
    )
    assert found.places == ((1, 2), (1, 3))
    assert found.above == {0: [2], 1: [2]}


def test_a_first_question_is_scored_by_itself() -> None:
    found = laid_out(article("One. Two."), vectors=[EAST, NORTH])
    scores, coverage = scores_of(Query("?"), [view(EAST, NORTH, weights=[1, 3])], found)
    assert coverage.tolist() == pytest.approx(np.array([[1, 0.5], [0.7, 1]]))
    # Its own match, and the other's: half of the passage's best, or 0.7 of the sentence before.
    assert scores == pytest.approx([(1 * 1 + 3 * 0.5) / 4, (1 * 0.7 + 3 * 1) / 4])


def test_a_title_that_is_matched_counts_for_each_sentence() -> None:
    found = laid_out(article("One. Two."), vectors=[NORTH, NORTH], title=EAST)
    assert scores_of(Query("?"), [view(EAST)], found)[0] == pytest.approx([0.85, 0.85])


@pytest.mark.parametrize(("leans", "shares"), [(True, (1, 2, 1)), (False, (2.2, 0.8, 1))])
def test_a_follow_up_is_scored_in_three_views_that_its_leaning_weighs(
    leans: bool, shares: tuple[float, ...]
) -> None:
    found = laid_out(article("One."), vectors=[EAST])
    query = Query("?", "Who?", leans=leans)
    alone, behind, said = view(EAST), view(NORTH), view(WEST)
    scored, _ = scores_of(query, [alone, behind, said], found)
    # The sentence matches the first wholly, the second not, and the third is the title's.
    assert scored == pytest.approx((shares[0] * 1 + shares[1] * 0 + shares[2] * 0.85) / 4)
    scored, _ = scores_of(query, [alone, behind], found)
    assert scored == pytest.approx(shares[0] / (shares[0] + shares[1]))


def after(query: Query, number: int, score: float = 0.5, likeness: float = 0.5) -> float:
    return adjusted(query, score, number - 1, laid_out(MILL), likeness)


@pytest.mark.parametrize(
    ("question", "number", "score"),
    [
        ("Who bought the mill?", 3, 0.5),
        ("Who bought the mill?", 5, 0.45),  # names nobody
        ("When was it sold?", 2, 0.5),
        ("When was it sold?", 3, 0.45),  # tells no time
        ("What was sold in 1931?", 2, 0.5),
        ("What was sold in 1931?", 3, 0.4),  # does not hold the number
        ("What was sold in 1931 and 1950?", 2, 0.45),  # holds one of two
        ("What is a mill?", 5, 0.5),
    ],
)
def test_a_score_falls_where_a_sentence_lacks_what_is_asked_for(
    question: str, number: int, score: float
) -> None:
    assert after(Query(question), number) == pytest.approx(score)


def test_numbers_and_times_may_stand_in_the_heading() -> None:
    log = article("Mill\n\nIn 1931\n\nThe mill was sold.\n\nIn 1950\n\nThe mill burnt.")
    found = laid_out(log)
    for question in ("What happened in 1931?", "When was the mill sold?"):
        assert adjusted(Query(question), 0.5, 2, found, 0) == pytest.approx(0.5)
    assert adjusted(Query("What happened in 1931?"), 0.5, 4, found, 0) == pytest.approx(0.4)
    assert read_with(log, outline_of(log), 5) == "Mill In 1950 The mill burnt."


def test_a_line_that_tells_who_wrote_comes_halfway_to_a_full_match() -> None:
    found = laid_out(article("Geese graze. Written by Ada Penn."))
    assert adjusted(Query("Who wrote this?"), 0.4, 1, found, 0) == pytest.approx(0.7)
    assert adjusted(Query("Who wrote this?"), 0.4, 0, found, 0) == pytest.approx(0.35)


def follow_up(
    question: str = "And then?",
    *,
    cited: tuple[Place, ...] = (),
    earlier: tuple[Place, ...] = (),
) -> Query:
    return Query(question, "Who?", leans=True, cited=cited, earlier=earlier)


def test_a_follow_up_is_compared_as_a_whole_as_well() -> None:
    assert after(follow_up(), 2, 0.5, likeness=0.8) == pytest.approx((0.5 + 0.3 * 0.8) / 1.3)
    assert after(Query("And then?"), 2, 0.5, likeness=0.8) == 0.5


@pytest.mark.parametrize(
    ("number", "change"),
    [(1, 0.0), (2, -0.04), (3, 0.02), (4, 0.02), (5, 0.0)],
)
def test_what_stands_next_after_what_was_cited_gains_and_that_itself_loses(
    number: int, change: float
) -> None:
    plain = after(follow_up(), number)
    assert after(follow_up(cited=((1, 2),)), number) - plain == pytest.approx(change)


def test_what_was_cited_before_that_loses_as_well() -> None:
    plain = after(follow_up(), 5)
    assert after(follow_up(earlier=((1, 5),)), 5) - plain == pytest.approx(-0.04)
    assert after(follow_up(cited=((1, 4),), earlier=((1, 5),)), 5) - plain == pytest.approx(-0.02)


def test_another_article_is_not_next() -> None:
    assert after(follow_up(cited=((2, 2),)), 3) == after(follow_up(), 3)


def test_a_why_may_find_its_answer_where_the_last_one_stood() -> None:
    plain = after(follow_up("why?"), 2)
    assert after(follow_up("why?", cited=((1, 2),)), 2) == plain


def test_a_quotation_in_the_words_of_the_question_is_no_echo_since_someone_says_it() -> None:
    said = article("“It leaks,” said Mia Holm. “The bridge is gone.” The bridge is gone.")
    found = laid_out(said)
    query = Query("Who said the bridge is gone?")
    assert [answers_nothing(query, at, found) for at in range(3)] == [False, False, True]


HELP = article(
    "Parcels\n\nHow long does delivery take?\n\nTwo days.\n\nIs the depot open?\n\n"
    "The depot is open.\n\nRefunds\n\nThey take a week."
)


@pytest.mark.parametrize(
    ("question", "silent"),
    [
        ("How long does delivery take?", [1, 2, 4, 6]),
        ("Is the depot open?", [1, 2, 4, 6]),  # that it is open answers
        ("What of the open depot?", [1, 2, 4, 5, 6]),
    ],
)
def test_heads_questions_and_echoes_answer_nothing(question: str, silent: list[int]) -> None:
    found = laid_out(HELP)
    places = range(len(HELP.sentences))
    assert [at + 1 for at in places if answers_nothing(Query(question), at, found)] == silent
