"""Taking articles in from Discord: within the server's limits, and with what a file is named."""

import asyncio
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import discord

from bot.desk import Shelf
from bot.discord_delivery import InteractionDelivery, Refused
from bot.discord_text import plain, visible
from index import Article, SourceError
from index.sources import LARGEST_FILE, load

if TYPE_CHECKING:
    from bot.discord_client import FootnoteClient

_SHOWN_EVERY = 2.0  # seconds between two edits of the progress


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

    return await client.desk.ingest(server, work)


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

    return await client.desk.ingest(server, work)
