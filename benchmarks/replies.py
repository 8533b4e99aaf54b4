"""The three ways in which Footnote replies, counted, and an answer as it is kept in a file."""

from collections.abc import Sequence
from typing import Any

from index import Answer

REPLIES = "refused | tentative | outright"
"""What the shares are of, as the head of a table."""


def is_outright(answer: Answer) -> bool:
    """Whether it is an answer, and no tentative one."""
    return not (answer.abstained or answer.tentative)


def reply_shares(answers: Sequence[Answer]) -> str:
    """Give the shares that were refused, answered tentatively and outright, as cells."""
    numbers = (
        sum(each.abstained for each in answers),
        sum(each.tentative for each in answers),
        sum(map(is_outright, answers)),
    )
    return " | ".join(f"{number / len(answers):.3f}" for number in numbers)


def as_json(answer: Answer) -> dict[str, Any]:
    """Give what one would know of an answer later."""
    return {
        "query": answer.query,
        "quotes": [citation.quote for citation in answer.citations],
        "given_short": answer.short.quote if answer.short else None,
        "confidence": answer.confidence,
        "abstained": answer.abstained,
        "tentative": answer.tentative,
        "origin": answer.origin,
        "nearest": [{"quote": hit.quote, "score": hit.score} for hit in answer.nearest],
    }
