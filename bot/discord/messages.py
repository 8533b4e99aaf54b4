"""An answer as a Discord message. What is shown was compared with the article just before.

It is plain content, not Components V2: content is what search finds, notifications and replies
show and screen readers read; it needs no permission to embed, and the bot can read it back.
"""

import re

import discord

from bot.discord.buttons import FollowUp, InContext, Place, Vote, place_of, quote_hash
from bot.discord.delivery import Outgoing, Refused
from bot.discord.markdown import cut, length, plain, split, title, unplain
from bot.terminal.render import byline, pages_shown
from index import Answer, Article, Citation, Hit, Relocation
from index.text.relocation import find_quote
from index.text.segmentation import paragraph_around

_LONGEST_QUESTION = 300  # code points that are shown; whoever asked knows it
_LONGEST_LINK = 500
_LONGEST_PARAGRAPH = 1_700
_OPENING, _CLOSING = "-# “", "”"
_PERHAPS = "**Perhaps:**"  # a line that no text of an article makes: its colon would be escaped
_QUOTED = re.compile(
    r"> (?:\*\*\[(?P<bold>\d+)\]\*\*|\[\[(?P<linked>\d+)\]\]\(<[^>]*>\)) (?P<quote>.*)"
)


def answer_message(
    answer: Answer, *, asker: int, previous: int = 0, heading: bool = False
) -> Outgoing:
    """Show an answer: the short one or the statements, then the cited sentences by their number.

    A tentative answer begins with “Perhaps:”; where several articles are cited, each quotation
    names its own. `previous` is the message that this follows on, and `heading` puts the question
    first, for where nobody else can see it.
    """
    blocks = [f"{_OPENING}{plain(cut(answer.question, _LONGEST_QUESTION))}{_CLOSING}"] * heading
    if answer.abstained:
        blocks += _abstention(answer)
    elif answer.tentative:
        blocks.append(_PERHAPS)
    if answer.origin in ("small talk", "composed"):
        blocks.append(plain(answer.text).replace(r"\[", "[").replace(r"\]", "]"))
    if answer.short:
        blocks.append(f"**{plain(answer.short.quote)}**")
    several = len({citation.article_id for citation in answer.citations}) > 1
    for citation in answer.citations:
        blocks.append(_quotation(citation, answer.short))
        if several:
            page = f"p. {citation.page}" if citation.page else ""
            blocks.append(_source(citation.title, page))
    blocks += _notes(answer, several=several)
    return Outgoing(split(blocks), _view(answer, asker, previous))


def context_message(article: Article, place: Place, quote: str = "") -> Outgoing:
    """Show the paragraph around a cited sentence, which is bold, where it stands today.

    `quote` is what was cited, as far as it is known: a reworded sentence is found by it.
    Raises: Refused when the article no longer says it.
    """
    found = _same(article, place) or find_quote(quote, article, sentence=place.sentence)
    if found.citation is None:
        raise Refused(
            "The article has changed since that answer, and no longer says that: ask again."
        )
    since = "reworded since that answer" if found.state == "changed" else ""
    if found.state == "moved" and found.citation.sentence != place.sentence:
        since = "moved since that answer"
    return _paragraph(article, found.citation, since)


def question_shown(content: str) -> str | None:
    """Give the question that heads a message of ours, or None."""
    first = content.partition("\n")[0]
    if not (first.startswith(_OPENING) and first.endswith(_CLOSING)):
        return None
    return unplain(first.removeprefix(_OPENING).removesuffix(_CLOSING))


def text_shown(content: str) -> str:
    """Give the text of an answer of ours: its lines without headings and small print."""
    aside = ("-# ", _PERHAPS)
    lines = [line for line in content.split("\n") if not line.startswith(aside)]
    return unplain(" ".join(line.removeprefix("> ") for line in lines).replace("**", ""))


def quotes_shown(content: str) -> dict[int, str]:
    """Give what a message of ours quotes, by number; of the last quote perhaps the beginning."""
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
    return {number: unplain(quote.replace("**", "")) for number, quote in quotes.items()}


def _same(article: Article, place: Place) -> Relocation | None:
    """Find a place's sentence by its hash: there, or else the nearest to it."""
    nearest_first = sorted(article.sentences, key=lambda each: abs(each.number - place.sentence))
    for sentence in nearest_first:
        quote = article.text[sentence.start : sentence.end]
        if quote_hash(quote) == place.quote_hash:
            hit = Hit.of(article, sentence.number, score=0.0, rank=1)
            return Relocation("moved", Citation.of(hit, 1))
    return None


