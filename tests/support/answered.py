"""Answers as they come back, made from their quotes alone."""

from index import Answer, Citation


def answered(
    *quotes: str, short: str | None = None, tentative: bool = False, origin: str = "extracted"
) -> Answer:
    """Give an answer that cites quotes; without any it abstains, unless it is small talk."""
    citations = tuple(Citation(1, at, at, 0, len(each), each) for at, each in enumerate(quotes, 1))
    pointed = None if short is None else Citation(1, 1, 1, 0, len(short), short)
    return Answer(
        question="?",
        query="?",
        text=" ".join(quotes),
        citations=citations,
        short=pointed,
        confidence=0.0,
        abstained=not quotes and origin == "extracted",
        nearest=(),
        origin=origin,
        tentative=tentative,
    )
