import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.documents.document import Document
from index.documents.markdown import read_markdown
from index.errors import SourceError


def parse(markdown: str) -> Document:
    return read_markdown(markdown.encode(), name="it")


def plain(markdown: str) -> str:
    return parse(markdown).text


MARKDOWN = {
    "emphasis and code": ("*a* __b__ ***c*** `d  e` ~~f~~", "a b c d  e f"),
    "a lone star": ("2 * 3 and snake_case_name", "2 * 3 and snake_case_name"),
    "links": ('[a *b*](http://x.y "t"), [c][r] <http://d.e>\n\n[r]: /u', "a b, c http://d.e"),
    "images": ("![a *b* &amp; ![c](d)](e) f", "a b & c f"),
    "soft break": ("one\ntwo\n  three", "one two three"),
    "hard break": ("one  \ntwo\\\nthree<br>four<br />\nfive", "one\ntwo\nthree\nfour\nfive"),
    "entities and escapes": (r"&lt;a&gt; &copy; &#233; \*b\* &nope;", "<a> © é *b* &nope;"),
    "an entity for nothing": ("a&#0;b&#xD800;c", "a\ufffdb\ufffdc"),
    "inline html": ("a<!-- no --> <b>c</b><sup>2</sup>", "a c2"),
    "html blocks": ("a\n\n<!-- no\n\nno -->\n\n<div>\nyes\n</div>\n\nb", "a\n\nyes\n\nb"),
    "unseen html": ("a\n\n<script>\nno\n</script>\n\n<style>no</style>\n\nb", "a\n\nb"),
    "html of several blocks": (
        "<p align=a>One <b>of</b>\n them.<br>Two.</p><ul><li>A<li>B &amp; C</ul><pre>a\n b</pre>",
        "One of them.\nTwo.\n\n- A\n- B & C\n\na\n b",
    ),
    "details": (
        "<details>\n<summary>On macOS</summary>\n\nUse *3.12*.\n\n</details>\n\nb",
        "On macOS\n\nUse 3.12.\n\nb",
    ),
    "an html table": (
        "<table><tr><th>A</th><th>B</th></tr><tr><td></td><td>2<td>3</tr><tr><td>4</table>",
        "A | B\n\n| 2 | 3\n\n4",
    ),
    "html that is no html": ("a\n\n<div><![if x]><?p?> b < c\n\nd", "a\n\nb < c\n\nd"),
    "headings": ("# A\nb\n## *C* ##\nd\n\nE\n===\nf", "A\n\nb\n\nC\n\nd\n\nE\n\nf"),
    "rules": ("a\n\n***\n\nb", "a\n\nb"),
    "quotes": ("> a\n> b\n>\n> c\n>> d", "a b\n\nc\n\nd"),
    "fenced code": ("a\n```py\nb = *c*\n\n  d\n```\ne", "a\n\nb = *c*\n\n  d\n\ne"),
    "indented code": ("a\n\n    b\n      c\n\nd", "a\n\nb\n  c\n\nd"),
    "tight list": ("a:\n* b\n* c\n  d\n* e", "a:\n\n- b\n- c d\n- e"),
    "loose list": ("- a\n\n  b\n\n- c", "- a\n\nb\n\n- c"),
    "numbers": ("3. a\n3. b\n3. c", "3. a\n4. b\n5. c"),
    "bracketed numbers": ("1) a\n2) b", "1) a\n2) b"),
    "from zero": ("0. a\n1. b", "0. a\n1. b"),
    "nested list": ("- a\n  1. b\n  2. c\n- d", "- a\n  1. b\n  2. c\n- d"),
    "tight in loose": ("- a\n\n- b\n  - c\n  - d", "- a\n\n- b\n\n  - c\n  - d"),
    "list in list": ("- - a\n  - b\n- c", "- - a\n  - b\n- c"),
    "empty item": ("- a\n-\n- b", "- a\n- b"),
    "two lists": ("- a\n- b\n\n+ c\n+ d", "- a\n- b\n\n- c\n- d"),
    "code in an item": ("- a\n  ```\n  b\n  ```\n- c", "- a\n\nb\n\n- c"),
    "item of code": ("- ```\n  b\n  ```\n- c", "- b\n\n- c"),
    "table": ("|A|*B*|\n|-|-|\n|1|a<br>b|\n|[c](d)|`e`|", "A | B\n\n1 | a b\n\nc | e"),
    "empty cells": ("|A|B|\n|-|-|\n| |2|\n| | |", "A | B\n\n | 2"),
    "paragraph after a table": ("|A|\n|-|\n|1|\n\nb", "A\n\n1\n\nb"),
    "right to left and emoji": ("**مرحبا** 👩\u200d👧 *שלום*", "مرحبا 👩\u200d👧 שלום"),
}


