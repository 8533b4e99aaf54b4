"""The articles of a server: `/article add`, `list`, `remove` and `use`."""

import asyncio
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.desk import Shelf
from bot.discord_delivery import InteractionDelivery, Outgoing, Refused, told
from bot.discord_text import plain, split, title, visible
from index import Article, SourceError
from index.sources import LARGEST_FILE, load

if TYPE_CHECKING:
    from bot.discord_client import FootnoteClient

    Interaction = discord.Interaction[FootnoteClient]

_SHOWN_EVERY = 2.0  # seconds between two edits of the progress
_MOST_CHOICES = 25  # Discord's own limit
_LONGEST_CHOICE = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server may keep: articles, and bytes of text in UTF-8 together."""

    articles: int = 50
    size: int = 20 * 1024 * 1024


class Ingestion:
    """Takes articles in, one at a time for each server, within the limits."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._busy: set[int] = set()

    @contextmanager
    def turn(self, server: int) -> Iterator[None]:
        """Hold the server's one turn. Raises: Refused."""
        if server in self._busy:
            raise Refused("Another article is being added here: wait until it is done.")
        self._busy.add(server)
        try:
            yield
        finally:
            self._busy.discard(server)

    def check_upload(self, size: int) -> None:
        """Refuse a file by its size in bytes, before it is fetched. Raises: Refused."""
        most = min(LARGEST_FILE, self._limits.size)
        if size > most:
            raise Refused(
                f"The file has {size:,} bytes, and {most:,} is the most: split it, and add the"
                " parts."
            )

    def add(
        self,
        shelf: Shelf,
        text: str,
        *,
        name: str,
        source: str,
        progress: Callable[[int, int], None],
    ) -> Article:
        """Keep a text on the shelf. Raises: Refused, SourceError, LibraryError."""
        others = [each for each in shelf.library.articles() if each.source != source]
        if len(others) >= self._limits.articles:
            raise Refused(
                f"This server has {len(others)} articles, and {self._limits.articles} is the most:"
                " remove one first with `/article remove`."
            )
        size = sum(len(each.text.encode()) for each in others) + len(text.encode())
        if size > self._limits.size:
            raise Refused(
                f"With this one the articles here would have {size:,} bytes of text, and"
                f" {self._limits.size:,} is the most: remove one first with `/article remove`."
            )
        return shelf.library.add_text(text, title=name, source=source, progress=progress)


class Progress:
    """Shows on a response how far an ingestion is, now and then; made for a thread to call."""

    def __init__(self, delivery: InteractionDelivery, name: str) -> None:
        self._delivery = delivery
        self._name = name
        self._loop = asyncio.get_running_loop()
        self._shown = 0.0

    def __call__(self, done: int, total: int) -> None:
        """Show it, unless that was done just before; the last is left to the answer."""
        now = time.monotonic()
        if done < total and now - self._shown >= _SHOWN_EVERY:
            self._shown = now
            text = f"Reading {self._name}: {done / total:.0%}"
            asyncio.run_coroutine_threadsafe(self._delivery.progress(text), self._loop)


def read_upload(data: bytes, filename: str) -> tuple[str, str]:
    """Give the text and the title of an uploaded file. Raises: SourceError, which names it."""
    safe = safe_name(filename)
    with tempfile.TemporaryDirectory(prefix="footnote-") as folder:
        path = Path(folder).resolve() / safe
        path.write_bytes(data)
        try:
            loaded = load(path)
        except SourceError as error:  # no member need know where the bot keeps its files
            raise SourceError(str(error).replace(repr(str(path)), repr(safe))) from None
    return loaded.text, loaded.title


