"""What is refused before anything is searched for or kept: names and questions."""

from index.errors import QuestionError, SourceError
from index.text.article import lone_surrogate

LONGEST_QUESTION = 4_000
"""Code points: more than any chat lets a person send at once."""


def check_names(*names: str | None) -> None:
    """Raise SourceError for a title, source or author that cannot be kept."""
    for name in names:
        half = lone_surrogate(name or "")
        if half is not None:
            raise SourceError(
                f"{name!r} holds a lone surrogate at offset {half}, half a character;"
                " expected names of whole ones"
            )
        if "\0" in (name or ""):
            raise SourceError(f"{name!r} holds a NUL character; expected a name without one")


def check_question(question: str) -> None:
    """Raise QuestionError for a question with nothing in it to search for, or too long a one."""
    if not any(character.isalnum() for character in question):
        raise QuestionError(f"the question {question[:20]!r} has no words; ask for something")
    if len(question) > LONGEST_QUESTION:
        raise QuestionError(
            f"the question has {len(question):,} characters; ask in {LONGEST_QUESTION:,} or fewer"
        )
    half = lone_surrogate(question)
    if half is not None:
        raise QuestionError(
            f"the question holds a lone surrogate at offset {half}, half a character;"
            " ask in whole ones"
        )
