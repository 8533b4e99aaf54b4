from collections.abc import Iterable

import pytest

from index.documents.markdown import read_markdown
from index.text.article import Marks
from index.text.segmentation import segment
from index.text.structure import Outline, outline

Above = dict[str, list[str]]


def outlined(text: str, marks: Marks | None = None) -> tuple[Outline, list[str]]:
    sentences = segment(text)
    quotes = [text[sentence.start : sentence.end] for sentence in sentences]
    return outline(text, sentences, marks), quotes


def above(text: str, marks: Marks | None = None) -> Above:
    """What each sentence stands under, as quotes."""
    found, quotes = outlined(text, marks)
    return dict(zip(quotes, ([quotes[each - 1] for each in of] for of in found.above), strict=True))


def named(numbers: Iterable[int], quotes: list[str]) -> list[str]:
    return [quotes[number - 1] for number in sorted(numbers)]


def heads(text: str, marks: Marks | None = None) -> list[str]:
    found, quotes = outlined(text, marks)
    return named(found.heads, quotes)


def headers(text: str, marks: Marks | None = None) -> dict[str, str]:
    found, quotes = outlined(text, marks)
    return {quotes[row - 1]: quotes[header - 1] for row, header in found.headers.items()}


def turns(text: str, marks: Marks | None = None) -> dict[str, str]:
    found, quotes = outlined(text, marks)
    return {quotes[said - 1]: quotes[by - 1] for said, by in found.turns.items()}


HILL = "Hill farm\n\nSheep\n\nThey graze in May.\n\nCows\n\nThey graze in June."
HILL_MARKS = ((0, "h1"), (11, "h2"), (38, "h2"))


@pytest.mark.parametrize("marks", [HILL_MARKS, None], ids=["marked", "inferred"])
def test_a_sentence_stands_under_its_headings_the_outermost_first(marks: Marks | None) -> None:
    assert above(HILL, marks) == {
        "Hill farm": [],
        "Sheep": ["Hill farm"],
        "They graze in May.": ["Hill farm", "Sheep"],
        "Cows": ["Hill farm"],
        "They graze in June.": ["Hill farm", "Cows"],
    }
    assert heads(HILL, marks) == ["Hill farm", "Sheep", "Cows"]
    found, quotes = outlined(HILL, marks)
    assert {quotes[each - 1]: quotes[of - 1] for each, of in found.headings.items()} == {
        "They graze in May.": "Sheep",
        "They graze in June.": "Cows",
    }


def test_a_heading_closes_those_of_its_level_and_of_deeper_ones() -> None:
    text = "One\n\nDeep\n\nDeeper\n\nIt is here.\n\nTwo\n\nIt is there."
    marks = ((0, "h1"), (5, "h2"), (11, "h4"), (32, "h1"))
    assert above(text, marks)["It is here."] == ["One", "Deep", "Deeper"]
    assert above(text, marks)["Two"] == []
    assert above(text, marks)["It is there."] == ["Two"]


def test_a_marked_text_has_no_headings_but_the_marked() -> None:
    text = "Title\n\nA short line\n\nIt rains."
    assert above(text, ((0, "h1"),))["It rains."] == ["Title"]
    assert above(text, ())["It rains."] == []
    assert above(text)["It rains."] == ["Title", "A short line"]


def test_marks_of_properties_alone_leave_the_headings_to_be_inferred() -> None:
    text = f"{HILL}\n\nWritten by Ann Lowe."
    marks = ((len(HILL) + 2, "meta"),)
    assert above(text, marks)["They graze in May."] == ["Hill farm", "Sheep"]


def test_markdown_gives_the_headings_their_marks() -> None:
    text = "# Pond\n\n## Fish\n\n- Carp live here.\n\n## Frogs\n\nThey sing.\n"
    parsed = read_markdown(text.encode(), name="pond.md")
    assert above(parsed.text, parsed.marks)["They sing."] == ["Pond", "Frogs"]


def test_the_numbers_of_sections_tell_their_levels() -> None:
    text = (
        "1 Scope\n\nIt holds for all.\n\n1.1 Terms\n\nA day has 24 hours.\n\n"
        "1.1.1 Nights\n\nA night has eight.\n\n2 Fees\n\nThere are none."
    )
    found = above(text)
    assert found["A night has eight."] == ["1 Scope", "1.1 Terms", "1.1.1 Nights"]
    assert found["There are none."] == ["2 Fees"]


def test_a_heading_that_asks_stands_below_the_others_and_is_answered_by_what_follows() -> None:
    text = (
        "Parking\n\nWhere may I park?\n\nBehind the mill.\n\n"
        "What does it cost?\n\nTwo euros an hour."
    )
    assert above(text)["Behind the mill."] == ["Parking", "Where may I park?"]
    assert above(text)["Two euros an hour."] == ["Parking", "What does it cost?"]
    assert heads(text) == ["Parking", "Where may I park?", "What does it cost?"]