@pytest.mark.parametrize(("markdown", "text"), MARKDOWN.values(), ids=MARKDOWN.keys())
def test_markdown_reads_as_a_browser_shows_it(markdown: str, text: str) -> None:
    assert plain(markdown) == text
    assert plain(markdown.replace("\n", "\r\n")) == text


TITLES = {
    "none": ("Text.", ""),
    "html heading": ("<h1 align=center><img src=a> Mapper</h1>\n\n## Install", "Mapper"),
    "a summary": ("<details><summary>No</summary>\n\n## Install", "Install"),
    "first heading": ("Text.\n\n## Two *three*\n\n# One", "Two three"),
    "underlined heading": ("One\ntwo\n---\n", "One two"),
    "empty heading": ("#\n\n## <!-- no -->\n\n### Three", "Three"),
    "front matter": ("---\ntitle: Front\ndate: 2024\n---\n# Head", "Front"),
    "front matter without a title": ("---\ndate: 2024\n...\n# Head", "Head"),
    "front matter with a title below": ("---\ntitle: >\n  Long\n---\n# Head", "Long"),
    "front matter that is no YAML": ("---\ntitle: One: two\ntags: [\n---\n# Head", "One: two"),
    "front matter that nests": (f"---\ntitle: {'[' * 5_000}\n---\n# Head", "Head"),
    "double quotes": ('---\ntitle: "A \\"b\\": #1" # no\n---\nText.', 'A "b": #1'),
    "single quotes": ("---\nTitle: 'It''s: so'\n---\nText.", "It's: so"),
    "a comment": ("---\ntitle: C# or not  # no\n---\nText.", "C# or not"),
    "an empty title": ("---\ntitle: ''\n---\n# Head", "Head"),
}


@pytest.mark.parametrize(("markdown", "title"), TITLES.values(), ids=TITLES.keys())
def test_markdown_is_titled_by_front_matter_or_heading(markdown: str, title: str) -> None:
    assert parse(markdown).title == title


AUTHORS = {
    "none": ("title: One", None, None),
    "a name": ("author: Ruth Calder\ndate: 2024-05-31", "Ruth Calder", "2024-05-31"),
    "quoted": ('author: "Calder, Ruth"\ndate: "2024-05"', "Calder, Ruth", "2024-05"),
    "names": ("author: Ruth Calder, Ann Lee  # both\nDate: 2024", "Ruth Calder, Ann Lee", "2024"),
    "brackets": ("authors: ['Ruth Calder', Ann Lee]", "Ruth Calder, Ann Lee", None),
    "entries": ("authors:\n- Ruth Calder\n- Ann Lee\ntags:\n- no", "Ruth Calder, Ann Lee", None),
    "more of each": (
        "authors:\n  - name: Ruth Calder\n    mail: a@b\n  - name: Ann\ndate: 2024-05-31 10:00:00",
        "Ruth Calder, Ann",
        "2024-05-31",
    ),
    "no date": ("author:\ndate: next week", None, None),
    "no day": ("date: 2024-02-30\npublished: 2024-02-29T23:59Z", None, "2024-02-29"),
    "no YAML": ("author: Ann: Lee\ndate: 2024-05-31\ntags: [", "Ann: Lee", "2024-05-31"),
    "unknown": ("author: Unknown\ndate: 0001-01-01", None, None),
}


