import dataclasses
import re
import time
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.text.article import Article
from index.text.segmentation import (
    LONGEST_SENTENCE,
    Sentence,
    paragraph_around,
    same_paragraph,
    segment,
)

SECONDS_FOR_A_LONG_LINE = 5.0

AWKWARD = [
    *("\n", "\r", "\r\n", "\n\n", "\r\n\r\n", "\n \t\n", "\x85", "\u2028", "\u2029", "\f", "\v"),
    *(" ", "\t", "\u00a0", "\u3000", "\x1c", "\x1f", "\0", "\u200b", "\u200d", "\ufeff", "\ud800"),
    *("👩\u200d👩\u200d👧", "🇩🇪", "👍🏽", "e\u0301", "क्षि", "مرحبا بالعالم.", "שלום!", "你好。"),
    *("# Heading", "## A second", "- item", "* item", "1. ", "12) step", "a) ", "• "),
    *("https://example.com/a.b?c=d.e", "www.example.org.", "me@example.com", "$3.5 million"),
    *("U.S.", "e.g.", "Gov. Smith", "Fig. 2.)", "“…,”", "...", "…", "?!", ".", '."', "(", ")"),
    *("It ended", "x" * 1_300, "." * 200, "word " * 300),
]


def quotes(text: str) -> list[str]:
    return [text[sentence.start : sentence.end] for sentence in segment(text)]


def any_text() -> st.SearchStrategy[str]:
    awkward = st.one_of(st.sampled_from(AWKWARD), st.text(max_size=6))
    unpaired = st.text(st.characters(), max_size=80)
    return st.one_of(st.text(), unpaired, st.lists(awkward, max_size=40).map("".join))


def lines_of(quote: str) -> list[str]:
    """Split at line ends the slow and simple way, to be compared with the regular expressions."""
    for line_end in ("\r\n", "\r", "\x85", "\u2028"):
        quote = quote.replace(line_end, "\n")
    for page_end in ("\f", "\u2029"):
        quote = quote.replace(page_end, "\n\n")
    return quote.split("\n")


@settings(deadline=None, max_examples=300)
@given(any_text())
@example("")
@example("\r\n")
@example("a\r\nb")
@example("\u200b")
def test_sentences_and_the_white_space_between_them_give_back_any_text(text: str) -> None:
    rebuilt, end = "", 0
    for number, sentence in enumerate(segment(text), start=1):
        gap, quote = text[end : sentence.start], text[sentence.start : sentence.end]
        assert sentence.number == number
        assert end <= sentence.start < sentence.end <= len(text)
        assert gap.strip() == ""
        assert quote == quote.strip() != ""
        rebuilt, end = rebuilt + gap + quote, sentence.end
    assert text[end:].strip() == ""
    assert rebuilt + text[end:] == text


@settings(deadline=None, max_examples=300)
@given(any_text())
def test_no_sentence_is_too_long_or_crosses_a_blank_line(text: str) -> None:
    for quote in quotes(text):
        assert len(quote) <= LONGEST_SENTENCE
        assert all(line.strip() for line in lines_of(quote))


@settings(deadline=None, max_examples=200)
@given(any_text())
def test_the_paragraph_around_a_sentence_holds_all_of_it(text: str) -> None:
    for sentence in segment(text):
        for position in (sentence.start, sentence.end - 1):
            start, end = paragraph_around(text, position)
            assert start <= sentence.start
            assert sentence.end <= end
            assert text[start:end] == text[start:end].strip()


@settings(deadline=None, max_examples=100)
@given(st.lists(st.text("ab .!\n", min_size=1).filter(str.strip), min_size=1, max_size=6))
@example(["a", " .\n!!"])
def test_a_paragraph_is_segmented_alike_wherever_it_stands(paragraphs: list[str]) -> None:
    together = quotes("\n\n".join(paragraphs))
    assert together == [quote for paragraph in paragraphs for quote in quotes(paragraph)]


