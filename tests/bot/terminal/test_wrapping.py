from io import StringIO

from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from bot.terminal.render import Wrapped, wrap

WORDS = (
    *("the", "of", "a", "…", "“", "”", "x" * 70, "大都", "元朝", "한국어", "ไทยภาษา", "ＦＵＬＬ"),
    *("עברית", "हिन्दी", "e\u0301\u0301", "👨\u200d👩\u200d👧", "❤\ufe0f", "🇫🇷🇩🇪"),
    *("a\u200bb", "\u200d", "\u2060x"),
)
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map("".join), min_size=1)
# Rich alone loses the last letter of a line here, and the heart there.
LOST_LETTER = "大都”❤\ufe0f\u200d ＦＵＬＬ🇫🇷🇩🇪עברית 한국어❤\ufe0f \u200d🇫🇷🇩🇪ＦＵＬＬעברית xxxx"
LOST_HEART = f"ＦＵＬＬof❤\ufe0f 大都\u200d🇫🇷🇩🇪ＦＵＬＬ the{'x' * 50}“大都 हिन्दीa"


def printed(text: Text, width: int, marker: str = "[1] ") -> str:
    console = Console(file=StringIO(), width=width, force_terminal=True, color_system=None)
    console.print(Wrapped(text, marker=Text(marker)))
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def bare(text: str) -> str:
    return "".join(text.split())


@given(TEXTS, st.integers(20, 120), st.integers(0, 40))
@example(LOST_LETTER.split(), 20, 0)
@example(LOST_HEART.split(), 60, 0)
def test_no_character_is_lost_and_no_line_is_too_long(
    words: list[str], width: int, marked: int
) -> None:
    text = Text(" ".join(words))
    text.stylize("bold", marked, marked + 5)
    shown = printed(text, width)
    assert bare(shown) == bare(f"[1]{text.plain}")
    assert all(cell_len(line) <= width for line in shown.splitlines())


def test_lines_are_divided_between_words_and_stand_below_one_another() -> None:
    assert printed(Text("The cat slept on the roof of the barn."), 20) == (
        "[1] The cat slept on\n    the roof of the\n    barn.\n"
    )


def test_a_word_that_is_longer_than_a_line_is_divided() -> None:
    lines = wrap(Text("a Donaudampfschiff, 大都大都"), 7)
    assert [line.plain for line in lines] == ["a", "Donauda", "mpfschi", "ff,", "大都大", "都"]


def test_a_character_that_is_wider_than_a_line_has_a_line_of_its_own() -> None:
    assert [line.plain for line in wrap(Text("大b"), 1)] == ["大", "b"]


def test_what_is_marked_stays_marked_across_a_fold() -> None:
    first, second = wrap(Text.assemble("In ", ("the evening", "bold"), " it rained."), 10)[:2]
    assert (first.plain, second.plain) == ("In the", "evening it")
    assert [(span.start, span.end) for span in (*first.spans, *second.spans)] == [(3, 6), (0, 7)]


def test_no_text_is_an_empty_line_behind_its_marker() -> None:
    assert printed(Text(""), 20) == "[1] \n"


def test_a_pipe_gets_one_line() -> None:
    console = Console(file=StringIO(), width=20)
    console.print(Wrapped(Text("word " * 30), marker=Text("[1] ")), soft_wrap=True)
    assert console.file.getvalue() == f"[1] {'word ' * 30}\n"  # type: ignore[attr-defined]