@pytest.mark.parametrize(("fields", "author", "published"), AUTHORS.values(), ids=AUTHORS.keys())
def test_front_matter_names_authors_and_date(
    fields: str, author: str | None, published: str | None
) -> None:
    found = parse(f"---\n{fields}\n---\nText.")
    assert (found.author, found.published) == (author, published)


@pytest.mark.parametrize(
    ("written", "version"),
    [("1.10", "1.10"), ("v2", "2"), ("'3'", "3"), ("9" * 41, None), ("[a, b]", "a"), ("", None)],
)
def test_front_matter_gives_the_version_as_it_is_written(written: str, version: str | None) -> None:
    assert parse(f"---\nversion: {written}\n---\nText.").version == version


def test_front_matter_is_no_part_of_the_text() -> None:
    fields = "title: One\ntags:\n- a\n- b\n\n# comment\nnested:\n  key: value\nempty:\n"
    assert plain(f"---\n{fields}---\nText.") == "Text."
    assert plain(f"---\n{fields}broken: [\n---\nText.") == "Text."
    assert plain(f"---\r\n{fields}---\r\nText.") == "Text."


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("---\n\nProse: first.\n\n---\n\nThen.", "Prose: first.\n\nThen."),
        ("---\nOnce, long ago.\n\n---\nThen.", "Once, long ago.\n\nThen."),
        ("---\na: b\n\nProse goes on.", "a: b\n\nProse goes on."),
        ("Text.\n\n---\na: b\n\n---\n", "Text.\n\na: b"),
    ],
    ids=["a blank line first", "prose first", "never closed", "further down"],
)
def test_prose_between_rules_is_not_taken_for_front_matter(markdown: str, text: str) -> None:
    assert plain(markdown) == text


def test_quotes_and_lists_are_read_as_deep_as_the_parser_goes_and_refused_below() -> None:
    assert plain("> " * 99 + "a") == "a"
    assert plain("- " * 49 + "a") == "- " * 49 + "a"
    for markdown in ("> " * 100 + "a", "- " * 50 + "a"):
        with pytest.raises(
            SourceError, match="^it nests lists and quotes too deep to be read whole"
        ):
            plain(markdown)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.lists(st.text("abcxyz", min_size=1), min_size=1).map(" ".join), min_size=1))
def test_paragraphs_without_markup_come_back_unchanged(paragraphs: list[str]) -> None:
    text = "\n\n".join(f"{each}." for each in paragraphs)
    assert parse(text) == Document(text, marks=())


@settings(deadline=None, max_examples=300)
@given(
    st.one_of(
        st.text(st.characters(codec="utf-8", exclude_characters="\0")),
        st.text("ab *_`[]()!<>#|~-+=&;:.\\'\"1\t\r\n", max_size=60),
    ),
    st.sampled_from(["", "---\n", "---\ntitle: ", "- ", "> ", "|a|\n|-|\n"]),
)
def test_any_text_can_be_read_as_markdown(text: str, opening: str) -> None:
    found = parse(opening + text)
    assert "\r" not in found.text
    assert found.title == " ".join(found.title.split())


@pytest.mark.parametrize(
    "markdown",
    [
        "---\n" + "a: b\n" * 20_000,
        "---\ntitle: '" + "''" * 50_000 + "\n---\n",
        "*a _b " * 15_000,
        "**" * 20_000 + "a" + "**" * 20_000,
        "![" * 2_000 + "a" + "](b)" * 2_000,
        "a" + " " * 100_000 + "b",
        "|a|b|\n|-|-|\n" + "|c|d|\n" * 5_000,
        "- a\n" * 10_000,
    ],
    ids=["fields", "quotes", "openers", "stars", "images", "spaces", "rows", "items"],
)
def test_awkward_markdown_is_read_in_time(markdown: str) -> None:
    started = time.perf_counter()
    plain(markdown)
    assert time.perf_counter() - started < 5.0