LONG_LINES = {
    "letters": "a" * 100_000,
    "exclamation marks": "!" * 100_000,
    "full stops": "." * 100_000,
    "words without a full stop": "word " * 20_000,
    "one-letter sentences": "a. " * 33_333,
    "abbreviations": "Mr. " * 25_000,
    "decimals": "1." * 50_000,
    "quotation marks": '"' * 100_000,
    "open brackets": "(" * 100_000,
    "joined emoji": "👩\u200d" * 50_000,
    "combining marks": "\u0301" * 100_000,
    "white space": " " * 100_000,
    "short lines": "a\n" * 50_000,
    "blank lines": "\n" * 100_000,
    "carriage returns": "\r" * 100_000,
    "list items": "- a\n" * 25_000,
    "citation markers": ".[1]" * 25_000,
    "ordinary words": "book. " * 16_000,
}


@pytest.mark.parametrize("text", LONG_LINES.values(), ids=LONG_LINES.keys())
def test_a_line_of_a_hundred_thousand_characters_is_segmented_in_time(text: str) -> None:
    quotes("The tables are loaded before the clock starts.")
    started = time.process_time()
    found = segment(text)
    assert time.process_time() - started < SECONDS_FOR_A_LONG_LINE
    shown = "".join(text[sentence.start : sentence.end] for sentence in found)
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", text)


GOLDEN = {
    "a title before a name": ["He met Gov. Smith in May.", "They talked."],
    "initials": ["Dr. J. R. Smith spoke.", "Nobody listened."],
    "a figure in brackets": ["The rise is steep (see Fig. 2.) and then it falls.", "It ends."],
    "a sentence in brackets": ["The rise is steep.", "(See Fig. 2.)", "Then it falls."],
    "speech that goes on": ["“I will not go…,” she asked.", "He left."],
    "money": ["It cost $3.5 million in 2010.", "Nobody paid."],
    "a country inside": ["He lived in the U.S. in 1990.", "He left."],
    "a country at the end": ["He moved to the U.S.", "He left."],
    "decimals": ["Pi is 3.14159 and e is 2.718.", "Both are irrational."],
    "an address": ["See https://example.com/a.b.html?x=1.2 for more.", "Then go."],
    "a bare address at the end": ["Visit www.example.co.uk.", "It is free."],
    "a time": ["It opens at 9 a.m. on Monday.", "It closes at noon."],
    "questions and cries": ["Who came?", "Nobody!", "So it ended."],
    "right to left": ["وصل القطار.", "غادر الناس."],
    "emoji": ["We won 👩\u200d👩\u200d👧!", "They cheered."],
    "no final full stop": ["It began.", "It has no end"],
}


ENDINGS = {
    "ordinary words": ["She read the book.", "And then she slept.", "The world burnt less coal."],
    "more of them": ["It costs €48 a month.", "Children pay half.", "You must be a human.", "Go."],
    "before a number": [
        "They said it again last week.",
        "30 people had left the hall.",
        "It shut.",
    ],
    "before speech": ["They told a different story.", "“It was late,” she said."],
    "a name of ordinary words": ["He ruled the far West.", "Kublai expanded it.", "It fell."],
    "no": ["He said no.", "Then he signed no. 7 and No. 8.", "She said no."],
    "art": ["See art. 5 of the law on art.", "Museums agreed."],
    "the law": ["See 12 Conn. Gen. Stat. § 4-98 et seq.", "The court in No. 7 asked Dr. Aino."],
    "abbreviations": ["It took approx. 5 days, i.e. Monday to Friday, etc.", "They saw Fig. 3."],
    "firms and roads": ["Acme Co. Ltd. sued Smith vs. Jones on Park Ave. North.", "It lost."],
}


def test_ordinary_words_end_sentences_and_abbreviations_do_not() -> None:
    found = {name: quotes(" ".join(sentences)) for name, sentences in ENDINGS.items()}
    assert found == ENDINGS


@pytest.mark.parametrize(
    "sentences",
    [
        ["It was opened in 1932.[1]", "It is 410 metres long.[2][3]", "Aalto built it.[4]"],
        ["The geese fly in May.[citation needed]", "“They rest here.”[12–14]", "Then they go. [a]"],
        ["He read a book.[1]", "In [2] he found it."],
    ],
    ids=["numbers", "other markers", "one inside"],
)
def test_a_citation_marker_belongs_to_the_sentence_before_it(sentences: list[str]) -> None:
    assert quotes(" ".join(sentences)) == sentences
    assert quotes("[1] Aalto 1932.\n[2] Reed 1940.") == ["[1] Aalto 1932.", "[2] Reed 1940."]
    assert quotes("[1] Aalto, Tolls. [2] Reed, Bridges.") == [
        "[1] Aalto, Tolls.",
        "[2] Reed, Bridges.",
    ]


