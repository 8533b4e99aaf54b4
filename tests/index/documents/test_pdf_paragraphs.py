from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from index.documents.pdf_layout import Line
from index.documents.pdf_paragraphs import flow

WORDS = st.lists(
    st.sampled_from(["One.", "cause-", "way", "Norse–", "•", "and", "word", "-", "3."]),
    min_size=1,
    max_size=4,
).map(" ".join)
LINES = st.lists(st.tuples(WORDS, st.sampled_from([10.0, 14.0]), st.booleans()), max_size=5)


def page_of(lines: list[tuple[str, float, bool]]) -> list[Line]:
    return [
        Line(text, number, 72, 500, 700 - 14 * number, size, cells=cells)
        for number, (text, size, cells) in enumerate(lines)
    ]


@settings(deadline=None, max_examples=300)
@given(st.lists(LINES, max_size=6))
def test_pages_part_the_text_and_nothing_but_hyphens_and_bullets_is_lost(
    pages: list[list[tuple[str, float, bool]]],
) -> None:
    text, offsets = flow([page_of(lines) for lines in pages])
    assert len(offsets) == len(pages)
    parts = [text[start:end] for start, end in pairwise((*offsets, len(text)))]
    assert "".join(parts) == text
    for part, lines in zip(parts, pages, strict=True):
        said = "".join(words for words, _, _ in lines)
        assert letters(part) == letters(said)


def letters(text: str) -> str:
    return "".join(filter(lambda character: character not in "-• \n", text))


def test_pages_without_a_line_have_no_text() -> None:
    assert flow([]) == ("", ())
    assert flow([[], []]) == ("", (0, 0))
