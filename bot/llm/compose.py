"""An LLM's reply to an answer: only statements that sentences of the article support are left.

The LLM chooses and words; quotes and places are copied by code from the sentences it was given.

A follow-up is first made a question that stands alone, by an LLM that may only use what was said.
Texts of an article or of a person stand in a prompt as data: fenced, and unable to end their fence.
"""

import hashlib
import re
import unicodedata
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.llm.client import stream_text
from bot.llm.statements import Statement, Statements
from index import Answer, Article, Conversation, Hit, ModelError
from index.answers.answer import ABSTENTION
from index.text.citation import Citation, linked
from index.verification.support import BAR, Evidence, Judge

if TYPE_CHECKING:
    from llama_index.core.llms import LLM
if TYPE_CHECKING:
    from llama_index.core.llms import LLM


_MARKER = re.compile(r"[\[【]\s*(\^?\d[\d\s,;–-]*)[\]】]")
_TAG = re.compile(r"<(?=[^\s\d<])")


def fence(data: str) -> str:
    """Return a line that the data cannot hold: it is made of the data's own hash."""
    line = f"==={hashlib.sha256(data.encode()).hexdigest()[:16]}==="
    return line if line not in data else fence(data + line)


def quoted(text: str) -> str:
    """Return text as one line of data.

    Markers become ``(1)``, for ours alone count; and no tag of a chat template is left whole.
    """
    kept = "".join(each for each in text if each.isspace() or unicodedata.category(each) != "Cc")
    return _TAG.sub("< ", _MARKER.sub(r"(\1)", " ".join(kept.split())))


_ABSTAINING = re.compile(
    r"(?:the|this|these) (?:article|text|passage|(?:numbered )?sentences?)"
    r" (?:does|do)(?: not|n['’]t)"
    r" (?:say|mention|answer|state|tell|specify|provide|contain|include|give)\b",
    re.IGNORECASE,
)

WITHOUT = "answered without the LLM"
"""How every notice of a fallback ends."""


MOST_STATEMENTS = 12
"""Of a reply: it is hung up on then, for a small model may go round in circles."""


@dataclass(frozen=True, slots=True)
class Source:
    """A sentence that the LLM is given, and what a judge reads of it."""

    hit: Hit
    article: Article
    evidence: Evidence

    def cite(self, number: int) -> Citation:
        """Cite it under a number."""
        return Citation.of(linked(self.hit, self.article), number)


def sources_of(hits: Sequence[Hit], articles: Mapping[int, Article]) -> tuple[Source, ...]:
    """Put hits into reading order: the first is number 1."""
    ordered = sorted(hits, key=lambda hit: (hit.article_id, hit.sentence))
    return tuple(
        Source(
            hit,
            articles[hit.article_id],
            Evidence(hit.quote, _before(articles[hit.article_id], hit.sentence)),
        )
        for hit in ordered
    )


def compose(
    llm: "LLM", judge: Judge, extracted: Answer, sources: Sequence[Source], *, title: str = ""
) -> Generator[Answer]:
    """Ask the LLM, and give the answer as it grows by verified statements; the last one is final.

    With the `title` of what the sources are from it is asked for an overview of that. Where
    nothing is left of the reply, or none came, the last is the extracted answer with a notice.
    Closing the iterator hangs up.
    """
    draft = _Draft(judge, extracted, sources)
    statements = Statements()
    problem = ""
    with closing(stream_text(llm, _prompt(extracted.query, sources, title))) as reply:
        try:
            for piece in reply:
                for statement in statements.feed(piece):
                    if draft.take(statement):
                        yield draft.answer()
                if draft.taken >= MOST_STATEMENTS:
                    break
            else:
                for statement in statements.finish():
                    draft.take(statement)
        except ModelError as error:
            problem = str(error)
    yield draft.final(problem)


