import json
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from itertools import product

import pytest
from rich.console import Console, RenderableType

from bot.chat import WORDED
from bot.terminal.render import (
    answer_json,
    answer_view,
    articles_json,
    articles_lines,
    articles_view,
    hits_json,
    hits_view,
    sanitize,
    sources_view,
)
from index import Answer, Article, Citation, Hit, Statement

TEXT = "The dog barked.\nThe cat slept. It rained.\n\nIn the evening the dog slept."
ARTICLE = Article(3, "Pets", TEXT, None, "", datetime(2026, 1, 1, tzinfo=UTC))


def citation(number: int, sentence: int) -> Citation:
    place = ARTICLE.sentences[sentence - 1]
    quote = TEXT[place.start : place.end]
    return Citation(
        article_id=ARTICLE.id,
        number=number,
        sentence=sentence,
        start=place.start,
        end=place.end,
        quote=quote,
        title=ARTICLE.title,
    )


def answered(*, query: str = "who slept?") -> Answer:
    citations = (citation(1, 2), citation(2, 4))
    return Answer("who slept?", query, "…", citations, None, 0.834, False, ())


def seen(view: RenderableType) -> str:
    console = Console(file=StringIO(), width=60)
    with console.capture() as capture:
        console.print(view)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def test_an_answer_shows_each_cited_sentence_behind_its_number() -> None:
    assert seen(answer_view(answered())) == (
        "[1] The cat slept.\n[2] In the evening the dog slept.\n— Pets"
    )


def test_the_short_answer_comes_first_and_is_marked_in_its_sentence() -> None:
    spaced = "In  the\nevening the dog slept."
    whole = Citation(
        article_id=3, number=1, sentence=1, start=0, end=len(spaced), quote=spaced, title="Pets"
    )
    short = Citation(article_id=3, number=1, sentence=1, start=4, end=15, quote="the\nevening")
    answer = Answer("when?", "when?", "…", (whole,), short, 0.9, False, ())
    assert seen(answer_view(answer)) == ("the evening\n[1] In the evening the dog slept.\n— Pets")
    console = Console(file=StringIO(), width=60, force_terminal=True, color_system="standard")
    console.print(answer_view(answer))
    first, second, _ = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert first.startswith("\x1b[1;4mthe evening\x1b[0m")
    assert "In \x1b[1;4mthe evening\x1b[0m the dog slept." in second


def test_an_answer_says_what_was_searched_for_when_it_was_not_what_was_typed() -> None:
    view = answer_view(answered(query="which pet slept?"))
    assert seen(view).startswith("(searched for: which pet slept?)\n[1] The cat slept.")


def test_an_abstention_shows_the_nearest_sentences_and_cites_nothing() -> None:
    nearest = (Hit.of(ARTICLE, 3, score=0.2, rank=1),)
    answer = Answer("why?", "why?", "The article does not say.", (), None, 0.03, True, nearest)
    assert seen(answer_view(answer)) == (
        "The article does not say.\nThe nearest that it says:\n ·  It rained."
    )


def test_an_abstention_with_nothing_near_shows_its_notice_alone() -> None:
    answer = Answer("why?", "why?", "The article does not say.", (), None, 0.0, True, ())
    assert seen(answer_view(answer)) == "The article does not say."
    led = replace(answer, query="who slept? why?")
    assert seen(answer_view(led)) == "The article does not say."
    noticed = replace(answer, notice="There was no article to search.")
    assert seen(answer_view(noticed)) == (
        "The article does not say.\n(There was no article to search.)"
    )


def test_a_tentative_answer_says_so_before_its_sentences() -> None:
    tentative = replace(answered(), tentative=True)
    assert seen(answer_view(tentative)) == (
        "Perhaps:\n[1] The cat slept.\n[2] In the evening the dog slept.\n— Pets"
    )


def test_each_of_several_articles_is_named_below_its_sentences() -> None:
    mine = replace(citation(2, 4), article_id=4, page=7, title="More pets")
    answer = Answer("who?", "who?", "…", (citation(1, 2), mine), None, 0.9, False, ())
    assert seen(answer_view(answer)) == (
        "[1] The cat slept.\n— Pets\n[2] In the evening the dog slept.\n— More pets · [2] p. 7"
    )


WIDE = (
    "(Dadu, Chinese: 大都 in Chinese) of the 元朝 dynasty, 👨‍👩‍👧 naïve e\u0301tude — "
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft זה עברית."
)


