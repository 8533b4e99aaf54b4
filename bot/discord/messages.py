"""An answer as a Discord message with its buttons; and what both record, read back from a message.

It is plain content, not Components V2: content is what search finds, notifications and replies
show and screen readers read; it needs no permission to embed, and the bot can read it back. A
button's id holds all that a press needs, so old answers stay usable after a restart. The *Follow
up* button also records what the answer was.
"""

import re
from collections.abc import Awaitable, Callable, Iterator

import discord

from bot.chat import WORDED
from bot.discord.admission import Refused
from bot.discord.buttons import FollowUp, InContext, buttons_below, parse_button, quote_hash
from bot.discord.delivery import Outgoing
from bot.discord.markdown import (
    escape_markdown,
    short_title,
    split,
    truncate,
    unescape_markdown,
    utf16_length,
)
from index import Answer, Article, Citation, Hit, Relocation, Statement
from index.text.citation import find_quote, pages_shown
from index.text.segmentation import paragraph_around

_LONGEST_QUESTION = 2_000  # code points of a follow-up
_LONGEST_SHOWN_QUESTION = 300  # whoever asked knows it
_LONGEST_LINK = 500
_LONGEST_PARAGRAPH = 1_700
_LONGEST_NOTE = 200
_OPENING, _CLOSING = "-# “", "”"
_PERHAPS = "**Perhaps:**"  # a line that no text of an article makes: its colon would be escaped
_QUOTED = re.compile(
    r"> (?:\*\*\[(?P<bold>\d+)\]\*\*|\[\[(?P<linked>\d+)\]\]\(<[^>]*>\)) (?P<quote>.*)"
)
_MODAL_TIMEOUT = 15 * 60  # seconds, after which Discord's own token expires


class FollowUpModal(discord.ui.Modal, title="Follow up"):
    """Takes one more question about the answer that it was opened from."""

    question: discord.ui.Label["FollowUpModal"] = discord.ui.Label(
        text="Your question",
        component=discord.ui.TextInput(
            custom_id="question", style=discord.TextStyle.paragraph, max_length=_LONGEST_QUESTION
        ),
    )

    def __init__(self, answer: Callable[[discord.Interaction, str], Awaitable[None]]) -> None:
        """`answer` is called with the interaction and the question."""
        super().__init__(timeout=_MODAL_TIMEOUT)
        self._answer = answer

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Answer the question."""
        assert isinstance(self.question.component, discord.ui.TextInput)  # noqa: S101
        await self._answer(interaction, self.question.component.value)


def answer_message(
    answer: Answer,
    *,
    asker: int,
    previous: int = 0,
    heading: bool = False,
    private: bool = False,
) -> Outgoing:
    """Show an answer: the short one, then the cited sentences by their number.

    Where an LLM has worded it, each statement stands above the sentences that it cites. A tentative
    answer begins with “Perhaps:”; where several articles are cited, each quotation names its own.
    `previous` is the message that this follows on, and `heading` puts the question first, for where
    nobody else can see it. A `private` answer has no 🗑, since Discord lets its member dismiss it.
    """
    question = escape_markdown(truncate(answer.question, _LONGEST_SHOWN_QUESTION))
    blocks = [f"{_OPENING}{question}{_CLOSING}"] if heading else []
    cited = answer.citations
    if answer.abstained:
        cited = tuple(Citation.of(hit, number) for number, hit in enumerate(answer.nearest, 1))
        nearest = " The nearest that it says:" if cited else ""
        blocks.append(f"**{escape_markdown(answer.text)}**{nearest}")
        blocks += [_quotation(each, None) for each in cited]
    elif answer.tentative:
        blocks.append(_PERHAPS)
    if answer.origin == "small talk":
        blocks.append(escape_markdown(answer.text))
    if answer.short:
        blocks.append(f"**{escape_markdown(answer.short.quote)}**")
    several = len({each.article_id for each in answer.citations}) > 1
    blocks += _quotations(answer, several=several)
    overview = "overview" if answer.origin == "overview" else ""
    if several and overview:
        blocks.append(f"-# {overview}")
    elif answer.citations and not several:
        blocks.append(_source(answer.citations[0], pages_shown(answer.citations), overview))
    if answer.query != answer.question and (cited or not answer.abstained):
        query = escape_markdown(truncate(answer.query, _LONGEST_SHOWN_QUESTION))
        blocks.append(f"-# Searched for: {query}")
    if answer.notice:
        blocks.append(f"-# {escape_markdown(answer.notice)}")
    if answer.origin == "small talk":
        return Outgoing(split(blocks))
    origin = "abstained" if answer.abstained else answer.origin
    view = buttons_below(cited, FollowUp(asker, previous, origin), private=private)
    return Outgoing(split(blocks), view)


def context_message(article: Article, place: InContext, quote: str = "") -> Outgoing:
    """Show the paragraph around a cited sentence, which is bold, where it stands today.

    `quote` is what was cited, as far as it is known: a reworded sentence is found by it.
    Raises: Refused when the article no longer says it.
    """
    found = _same(article, place) or find_quote(quote, article, sentence=place.sentence)
    cited = found.citation
    if cited is None:
        raise Refused(
            "The article has changed since that answer, and no longer says that: ask again."
        )
    start, end = paragraph_around(article.text, cited.start)
    bold = f"**{escape_markdown(cited.quote)}**"
    room = _LONGEST_PARAGRAPH - utf16_length(bold)
    before = _abridged(article.text[start : cited.start], room // 2, from_end=True)
    after = _abridged(article.text[cited.end : end], room - utf16_length(before))
    body = " ".join(filter(None, (before, bold, after)))
    page = article.page_of(cited.start)
    since = "reworded since that answer" if found.state == "changed" else ""
    if found.state == "moved" and cited.sentence != place.sentence:
        since = "moved since that answer"
    notes = (
        short_title(article.title),
        article.info.byline,
        f"page {page}" if page else "",
        f"sentence {cited.sentence} of {len(article.sentences)}",
        since,
    )
    note = " · ".join(escape_markdown(truncate(each, _LONGEST_NOTE)) for each in notes if each)
    return Outgoing(split([f"> {body}", f"-# {note}"]))


def parse_components(message: discord.Message) -> tuple[FollowUp | None, list[InContext]]:
    """Return what an answer's buttons record: what it was, and what it cited, in order."""
    follow_up, cited = None, []
    for row in message.components:
        for child in getattr(row, "children", ()):
            chosen = [option.value for option in getattr(child, "options", ())]
            for custom_id in [getattr(child, "custom_id", None) or "", *chosen]:
                match parse_button(custom_id):
                    case InContext() as button:
                        cited.append(button)
                    case FollowUp() as button:
                        follow_up = button
    return follow_up, cited


