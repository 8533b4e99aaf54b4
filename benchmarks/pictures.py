"""Take the pictures of the documentation: what the bot shows in a terminal and in Discord.

`--terminal` needs nothing else. The messages are the bot's own, on a Discord in memory: they need
`pip install 'simcord[screenshot]'` and a Chromium, such as Debian's package.
"""

import argparse
import asyncio
import io
import re
import shutil
import tempfile
from functools import partialmethod
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text
from simcord.env import Env

from bot.chat import Chat
from bot.discord.admission import AdmissionControl
from bot.discord.client import FootnoteClient
from bot.discord.commands import add_commands
from bot.discord.pool import CollectionPool
from bot.discord.state import State
from bot.discord.uploads import Limits
from bot.terminal.render import answer_view, show
from index import Encoder, Library, Reader
from index.storage.opening import Folder

FOLDER = Path(__file__).parent / "pictures"
_WIDTH, _HEIGHT = 720, 460
_ANSWERED = "How many fighters did the air strikes kill?"
_NOT_ANSWERED = "Who won the World Cup in 2018?"
_TENTATIVE = "Did anybody die at the embassy?"
_COLUMNS = 92
_FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)  # from another server


def terminal(chat: Chat) -> str:
    """Return an SVG of a terminal in which three questions are asked."""
    console = Console(
        file=io.StringIO(),
        record=True,
        width=_COLUMNS,
        force_terminal=True,
        color_system="truecolor",
    )
    for question in (_ANSWERED, _TENTATIVE, _NOT_ANSWERED):
        console.print(Text.assemble(("$ ", "dim"), f'footnote ask "{question}"'))
        show(console, answer_view(chat.reply(question)))
    svg = console.export_svg(title="footnote", theme=MONOKAI, unique_id="footnote")
    return _FONT.sub("", svg)


async def take(folder: Path, library: Path, chromium: str) -> list[Path]:
    """Ask, press and list, and take a picture of what is shown each time."""
    encoder, reader = Encoder(), Reader()

    def open_collection(name: str, also: tuple[str, ...]) -> Library:
        return Library.open(library, collection=name, also=also, encoder=encoder, reader=reader)

    pool = CollectionPool(open_collection, State(Folder(None)))
    admission = AdmissionControl(total=9, per_server=9, cooldown=0, workers=1)
    bot = FootnoteClient(pool, admission=admission, limits=Limits(), shard_count=1)
    add_commands(bot.tree)
    env = Env(bot, settle_timeout=120)
    await env.start()
    try:
        guild = env.create_guild("Reading room")
        await pool.ingest(guild.id, lambda collection: _add_article(collection.library))
        return await _pictures(env, guild, folder, chromium)
    finally:
        await env.shutdown()
        pool.close()


def _add_article(library: Library) -> None:
    with as_file(files("articles") / "embassy.md") as path:
        library.add(path)


async def _pictures(env: Any, guild: Any, folder: Path, chromium: str) -> list[Path]:
    channel = guild.create_text_channel("reading")
    member = guild.add_member(guild.owner)
    folder.mkdir(exist_ok=True)
    taken = []
    async with env.preview(channel, viewers=[member], width=_WIDTH, height=_HEIGHT) as preview:
        _use(preview, chromium)
        answer = await member.slash(channel, "ask", question=_ANSWERED)
        shown = {
            "answer": answer,
            "context": await member.click(answer.response, label="In context"),
            "abstention": await member.slash(channel, "ask", question=_NOT_ANSWERED),
            "list": await member.slash(channel, "article list"),
        }
        for name, result in shown.items():
            path = folder / f"{name}.png"
            await preview.screenshot(path, viewer=member, target=result.response)
            taken.append(path)
    return taken


def _use(preview: Any, chromium: str) -> None:
    """Let Playwright launch the browser of this machine instead of one of its own."""
    from playwright.async_api import BrowserType

    BrowserType.launch = partialmethod(
        BrowserType.launch, executable_path=chromium, args=["--no-sandbox"]
    )


def main() -> None:
    """Take the pictures into `benchmarks/pictures`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--terminal", action="store_true", help="take that of the terminal only")
    parser.add_argument("--chromium", default=shutil.which("chromium") or "chromium")
    options = parser.parse_args()
    if options.terminal:
        with Library.open(None) as library:
            _add_article(library)
            (FOLDER / "terminal.svg").write_text(terminal(Chat(library)), encoding="utf-8")
        return
    with tempfile.TemporaryDirectory() as folder:
        for path in asyncio.run(take(FOLDER, Path(folder), options.chromium)):
            print(f"{path.relative_to(FOLDER.parents[1])}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
