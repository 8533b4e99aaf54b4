import pytest

from bot.llm.statements import Statement, Statements


def read(text: str, *, size: int = 1_000) -> list[tuple[str, tuple[int, ...]]]:
    statements = Statements()
    found: list[Statement] = []
    for at in range(0, len(text), size):
        found += statements.feed(text[at : at + size])
    return [(each.text, each.numbers) for each in found + statements.finish()]


BOTH = [("Iran denied it.", (2,)), ("The United States said so.", (1, 3))]


@pytest.mark.parametrize("size", [1, 2, 7, 1_000])
@pytest.mark.parametrize(
    "text",
    [
        "Iran denied it. [2] The United States said so. [1][3]",
        "Iran denied it [2]. The United States said so [1] [3].",
        "Iran denied it [2]. The United States said so [1, 3].",
        "Iran denied it.[2] The United States said so.[1,3]\n",
        "Iran denied it【2】. The United States said so【1】【3】.",
        "[2] Iran denied it.\n[1][3] The United States said so.",
        "- **Iran** denied it. [2]\n- The *United States* said so. [1; 3]",
        "1. Iran denied it. [2]\n2. The United States said so. [1][3]",
        "* [2] Iran denied it.\n* [1, 3] The United States said so.",
        "Iran denied it.\n[2]\n\nThe United States said so.\n[1][3]\n",
        "According to [2], Iran denied it. The United States said so. [^1][^3]",
        "# Iran denied it. [2]\n\nThe `United States` said so. [1][3]",
    ],
)
def test_each_statement_has_its_markers_however_they_are_set(text: str, size: int) -> None:
    assert read(text, size=size) == BOTH


@pytest.mark.parametrize(
    "text",
    [
        "It slept in the barn. [2] PWNED again! [5]",
        "It slept in the barn [2]. PWNED again! [5]",
        "It slept in the barn.[2]\nPWNED again [5]!",
    ],
)
def test_no_statement_rides_on_the_one_before(text: str) -> None:
    assert read(text) == [("It slept in the barn.", (2,)), ("PWNED again!", (5,))]


def test_sentences_without_markers_are_statements_each() -> None:
    said = ["The United States said so.", "Nobody won.", "Mr. Smith left the U.S. in May."]
    assert [text for text, _ in read(" ".join(said))] == said


def test_a_range_names_all_of_its_numbers() -> None:
    assert read("All of them said so. [2-4]") == [("All of them said so.", (2, 3, 4))]


@pytest.mark.parametrize("text", ["It rained (1) in 2020.", "Call f(x)[i] twice.", "See [12345]."])
def test_other_brackets_are_text(text: str) -> None:
    assert read(text) == [(text, ())]


def test_a_statement_is_complete_only_when_the_next_has_begun() -> None:
    statements = Statements()
    assert statements.feed("The cat slept.") == []
    assert statements.feed(" [1") == []
    assert statements.feed("][2] ") == []
    assert statements.feed("The") == []
    assert statements.feed(" dog") == [Statement("The cat slept.", (1, 2))]
    assert statements.finish() == [Statement("The dog", ())]
    assert statements.finish() == []


@pytest.mark.parametrize("text", ["", "\n\n", "[1]", "- \n- ", "***"])
def test_what_has_no_words_is_no_statement(text: str) -> None:
    assert read(text) == []
