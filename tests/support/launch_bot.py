"""Run `footnote` against a loopback Discord: python -m tests.support.launch_bot ADDRESS COMMAND…

Where STAND_IN is set, the stand-in takes the model's place, and needs so many seconds for each
passage of a `story`.
"""

import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partialmethod

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

import bot.commands
from bot.__main__ import main
from index.models.tokens import Encoding
from tests.support.standin import StandIn

Patch = Callable[[object, str, object], None]


def aim_at(address: str, patch: Patch = setattr) -> None:
    """Let discord.py reach Discord at an address, and identify without pauses."""

    async def at_once(*_: object, **__: object) -> None:
        pass

    patch(Route, "BASE", f"{address}/api/v10")
    patch(
        DiscordWebSocket,
        "DEFAULT_GATEWAY",
        yarl.URL(f"{address}/gateway".replace("http", "ws", 1)),
    )
    patch(discord.Client, "before_identify_hook", at_once)
    started = partialmethod(discord.AutoShardedClient.__init__, guild_ready_timeout=0.05)
    patch(discord.AutoShardedClient, "__init__", started)


def stand_in(pause: float = 0, patch: Patch = setattr) -> None:
    """Let `footnote` use the stand-in for its encoder; the reader is a setting."""

    class Slow(StandIn):
        def encode(self, texts: Sequence[str]) -> list[Encoding]:
            time.sleep(pause * sum("Mark" in text for text in texts))
            return super().encode(texts)

    patch(bot.commands, "Encoder", lambda *_, **__: Slow())


if __name__ == "__main__":
    aim_at(sys.argv[1])
    if "STAND_IN" in os.environ:
        stand_in(float(os.environ["STAND_IN"]))
    sys.exit(main(sys.argv[2:]))
