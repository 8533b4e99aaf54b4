"""Managing articles: lists in pages, what a channel asks, and removing with a way back."""

import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import discord

from bot.discord.admission import AdmissionControl, Refused
from bot.discord.delivery import Outgoing, UpdateDelivery, report_errors
from bot.discord.markdown import escape_markdown, short_title, split, strip_invisible
from bot.discord.panels import (
    MOST_OPTIONS,
    Listing,
    Page,
    Undo,
    Use,
    page_buttons,
    undo_button,
    use_menu,
)
from bot.discord.pool import CollectionPool, OpenCollection
from bot.discord.uploads import Uploads
from index import Article, ArticleInfo

Item = TypeVar("Item")

_PER_PAGE = 10
_LONGEST_TITLES = (100, 60, 25)  # the first with which a page fits into one message
_UNDO_SECONDS = 600.0
_MOST_REMEMBERED = 64 * 1024 * 1024  # bytes of what can be brought back, on all servers together
_NO_ARTICLE = "There is no article here yet: add one with `/article add`."
_SHARED = (
    "-# What is shared comes from whoever runs me: choose among it with `/article use`; it cannot"
    " be removed here."
)


@dataclass(frozen=True, slots=True)
class _Removed:
    """An article that can be brought back until a time, and the channels that were bound to it."""

    server: int
    article: Article
    channels: list[int]
    until: float


