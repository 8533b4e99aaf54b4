"""Taking articles in from Discord: within the server's limits, and with what a file is named."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import discord

from bot.discord.delivery import InteractionDelivery, Refused
from bot.discord.markdown import plain, visible
from bot.discord.pool import Shelf
from index import Article
from index.documents.document import Document
from index.documents.loading import LARGEST_FILE, load, read
from index.documents.web import Fetcher

if TYPE_CHECKING:
    from bot.discord.client import FootnoteClient

_SHOWN_EVERY = 2.0  # seconds between two edits of the progress


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server may keep: articles, and bytes of text in UTF-8 together."""

    articles: int = 50
    size: int = 20 * 1024 * 1024


class Ingestion:
    """Takes articles in, one at a time for each server, within the limits."""

    def __init__(self, limits: Limits, *, fetcher: "Fetcher | None" = None) -> None:
        """The fetcher gets web pages; when None, pages of the public web alone."""
        self.fetcher = fetcher
        self._limits = limits
        self._busy: set[int] = set()

    @contextmanager
    def turn(self, server: int) -> Iterator[None]:
        """Hold the server's one turn. Raises: Refused.

        A server belongs to one shard, and so to one process, which takes the turn along if it dies.
        """
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
        loaded: Document,
        progress: Callable[[int, int], None],
        *,
        title: str | None = None,
    ) -> Article:
        """Keep what was loaded. Raises: Refused, SourceError, LibraryError."""
        text, source = loaded.text, loaded.source
        own = [shelf.library.article(each) for each in shelf.library.titles(own=True)]
        others = [each for each in own if each.source != source]
        if len(others) >= self._limits.articles:
            raise Refused(
                f"This server has {len(others)} articles of its own, and {self._limits.articles} is"
                " the most: remove one first with `/article remove`."
            )
        size = sum(len(each.text.encode()) for each in others) + len(text.encode())
        if size > self._limits.size:
            raise Refused(
                f"With this one the server's articles would have {size:,} bytes of text, and"
                f" {self._limits.size:,} is the most: remove one first with `/article remove`."
            )
        return shelf.library.add_document(loaded, title=title, progress=progress)


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


def safe_name(filename: str) -> str:
    """Give a name for a file in a folder of its own: no path, no hidden file, not too long."""
    last = re.split(r"[/\\]", visible(filename))[-1]
    kept = re.sub(r"[^\w .()-]", "_", last).lstrip(". ")
    stem, dot, suffix = kept.rpartition(".")
    return f"{(stem or 'article')[:80]}{dot}{suffix[:10]}" if dot else (kept or "article")[:80]


async def add_file(
    client: "FootnoteClient",
    server: int,
    file: discord.Attachment,
    delivery: InteractionDelivery,
    title: str | None = None,
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
        name = safe_name(file.filename)
        loaded = read(data, name=name, source=f"upload: {name}")
        return client.ingestion.add(shelf, loaded, progress, title=title)

    return await client.desk.ingest(server, work)


async def add_link(
    client: "FootnoteClient",
    server: int,
    link: str,
    delivery: InteractionDelivery,
    title: str | None = None,
) -> Article:
    """Take in a page of the web. Raises: Refused, SourceError, LibraryError."""
    address = link.strip().strip("<>")
    if not re.match(r"https?://", address, re.IGNORECASE):
        raise Refused("A link starts with `https://` or `http://`: copy the whole address.")
    await delivery.progress("Reading the page…")
    progress = Progress(delivery, "the page")

    def work(shelf: Shelf) -> Article:
        loaded = load(address, fetcher=client.ingestion.fetcher)
        return client.ingestion.add(shelf, loaded, progress, title=title)

    return await client.desk.ingest(server, work)