def test_no_character_of_a_quote_is_lost_at_any_width() -> None:
    article = Article(3, "Wide", WIDE, None, "", ARTICLE.added)
    [place] = article.sentences
    whole = Citation(
        article_id=3, number=1, sentence=1, start=place.start, end=place.end, quote=WIDE
    )
    answer = Answer("?", "?", "…", (whole,), None, 0.5, False, ())
    abstained = Answer(
        "?", "?", "No.", (), None, 0.1, True, (Hit.of(article, 1, score=0.1, rank=1),)
    )
    views = {
        "answer": answer_view(answer),
        "sources": sources_view(answer, {3: article}),
        "abstention": answer_view(abstained),
        "hits": hits_view(abstained.nearest),
    }
    lost = []
    for width, (name, view) in product(range(20, 121), views.items()):
        console = Console(file=StringIO(), width=width)
        console.print(view)
        printed = console.file.getvalue()  # type: ignore[attr-defined]
        if "".join(WIDE.split()) not in "".join(printed.split()):
            lost.append((width, name))
    assert lost == []


def test_a_pipe_gets_whole_lines_without_padding() -> None:
    article = Article(3, "Long", "word " * 60 + "end.", None, "", ARTICLE.added)
    [place] = article.sentences
    quote = article.text[place.start : place.end]
    whole = Citation(
        article_id=3,
        number=1,
        sentence=1,
        start=place.start,
        end=place.end,
        quote=quote,
        title="Long",
    )
    answer = Answer("?", "?", "…", (whole,), None, 0.5, False, ())
    console = Console(file=StringIO(), width=40)
    console.print(answer_view(answer), soft_wrap=True)
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert printed == f"[1] {quote}\n— Long\n"


def test_a_list_for_a_pipe_has_a_line_an_article_with_tabs() -> None:
    other = replace(ARTICLE, id=4, title="A\tB", source="/a/b.txt", author="C. D.")
    assert (
        articles_lines([ARTICLE.info, other.info]) == "3\tPets\t4\t\t\n4\tA B\t4\tC. D.\t/a/b.txt"
    )
    [first, second] = json.loads(articles_json([ARTICLE.info, other.info]))
    assert first == {
        "id": 3,
        "title": "Pets",
        "sentences": 4,
        "author": None,
        "published": None,
        "source": None,
    }
    assert second["title"] == "A\tB"


def test_what_a_search_found_is_shown_with_rank_and_title() -> None:
    hits = [Hit.of(ARTICLE, 2, score=0.8, rank=1)]
    assert seen(hits_view(hits)) == "1 Pets: The cat slept."
    [found] = json.loads(hits_json(hits))
    assert (found["title"], found["rank"], found["quote"]) == ("Pets", 1, "The cat slept.")
    assert (found["sentence"], found["start"], found["end"]) == (2, 16, 30)


def test_small_talk_shows_its_text_alone() -> None:
    answer = Answer("hi", "hi", "Hello! Ask.", (), None, 1.0, False, (), "small talk")
    assert seen(answer_view(answer)) == "Hello! Ask."


def test_each_statement_of_an_llm_stands_above_the_sentences_that_it_cites() -> None:
    cited = (citation(1, 2), citation(2, 4))
    statements = (Statement("A\x1b cat was asleep.", (1,)), Statement("", (2, 1)))
    answer = Answer("who?", "who?", "…", cited, None, 0.9, False, (), "composed")
    assert seen(answer_view(replace(answer, statements=statements))).splitlines() == [
        WORDED,
        "A cat was asleep. [1]",
        "[1] The cat slept.",
        "[2] In the evening the dog slept.",
        "[1] The cat slept.",
        "— Pets",
    ]


def test_an_overview_says_that_it_is_one() -> None:
    answer = Answer("tldr", "tldr", "…", (citation(1, 2),), None, 1.0, False, (), "overview")
    assert seen(answer_view(answer)) == "[1] The cat slept.\n— Pets · overview"


