"""Find and cite: text in, cited sentences out.

The names are imported when they are first used: reading a document in its sandbox needs none of
them, and numpy alone takes longer to import than most documents take to be read.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.answers.answer import Answer
    from index.answers.conversation import Conversation, Turn
    from index.documents.document import Document
    from index.errors import (
        ConfigError,
        FootnoteError,
        LibraryError,
        ModelError,
        SourceError,
        UnknownArticle,
    )
    from index.library import Library
    from index.models.encoder import Encoder
    from index.models.reader import Reader
    from index.models.reranker import Reranker
    from index.storage.records import Stats
    from index.text.article import Article, Sentence
    from index.text.citation import Citation, Hit
    from index.text.relocation import Located

_MODULES = {
    "Answer": "index.answers.answer",
    "Article": "index.text.article",
    "Citation": "index.text.citation",
    "ConfigError": "index.errors",
    "Conversation": "index.answers.conversation",
    "Document": "index.documents.document",
    "Encoder": "index.models.encoder",
    "FootnoteError": "index.errors",
    "Hit": "index.text.citation",
    "Library": "index.library",
    "LibraryError": "index.errors",
    "Located": "index.text.relocation",
    "ModelError": "index.errors",
    "Reader": "index.models.reader",
    "Reranker": "index.models.reranker",
    "Sentence": "index.text.article",
    "SourceError": "index.errors",
    "Stats": "index.storage.records",
    "Turn": "index.answers.conversation",
    "UnknownArticle": "index.errors",
}

__all__ = [
    "Answer",
    "Article",
    "Citation",
    "ConfigError",
    "Conversation",
    "Document",
    "Encoder",
    "FootnoteError",
    "Hit",
    "Library",
    "LibraryError",
    "Located",
    "ModelError",
    "Reader",
    "Reranker",
    "Sentence",
    "SourceError",
    "Stats",
    "Turn",
    "UnknownArticle",
]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
