from pathlib import Path

import numpy as np
import pytest

from index import Library, UnknownArticle
from index.answers.overview import central
from index.models.tokens import FloatArray, unit
from index.text.citation import verify

EMBASSY = Path(__file__).parents[3] / "articles" / "embassy.md"
CENTRAL = [3, 8, 15, 18]  # who left, how they came in, who was hurt, whom the president blames


def rows(*vectors: tuple[float, ...]) -> FloatArray:
    """Vectors as rows of unit length."""
    return unit(np.array(vectors, np.float32))


# The second leans to all four others, which stand at right angles to each other.
STAR = rows((1, 0, 0, 0), (1, 1, 1, 1), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))


def test_the_sentence_that_is_like_all_others_is_the_most_central() -> None:
    assert central(STAR, [0] * 5, count=1) == [1]


def test_of_equals_the_first_is_preferred_and_then_what_leads_a_paragraph() -> None:
    assert central(STAR, [0, 0, 0, 1, 1], count=2) == [0, 1]
    assert central(STAR, [0, 0, 0, 1, 1], count=3) == [0, 1, 3]
    assert central(STAR, [0] * 5, count=3) == [0, 1, 2]


def test_a_sentence_nearly_like_a_chosen_one_is_passed_over() -> None:
    twice = rows((1, 0.1, 0), (1, 0.11, 0), (0.5, 1, 0.2), (0, 0.2, 1))
    assert central(twice, [0] * 4, count=4) == [0, 2, 3]


def test_a_like_sentence_is_chosen_only_for_want_of_an_unlike_one() -> None:
    like = rows((1, 0, 0), (1, 0.4, 0), (0.2, 0.1, 1))
    assert central(like, [0] * 3, count=2) == [0, 2]
    assert central(like, [0] * 3, count=3) == [0, 1, 2]


@pytest.mark.parametrize("count", [1, 4])
def test_a_lone_sentence_is_central_and_so_is_one_without_tokens(count: int) -> None:
    assert central(rows((1, 0)), [0], count=count) == [0]
    assert central(np.zeros((1, 2), np.float32), [0], count=count) == [0]


def test_sentences_of_nothing_in_common_are_all_central() -> None:
    assert central(np.eye(6, dtype=np.float32), [0] * 6) == [0, 1, 2, 3]


def test_of_no_sentences_none_is_central() -> None:
    assert central(np.zeros((0, 2), np.float32), []) == []


def test_the_shipped_article_is_summarised_in_four_of_its_sentences(library: Library) -> None:
    article = library.add(EMBASSY)
    answer = library.overview(question="What is this about?")
    assert [citation.sentence for citation in answer.citations] == CENTRAL
    assert [citation.number for citation in answer.citations] == [1, 2, 3, 4]
    for citation in answer.citations:
        verify(citation, {article.id: article})
    assert answer.text.startswith("Militia members whom Iran supports have left the grounds")
    assert answer.text.endswith("[4]")
    assert (answer.origin, answer.confidence, answer.abstained) == ("overview", 1.0, False)
    assert (answer.question, answer.query) == ("What is this about?", "What is this about?")
    assert (answer.short, answer.nearest, answer.notice) == (None, (), "")


def test_neither_headings_nor_captions_nor_sentences_that_need_another_are_cited(
    library: Library,
) -> None:
    library.add_text(
        "# The night train of Kell and its long way\n\n"
        "Photograph: the night train of Kell leaves the station at nine.\n\n"
        "The night train of Kell leaves at nine in the evening. It takes ten hours to Orra."
        " Night train.\n\nThe train of Kell was built by the engineer Ida Krüger."
        " Passengers of the night train sleep in twelve beds. The train is late on most days.",
        title="Trains",
    )
    quotes = [citation.quote for citation in library.overview(question="tldr").citations]
    assert "The night train of Kell leaves at nine in the evening." in quotes
    expected = ("The night train of Kell leaves", "The train of", "Passengers of", "The train is")
    assert [quote for quote in quotes if not quote.startswith(expected)] == []


def test_an_article_of_nothing_but_fragments_is_summarised_all_the_same(library: Library) -> None:
    library.add_text("Night train", title="T")
    assert [each.quote for each in library.overview(question="tldr").citations] == ["Night train"]


def test_of_several_articles_the_first_three_are_summarised_in_two_sentences_each(
    library: Library,
) -> None:
    texts = [
        f"The town of {name} lies by the sea in the north. Its baker sells forty loaves a day."
        f" The council of {name} meets on every second Monday. Fishermen left the harbour long ago."
        for name in ("Harrow", "Kell", "Orra", "Lund")
    ]
    ids = [library.add_text(text, title=f"{n}").id for n, text in enumerate(texts)]
    cited = [each.article_id for each in library.overview(question="summarise").citations]
    assert cited == sorted([*ids[:3], *ids[:3]])
    some = library.overview(question="summarise", articles=[ids[3]])
    assert {each.article_id for each in some.citations} == {ids[3]}


def test_without_an_article_it_abstains(library: Library) -> None:
    answer = library.overview(question="tldr")
    assert (answer.text, answer.confidence) == ("The article does not say.", 0.0)
    assert (answer.abstained, answer.citations, answer.origin) == (True, (), "overview")


def test_an_article_that_is_not_there_and_a_question_without_words_are_refused(
    library: Library,
) -> None:
    with pytest.raises(UnknownArticle):
        library.overview(question="tldr", articles=[9])
    with pytest.raises(ValueError, match="has no words"):
        library.overview(question="?!")