def _paragraph(article: Article, cited: Citation, since: str) -> Outgoing:
    start, end = paragraph_around(article.text, cited.start)
    quote = plain(cited.quote)
    room = _LONGEST_PARAGRAPH - length(quote)
    before = _nearest(article.text[start : cited.start], room // 2, from_end=True)
    after = _nearest(article.text[cited.end : end], room - length(before))
    body = " ".join(filter(None, (before, f"**{quote}**", after)))
    page = article.page_of(cited.start)
    place = f"sentence {cited.sentence} of {len(article.sentences)}"
    parts = (title(article.title), byline(article), f"page {page}" if page else "", place, since)
    return Outgoing(
        split([f"> {body}", f"-# {' · '.join(plain(cut(each, 200)) for each in parts if each)}"])
    )


def _abstention(answer: Answer) -> list[str]:
    if not answer.nearest:
        return [f"**{plain(answer.text)}**"]
    quotes = (_quotation(citation, None) for citation in _cited_nearest(answer))
    return [f"**{plain(answer.text)}** The nearest that it says:", *quotes]


def _cited_nearest(answer: Answer) -> tuple[Citation, ...]:
    return tuple(Citation.of(hit, number) for number, hit in enumerate(answer.nearest, start=1))


def _quotation(citation: Citation, short: Citation | None) -> str:
    marker, link = f"[{citation.number}]", _link(citation.url)
    marker = f"[{marker}](<{link}>)" if link else f"**{marker}**"
    return f"> {marker} {_marked(citation, short)}"


def _marked(citation: Citation, short: Citation | None) -> str:
    """Give the quote, with the short answer in bold where it stands in it."""
    if short is None or short.number != citation.number:
        return plain(citation.quote)
    start, end = short.start - citation.start, short.end - citation.start
    before, after = citation.quote[:start], citation.quote[end:]
    # A space at a seam is kept, which `plain` would strip.
    left = plain(before) + " " * before[-1:].isspace()
    right = " " * after[:1].isspace() + plain(after)
    return f"{left}**{plain(short.quote)}**{right}"


def _link(url: str | None) -> str | None:
    """Give an address as it can stand in a masked link, unless it is too long for a message."""
    if url is None or length(url) > _LONGEST_LINK or re.search(r"[\s<>\\]", url):
        return None
    return url.replace("(", "%28").replace(")", "%29")


def _source(name: str, *parts: str) -> str:
    return f"-# — {' · '.join(filter(None, (plain(title(name)), *parts)))}"


def _notes(answer: Answer, *, several: bool) -> list[str]:
    notes = []
    overview = "overview" * (answer.origin == "overview")
    if several and overview:
        notes.append(f"-# {overview}")
    elif answer.citations and not several:
        notes.append(_source(answer.citations[0].title, pages_shown(answer.citations), overview))
    refused = answer.abstained and not answer.nearest
    if answer.query != answer.question and not refused:
        notes.append(f"-# Searched for: {plain(cut(answer.query, _LONGEST_QUESTION))}")
    if answer.notice:
        notes.append(f"-# {plain(answer.notice)}")
    return notes


def _view(answer: Answer, asker: int, previous: int) -> discord.ui.View | None:
    """Give the buttons; what they need after a restart stands in their ids."""
    if answer.origin == "small talk":
        return None
    citations = _cited_nearest(answer) if answer.abstained else answer.citations
    view = discord.ui.View(timeout=None)
    for citation in citations:
        label = "In context" if len(citations) == 1 else f"[{citation.number}] in context"
        view.add_item(InContext(place_of(citation), label=label, row=(citation.number - 1) // 5))
    origin = "abstained" if answer.abstained else answer.origin
    view.add_item(FollowUp(asker, previous, origin, row=2))
    view.add_item(Vote(helpful=True, row=2))
    if not answer.abstained:
        view.add_item(Vote(helpful=False, row=2))
    return view


def _nearest(text: str, room: int, *, from_end: bool = False) -> str:
    """Give what surely fits of a text, from the side where the sentence stands."""
    shown = plain(text)
    if length(shown) <= room:
        return shown
    kept = max(0, room // 3)  # an escape doubles a character at most, and so do UTF-16's pairs
    if from_end:
        return f"… {plain(text[len(text) - kept :].partition(' ')[2])}"
    return f"{plain(text[:kept].rpartition(' ')[0])} …"
