"""An LLM's reply to an answer: quotes of the sentences that it chose, or its words above them.

In mode `quote` nothing that it wrote is shown, only what code copies from the article by its
numbers. In mode `word` its statements are, each with its quotes; one that has a number or a name
which the cited paragraphs lack gives way to the cited sentences. Neither makes a statement true.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from bot.llm.asking import CHOICE, MARKER, STATEMENTS, Source, ask, prompt_of
from bot.llm.grounding import lacking
from index import Answer, Citation, Conversation, Statement
from index.answers.answer import ABSTENTION, cited_text
from index.text.citation import linked
from index.text.segmentation import paragraph_around

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

    from bot.settings import Mode

WITHOUT = "answered without the model"
"""How every notice of a fallback ends."""

MOST = 8
"""Sentences that are cited at most in mode `quote`, and statements in mode `word`."""

_MOST_WORDS = 15  # of a short answer
_NEAREST = 3
_MARKED = re.compile(rf"([^\[\]【】]++)((?:{MARKER.pattern}\s*)+)")
_NUMBER = re.compile(r"(?<![\d.-])\d{1,4}(?![\d.])")

_Row = tuple[str, tuple[int, ...]]
"""A statement without its markers, and the numbers that it cites."""


def answer_with(
    llm: "LLM",
    mode: "Mode",
    extracted: Answer,
    sources: Sequence[Source],
    conversation: Conversation = Conversation(),
) -> Answer:
    """Return the answer that the LLM makes of the sources, or the extracted one where it has none.

    Where the two disagree on whether the article answers, the answer is tentative.
    Raises: ModelError when the LLM cannot be asked.
    """
    from prompts import CHOOSE, WORD

    if mode == "quote":
        reply = ask(llm, prompt_of(CHOOSE, extracted.question, conversation, sources), CHOICE)
        rows = [("", _numbers(reply.get("sentences"))[:MOST])]
        none = reply.get("sentences") == []
    else:
        reply = ask(llm, prompt_of(WORD, extracted.question, conversation, sources), STATEMENTS)
        rows = list(_statements(reply))[:MOST]
        none = reply.get("statements") == []
    if none or str(reply.get("answered")).lower() in ("false", "no"):
        return _unanswered(extracted, sources)
    kept = list(_kept(rows, sources))
    if not kept:
        problem = (
            "named no sentence that it was given" if rows else "wrote nothing that can be read"
        )
        return replace(extracted, notice=f"the model {problem}; {WITHOUT}")
    order = list(dict.fromkeys(chain.from_iterable(numbers for _, numbers in kept)))
    citations = tuple(
        sources[number - 1].cite(marker) for marker, number in enumerate(order, start=1)
    )
    statements = tuple(
        Statement(text, tuple(order.index(number) + 1 for number in numbers))
        for text, numbers in kept
    )
    worded = any(each.text for each in statements)
    tentative = extracted.abstained
    short = None if tentative else _short(str(reply.get("words") or ""), citations)
    return replace(
        extracted,
        text=" ".join(_as_text(each, citations) for each in statements),
        citations=citations,
        short=short if mode == "quote" else None,
        abstained=False,
        nearest=(),
        origin="composed" if worded else "chosen",
        notice=_left_out(sum(not _given(numbers, sources) for _, numbers in rows)),
        tentative=tentative,
        statements=statements if worded else (),
    )


def _kept(rows: Iterable[_Row], sources: Sequence[Source]) -> Iterator[_Row]:
    """Yield the statements that cite a sentence, each once, with the numbers that there are.

    Without its words comes one that also cites what there is not, or has a number or a name that
    the cited paragraphs lack, unless all of its sentences came before.
    """
    seen: set[_Row] = set()
    shown: set[int] = set()
    for text, named in rows:
        numbers = _given(named, sources)
        if not numbers:
            continue
        around = " ".join(_around(sources[number - 1]) for number in numbers)
        text = text if numbers == named and not lacking(text, around) else ""
        if (text, numbers) not in seen and (text or not shown.issuperset(numbers)):
            yield text, numbers
        seen.add((text, numbers))
        shown.update(numbers)


def _given(numbers: Sequence[int], sources: Sequence[Source]) -> tuple[int, ...]:
    return tuple(number for number in numbers if 1 <= number <= len(sources))


def _unanswered(extracted: Answer, sources: Sequence[Source]) -> Answer:
    """Return the extracted answer, which the model does not find to be one: perhaps, or not."""
    if extracted.abstained or extracted.origin == "overview":
        return extracted
    if not extracted.tentative:
        notice = "the model found no answer in the article"
        return replace(extracted, tentative=True, short=None, notice=notice)
    articles = {source.article.id: source.article for source in sources}
    nearest = (linked(hit, articles[hit.article_id]) for hit in extracted.hits[:_NEAREST])
    return replace(
        extracted,
        text=ABSTENTION,
        citations=(),
        abstained=True,
        tentative=False,
        nearest=tuple(nearest),
    )


def _short(words: str, citations: Iterable[Citation]) -> Citation | None:
    """Cite the words inside the first sentence that has them, as whole words."""
    wanted = words.strip(" \t\n\"'“”‘’.,;:!?").split()
    if not 0 < len(wanted) <= _MOST_WORDS:
        return None
    together = r"\s+".join(map(re.escape, wanted))
    pattern = re.compile(rf"(?<!\w){together}(?!\w)", re.IGNORECASE)
    for citation in citations:
        found = pattern.search(citation.quote)
        if found:
            start, end = citation.start + found.start(), citation.start + found.end()
            return replace(citation, start=start, end=end, quote=found[0])
    return None


def _numbers(value: object) -> tuple[int, ...]:
    """Return the numbers that a list, or the markers in a text, name; each once."""
    named = value if isinstance(value, list) else MARKER.findall(str(value))
    return tuple(dict.fromkeys(map(int, _NUMBER.findall(" ".join(map(str, named))))))


def _statements(reply: dict[str, Any]) -> Iterator[_Row]:
    """Yield the statements of a reply: of a list, or of a text, where each ends in its markers."""
    listed = reply.get("statements")
    if isinstance(listed, str) and "{" not in listed:  # a part of JSON is no text
        listed = [{"text": found[0]} for found in _MARKED.finditer(listed)]
    for row in listed if isinstance(listed, list) else ():
        if not isinstance(row, dict):
            continue
        written = str(row.get("text") or "")
        text = " ".join(MARKER.sub(" ", written).split()).strip("-*• ")
        if any(map(str.isalnum, text)):
            yield text, _numbers(row.get("sentences")) or _numbers(written)


def _around(source: Source) -> str:
    """Return the paragraph of a sentence, below its headings."""
    start, end = paragraph_around(source.article.text, source.hit.start)
    return " ".join([*source.path, source.article.text[start:end]])


def _as_text(statement: Statement, citations: Sequence[Citation]) -> str:
    if not statement.text:
        return cited_text([citations[number - 1] for number in statement.numbers])
    return f"{statement.text} {statement.markers}"


def _left_out(count: int) -> str:
    if not count:
        return ""
    statements = "1 statement of the model was" if count == 1 else f"{count} statements were"
    return f"{statements} left out: no sentence that it was given is cited there"
