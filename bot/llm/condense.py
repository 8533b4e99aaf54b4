"""A follow-up to a question that stands alone, by an LLM that may only use what was said."""

import re
from contextlib import closing
from typing import TYPE_CHECKING

from bot.llm.client import stream_text
from bot.llm.fence import fence, quoted
from index import Conversation

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

LONGEST = 300
"""Code points that a standalone question may have; the LLM is stopped soon after them."""

_TURNS = 3  # that a follow-up may refer to
_LONGEST_ANSWER = 600  # code points of an earlier answer that are shown
_NAME = re.compile(r"(?<!^)\b(?:[^\W\d_a-z]\w+|\d+)")


def condense(llm: "LLM", question: str, conversation: Conversation) -> str | None:
    """Give the standalone question, or None where there is none or what the LLM wrote is not one.

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
    """Give the first line with words that the LLM writes, without quotation marks; hang up then."""
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
