import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.discord.markdown import (
    LIMIT,
    escape_markdown,
    short_title,
    split,
    strip_invisible,
    truncate,
    unescape_markdown,
    utf16_length,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@everyone", r"\@everyone"),
        ("<@123> <@&4> <#5>", r"\<\@123\> \<\@\&4\> \<\#5\>".replace(r"\&", "&")),
        ("[safe](https://evil.example)", r"\[safe\]\(https\:\/\/evil.example\)"),
        ("**bold** _it_ ~~no~~ ||spoiler||", r"\*\*bold\*\* \_it\_ \~\~no\~\~ \|\|spoiler\|\|"),
        ("```\ncode\n```", r"\`\`\` code \`\`\`"),
        ("> quoted\n\nout of it", r"\> quoted out of it"),
        ("# heading", r"\# heading"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("in 1911. Then", "in 1911. Then"),
        ("<t:0:R> </ask:1> <:a:2>", r"\<t\:0\:R\> \<\/ask\:1\> \<\:a\:2\>"),
        ("a\\*b", r"a\\\*b"),
    ],
)
def test_text_is_shown_as_it_stands(text: str, shown: str) -> None:
    assert escape_markdown(text) == shown


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("pass\u200bword", "password"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\u2066a\u2069\u200e\u061c", "a"),
        ("bell\x07 \ufeffhere\u3164", "bell here"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("a\u200db", "ab"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("two\n \u2028lines", "two lines"),
    ],
)
def test_marks_that_nobody_sees_are_left_out(text: str, seen: str) -> None:
    assert strip_invisible(text) == seen


def test_a_title_of_nothing_visible_has_a_name_all_the_same() -> None:
    assert short_title("\u200b\u202e\u3164") == "untitled"
    assert short_title("x" * 200) == "x" * 99 + "…"
    assert truncate("ab", 2) == "ab"


@given(st.text())
def test_what_was_escaped_can_be_read_back(text: str) -> None:
    assert unescape_markdown(escape_markdown(text)) == strip_invisible(text)


@given(st.text())
def test_no_character_that_means_something_to_discord_is_left_bare(text: str) -> None:
    shown = escape_markdown(text)
    assert "\n" not in shown
    bare = shown.replace("\\\\", "")
    for at, character in enumerate(bare):
        if character in "`*_~|<>[]()#@:/":
            assert bare[at - 1] == "\\"


@example(["> 0"])
@given(st.lists(st.text(max_size=3_000), max_size=6))
def test_no_part_is_longer_than_discord_takes_and_no_word_is_lost(texts: list[str]) -> None:
    blocks = [f"> {escape_markdown(text)}" for text in texts]
    parts = split(blocks)
    assert all(0 < utf16_length(part) <= LIMIT for part in parts)
    assert all(line.startswith(">") for part in parts for line in part.split("\n"))
    joined = "".join(line.removeprefix("> ") for part in parts for line in part.split("\n"))
    assert joined.replace(" ", "") == "".join(map(escape_markdown, texts)).replace(" ", "")


def test_a_message_ends_between_two_blocks_and_a_long_one_after_a_sentence() -> None:
    assert split(["a" * 1_500, "b" * 1_000]) == ["a" * 1_500, "b" * 1_000]
    sentence = "It goes on and on." + " word" * 20 + "."
    first, second = split(["> " + " ".join([sentence] * 25)])
    assert first.endswith(("word.", "on."))
    assert second.startswith(("> It goes on", "> word"))
    assert split(["a", "b"]) == ["a\nb"]


def test_emoji_count_twice_as_in_discords_own_client() -> None:
    assert utf16_length("😀") == 2
    assert [utf16_length(part) <= LIMIT for part in split(["😀" * 1_500])] == [True, True]