def test_a_short_answer_without_a_full_stop_is_no_heading() -> None:
    text = "Who runs it?\n\nAda Penn\n\nSince when?\n\nMay 2019\n\nIs it free?\n\nYes, it is."
    assert above(text)["Ada Penn"] == ["Who runs it?"]
    assert above(text)["May 2019"] == ["Since when?"]
    assert heads(text) == ["Who runs it?", "Since when?", "Is it free?"]


@pytest.mark.parametrize(
    "line",
    [
        "The mill is closed.",
        "and then it was over",
        "“We came too late”",
        "- flour",
        "Flour | 2 kg",
        "Ann: we should leave",
        "2019",
        "x" * 101,
        "one line\nand a second",
    ],
)
def test_other_short_paragraphs_are_no_headings(line: str) -> None:
    assert heads(f"{line}\n\nThe wheel turned until dusk. It was loud.") == []


def test_a_line_that_nothing_stands_below_is_no_head() -> None:
    assert heads("It rained all day.\n\nThe end") == []


def test_text_without_full_stops_is_not_all_headings() -> None:
    lines = ["milk is out", "Bread is fresh", "Eggs are few", "Tea is plenty", "Salt is cheap"]
    assert heads("\n\n".join(line.capitalize() for line in lines)) == []


def test_a_line_that_ends_in_a_colon_introduces_the_items_below_it() -> None:
    text = "You need:\n\n- a tent\n- a stove\n\nThe hut is open in May."
    assert above(text, ()) == {
        "You need:": [],
        "- a tent": ["You need:"],
        "- a stove": ["You need:"],
        "The hut is open in May.": [],
    }
    assert heads(text, ()) == ["You need:"]


def test_a_lead_in_covers_one_paragraph_where_no_list_follows() -> None:
    text = "The rule is this:\n\nNobody swims alone.\n\nThe lake is deep."
    assert above(text, ())["Nobody swims alone."] == ["The rule is this:"]
    assert above(text, ())["The lake is deep."] == []


def test_a_heading_closes_a_lead_in() -> None:
    text = "You need:\n\n- a tent\n\nFood\n\n- bread"
    assert above(text, ((21, "h2"),))["- bread"] == ["Food"]


def test_a_question_in_a_paragraph_is_answered_by_what_comes_next() -> None:
    text = "Is there a ferry? Yes, every hour. It carries cars."
    assert heads(text, ()) == ["Is there a ferry?"]


HEADER = "Room | Beds | Price"
ROWS = ["Attic | 2 | 40", "Cellar | 6 | 25", "Old barn behind the inn | 9 | 20"]


@pytest.mark.parametrize("end", ["\n", "\n\n"], ids=["plain", "blocks"])
@pytest.mark.parametrize("known", [True, False], ids=["marked", "inferred"])
def test_rows_are_read_with_the_header_of_their_table(known: bool, end: str) -> None:
    text = "\n\n".join(["Inn prices", end.join([HEADER, *ROWS]), "Dogs are welcome."])
    rows = tuple((text.index(row), "row") for row in ROWS)
    marks = ((0, "h1"), (text.index(HEADER), "header"), *rows) if known else None
    assert headers(text, marks) == dict.fromkeys(ROWS, HEADER)
    assert above(text, marks)["Cellar | 6 | 25"] == ["Inn prices", HEADER]
    assert above(text, marks)["Dogs are welcome."] == ["Inn prices"]
    assert heads(text, marks) == ["Inn prices", HEADER]


def test_a_first_row_without_numbers_is_the_header_of_one_that_has_some() -> None:
    text = "Room | Beds\n\nAttic | 2\n\nCellar | 6"
    marks = tuple((text.index(row), "row") for row in ("Room", "Attic", "Cellar"))
    assert headers(text, marks) == {"Attic | 2": "Room | Beds", "Cellar | 6": "Room | Beds"}


@pytest.mark.parametrize("text", ["Ann | 12\n\nBo | 14", "Ann | red\n\nBo | blue"])
def test_a_table_may_have_no_header(text: str) -> None:
    assert headers(text) == {}
    assert heads(text) == []


@pytest.mark.parametrize("gap", ["\t", "    "])
def test_tabs_and_wide_gaps_part_cells_as_well(gap: str) -> None:
    rows = [f"{tree}{gap}31 m" for tree in ("Oak", "Elm", "Fir", "Great horse chestnut")]
    text = "\n".join([f"Tree{gap}Height", *rows])
    assert headers(text) == dict.fromkeys(rows, f"Tree{gap}Height")


def test_all_rows_of_a_table_and_the_heads_are_read_with_the_next() -> None:
    text = "\n\n".join(["Inn prices", HEADER, *ROWS, "Dogs are welcome."])
    found, quotes = outlined(text)
    assert named(found.joined, quotes) == ["Inn prices", HEADER, *ROWS[:-1]]


