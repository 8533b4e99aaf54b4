"""Servers of the loopback Discord that add the bot while it runs, and remove it."""

from tests.support import loopback_world as world_of
from tests.support.loopback_discord import Loopback


def join(
    discord: Loopback,
    *,
    system: bool = True,
    rights: int = world_of.BOT_RIGHTS,
    added_by: int | None = None,
) -> tuple[int, int]:
    """Let a server add the bot; return its id and that of its only channel.

    system: whether the channel is the one for Discord's own messages
    rights: what the bot may do on the server
    added_by: who added it, where the bot can find that out
    """
    guild_id, channel_id = world_of.snowflake(), world_of.snowflake()
    channel = world_of.text_channel(channel_id, guild_id)
    discord.world.channels[channel_id] = channel
    discord.world.joined.append(guild_id)
    if added_by is not None:
        discord.world.added_by[guild_id] = added_by
    made = world_of.guild(guild_id, [channel], rights=rights, system=channel_id if system else None)
    del made["unavailable"]  # which is how a new server is told from one that is back
    discord.dispatch("GUILD_CREATE", made, guild_id=guild_id)
    return guild_id, channel_id


def leave(discord: Loopback, guild_id: int) -> None:
    """Let a server remove the bot."""
    discord.world.joined.remove(guild_id)
    discord.dispatch("GUILD_DELETE", {"id": str(guild_id)}, guild_id=guild_id)