def test_the_sources_show_each_sentence_in_its_paragraph() -> None:
    assert seen(sources_view(answered(), {3: ARTICLE})).split("\n") == [
        "[1] Pets, sentence 2 of 4",
        "    The dog barked. The cat slept. It rained.",
        "[2] Pets, sentence 4 of 4",
        "    In the evening the dog slept.",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            f"It is May. {TEXT}",
            [
                "[1] Pets, sentence 3 of 5, moved since that answer",
                "    It is May. The dog barked. The cat slept. It rained.",
                "[2] Pets, sentence 5 of 5, moved since that answer",
                "    In the evening the dog slept.",
            ],
        ),
        (
            TEXT.replace("the dog slept", "the old dog slept long"),
            [
                "[1] Pets, sentence 2 of 4",
                "    The dog barked. The cat slept. It rained.",
                "[2] Pets, sentence 4 of 4, reworded since that answer",
                "    In the evening the old dog slept long.",
            ],
        ),
        (
            TEXT.replace(" The cat slept.", "").replace("\nThe cat slept.", ""),
            [
                "[1] Pets no longer says “The cat slept.”",
                "[2] Pets, sentence 3 of 3, moved since that answer",
                "    In the evening the dog slept.",
            ],
        ),
    ],
    ids=["moved", "reworded", "gone"],
)
def test_the_sources_of_an_older_answer_are_shown_where_they_stand_now(
    text: str, shown: list[str]
) -> None:
    changed = Article(3, "Pets", text, None, "", ARTICLE.added)
    assert seen(sources_view(answered(), {3: changed})).split("\n") == shown


def test_the_sources_say_where_an_article_was_removed() -> None:
    assert seen(sources_view(answered(), {})).split("\n") == [
        "[1] The article was removed: “The cat slept.”",
        "[2] The article was removed: “In the evening the dog slept.”",
    ]


def test_a_source_that_moved_has_the_link_of_its_new_place() -> None:
    url = "https://example.com/pets"
    old = replace(citation(1, 2), url=f"{url}#:~:text=The%20cat%20slept.")
    answer = Answer("who?", "who?", "…", (old,), None, 0.9, False, ())
    text = f"{TEXT} The cat slept."
    changed = Article(3, "Pets", f"So. {text}", url, "", ARTICLE.added)
    assert f"    {url}#:~:text=The%20dog%20barked.-,Th" in seen(sources_view(answer, {3: changed}))


def test_text_cannot_steer_the_terminal() -> None:
    assert sanitize("a\x1b[2Jb\x07 c\r\n\td\x9b1m") == "a[2Jb c d1m"
    assert sanitize("family 👨‍👩‍👧, naïve, עברית") == "family 👨‍👩‍👧, naïve, עברית"


def test_rich_markup_in_an_article_is_text() -> None:
    article = Article(3, "[red]Pets[/]", "[bold]Hi[/bold] there.", None, "", ARTICLE.added)
    quote = Citation(
        article_id=3,
        number=1,
        sentence=1,
        start=0,
        end=22,
        quote="[bold]Hi[/bold] there.",
        title="[red]Pets[/]",
    )
    answer = Answer("?", "?", "…", (quote,), None, 0.5, False, ())
    assert seen(answer_view(answer)) == ("[1] [bold]Hi[/bold] there.\n— [red]Pets[/]")
    assert "[red]Pets[/]" in seen(articles_view([article.info]))


def test_the_number_of_a_citation_is_a_link_where_its_page_has_an_address() -> None:
    url = "https://example.com/pets#:~:text=The%20cat"
    linked = (replace(citation(1, 2), url=url), citation(2, 4))
    answer = Answer("who?", "who?", "…", linked, None, 0.9, False, ())
    for view in (answer_view(answer), sources_view(answer, {3: ARTICLE})):
        console = Console(file=StringIO(), width=60, force_terminal=True)
        console.print(view)
        printed = console.file.getvalue()  # type: ignore[attr-defined]
        assert printed.count(f";{url}\x1b\\") == 1
        assert "http" not in seen(answer_view(answer))
    assert f"    {url}" in seen(sources_view(answer, {3: ARTICLE}))


def test_pages_are_named_where_the_document_has_them() -> None:
    paged = (replace(citation(1, 2), page=3), citation(2, 4))
    answer = Answer("who?", "who?", "…", paged, None, 0.9, False, ())
    assert "— Pets · [1] p. 3" in seen(answer_view(answer))
    assert "[1] Pets, page 3, sentence 2 of 4" in seen(sources_view(answer, {3: ARTICLE}))


def test_a_list_tells_who_wrote_an_article_and_when() -> None:
    told = seen(articles_view([replace(ARTICLE.info, author="A. Writer", published="2024-05-31")]))
    assert "A. Writer, 2024-05-31" in told


def test_json_has_the_names_of_the_fields() -> None:
    given = json.loads(answer_json(answered()))
    assert list(given) == [
        "question",
        "query",
        "text",
        "citations",
        "short",
        "confidence",
        "abstained",
        "nearest",
        "origin",
        "notice",
        "tentative",
        "statements",
    ]
    assert given["citations"][0] == {
        "article_id": 3,
        "number": 1,
        "sentence": 2,
        "start": 16,
        "end": 30,
        "quote": "The cat slept.",
        "url": None,
        "page": None,
        "title": "Pets",
    }
