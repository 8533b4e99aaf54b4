"""Who may ask which articles: the operator's are shared as set, a server's are its own.

The operator's collection starts with the article that ships with Footnote, an example that is
removed when the operator adds another.
"""

from collections.abc import Mapping
from enum import StrEnum
from importlib.resources import files

from index import Article, Library

OPERATORS = "default"
"""The collection of whoever runs the bot, which `footnote add` fills."""

SHIPPED_TITLE = "Militia leaves the US embassy in Baghdad"
"""The title of the article that ships with Footnote."""

_SHIPPED = "embassy.md"
_SHIPPED_SOURCE = f"shipped: {_SHIPPED}"
_NAMED = 5  # titles in an announcement
_EXAMPLE = (
    "that is the example which ships with Footnote: it goes when you add an article with"
    " `footnote add FILE`"
)


class Sharing(StrEnum):
    """With whom the operator's articles are shared."""

    EVERYWHERE = "everywhere"
    SERVERS = "servers"
    DMS = "dms"
    OFF = "off"

    @property
    def in_servers(self) -> bool:
        """Whether the members of every server ask them."""
        return self in (Sharing.EVERYWHERE, Sharing.SERVERS)

    @property
    def in_dms(self) -> bool:
        """Whether anybody asks them in direct messages."""
        return self in (Sharing.EVERYWHERE, Sharing.DMS)


def collection_of(server: int) -> str:
    """Return the name of the collection of a server's own articles."""
    return f"guild-{server}"


def announcement(
    sharing: Sharing, titles: Mapping[int, str], *, servers_own: int, example: bool
) -> list[str]:
    """Return lines for the operator: what is shared with whom, or how to share anything.

    `titles` are those of the operator's articles, `servers_own` the number of all servers' own
    articles, and `example` whether the only title is the shipped article's.
    """
    if sharing is Sharing.OFF:
        if servers_own:
            return ["FOOTNOTE_SHARED is off: each server asks its own articles alone"]
        return [
            "nobody can ask anything yet: FOOTNOTE_SHARED is off, and no server has an article; add"
            " one with `footnote add --server ID FILE`, or in Discord with `/article add`"
        ]
    if not titles:
        todo = "add an article with `footnote add FILE`"
        if not servers_own:
            return [f"nobody can ask anything yet: {todo}"]
        return [f"nothing is shared yet, and each server asks its own articles: to share, {todo}"]
    shown = [f"“{title}”" for title in list(titles.values())[:_NAMED]]
    more = [f"{len(titles) - _NAMED:,} more"] if len(titles) > _NAMED else []
    count = "1 article is" if len(titles) == 1 else f"{len(titles):,} articles are"
    with_whom = {
        Sharing.EVERYWHERE: "with every server and in direct messages",
        Sharing.SERVERS: "with every server, and not in direct messages",
        Sharing.DMS: "in direct messages, and with no server",
    }[sharing]
    line = f"{count} shared {with_whom}: {', '.join(shown + more)}"
    return [line, _EXAMPLE] if example else [line]


def add_shipped(library: Library) -> Article:
    """Add the shipped article to the library's collection. Raises: LibraryError, ModelError."""
    data = (files("articles") / _SHIPPED).read_bytes()
    return library.add_bytes(data, name=_SHIPPED, source=_SHIPPED_SOURCE)


def shipped_in(library: Library) -> int | None:
    """Return the id of the shipped article in the library's collection, or None.

    Nothing is ever added before it, so it has the lowest id.
    """
    first = min(library.titles(own=True), default=None)
    return first if first is not None and library.article(first).source == _SHIPPED_SOURCE else None


def retire_shipped(library: Library) -> Article | None:
    """Remove the shipped article if the collection holds another, and return what was removed."""
    shipped = shipped_in(library)
    if shipped is None or len(library.titles(own=True)) == 1:
        return None
    article = library.article(shipped)
    library.remove(shipped)
    return article