def parse_question(content: str) -> str | None:
    """Return the question that heads a message of the bot, or None."""
    first = content.partition("\n")[0]
    if not (first.startswith(_OPENING) and first.endswith(_CLOSING)):
        return None
    return unescape_markdown(first.removeprefix(_OPENING).removesuffix(_CLOSING))


def parse_text(content: str) -> str:
    """Return the text of an answer of the bot: its lines without headings and small print."""
    aside = ("-# ", _PERHAPS)
    lines = [line for line in content.split("\n") if not line.startswith(aside)]
    return unescape_markdown(" ".join(line.removeprefix("> ") for line in lines).replace("**", ""))


def parse_quotes(content: str) -> dict[int, str]:
    """Return what a message of the bot quotes, by number; the last quote may be cut off."""
    quotes: dict[int, str] = {}
    number = 0
    for line in content.split("\n"):
        if found := _QUOTED.match(line):
            number = int(found["bold"] or found["linked"])
            quotes[number] = found["quote"]
        elif number and line.startswith("> "):
            quotes[number] += line.removeprefix(">")
        else:
            number = 0
    return {number: unescape_markdown(quote.replace("**", "")) for number, quote in quotes.items()}


def _same(article: Article, place: InContext) -> Relocation | None:
    """Find a place's sentence by its hash: there, or else the nearest to it."""
    nearest_first = sorted(article.sentences, key=lambda each: abs(each.number - place.sentence))
    for sentence in nearest_first:
        if quote_hash(article.quote(sentence.number)) == place.quote_hash:
            hit = Hit.of(article, sentence.number, score=0.0, rank=1)
            return Relocation("moved", Citation.of(hit, 1))
    return None


def _quotations(answer: Answer, *, several: bool) -> Iterator[str]:
    """Yield the quotations, below the statements that cite them; with titles where `several`."""
    by_number = {citation.number: citation for citation in answer.citations}
    if answer.statements:
        yield f"-# {WORDED}"
    for statement in answer.statements or (Statement("", tuple(by_number)),):
        if statement.text:
            yield f"{escape_markdown(statement.text)} {statement.markers}"
        for citation in (by_number[number] for number in statement.numbers):
            yield _quotation(citation, answer.short)
            if several:
                page = f"p. {citation.page}" if citation.page else ""
                yield _source(citation, page)


def _quotation(citation: Citation, short: Citation | None) -> str:
    """Return a citation as a line: its marker, then the quote with the short answer in bold."""
    marker, link = f"[{citation.number}]", _link(citation.url)
    marker = f"[{marker}](<{link}>)" if link else f"**{marker}**"
    if short is None or short.number != citation.number:
        return f"> {marker} {escape_markdown(citation.quote)}"
    start, end = short.start - citation.start, short.end - citation.start
    before, after = citation.quote[:start], citation.quote[end:]
    # Spaces next to the short answer stay, which `escape_markdown` would strip.
    left = escape_markdown(before) + " " * before[-1:].isspace()
    right = " " * after[:1].isspace() + escape_markdown(after)
    return f"> {marker} {left}**{escape_markdown(short.quote)}**{right}"


def _link(url: str | None) -> str | None:
    """Return an address as a masked link needs it; None where it is too long for a message."""
    if url is None or utf16_length(url) > _LONGEST_LINK or re.search(r"[\s<>\\]", url):
        return None
    return url.replace("(", "%28").replace(")", "%29")


def _source(citation: Citation, *notes: str) -> str:
    """Return the line that names an article, as a link to it where it has a web address."""
    title = escape_markdown(short_title(citation.title))
    # The address without the fragment that leads to the sentence: that is the number's own link.
    url = _link(citation.url.partition("#")[0] if citation.url else None)
    named = f"[{title}](<{url}>)" if url and title else title
    return f"-# — {' · '.join(filter(None, (named, *notes)))}"


def _abridged(text: str, room: int, *, from_end: bool = False) -> str:
    """Return what surely fits of a text, from the side where the sentence stands."""
    shown = escape_markdown(text)
    if utf16_length(shown) <= room:
        return shown
    size = max(0, room // 3)  # an escape doubles a character at most, and so do UTF-16's pairs
    if from_end:
        return f"… {escape_markdown(text[len(text) - size :].partition(' ')[2])}"
    return f"{escape_markdown(text[:size].rpartition(' ')[0])} …"
