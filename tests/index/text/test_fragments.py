import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest

from index import Article, Citation
from index.text.citation import linked
from index.text.fragments import fragment_url

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
    return Citation(
        article_id=7,
        number=1,
        sentence=number,
        start=place.start,
        end=place.end,
        quote=quoted.text[place.start : place.end],
    )


def url_of(quoted: Article, number: int) -> str | None:
    place = quoted.sentences[number - 1]
    return fragment_url(quoted, place.start, place.end)


def link(number: int, text: str = TEXT, source: str = PAGE) -> str | None:
    quoted = article(text, source)
    return url_of(quoted, number)


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
    assert url_of(quoted, 1) is None


def test_a_citation_is_linked_and_stays_equal() -> None:
    quoted = article()
    whole = cited(quoted, 2)
    found = linked(whole, quoted)
    assert found == whole
    assert (found.url, found.title) == (url_of(quoted, 2), "Ships")
    assert json.loads(json.dumps(asdict(found)))["url"].startswith(PAGE)


def test_a_document_of_pages_opens_at_the_page() -> None:
    paged = replace(article(source="https://a.test/b.pdf"), pages=(0, TEXT.index("- Nobody")))
    assert [url_of(paged, number) for number in (1, 7)] == [
        "https://a.test/b.pdf#page=1",
        "https://a.test/b.pdf#page=2",
    ]
    bookmarked = replace(paged, source="https://a.test/b.pdf#chapter")
    assert url_of(bookmarked, 7) == "https://a.test/b.pdf#chapter"


def test_a_citation_tells_its_page() -> None:
    paged = replace(article(source=None), pages=(0, TEXT.index("- Nobody")))
    assert linked(cited(paged, 7), paged).page == 2
