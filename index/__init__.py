"""Find and cite: text in, cited sentences out."""

from index.answer import Answer, Citation
from index.article import Article, Sentence
from index.conversation import Conversation, Turn
from index.encoder import Encoder
from index.errors import (
    ConfigError,
    FootnoteError,
    LibraryError,
    ModelError,
    SourceError,
    UnknownArticle,
)
from index.found import Hit
from index.library import Library
from index.passages import Passage
from index.reader import Reader
from index.records import Stats
from index.reranker import Reranker
from index.revision import Located

__all__ = [
    "Answer",
    "Article",
    "Citation",
    "ConfigError",
    "Conversation",
    "Encoder",
    "FootnoteError",
    "Hit",
    "Library",
    "LibraryError",
    "Located",
    "ModelError",
    "Passage",
    "Reader",
    "Reranker",
    "Sentence",
    "SourceError",
    "Stats",
    "Turn",
    "UnknownArticle",
]
