"""Run `footnote` against a loopback Discord: python -m tests.support.launch_bot ADDRESS COMMAND…"""

import sys
from functools import partialmethod

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.__main__ import main


async def _at_once(*_: object, **__: object) -> None:
    """Identify without the five seconds that Discord asks for between shards."""


if __name__ == "__main__":
    address = sys.argv[1]
    Route.BASE = f"{address}/api/v10"
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(f"{address}/gateway".replace("http", "ws", 1))
    # With these the first READY comes at once.
    discord.Client.before_identify_hook = _at_once  # type: ignore[method-assign]
    discord.AutoShardedClient.__init__ = partialmethod(  # type: ignore[method-assign, assignment]
        discord.AutoShardedClient.__init__, guild_ready_timeout=0.05
    )
    sys.exit(main(sys.argv[2:]))