def test_what_stands_below_a_head_is_given_in_reading_order() -> None:
    found, quotes = outlined(HILL, HILL_MARKS)
    assert named(found.below(1), quotes) == quotes[1:]
    assert named(found.below(2), quotes) == ["They graze in May."]
    assert found.below(3) == []


def test_the_items_of_a_list_know_each_other() -> None:
    text = "Bring:\n\n- a rope\n- a lamp. It must be charged.\n\nThe cave is cold.\n\n- no shoes"
    found, quotes = outlined(text, ())
    rope = ["- a rope", "- a lamp.", "It must be charged."]
    assert named(found.items(quotes.index("- a lamp.") + 1), quotes) == rope
    assert named(found.items(quotes.index("- no shoes") + 1), quotes) == ["- no shoes"]
    assert found.items(quotes.index("The cave is cold.") + 1) == []


def test_numbered_items_are_a_list_as_well() -> None:
    found, quotes = outlined("1. Open the lid.\n2. Press DOWN.\n3. Wait.", ())
    assert len(found.items(1)) == len(quotes)


def test_a_caption_above_anything_is_a_head() -> None:
    text = "Table 3: rooms\n\nAttic | 2\n\nCellar | 6"
    assert "Table 3: rooms" in heads(text, ((0, "caption"), (16, "row"), (27, "row")))
    rain = "Rain over Kell.\n\nIt lasted a week."
    assert heads(rain, ((0, "caption"),)) == ["Rain over Kell."]
    assert heads("It lasted.\n\nRain over Kell.", ((12, "caption"),)) == []


@pytest.mark.parametrize(
    "opening",
    ["Ann:", "[00:01:20] Ann:", "00:01 Ann Lowe:", "ANN (mayor):", "Dr. Lowe:", "- Ann:"],
)
def test_all_sentences_of_a_turn_lead_back_to_the_one_that_names_the_speaker(opening: str) -> None:
    text = f"{opening} We bought the mill. It was cheap.\nBo: It leaks. Badly."
    assert turns(text) == {
        "It was cheap.": f"{opening} We bought the mill.",
        "Badly.": "Bo: It leaks.",
    }
    assert above(text)["Badly."] == ["Bo: It leaks."]


def test_a_quotation_leads_to_the_sentence_before_it_that_names_the_speaker() -> None:
    text = "“We need boats,” said Mia Holm. “The bridge is gone.” Nobody replied."
    assert turns(text) == {"“The bridge is gone.”": "“We need boats,” said Mia Holm."}


def test_a_quotation_at_the_start_leads_to_the_sentence_after_it() -> None:
    text = 'Rain fell.\n\n"The bridge is gone." "We need boats," said Mia Holm.'
    assert turns(text) == {'"The bridge is gone."': '"We need boats," said Mia Holm.'}


def test_where_a_pronoun_speaks_the_sentence_before_names_whom_it_means() -> None:
    text = "Mayor Mia Holm was there. “We need boats,” she said. “The bridge is gone.”"
    assert turns(text) == {
        "“The bridge is gone.”": "“We need boats,” she said.",
        "“We need boats,” she said.": "Mayor Mia Holm was there.",
    }
    text = "“The bridge is gone.” “We need boats,” she said."
    assert turns(text) == {"“The bridge is gone.”": "“We need boats,” she said."}


def test_what_is_no_quotation_has_no_speaker() -> None:
    assert turns("“We need boats,” said Mia Holm. She left. It was late.") == {}


@pytest.mark.parametrize("heading", ["2.1 Notice.", "(2.1) End of lease.", "3. Notice."])
def test_a_run_in_heading_is_a_head_of_the_rest_of_its_paragraph(heading: str) -> None:
    text = f"{heading} Either side may give three months' notice. It must be in writing."
    assert heads(text, ()) == [heading]
    assert above(text, ())["It must be in writing."] == [heading]
    assert heads(f"{heading}\n\nIt runs two years.", ()) == []  # it is a paragraph of its own


@pytest.mark.parametrize(
    "text",
    [
        "1987 - Snow breaks the roof. Nobody is hurt.",
        "12.5 tonnes fell. It was snow.",
        "28 geese came. They left.",
        "1. Press LIFT. It beeps.\n2. Wait. It opens.",
    ],
)
def test_a_number_alone_makes_no_run_in_heading(text: str) -> None:
    assert heads(text, ()) == []


def test_references_behind_a_heading_do_not_hide_it() -> None:
    assert heads("Later years[3][4]\n\nShe moved to Kell.") == ["Later years[3][4]"]


def test_an_empty_text_has_an_empty_outline() -> None:
    assert outline("", (), None) == Outline((), frozenset())
