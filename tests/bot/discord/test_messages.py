"""An answer as a message: how sure it is, whose sentences it cites, and how it is read back."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from bot.chat import WORDED
from bot.discord.buttons import FollowUp, Vote, parse_button
from bot.discord.delivery import Outgoing
from bot.discord.history import load_history
from bot.discord.messages import answer_message, parse_components, parse_quotes, parse_text
from index import Answer, Article, Citation, EarlierAnswer, Hit, Statement
from index.text.citation import linked

BOT, ASKER = 900, 7
RULES = "Parking costs 80 euros. It is free at night."
NEWER = "Perhaps: **80** euros are too much. Parking costs 50 euros."


def article(number: int, name: str, text: str, *, pages: tuple[int, ...] = ()) -> Article:
    return Article(number, name, text, None, "", datetime(2026, 1, 1, tzinfo=UTC), pages=pages)


OLD, NEW = article(3, "Rules of *2023*", RULES), article(5, "Rules of 2024", NEWER, pages=(0, 36))


def given(*cited: tuple[Article, int], **options: Any) -> Answer:
    """An answer that cites these sentences, by article and number."""
    citations = [
        Citation.of(linked(Hit.of(source, at, score=0.5, rank=1), source), number)
        for number, (source, at) in enumerate(cited, start=1)
    ]
    text = " ".join(f"{each.quote} [{each.number}]" for each in citations)
    made = Answer("How much?", "How much?", text, tuple(citations), None, 0.41, False, ())
    return replace(made, **options)


def refused(*nearest: tuple[Article, int], **options: Any) -> Answer:
    hits = [
        Hit.of(source, at, score=0.1, rank=rank)
        for rank, (source, at) in enumerate(nearest, start=1)
    ]
    text = "The article does not say."
    made = Answer("Who?", "Who?", text, (), None, 0.04, True, tuple(hits))
    return replace(made, **options)


def shown(answer: Answer, *, heading: bool = False) -> list[str]:
    [content] = answer_message(answer, asker=ASKER, heading=heading).parts
    return content.split("\n")


def as_sent(outgoing: Outgoing) -> Any:
    """What Discord gives back of a message of ours."""
    assert outgoing.view is not None
    return SimpleNamespace(
        id=77,
        author=SimpleNamespace(id=BOT),
        content=outgoing.parts[0],
        components=[SimpleNamespace(children=outgoing.view.children)],
        reference=None,
        channel=None,
    )


async def turn_of(answer: Answer) -> Answer | EarlierAnswer:
    """Read an answer back from its own message."""
    message = as_sent(answer_message(answer, asker=ASKER, heading=True))
    history = await load_history(None, ASKER, BOT, replied_to=message)
    [turn] = history.conversation.turns
    assert turn.question == answer.question
    return turn.answer


def test_an_answer_names_its_one_article_and_no_percentage() -> None:
    assert shown(given((OLD, 1), (OLD, 2))) == [
        "> **[1]** Parking costs 80 euros.",
        "> **[2]** It is free at night.",
        r"-# — Rules of \*2023\*",
    ]


def test_a_tentative_answer_begins_with_perhaps() -> None:
    sure = given((OLD, 1))
    perhaps = given((OLD, 1), tentative=True)
    assert shown(perhaps) == ["**Perhaps:**", *shown(sure)]
    heading = "-# “How much?”"
    assert shown(perhaps, heading=True) == [heading, "**Perhaps:**", *shown(sure)]
    [citation] = perhaps.citations
    short = replace(citation, start=14, end=22, quote="80 euros")
    assert shown(given((OLD, 1), tentative=True, short=short))[:3] == [
        "**Perhaps:**",
        "**80 euros**",
        "> **[1]** Parking costs **80 euros**.",
    ]


def test_each_statement_of_an_llm_stands_above_the_sentences_that_it_cites() -> None:
    statements = (Statement("It was 80 euros.", (1,)), Statement("", (2, 1)))
    worded = given((OLD, 1), (OLD, 2), tentative=True, origin="composed", statements=statements)
    assert shown(worded) == [
        "**Perhaps:**",
        f"-# {WORDED}",
        "It was 80 euros. [1]",
        "> **[1]** Parking costs 80 euros.",
        "> **[2]** It is free at night.",
        "> **[1]** Parking costs 80 euros.",
        r"-# — Rules of \*2023\*",
    ]


def test_each_quotation_names_its_article_where_several_are_cited() -> None:
    both = given((OLD, 1), (NEW, 1), (NEW, 2))
    assert shown(both) == [
        "> **[1]** Parking costs 80 euros.",
        r"-# — Rules of \*2023\*",
        r"> **[2]** Perhaps\: \*\*80\*\* euros are too much.",
        "-# — Rules of 2024 · p. 1",
        "> **[3]** Parking costs 50 euros.",
        "-# — Rules of 2024 · p. 2",
    ]
    overview = replace(both, origin="overview")
    assert shown(overview)[-1] == "-# overview"


def test_articles_of_one_title_are_several_all_the_same() -> None:
    twin = article(9, OLD.title, "Parking costs 50 euros.")
    lines = shown(given((OLD, 1), (twin, 1)))
    assert lines.count(r"-# — Rules of \*2023\*") == 2


def test_a_refusal_shows_what_is_near_and_else_its_text_alone() -> None:
    assert shown(refused((OLD, 1))) == [
        "**The article does not say.** The nearest that it says:",
        "> **[1]** Parking costs 80 euros.",
    ]
    assert shown(refused()) == ["**The article does not say.**"]
    assert shown(refused(query="How much? Who?", notice="It was tried.")) == [
        "**The article does not say.**",
        "-# It was tried.",
    ]


@pytest.mark.parametrize("tentative", [False, True])
async def test_what_an_answer_cites_is_read_back(tentative: bool) -> None:
    answer = given((OLD, 1), (NEW, 1), (NEW, 2), tentative=tentative)
    read = await turn_of(answer)
    assert not read.abstained
    told = [(each.article_id, each.sentence, each.quote) for each in read.citations]
    cited = answer.citations
    assert told == [(each.article_id, each.sentence, each.quote) for each in cited]
    assert read.text == "".join(f"[{each.number}] {each.quote} " for each in cited).strip()


@pytest.mark.parametrize("origin", ["chosen", "composed", "overview"])
async def test_a_tentative_answer_is_of_the_same_origin_when_it_is_read_back(origin: str) -> None:
    statements = (Statement("80 euros.", (1,)),) if origin == "composed" else ()
    read = await turn_of(given((OLD, 1), tentative=True, origin=origin, statements=statements))
    assert read.origin == origin
    assert "Perhaps" not in read.text


@pytest.mark.parametrize("answer", [refused(), refused((OLD, 1), (NEW, 1))])
async def test_a_refusal_is_read_back_as_one(answer: Answer) -> None:
    read = await turn_of(answer)
    assert (read.abstained, read.citations) == (True, ())
    assert read.text.startswith("The article does not say.")


def test_an_article_that_says_perhaps_makes_no_answer_tentative() -> None:
    statements = (Statement("**Perhaps:**", (1,)),)
    lines = shown(given((NEW, 1), origin="composed", statements=statements))
    assert lines[1].removesuffix(" [1]") == r"\*\*Perhaps\:\*\*"


def test_titles_are_no_part_of_what_is_read_back() -> None:
    content = "\n".join(shown(given((OLD, 1), (NEW, 2))))
    assert parse_quotes(content) == {1: "Parking costs 80 euros.", 2: "Parking costs 50 euros."}
    assert parse_text(content) == "[1] Parking costs 80 euros. [2] Parking costs 50 euros."


@pytest.mark.parametrize("source", [None, "https://a.test/1_(2)"])
def test_what_is_quoted_is_read_back_as_it_stands(source: str | None) -> None:
    quotes = ["1. A *B* [2] c_d ran.", "“Yes, in 1911,” **she** said.", "\\* < > `it` ended."]
    odd = replace(article(3, "T", "\n\n".join(quotes)), source=source)
    answer = given(*((odd, number) for number in (1, 2, 3)))
    said = answer.citations[1]
    at = said.start + said.quote.index("**she**")
    short = replace(said, start=at, end=at + 7, quote="**she**")
    content = "\n".join(shown(replace(answer, short=short), heading=True))
    assert parse_quotes(content) == dict(enumerate(quotes, start=1))


def test_a_quote_that_goes_on_in_the_next_line_is_one() -> None:
    content = (
        "> quoted\n> **[1]** It began.\n> It went on.\n-# small\n> aside\n> **[12]** It ended."
    )
    assert parse_quotes(content) == {1: "It began. It went on.", 12: "It ended."}


def test_the_title_is_a_link_where_the_article_has_a_web_address() -> None:
    web = replace(OLD, source="https://a.test/rules_(2023)")
    linked_title = r"-# — [Rules of \*2023\*](<https://a.test/rules_%282023%29>)"
    assert shown(given((web, 1)))[-1] == linked_title
    assert shown(given((web, 1), (NEW, 2)))[1] == linked_title
    long = replace(OLD, source=f"https://a.test/{'x' * 600}")
    assert shown(given((long, 1)))[-1] == r"-# — Rules of \*2023\*"


def test_the_buttons_of_former_versions_are_read_back() -> None:
    former = ["fn:in:3:1:0123abcd", "fn:in:3:2:0123abce", "fn:more:7:0:extracted", "fn:vote:wrong"]
    buttons = [SimpleNamespace(custom_id=each) for each in former]
    follow_up, cited = parse_components(
        SimpleNamespace(components=[SimpleNamespace(children=buttons)])  # type: ignore[arg-type]
    )
    assert follow_up == FollowUp(ASKER, 0, "extracted")
    assert [each.sentence for each in cited] == [1, 2]
    assert parse_button("fn:vote:wrong") == Vote(helpful=False)
    assert parse_button("fn:vote:helpful") == Vote(helpful=True)