def safe_name(filename: str) -> str:
    """Give a name for a file in a folder of its own: no path, no hidden file, not too long."""
    last = re.split(r"[/\\]", visible(filename))[-1]
    kept = re.sub(r"[^\w .()-]", "_", last).lstrip(". ")
    stem, dot, suffix = kept.rpartition(".")
    return f"{(stem or 'article')[:80]}{dot}{suffix[:10]}" if dot else (kept or "article")[:80]


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
        file="A text or Markdown file", link="The address of a page", name="Its title, if you like"
    )
    async def add(
        self,
        interaction: "Interaction",
        file: discord.Attachment | None = None,
        link: str | None = None,
        name: str | None = None,
    ) -> None:
        """Take an article in."""
        delivery = InteractionDelivery(interaction, ephemeral=True)
        async with told(delivery):
            if not await delivery.acknowledge():
                return
            check_manager(interaction)
            if (file is None) == (link is None):
                raise Refused("Give one of the two: a `file`, or a `link`.")
            client, server = interaction.client, interaction.guild_id or 0
            with client.ingestion.turn(server):
                if file is not None:
                    article = await add_file(client, server, file, delivery, name)
                else:
                    article = await add_link(client, server, link or "", delivery, name)
            await delivery.deliver(Outgoing([_added(article)]))

    @app_commands.command(name="list", description="List the articles of this server")
    async def list_(self, interaction: "Interaction") -> None:
        """List the articles, with their ids."""
        delivery = InteractionDelivery(interaction, ephemeral=True)
        async with told(delivery):
            if not await delivery.acknowledge():
                return
            check_manager(interaction)
            desk, server = interaction.client.desk, interaction.guild_id or 0
            articles = await desk.read(server, lambda shelf: shelf.library.articles())
            bound = await desk.note(lambda state: state.bound(interaction.channel_id or 0))
            await delivery.deliver(Outgoing(split(_listed(articles, bound))))

    @app_commands.command(description="Remove an article")
    @app_commands.describe(article="The article; /article list shows their ids")
    @app_commands.autocomplete(article=complete_article)
    async def remove(self, interaction: "Interaction", article: int) -> None:
        """Forget an article."""
        delivery = InteractionDelivery(interaction, ephemeral=True)
        async with told(delivery):
            if not await delivery.acknowledge():
                return
            check_manager(interaction)
            desk = interaction.client.desk

            def remove(shelf: Shelf) -> str:
                name = shelf.library.article(article).title
                shelf.library.remove(article)
                desk.state.forget_article(article)
                return name

            name = await desk.write(interaction.guild_id or 0, remove)
            await delivery.deliver(Outgoing([f"Removed **{plain(title(name))}**."]))

    @app_commands.command(description="Choose the articles that are asked in this channel")
    @app_commands.describe(articles="Ids, as in “1 3”, or “all”; /article list shows them")
    async def use(self, interaction: "Interaction", articles: str) -> None:
        """Bind articles to the channel; its threads inherit them."""
        delivery = InteractionDelivery(interaction, ephemeral=True)
        async with told(delivery):
            if not await delivery.acknowledge():
                return
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


async def add_file(
    client: "FootnoteClient",
    server: int,
    file: discord.Attachment,
    delivery: InteractionDelivery,
    name: str | None = None,
) -> Article:
    """Take in an uploaded file. Raises: Refused, SourceError, LibraryError."""
    client.ingestion.check_upload(file.size)
    shown = plain(safe_name(file.filename))
    await delivery.progress(f"Reading {shown}…")
    try:
        data = await file.read()
    except discord.HTTPException as error:
        raise Refused("The file could not be fetched from Discord: upload it again.") from error
    progress = Progress(delivery, shown)

    def work(shelf: Shelf) -> Article:
        text, found = read_upload(data, file.filename)
        source = f"upload: {safe_name(file.filename)}"
        return client.ingestion.add(
            shelf, text, name=name or found, source=source, progress=progress
        )

    return await client.desk.write(server, work)


async def add_link(
    client: "FootnoteClient",
    server: int,
    link: str,
    delivery: InteractionDelivery,
    name: str | None = None,
) -> Article:
    """Take in a page of the web. Raises: Refused, SourceError, LibraryError."""
    address = link.strip().strip("<>")
    if not re.match(r"https?://", address, re.IGNORECASE):
        raise Refused("A link starts with `https://` or `http://`: copy the whole address.")
    await delivery.progress("Reading the page…")
    progress = Progress(delivery, "the page")

    def work(shelf: Shelf) -> Article:
        loaded = load(address)
        return client.ingestion.add(
            shelf,
            loaded.text,
            name=name or loaded.title,
            source=loaded.source,
            progress=progress,
        )

    return await client.desk.write(server, work)


def _added(article: Article) -> str:
    count = len(article.sentences)
    return f"Added **{plain(title(article.title))}** (id {article.id}, {count} sentences)."


def _listed(articles: Sequence[Article], bound: Sequence[int]) -> list[str]:
    if not articles:
        return ["There is no article here yet: add one with `/article add`."]
    lines = [
        f"`{article.id:>4}` **{plain(title(article.title))}** · {len(article.sentences)} sentences"
        + " · asked here" * (article.id in bound)
        for article in articles
    ]
    return [*lines, "-# " + ("This channel asks those marked." if bound else "All are asked here.")]


def _chosen(typed: str, titles: dict[int, str]) -> list[int]:
    """Raises: Refused for what is no list of ids."""
    words = re.findall(r"[^\s,;]+", typed)
    if [word.casefold() for word in words] == ["all"]:
        return []
    numbers = [int(word) for word in words if word.isdecimal() and len(word) < 10]
    if not words or len(numbers) < len(words) or not set(numbers) <= titles.keys():
        raise Refused("Give ids as `/article list` shows them, such as `1 3`, or `all`.")
    return list(dict.fromkeys(numbers))