def test_the_longest_line_of_a_list_is_no_wrapped_one() -> None:
    lines = [
        "1911 - A shop opens",
        "1998 - Two friends buy the name and build replicas of the Model A",
        "2011 - A museum opens in the old shop, a hundred years later",
        "2019 - A prize",
        "2020 - The end",
    ]
    assert quotes("\n".join(lines)) == lines
    assert quotes("Written by Acme Inc.\nPublished in 2023.") == [
        "Written by Acme Inc.",
        "Published in 2023.",
    ]


@pytest.mark.parametrize("space", [" ", "  ", "\n\n", "\r\n\r\n"], ids=repr)
def test_sentences_are_found_where_a_reader_finds_them(space: str) -> None:
    found = {name: quotes(space.join(sentences)) for name, sentences in GOLDEN.items()}
    assert found == GOLDEN


def test_offsets_count_code_points() -> None:
    assert segment("👍🏽 Yes. No.") == (Sentence(1, 0, 7), Sentence(2, 8, 11))


def test_a_repeated_sentence_cites_its_own_place() -> None:
    text = "It rained. We stayed. It rained. We left."
    assert quotes(text) == ["It rained.", "We stayed.", "It rained.", "We left."]
    assert [(s.start, s.end) for s in segment(text)] == [(0, 10), (11, 21), (22, 32), (33, 41)]


UNSPACED = {
    "Chinese": ["你好。", "我走了。"],
    "a Chinese question and a cry": ["你来了吗？", "真的！？", "是的。"],
    "a Chinese quotation": ["他说：“你好。”", "「好。」", "『他说「走。」』", "（好。）", "走了"],
    "half-width Japanese": ["行く｡", "来る｡"],
    "Arabic": ["هل جاء؟", "نعم، جاء."],
    "Urdu": ["وہ آیا؟", "ہاں۔", "وہ گیا۔"],
    "Hindi": ["वह आया।", "वह गया॥", "“वह नहीं गया।”", "क्यों?"],
    "Chinese speech in English": ["She said “好。”", "Then she left."],
}


@pytest.mark.parametrize("space", ["", " ", "\u3000", "\n\n"], ids=repr)
def test_full_stops_of_other_scripts_end_a_sentence_and_quotation_marks_stay_with_it(
    space: str,
) -> None:
    found = {name: quotes(space.join(sentences)) for name, sentences in UNSPACED.items()}
    assert found == UNSPACED


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\r\n", "\t\u00a0\u3000\u2029\f"], ids=repr)
def test_a_text_of_white_space_has_no_sentences(text: str) -> None:
    assert segment(text) == ()


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\x85", "\u2028"], ids=repr)
def test_hard_wrapped_text_keeps_its_sentences_whole(line_end: str) -> None:
    lines = [
        "The quick brown fox jumps over the lazy dog and then",
        "runs away into the woods, where it meets a bear that",
        "Mr. Jones of the village does not like. The fox hides",
        "and waits.",
    ]
    first, second = line_end.join(lines).split(" The fox")
    assert quotes(line_end.join(lines)) == [first, "The fox" + second]


@pytest.mark.parametrize("first", ["It was", "It was,", "It was (", "It was —"])
def test_a_line_that_ends_early_keeps_a_sentence_that_visibly_goes_on(first: str) -> None:
    rest = "seen" if first == "It was" else "Nobody knows why"
    text = f"{first}\n{rest} on the long and winding road that leads to the harbour."
    assert quotes(text) == [text]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=repr)
def test_a_blank_line_ends_a_sentence_though_white_space_stands_on_it(line_end: str) -> None:
    assert quotes(f"it began{line_end} \t{line_end}and ended") == ["it began", "and ended"]


def test_a_page_break_ends_a_sentence() -> None:
    assert quotes("it began\fand\u2029ended") == ["it began", "and", "ended"]


@pytest.mark.parametrize("between", ["\n", "\r\n", "\n\n"], ids=repr)
def test_a_heading_is_a_sentence_of_its_own(between: str) -> None:
    text = f"# The town{between}It was founded in 1850. It grew fast."
    assert quotes(text) == ["# The town", "It was founded in 1850.", "It grew fast."]


