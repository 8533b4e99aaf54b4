"""The articles of a server: `/article add`, `list`, `remove` and `use`."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.desk import Shelf
from bot.discord_delivery import InteractionDelivery, Outgoing, Refused, told
from bot.discord_ingestion import add_file, add_link
from bot.discord_text import plain, split, title, visible
from bot.render import byline
from index import Article

if TYPE_CHECKING:
    from bot.discord_client import FootnoteClient

    Interaction = discord.Interaction[FootnoteClient]

_MOST_CHOICES = 25  # Discord's own limit
_LONGEST_CHOICE = 100
_LONGEST_LINK = 2_000
_LONGEST_TITLE = 200


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
    """Offer the articles of the server."""
    titles = await interaction.client.desk.titles(interaction.guild_id or 0)
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
    app_commands.Group, name="article", description="The articles of this server"
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

    @app_commands.command(name="list", description="List the articles of this server")
    async def list_(self, interaction: "Interaction") -> None:
        """List the articles, with their ids."""
        delivery = InteractionDelivery(interaction, ephemeral=True)
        async with told(delivery):
            await delivery.acknowledge()
            check_manager(interaction)
            desk, server = interaction.client.desk, interaction.guild_id or 0
            articles = await desk.run(server, lambda shelf: shelf.library.articles())
            bound = await desk.note(lambda state: state.bound(interaction.channel_id or 0))
            await delivery.deliver(Outgoing(split(_listed(articles, bound))))

    @app_commands.command(description="Remove an article")
    @app_commands.describe(article="The article; /article list shows their ids")
    @app_commands.autocomplete(article=complete_article)
    async def remove(self, interaction: "Interaction", article: int) -> None:
        """Forget an article."""
        delivery = InteractionDelivery(interaction, ephemeral=True)
        async with told(delivery):
            await delivery.acknowledge()
            check_manager(interaction)
            desk = interaction.client.desk

            def remove(shelf: Shelf) -> str:
                name = shelf.library.article(article).title
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
            about = f"{names} alone" if chosen else "every article of this server"
            await delivery.deliver(
                Outgoing(split([f"Questions in this channel and its threads now ask {about}."]))
            )


def added(article: Article) -> Outgoing:
    """Say that an article was taken in."""
    shown, count = plain(title(article.title)), len(article.sentences)
    return Outgoing([f"Added **{shown}** (id {article.id}, {count} sentences)."])


def _listed(articles: Sequence[Article], bound: Sequence[int]) -> list[str]:
    if not articles:
        return ["There is no article here yet: add one with `/article add`."]
    lines = [
        " · ".join(filter(None, (*_described(article), "asked here" * (article.id in bound))))
        for article in articles
    ]
    return [*lines, "-# " + ("This channel asks those marked." if bound else "All are asked here.")]


def _described(article: Article) -> tuple[str, ...]:
    name = f"`{article.id:>4}` **{plain(title(article.title))}**"
    return name, plain(visible(byline(article))), f"{len(article.sentences)} sentences"


def _chosen(typed: str, titles: dict[int, str]) -> list[int]:
    """Raises: Refused for what is no list of ids."""
    words = re.findall(r"[^\s,;]+", typed)
    if [word.casefold() for word in words] == ["all"]:
        return []
    numbers = [int(word) for word in words if word.isdecimal() and len(word) < 10]
    if not words or len(numbers) < len(words) or not set(numbers) <= titles.keys():
        raise Refused("Give ids as `/article list` shows them, such as `1 3`, or `all`.")
    return list(dict.fromkeys(numbers))
