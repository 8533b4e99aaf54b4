"""Who asks which articles: the operator's are shared as is set, a server's are its own."""

import re
from collections.abc import Mapping
from enum import StrEnum

OPERATORS = "default"
"""The shelf of whoever runs the bot, which `footnote add` fills."""

_NAMED = 5  # titles that are told at the start
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


def shelf_of(server: int) -> str:
    """Name the shelf of a server's own articles."""
    return f"guild-{server}"


def read_server(text: str) -> int:
    """Read the id of a server. Raises: ValueError."""
    if not re.fullmatch("[1-9][0-9]{0,18}", text):
        raise ValueError(
            f"{text!r} is no server's id; expected a whole number such as 81384788765712384:"
            " switch on Developer Mode in Discord, right-click the server and choose Copy Server ID"
        )
    return int(text)


def announcement(
    sharing: Sharing, titles: Mapping[int, str], *, servers_own: int, example: bool
) -> list[str]:
    """Tell the operator what is shared with whom, or what to do where nobody can ask anything.

    `titles` are those of the operator's articles; `servers_own` counts the articles of all
    servers. `example` says that the one title is that of the article which ships with Footnote.
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
