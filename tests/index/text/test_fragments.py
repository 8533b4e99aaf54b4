import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest

from index import Answer, Article, Citation
from index.answers.answer import with_links
from index.text.fragments import sentence_url

PAGE = "https://example.com/a?b=c"
LONG = "The ship Aurora left the harbour at dawn, long before anybody in the town had woken up."
TEXT = f"""Home

{LONG} It sank. It rained, and rained - all day. It rained, and rained - all day.

- It sank.
- Nobody knew; 100% & more, "they" said."""


def article(text: str = TEXT, source: str | None = PAGE) -> Article:
    return Article(7, "Ships", text, source, "", datetime(2026, 1, 1, tzinfo=UTC))


def cited(quoted: Article, number: int) -> Citation:
    place = quoted.sentences[number - 1]
    return Citation(7, 1, number, place.start, place.end, quoted.text[place.start : place.end])


def link(number: int, text: str = TEXT, source: str = PAGE) -> str | None:
    quoted = article(text, source)
    return sentence_url(quoted, cited(quoted, number))


def directive(number: int, text: str = TEXT) -> str:
    found = link(number, text) or ""
    address, mark, fragment = found.partition("#:~:text=")
    assert (address, mark) == (PAGE, "#:~:text=")
    return fragment


def test_a_short_sentence_is_named_whole() -> None:
    assert unquote(directive(1, "It was a long and cold winter. It ended.")) == (
        "It was a long and cold winter."
    )


def test_a_long_sentence_is_named_by_its_ends() -> None:
    assert unquote(directive(2)) == "The ship Aurora left the,the town had woken up."


def test_a_sentence_of_few_words_is_told_from_a_menu_by_what_stands_around() -> None:
    assert unquote(directive(1)) == "Home,-The ship Aurora"


def test_sentences_that_are_the_same_are_told_apart_by_what_stands_around() -> None:
    assert unquote(directive(3)) == "had woken up.-,It sank."
    assert unquote(directive(4)) == "up. It sank.-,It rained, and rained - all day."
    assert unquote(directive(5)) == "- all day.-,It rained, and rained - all day."
    assert unquote(directive(6)) == "- all day.-,It sank."


def test_what_has_a_meaning_in_a_fragment_is_encoded() -> None:
    assert directive(7).count("-") == 0
    assert "," not in directive(7)
    assert unquote(directive(7)) == 'Nobody knew; 100% & more, "they" said.'
    assert "%3B" in directive(7)
    assert "100%25%20%26%20more%2C%20%22they%22" in directive(7)


def test_what_a_page_draws_by_itself_is_left_out() -> None:
    rows = "Ship | Year\n\nThe Aurora | It sank in 1912\n\n2. It sank in 1912"
    assert unquote(directive(2, rows)) == "The Aurora,It sank in 1912"
    assert unquote(directive(3, rows)) == "sank in 1912-,It sank in 1912"


def test_a_twin_that_nothing_tells_apart_gets_the_plain_address() -> None:
    assert link(2, "Again and again.\n\n" * 60) == PAGE


def test_a_fragment_of_the_address_is_kept() -> None:
    assert (link(1, "It was so.", f"{PAGE}#part") or "").startswith(f"{PAGE}#part:~:text=It%20was")
    assert (link(1, "It was so.", f"{PAGE}#") or "").startswith(f"{PAGE}#:~:text=It%20was")


@pytest.mark.parametrize(
    "source",
    [None, "/home/me/a.html", "a note", "ftp://example.com/a", "https://a b/", "https://a/\x1b[0m"],
)
def test_an_article_from_elsewhere_has_no_link(source: str | None) -> None:
    quoted = article(source=source)
    assert sentence_url(quoted, cited(quoted, 1)) is None


def test_an_answer_is_linked_with_its_short_one() -> None:
    quoted = article()
    whole = cited(quoted, 2)
    short = replace(whole, start=whole.start + 4, end=whole.start + 15, quote="ship Aurora")
    answer = Answer("q", "q", "…", (whole,), short, 0.9, False, ())
    linked = with_links(answer, {7: quoted})
    assert linked == answer
    assert linked.short is not None
    assert linked.citations[0].url == linked.short.url == sentence_url(quoted, whole)
    assert json.loads(json.dumps(asdict(linked)))["citations"][0]["url"].startswith(PAGE)


def test_a_citation_of_an_unknown_article_keeps_its_link() -> None:
    whole = replace(cited(article(), 2), url="https://example.com/old")
    answer = Answer("q", "q", "…", (whole,), None, 0.9, False, ())
    assert with_links(answer, {}).citations[0].url == "https://example.com/old"


def test_a_document_of_pages_opens_at_the_page() -> None:
    paged = replace(article(source="https://a.test/b.pdf"), pages=(0, TEXT.index("- Nobody")))
    assert [sentence_url(paged, cited(paged, number)) for number in (1, 7)] == [
        "https://a.test/b.pdf#page=1",
        "https://a.test/b.pdf#page=2",
    ]
    bookmarked = replace(paged, source="https://a.test/b.pdf#chapter")
    assert sentence_url(bookmarked, cited(bookmarked, 7)) == "https://a.test/b.pdf#chapter"


def test_a_citation_tells_its_page() -> None:
    paged = replace(article(source=None), pages=(0, TEXT.index("- Nobody")))
    answer = Answer("q", "q", "", (cited(paged, 7),), cited(paged, 7), 0.9, False, ())
    found = with_links(answer, {7: paged})
    assert found.short is not None
    assert (found.citations[0].page, found.short.page) == (2, 2)
