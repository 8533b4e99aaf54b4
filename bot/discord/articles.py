"""The articles of a server: `/article add`, `list`, `remove` and `use`."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.discord.delivery import InteractionDelivery, Outgoing, Refused, told
from bot.discord.markdown import plain, split, title, visible
from bot.discord.pool import Shelf
from bot.discord.uploads import add_file, add_link
from bot.terminal.render import byline
from index import Article, Library

if TYPE_CHECKING:
    from bot.discord.client import FootnoteClient

    Interaction = discord.Interaction[FootnoteClient]

_MOST_CHOICES = 25  # Discord's own limit
_LONGEST_CHOICE = 100
_LONGEST_LINK = 2_000
_LONGEST_TITLE = 200
_MOST_SHARED = 30  # of the operator's articles that are listed
_SHARED = (
    "-# What is shared comes from whoever runs me: choose among it with `/article use`; it cannot"
    " be removed here."
)


def choices(titles: dict[int, str], typed: str) -> list[app_commands.Choice[int]]:
    """Give the articles whose title holds what was typed, or whose id it is."""
    wanted = typed.casefold().strip()
    return [
        app_commands.Choice(name=title(f"{number}: {name}", longest=_LONGEST_CHOICE), value=number)
        for number, name in titles.items()
        if wanted in name.casefold() or wanted == str(number)
    ][:_MOST_CHOICES]


async def complete_article(
    interaction: "Interaction", typed: str
) -> list[app_commands.Choice[int]]:
    """Offer the articles that can be asked here."""
    titles = await interaction.client.desk.titles(interaction.guild_id or 0)
    return choices(titles, typed)


async def complete_own_article(
    interaction: "Interaction", typed: str
) -> list[app_commands.Choice[int]]:
    """Offer the server's own articles."""
    titles = await interaction.client.desk.titles(interaction.guild_id or 0, own=True)
    return choices(titles, typed)


def check_manager(interaction: discord.Interaction[Any]) -> None:
    """Refuse a member who may not manage the server, whatever Discord let through."""
    if interaction.guild_id is None or not interaction.permissions.manage_guild:
        raise Refused(
            "Only members who may manage the server can do that: ask one of them, or have the"
            " permission Manage Server given to you."
        )