class Managing:
    """Lists, chooses and removes the articles of servers. It belongs to one event loop."""

    def __init__(
        self,
        pool: CollectionPool,
        admission: AdmissionControl,
        uploads: Uploads,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = pool
        self._admission = admission
        self._uploads = uploads
        self._clock = clock
        self._removed: OrderedDict[int, _Removed] = OrderedDict()  # by removal, the oldest first

    async def page(self, server: int, channel: int, page: Page) -> Outgoing:
        """Return a page of a list, or the last one where there are fewer."""
        if page.listing is Listing.ALL:
            titles = list((await self._pool.titles(server)).values())
            return _paged(titles, page, _title_line, none="There is no article here yet.")

        def work(collection: OpenCollection) -> Outgoing:
            library = collection.library
            catalog = {info.id: info for info in library.catalog()}
            own = library.titles(own=True)
            asked = self._pool.bound(catalog, [channel])
            shared = sorted(catalog.keys() - own.keys(), key=lambda each: (each not in asked, each))
            footer = [
                "-# " + ("This channel asks those marked." if asked else "All are asked here.")
            ]
            if shared:
                footer.append(_SHARED)

            def line(info: ArticleInfo, longest: int) -> str:
                return _catalog_line(info, longest, own=info.id in own, asked=info.id in asked)

            listed = [catalog[each] for each in [*own, *shared]]
            return _paged(listed, page, line, footer=footer, none=_NO_ARTICLE)

        return await self._pool.run(server, work)

    async def menu(self, server: int, channel: int) -> Outgoing:
        """Return a menu of titles from which the articles of a channel are chosen."""

        def work(collection: OpenCollection) -> Outgoing:
            library = collection.library
            own, titles = library.titles(own=True), library.titles()
            if not titles:
                raise Refused(_NO_ARTICLE)
            text = "Choose the articles that are asked in this channel and its threads."
            if len(titles) > MOST_OPTIONS:
                text += (
                    f"\n-# These are the first {MOST_OPTIONS} of {len(titles):,}: for others give"
                    " ids as `/article list` shows them, such as `/article use articles:1 30`."
                )
            bound = self._pool.bound(titles, [channel])
            ordered = {each: titles[each] for each in [*bound, *own]} | titles
            return Outgoing([text], use_menu(ordered, bound))

        return await self._pool.run(server, work)

    async def choose(self, server: int, channel: int, chosen: Sequence[int] | str) -> Outgoing:
        """Restrict a channel to articles, given as ids or as typed; none lifts that.

        Raises: Refused for anything that is no article here.
        """
        titles = await self._pool.titles(server)
        ids = _parse_ids(chosen, titles) if isinstance(chosen, str) else list(chosen)
        if not set(ids) <= titles.keys():
            raise Refused("One of these articles was removed meanwhile: use `/article use` again.")
        await self._pool.with_state(lambda state: state.bind(server, channel, ids))
        named = ", ".join(bold(titles[each]) for each in ids)
        scope = f"{named} alone" if ids else "every article here"
        return Outgoing(split([f"Questions in this channel and its threads now ask {scope}."]))

    async def remove(self, server: int, number: int, *, removal: int) -> Outgoing:
        """Remove an article, with a button that brings it back; `removal` is any unique id."""

        def work(collection: OpenCollection) -> _Removed:
            article = collection.library.article(number)
            if number not in collection.library.titles(own=True):
                raise Refused(
                    f"{bold(article.title)} comes from whoever runs me, and cannot be removed here:"
                    " choose what this channel asks with `/article use`."
                )
            state = self._pool.state
            channels = state.channels_bound_to(number)
            collection.library.remove(number)
            state.forget_article(number)
            return _Removed(server, article, channels, self._clock() + _UNDO_SECONDS)

        removed = await self._pool.run(server, work)
        self._removed[removal] = removed
        self._forget_old()
        minutes = f"{_UNDO_SECONDS / 60:.0f} minutes"
        text = f"Removed {bold(removed.article.title)}.\n-# **Undo** brings it back for {minutes}."
        return Outgoing([text], undo_button(removal))

    async def press(self, interaction: discord.Interaction, panel: Page | Use | Undo) -> None:
        """Do what a button or a menu is for, in place of the message that it stands under.

        Discord asks for no rights where a button is pressed. These stand under messages that only
        the member sees whose command Discord let through.
        """
        delivery = UpdateDelivery(interaction, self._admission)
        async with report_errors(delivery):
            await delivery.acknowledge()
            server, channel = interaction.guild_id or 0, interaction.channel_id or 0
            if isinstance(panel, Page):
                outgoing = await self.page(server, channel, panel)
            elif interaction.message is None or not interaction.message.flags.ephemeral:
                raise Refused("Use `/article` yourself: that was shown to another member.")
            elif isinstance(panel, Use):
                outgoing = await self.choose(server, channel, _values(interaction))
            else:
                outgoing = await self._undo(server, panel.removal)
            await delivery.deliver(outgoing)

    async def _undo(self, server: int, removal: int) -> Outgoing:
        """Bring an article back. Raises: Refused when that was too long ago."""
        with self._uploads.turn(server):
            self._forget_old()
            removed = self._removed.get(removal)
            if removed is None or removed.server != server:
                raise Refused("That cannot be undone any more: add the article again.")
            article = await self._uploads.restore(server, removed.article)
            del self._removed[removal]
            await self._pool.with_state(
                lambda state: state.bind_also(server, removed.channels, article.id)
            )
        return Outgoing([f"{bold(article.title)} is back (id {article.id})."])

    def _forget_old(self) -> None:
        """Forget what can be brought back no more, and the oldest where it is too much."""
        now = self._clock()
        for removal in [key for key, each in self._removed.items() if each.until < now]:
            del self._removed[removal]
        size = sum(len(each.article.text) for each in self._removed.values())
        while size > _MOST_REMEMBERED:
            _, oldest = self._removed.popitem(last=False)
            size -= len(oldest.article.text)


def bold(title: str) -> str:
    """Return a title in bold, as it is shown in a sentence."""
    return f"**{escape_markdown(short_title(title))}**"


def _paged(
    items: Sequence[Item],
    page: Page,
    line: Callable[[Item, int], str],
    *,
    footer: Sequence[str] = (),
    none: str,
) -> Outgoing:
    """Return a page of lines, which fits into one message; `line` gets the longest title."""
    count = math.ceil(len(items) / _PER_PAGE)
    if not count:
        return Outgoing([none])
    number = min(page.number, count - 1)
    shown = items[number * _PER_PAGE :][:_PER_PAGE]
    position = [f"-# Page {number + 1} of {count}"] if count > 1 else []
    for longest in _LONGEST_TITLES:
        parts = split([*(line(each, longest) for each in shown), *position, *footer])
        if len(parts) == 1:
            break
    return Outgoing(parts, page_buttons(page.listing, number, count))


def _title_line(title: str, longest: int) -> str:
    return f"- {escape_markdown(short_title(title, longest=longest))}"


def _catalog_line(info: ArticleInfo, longest: int, *, own: bool, asked: bool) -> str:
    byline = strip_invisible(info.byline)
    parts = (
        f"`{info.id:>4}` **{escape_markdown(short_title(info.title, longest=longest))}**",
        escape_markdown(short_title(byline, longest=longest)) if byline else "",
        f"{info.sentence_count} sentences",
        "" if own else "shared",
        "asked here" if asked else "",
    )
    return " · ".join(filter(None, parts))


def _parse_ids(typed: str, titles: dict[int, str]) -> list[int]:
    """Return the ids that were typed, none for `all`. Raises: Refused for anything else."""
    words = re.findall(r"[^\s,;]+", typed)
    if [word.casefold() for word in words] == ["all"]:
        return []
    numbers = [int(word) for word in words if word.isdecimal() and len(word) < 10]
    if not words or len(numbers) < len(words) or not set(numbers) <= titles.keys():
        raise Refused("Give ids as `/article list` shows them, such as `1 3`, or `all`.")
    return list(dict.fromkeys(numbers))


def _values(interaction: discord.Interaction) -> list[int]:
    """Return the ids that were chosen in a menu; none for a button."""
    data: dict[str, Any] = {**(interaction.data or {})}
    return [int(each) for each in data.get("values", ()) if str(each).isdecimal()]
