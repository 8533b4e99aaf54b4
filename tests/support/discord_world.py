"""A small Discord in memory, with a server, its members and the real bot on it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import discord
from simcord.env import Env

from bot.discord.admission import AdmissionControl
from bot.discord.client import FootnoteClient
from bot.discord.commands import add_commands
from bot.discord.pool import CollectionPool
from bot.discord.state import State
from bot.discord.uploads import Limits
from bot.sharing import Sharing
from index import Encoder, Library
from index.storage.opening import Folder

SHIPS = """The ship Aurora sank near Iceland in 1911. Her captain drowned with 11 sailors.

The ship Borealis sank near Norway in 1920. Her captain swam to the shore."""
AURORA = "When did the ship Aurora sink?"
BOREALIS = "When did the ship Borealis sink?"


def open_pool(
    folder: Path, encoder: Encoder, *, reader: Any = "off", **options: Any
) -> CollectionPool:
    """Open a pool over the library in a folder."""

    def open_collection(name: str, also: tuple[str, ...]) -> Library:
        return Library.open(folder, collection=name, also=also, encoder=encoder, reader=reader)

    return CollectionPool(open_collection, State(Folder(folder)), **options)


def client_over(pool: CollectionPool, **options: Any) -> FootnoteClient:
    """The bot, with no pause between two questions unless one is asked for."""
    admission = AdmissionControl(
        total=options.pop("total", 64),
        per_server=options.pop("per_server", 16),
        cooldown=options.pop("cooldown", 0.0),
        workers=2,
    )
    limits = options.pop("limits", Limits())
    client = FootnoteClient(pool, admission=admission, limits=limits, shard_count=1, **options)
    add_commands(client.tree)
    return client


@dataclass
class World:
    """One server with a channel, a manager and two members."""

    env: Any
    pool: CollectionPool
    bot: FootnoteClient
    guild: Any
    channel: Any
    manager: Any
    alice: Any
    bob: Any
    folder: Path
    encoder: Encoder
    errors: list[str] = field(default_factory=list)  # names of those that discord.py may see

    async def add(self, text: str = SHIPS, *, title: str = "Ships", guild: Any = None) -> int:
        """Put an article on the server's collection, behind the bot's back."""
        server = (guild or self.guild).id
        article = await self.pool.ingest(
            server, lambda collection: collection.library.add_text(text, title=title)
        )
        return int(article.id)

    async def ask(
        self, question: str, *, by: Any = None, channel: Any = None, **options: Any
    ) -> Any:
        """Ask by the command, as alice and in the server's channel unless others are given."""
        asker, place = by or self.alice, channel or self.channel
        return await asker.slash(place, "ask", question=question, **options)

    async def mention(self, text: str, *, by: Any = None, channel: Any = None) -> Any:
        """Write a message that mentions the bot, as alice unless another is given; return it."""
        user = self.bot.user
        assert user is not None
        return await (by or self.alice).send(channel or self.channel, f"<@{user.id}> {text}")

    async def follow_up(self, message: Any, question: str, *, by: Any = None) -> Any:
        """Press *Follow up* under an answer, and ask on."""
        asker = by or self.alice
        opened = await asker.click(message, label="Follow up")
        return await asker.submit_modal(opened, {"question": question})

    async def manage(self, command: str, **options: Any) -> str:
        """Use `/article …` as the manager; return what the bot says, which nobody else sees."""
        result = await self.manager.slash(self.channel, f"article {command}", **options)
        assert result.ephemeral
        assert result.followups == []
        return str(result.response.content)

    def share(self, text: str, *, title: str, source: str | None = None) -> int:
        """Put an article on the operator's collection, as another process does."""
        with Library.open(self.folder, encoder=self.encoder, reader="off") as library:
            return library.add_text(text, title=title, source=source).id

    def unshare(self, article: int) -> None:
        """Take an article from the operator's collection, as another process does."""
        with Library.open(self.folder, encoder=self.encoder, reader="off") as library:
            library.remove(article)


@asynccontextmanager
async def world(folder: Path, encoder: Encoder, **options: Any) -> AsyncIterator[World]:
    """Connect the bot, make the server."""
    folder.mkdir(exist_ok=True)
    pool = open_pool(
        folder,
        encoder,
        reader=options.pop("reader", "off"),
        sharing=options.pop("sharing", Sharing.EVERYWHERE),
        llm=options.pop("llm", None),
        llm_mode=options.pop("llm_mode", "quote"),
    )
    bot = client_over(pool, **options)
    try:
        env = Env(bot, settle_timeout=30)
        await env.start()
        try:
            guild = env.create_guild("Harbour")
            managers = guild.create_role("M", permissions=discord.Permissions(manage_guild=True))
            made = World(
                env=env,
                pool=pool,
                bot=bot,
                guild=guild,
                channel=guild.create_text_channel("general"),
                manager=guild.add_member(env.create_user("mona"), roles=[managers]),
                alice=guild.add_member(env.create_user("alice")),
                bob=guild.add_member(env.create_user("bob")),
                folder=folder,
                encoder=encoder,
            )
            yield made
        finally:
            await env.shutdown()
        assert [type(error).__name__ for error in env.errors] == made.errors
    finally:
        pool.close()