class _Draft:
    """The answer in the making: verified statements, and the sentences that they stand on."""

    def __init__(self, judge: Judge, extracted: Answer, sources: Sequence[Source]) -> None:
        self._judge = judge
        self._extracted = extracted
        self._sources = sources
        self._said: dict[str, tuple[int, ...]] = {}  # each statement to the indices of its sources
        self._refused: set[str] = set()
        self._abstains = False
        self.taken = 0

    def take(self, statement: Statement) -> bool:
        """Return whether a statement is new and supported, and keep it if so."""
        text = statement.text
        self.taken += 1
        if _abstains(text):
            self._abstains = True
        elif text not in self._said and text not in self._refused:
            basis = self._basis(statement)
            if basis:
                self._said[text] = basis
                return True
            self._refused.add(text)
        return False

    def answer(self, notice: str = "") -> Answer:
        """Return the statements so far; markers count up in order of first mention."""
        order = list(dict.fromkeys(index for basis in self._said.values() for index in basis))
        numbers = {index: number for number, index in enumerate(order, start=1)}
        shown = (
            f"{text} {''.join(f'[{numbers[index]}]' for index in basis)}"
            for text, basis in self._said.items()
        )
        return replace(
            self._extracted,
            text=" ".join(shown),
            citations=tuple(self._sources[index].cite(numbers[index]) for index in order),
            short=None,
            abstained=False,
            nearest=(),
            origin="composed",
            notice=notice,
        )

    def final(self, problem: str) -> Answer:
        """Return the whole answer, with what there is to say of it; `problem` ended the reply."""
        if self._said:
            return self.answer(problem or self._left_out())
        if problem:
            notice = f"{problem}; {WITHOUT}"
        elif self._refused:
            notice = f"nothing that the LLM wrote is supported by the article; {WITHOUT}"
        elif self._abstains and self._extracted.abstained:
            notice = ""  # both say the same
        elif self._abstains:
            notice = f"the LLM found no answer in what the article says; {WITHOUT}"
        else:
            notice = f"the LLM wrote nothing; {WITHOUT}"
        return replace(self._extracted, notice=notice)

    def _basis(self, statement: Statement) -> tuple[int, ...]:
        """Return the indices of the sources that a statement stands on; none where none do.

        One word alone states nothing: whatever an article orders to say can be found in it.
        Where the extraction abstained, only sentences count that the LLM itself has named: a
        statement that merely fits to one is no sign that the question is answered.
        """
        if len(statement.text.split()) < 2:
            return ()
        named = tuple(number - 1 for number in statement.numbers)
        named = tuple(index for index in named if 0 <= index < len(self._sources))
        if named and self._support(statement, named) >= BAR:
            return named
        if self._extracted.abstained:
            return ()
        alone = {index: self._support(statement, (index,)) for index in range(len(self._sources))}
        best = max(alone, key=lambda index: alone[index])
        return (best,) if alone[best] >= BAR else ()

    def _support(self, statement: Statement, indices: Sequence[int]) -> float:
        evidence = [self._sources[index].evidence for index in indices]
        return self._judge.support(statement.text, evidence, self._extracted.query)

    def _left_out(self) -> str:
        count = len(self._refused)
        if not count:
            return ""
        statements = "1 statement was" if count == 1 else f"{count} statements were"
        return f"{statements} left out: the article does not support what the LLM wrote there"


def _prompt(question: str, sources: Sequence[Source], title: str) -> str:
    from prompts import ANSWER, OVERVIEW

    numbered = enumerate(sources, start=1)
    sentences = "\n".join(f"[{number}] {quoted(source.hit.quote)}" for number, source in numbered)
    line = fence(sentences + question + title)
    if title:
        return str(OVERVIEW.format(sentences=sentences, fence=line, title=quoted(title)))
    asked = quoted(question)
    return str(ANSWER.format(sentences=sentences, fence=line, question=asked))


def _before(article: Article, number: int) -> str:
    """Return the sentence before one of a paragraph, empty where that is the first."""
    before = article.sentence_before(number)
    return article.text[before.start : before.end] if before else ""


def _abstains(text: str) -> bool:
    """Return whether a statement is the phrase, or says as much: no sentence could support that."""
    return _plain(text) == _plain(ABSTENTION) or _ABSTAINING.match(text) is not None


def _plain(text: str) -> str:
    return " ".join(
        "".join(filter(lambda each: each.isalnum() or each == " ", text)).split()
    ).lower()


LONGEST = 300
"""Code points that a standalone question may have; the LLM is stopped soon after them."""

_TURNS = 3  # that a follow-up may refer to
_LONGEST_ANSWER = 600  # code points of an earlier answer that are shown
_NAME = re.compile(r"(?<!^)\b(?:[^\W\d_a-z]\w+|\d+)")


def condense(llm: "LLM", question: str, conversation: Conversation) -> str | None:
    """Return the standalone question, or None where there is none or what the LLM wrote is not one.

    It is not one when it does not end as one, is too long, or names what nobody named before.
    Raises: ModelError when the LLM cannot be asked.
    """
    from prompts import CONDENSE

    if not conversation.turns:
        return None

    turns = "\n".join(
        f"Question: {quoted(turn.question)}\nAnswer: {quoted(turn.answer.text)[:_LONGEST_ANSWER]}"
        for turn in conversation.turns[-_TURNS:]
    )
    line = fence(turns + question)
    asked = quoted(question)
    written = _first_line(llm, str(CONDENSE.format(turns=turns, fence=line, question=asked)))
    known = _words(f"{turns} {question}")
    if not written.endswith("?") or len(written) > LONGEST or not _words(written):
        return None
    return written if {name.lower() for name in _NAME.findall(written)} <= known else None


def _first_line(llm: "LLM", prompt: str) -> str:
    """Return the first line with words that the LLM writes, unquoted, and close the stream."""
    written = ""
    with closing(stream_text(llm, prompt)) as reply:
        for piece in reply:
            written += piece
            if len(written) > 2 * LONGEST or "\n" in written.strip():
                break
    line = written.strip().partition("\n")[0]
    return line.removeprefix("Rewritten question:").strip(' \t"“”*')


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))
