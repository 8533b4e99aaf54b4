"""Answers as they come back, made from their quotes alone."""

from index import Answer, Citation


def answered(
    *quotes: str, short: str | None = None, tentative: bool = False, origin: str = "extracted"
) -> Answer:
    """Give an answer that cites quotes; without any it abstains, unless it is small talk."""
    citations = tuple(
        Citation(article_id=1, number=at, sentence=at, start=0, end=len(each), quote=each)
        for at, each in enumerate(quotes, 1)
    )
    pointed = (
        None
        if short is None
        else Citation(article_id=1, number=1, sentence=1, start=0, end=len(short), quote=short)
    )
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
