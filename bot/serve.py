"""Running the Discord bot, and telling Discord its commands."""

import asyncio

from bot.desk import Desk
from bot.discord_articles import Limits
from bot.discord_client import FootnoteClient
from bot.intake import Intake
from bot.settings import Settings
from index import ConfigError


def serve(settings: Settings, desk: Desk) -> int:
    """Run the bot until it is told to stop. Gives the exit code. Raises: ConfigError."""
    token = token_of(settings)

    async def run() -> None:
        async with client_of(settings, desk) as client:
            await client.start(token)

    asyncio.run(run())
    return 0


def sync(settings: Settings, desk: Desk, *, guild: int | None = None) -> int:
    """Tell Discord the commands, of every server or of one, and give how many there are.

    Raises: ConfigError.
    """
    token = token_of(settings)

    async def run() -> int:
        async with client_of(settings, desk) as client:
            client.sync_at_start = False
            await client.login(token)
            return await client.sync(guild=guild)

    return asyncio.run(run())


def client_of(settings: Settings, desk: Desk) -> FootnoteClient:
    """Give the client that the settings describe."""
    intake = Intake(
        total=settings.queue,
        per_server=settings.server_queue,
        cooldown=settings.cooldown,
        workers=settings.workers,
    )
    return FootnoteClient(
        desk,
        intake=intake,
        limits=Limits(settings.server_articles, settings.server_bytes),
        message_content=settings.message_content,
    )


def token_of(settings: Settings) -> str:
    """Give the bot's token. Raises: ConfigError."""
    if settings.discord_token is None:
        raise ConfigError(
            "DISCORD_TOKEN is not set; expected the token of a bot: make one at"
            " discord.com/developers/applications, under Bot, and set it in .env"
        )
    return settings.discord_token.get_secret_value()