@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
class ArticleCommands(
    app_commands.Group, name="article", description="The articles that are asked on this server"
):
    """`/article …`, for members who may manage the server."""

    @app_commands.command(description="Add an article: a file or a link")
    @app_commands.describe(
        file="A text, Markdown, HTML, PDF, Word or EPUB file",
        link="The address of a page",
        name="Its title, if you like",
    )
    async def add(
        self,
        interaction: "Interaction",
        file: discord.Attachment | None = None,
        link: app_commands.Range[str, 1, _LONGEST_LINK] | None = None,
        name: app_commands.Range[str, 1, _LONGEST_TITLE] | None = None,
    ) -> None:
        """Take an article in."""
        delivery = InteractionDelivery(interaction, ephemeral=True)
        async with told(delivery):
            await delivery.acknowledge()
            check_manager(interaction)
            if (file is None) == (link is None):
                raise Refused("Give one of the two: a `file`, or a `link`.")
            client, server = interaction.client, interaction.guild_id or 0
            with client.ingestion.turn(server):
                if file is not None:
                    article = await add_file(client, server, file, delivery, title=name)
                else:
                    article = await add_link(client, server, link or "", delivery, title=name)
            await delivery.deliver(added(article))

    @app_commands.command(name="list", description="List the articles that are asked here")
    async def list_(self, interaction: "Interaction") -> None:
        """List the articles, with their ids."""
        delivery = InteractionDelivery(interaction, ephemeral=True)
        async with told(delivery):
            await delivery.acknowledge()
            check_manager(interaction)
            desk, server = interaction.client.desk, interaction.guild_id or 0
            bound = await desk.note(lambda state: state.bound(interaction.channel_id or 0))
            lines = await desk.run(server, lambda shelf: _listed(shelf.library, bound))
            await delivery.deliver(Outgoing(split(lines)))

    @app_commands.command(description="Remove an article")
    @app_commands.describe(article="The article; /article list shows their ids")
    @app_commands.autocomplete(article=complete_own_article)
    async def remove(self, interaction: "Interaction", article: int) -> None:
        """Forget an article."""
        delivery = InteractionDelivery(interaction, ephemeral=True)
        async with told(delivery):
            await delivery.acknowledge()
            check_manager(interaction)
            desk = interaction.client.desk

            def remove(shelf: Shelf) -> str:
                name = shelf.library.article(article).title
                if article not in shelf.library.titles(own=True):
                    raise Refused(
                        f"**{plain(title(name))}** comes from whoever runs me, and cannot be"
                        " removed here: choose what this channel asks with `/article use`."
                    )
                shelf.library.remove(article)
                desk.state.forget_article(article)
                return name

            name = await desk.run(interaction.guild_id or 0, remove)
            await delivery.deliver(Outgoing([f"Removed **{plain(title(name))}**."]))

    @app_commands.command(description="Choose the articles that are asked in this channel")
    @app_commands.describe(articles="Ids, as in “1 3”, or “all”; /article list shows them")
    async def use(self, interaction: "Interaction", articles: str) -> None:
        """Bind articles to the channel; its threads inherit them."""
        delivery = InteractionDelivery(interaction, ephemeral=True)
        async with told(delivery):
            await delivery.acknowledge()
            check_manager(interaction)
            desk, server = interaction.client.desk, interaction.guild_id or 0
            titles = await desk.titles(server)
            chosen = _chosen(articles, titles)
            channel = interaction.channel_id or 0
            await desk.note(lambda state: state.bind(server, channel, chosen))
            names = ", ".join(f"**{plain(title(titles[each]))}**" for each in chosen)
            about = f"{names} alone" if chosen else "every article here"
            await delivery.deliver(
                Outgoing(split([f"Questions in this channel and its threads now ask {about}."]))
            )


def added(article: Article) -> Outgoing:
    """Say that an article was taken in."""
    shown, count = plain(title(article.title)), len(article.sentences)
    said = f"Added **{shown}** (id {article.id}, {count} sentences)."
    return Outgoing([f"{said}\n-# {plain(article.notice)}" if article.notice else said])


def _listed(library: Library, bound: Sequence[int]) -> list[str]:
    """List the server's own articles, then the operator's: those asked here, and some others."""
    titles, own = library.titles(), library.titles(own=True)
    if not titles:
        return ["There is no article here yet: add one with `/article add`."]
    asked = [each for each in bound if each in titles]
    shared = sorted(titles.keys() - own.keys(), key=lambda each: (each not in asked, each))
    lines = [
        _described(library.article(each), shared=each not in own, asked=each in asked)
        for each in [*own, *shared[:_MOST_SHARED]]
    ]
    if len(shared) > _MOST_SHARED:
        lines.append(f"… and {len(shared) - _MOST_SHARED:,} more that are shared.")
    lines.append("-# " + ("This channel asks those marked." if asked else "All are asked here."))
    return [*lines, _SHARED] if shared else lines


def _described(article: Article, *, shared: bool, asked: bool) -> str:
    parts = (
        f"`{article.id:>4}` **{plain(title(article.title))}**",
        plain(visible(byline(article))),
        f"{len(article.sentences)} sentences",
        "shared" * shared,
        "asked here" * asked,
    )
    return " · ".join(filter(None, parts))


def _chosen(typed: str, titles: dict[int, str]) -> list[int]:
    """Raises: Refused for what is no list of ids."""
    words = re.findall(r"[^\s,;]+", typed)
    if [word.casefold() for word in words] == ["all"]:
        return []
    numbers = [int(word) for word in words if word.isdecimal() and len(word) < 10]
    if not words or len(numbers) < len(words) or not set(numbers) <= titles.keys():
        raise Refused("Give ids as `/article list` shows them, such as `1 3`, or `all`.")
    return list(dict.fromkeys(numbers))
