"""Uploads: files, links and messages become articles of a server, within its limits."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import discord

from bot.discord.admission import Refused
from bot.discord.delivery import InteractionDelivery, progress_from_threads
from bot.discord.markdown import escape_markdown, strip_invisible, truncate
from bot.discord.pool import CollectionPool, OpenCollection
from index import Article, Document, Library
from index.documents.loading import LARGEST_FILE, load, read
from index.documents.web import Fetcher
from index.storage.indexing import Stage

_PROGRESS_INTERVAL = 2.0  # seconds between two edits that show the progress
_LONGEST_TITLE = 60  # of a message


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server may have: articles, and bytes of text in UTF-8 together."""

    articles: int = 50
    size: int = 20 * 1024 * 1024


class Uploads:
    """Adds articles, one at a time for each server, within the limits."""

    def __init__(self, pool: CollectionPool, limits: Limits) -> None:
        self.fetcher: Fetcher | None = None  # of web pages; None is one for the public web
        self._pool = pool
        self._limits = limits
        self._busy: set[int] = set()

    async def add_file(
        self,
        server: int,
        file: discord.Attachment,
        delivery: InteractionDelivery,
        *,
        title: str | None = None,
    ) -> Article:
        """Add an uploaded file. Raises: Refused, SourceError, LibraryError."""
        name = safe_name(file.filename)
        shown = escape_markdown(name)
        with self.turn(server):
            most = min(LARGEST_FILE, self._limits.size)
            if file.size > most:
                raise Refused(
                    f"The file has {file.size:,} bytes, and {most:,} is the most: split it, and add"
                    " the parts."
                )
            await delivery.progress(f"Reading {shown}…")
            try:
                data = await file.read()
            except discord.HTTPException as error:
                raise Refused(
                    "The file could not be fetched from Discord: upload it again."
                ) from error
            return await self._ingest(
                server,
                lambda: read(data, name=name, source=f"upload: {name}"),
                Progress(delivery, shown),
                title=title,
            )

    async def add_link(
        self, server: int, link: str, delivery: InteractionDelivery, *, title: str | None = None
    ) -> Article:
        """Add a page of the web. Raises: Refused, SourceError, LibraryError."""
        address = link.strip().strip("<>")
        with self.turn(server):
            if not re.match(r"https?://", address, re.IGNORECASE):
                raise Refused("A link starts with `https://` or `http://`: copy the whole address.")
            await delivery.progress("Reading the page…")
            return await self._ingest(
                server,
                lambda: load(address, fetcher=self.fetcher),
                Progress(delivery, "the page"),
                title=title,
            )

    async def add_message(
        self, server: int, message: discord.Message, delivery: InteractionDelivery
    ) -> Article:
        """Add a message, or the file attached to it. Raises: Refused, SourceError, LibraryError."""
        if message.attachments:
            return await self.add_file(server, message.attachments[0], delivery)
        lines = message.content.strip().splitlines()
        if not lines:
            raise Refused("That message has no text and no file: choose another.")
        first = truncate(strip_invisible(lines[0]).strip("#*_ "), _LONGEST_TITLE)
        title = first or message.author.display_name
        source = Document(message.content, title, f"message: {message.id}")
        with self.turn(server):
            return await self._ingest(server, lambda: source, Progress(delivery, "the message"))

    async def restore(self, server: int, article: Article) -> Article:
        """Add an article again that was removed, inside of `turn`; it gets a new id.

        Raises: Refused, LibraryError.
        """
        source = Document(
            article.text,
            article.title,
            article.source,
            author=article.author,
            published=article.published,
            pages=article.pages,
            marks=article.marks,
        )

        def work(collection: OpenCollection) -> Article:
            own = collection.library.catalog(own=True)
            if source.source is not None and source.source in {each.source for each in own}:
                raise Refused("It was added again meanwhile, so it is not replaced.")
            self._check_limits(collection.library, source)
            return collection.library.add_document(source)

        return await self._pool.ingest(server, work)

    @contextmanager
    def turn(self, server: int) -> Iterator[None]:
        """Hold the server's one turn. Raises: Refused.

        A server belongs to one shard, and so to one process, which ends the turn if it dies.
        """
        if server in self._busy:
            raise Refused("Another article is being added here: wait until it is done.")
        self._busy.add(server)
        try:
            yield
        finally:
            self._busy.discard(server)

    async def _ingest(
        self,
        server: int,
        load_source: Callable[[], Document],
        progress: "Progress",
        *,
        title: str | None = None,
    ) -> Article:
        def work(collection: OpenCollection) -> Article:
            source = load_source()
            self._check_limits(collection.library, source)
            return collection.library.add_document(source, title=title, progress=progress)

        return await self._pool.ingest(server, work)

    def _check_limits(self, library: Library, added: Document) -> None:
        others = [each for each in library.catalog(own=True) if each.source != added.source]
        if len(others) >= self._limits.articles:
            raise Refused(
                f"This server has {len(others)} articles of its own, and {self._limits.articles} is"
                " the most: remove one first with `/article remove`."
            )
        size = sum(each.size for each in others) + len(added.text.encode())
        if size > self._limits.size:
            raise Refused(
                f"With this one the server's articles would have {size:,} bytes of text, and"
                f" {self._limits.size:,} is the most: remove one first with `/article remove`."
            )


class Progress:
    """Shows on a response how far an ingestion is, now and then; may be called in a thread."""

    def __init__(self, delivery: InteractionDelivery, name: str) -> None:
        self._show = progress_from_threads(delivery)
        self._name = name
        self._shown = 0.0

    def __call__(self, stage: Stage, done: int, total: int) -> None:
        """Show it, unless that was done just before; the last is left to the answer."""
        now = time.monotonic()
        if stage == "encoding" and done < total and now - self._shown >= _PROGRESS_INTERVAL:
            self._shown = now
            self._show(f"Reading {self._name}: {done / total:.0%}")


def safe_name(filename: str) -> str:
    """Return a name for a file in a folder of its own: no path, no hidden file, not too long."""
    last = re.split(r"[/\\]", strip_invisible(filename))[-1]
    safe = re.sub(r"[^\w .()-]", "_", last).lstrip(". ")
    stem, dot, suffix = safe.rpartition(".")
    return f"{(stem or 'article')[:80]}{dot}{suffix[:10]}" if dot else (safe or "article")[:80]