@pytest.mark.parametrize(
    "items",
    [
        ["- one", "- two", "- three"],
        ["* one", "* two"],
        ["• one", "• two"],
        ["1. First comes this", "2. then that", "10. and this at last"],
        ["1) one", "2) two"],
        ["(a) one", "(b) two"],
    ],
    ids=repr,
)
def test_every_list_item_is_a_sentence_of_its_own(items: list[str]) -> None:
    assert quotes("It takes:\n" + "\n  ".join(items)) == ["It takes:", *items]


def test_a_text_with_a_paragraph_a_line_keeps_headings_apart() -> None:
    lines = [
        ["History"],
        ["The town was founded in 1850 by Col. Reed.", "It grew fast, and the railway came."],
        ["Geography and climate"],
        ["The town lies by a river.", "It is 3.2 miles long."],
    ]
    text = "\n".join(" ".join(line) for line in lines)
    assert quotes(text) == [sentence for line in lines for sentence in line]


def test_a_long_sentence_is_divided_after_a_clause() -> None:
    clause, rest = "b" * 700 + ";", "c " * 350 + "d."
    first, second = quotes(f"{clause} {rest}")
    assert first == clause
    assert second == rest


def test_a_long_sentence_without_clauses_is_divided_at_a_space() -> None:
    found = quotes("seven77 " * 300)
    assert [len(quote) for quote in found] == [999, 999, 399]
    assert set(" ".join(found).split()) == {"seven77"}


def test_a_long_run_without_a_space_is_divided_at_the_limit() -> None:
    assert [len(quote) for quote in quotes("a" * 2_500)] == [1_000, 1_000, 500]


@pytest.mark.parametrize("cluster", ["👩\u200d👩\u200d👧", "e\u0301\u0323"], ids=ascii)
def test_a_long_run_is_not_divided_inside_a_character(cluster: str) -> None:
    assert quotes("a" * 999 + cluster + "b") == ["a" * 999, cluster + "b"]


def test_the_paragraph_around_a_position_is_trimmed() -> None:
    text = " One.  Two. \n\n\tThree.\n \nFour."
    assert [paragraph_around(text, position) for position in (0, 7, 15, 24, 28)] == [
        (1, 11),
        (1, 11),
        (15, 21),
        (24, 29),
        (24, 29),
    ]


def test_a_position_outside_the_text_is_misuse() -> None:
    with pytest.raises(ValueError, match="position 4 lies outside a text of 4 code points"):
        paragraph_around("One.", 4)


@pytest.mark.parametrize("between", [" ", "\n", "\r\n", "\r"], ids=repr)
def test_neighbours_share_a_paragraph_where_no_blank_line_parts_them(between: str) -> None:
    text = f"It began.{between}It ended."
    assert same_paragraph(text, *segment(text))


@pytest.mark.parametrize("between", ["\n\n", "\r\n\r\n", "\r\r", "\n \n", "\f", "\u2029"], ids=repr)
def test_a_blank_line_or_a_page_break_parts_neighbours(between: str) -> None:
    text = f"It began.{between}It ended."
    assert not same_paragraph(text, *segment(text))


def article(text: str) -> Article:
    return Article(
        id=7, title="T", text=text, source=None, sha256="", added=datetime(2024, 5, 6, tzinfo=UTC)
    )


def test_an_article_knows_its_sentences() -> None:
    assert article("It began. It ended.").sentences == (Sentence(1, 0, 9), Sentence(2, 10, 19))


def test_an_article_keeps_the_sentences_it_is_given() -> None:
    given_sentences = (Sentence(1, 0, 19),)
    kept = dataclasses.replace(article("It began. It ended."), sentences=given_sentences)
    assert kept.sentences == given_sentences


def test_an_article_cannot_be_changed_and_hides_its_text_when_shown() -> None:
    shown = article("It began.")
    with pytest.raises(dataclasses.FrozenInstanceError):
        shown.text = "It ended."  # type: ignore[misc]
    assert "began" not in repr(shown)


def test_an_article_tells_the_page_of_a_character() -> None:
    paged = dataclasses.replace(article("It began. It ended."), pages=(0, 10))
    assert [paged.page_of(offset) for offset in (0, 9, 10, 18)] == [1, 1, 2, 2]
    assert article("It began.").page_of(3) is None
