"""Every error that Footnote raises on purpose.

FootnoteError
├── SourceError      a text that cannot be added: missing, unreadable, empty, too large, not
│                    text, or at an address that is not fetched
├── UnknownArticle   no article with that id in this collection
├── QuestionError    a question that cannot be searched for: without words, or too long
├── LibraryError     not a library, another model's, a newer version's, locked, or not writable
├── ModelError       a model that cannot be loaded or used
└── ConfigError      a setting that does not hold what it may hold

Misuse by a caller, such as ``top_k=0``, is a plain ``ValueError``.
Abstaining is an answer, not an error.
"""

from typing import Self


class FootnoteError(Exception):
    """The root: catch it to catch all that Footnote raises on purpose."""


class SourceError(FootnoteError):
    """An article that cannot be added; the library is as it was before."""


class UnknownArticle(FootnoteError):
    """No article with this id in this collection."""

    def __init__(self, article_id: object) -> None:
        super().__init__(
            f"no article with id {article_id!r} here; list the articles to see the ids that exist"
        )
        self.article_id = article_id

    def __reduce__(self) -> tuple[type[Self], tuple[object]]:
        return type(self), (self.article_id,)


class QuestionError(FootnoteError, ValueError):
    """A question that cannot be searched for: without words, or too long."""


class LibraryError(FootnoteError):
    """A library that cannot be opened, read or written; nothing was changed."""


class ModelError(FootnoteError):
    """A model that cannot be loaded or used; `retryable` says whether trying again may help."""

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable

    def __reduce__(self) -> tuple[type[Self], tuple[str], dict[str, bool]]:
        return type(self), (str(self),), {"retryable": self.retryable}


class ConfigError(FootnoteError):
    """A setting that names its variable, what it held and what it may hold."""
