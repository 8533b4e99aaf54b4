"""The article that ships with Footnote: an example, until the operator adds another."""

from importlib.resources import files

from index import Article, Library

_NAME = "embassy.md"
_SOURCE = f"shipped: {_NAME}"


def add_shipped(library: Library) -> Article:
    """Put the article on the library's shelf. Raises: LibraryError, ModelError."""
    data = (files("articles") / _NAME).read_bytes()
    return library.add_bytes(data, name=_NAME, source=_SOURCE)


def shipped_in(library: Library) -> int | None:
    """Give the id that the shipped article has on the shelf, if it is there.

    Nothing is ever added before it, so it is the first.
    """
    first = min(library.titles(own=True), default=None)
    return first if first is not None and library.article(first).source == _SOURCE else None


def retire_shipped(library: Library) -> Article | None:
    """Remove the shipped article where another stands beside it, and give what was removed."""
    shipped = shipped_in(library)
    if shipped is None or len(library.titles(own=True)) == 1:
        return None
    article = library.article(shipped)
    library.remove(shipped)
    return article
