"""Find and cite: text in, cited sentences out.

The names are imported when they are first used: reading a document in its sandbox needs none of
them, and numpy alone takes longer to import than most documents take to be read.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.answers.answer import Answer, Statement
    from index.answers.conversation import Conversation, EarlierAnswer, Remembered, Turn
    from index.documents.document import Document
    from index.errors import (
        ConfigError,
        FootnoteError,
        LibraryError,
        ModelError,
        QuestionError,
        SourceError,
        UnknownArticle,
    )
    from index.library import Library
    from index.models.encoder import Encoder
    from index.models.reader import Reader, Reranker
    from index.storage.records import Stats
    from index.text.article import Article, ArticleInfo
    from index.text.citation import Citation, Excerpt, Hit, Relocation
    from index.text.segmentation import Sentence

_MODULES = {
    "Answer": "index.answers.answer",
    "Article": "index.text.article",
    "ArticleInfo": "index.text.article",
    "Citation": "index.text.citation",
    "ConfigError": "index.errors",
    "Conversation": "index.answers.conversation",
    "EarlierAnswer": "index.answers.conversation",
    "Document": "index.documents.document",
    "Encoder": "index.models.encoder",
    "Excerpt": "index.text.citation",
    "FootnoteError": "index.errors",
    "Hit": "index.text.citation",
    "Library": "index.library",
    "LibraryError": "index.errors",
    "ModelError": "index.errors",
    "QuestionError": "index.errors",
    "Reader": "index.models.reader",
    "Remembered": "index.answers.conversation",
    "Relocation": "index.text.citation",
    "Reranker": "index.models.reader",
    "Sentence": "index.text.article",
    "SourceError": "index.errors",
    "Statement": "index.answers.answer",
    "Stats": "index.storage.records",
    "Turn": "index.answers.conversation",
    "UnknownArticle": "index.errors",
}

__all__ = [
    "Answer",
    "Article",
    "ArticleInfo",
    "Citation",
    "ConfigError",
    "Conversation",
    "Document",
    "EarlierAnswer",
    "Encoder",
    "Excerpt",
    "FootnoteError",
    "Hit",
    "Library",
    "LibraryError",
    "ModelError",
    "QuestionError",
    "Reader",
    "Relocation",
    "Remembered",
    "Reranker",
    "Sentence",
    "SourceError",
    "Statement",
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
