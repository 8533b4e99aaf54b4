"""The commands by which members get to know the bot: `/help`, `/articles`, `/about`, `/privacy`."""

import discord
from discord import app_commands

from bot.discord.client import FootnoteClient
from bot.discord.delivery import InteractionDelivery, Outgoing, report_errors
from bot.discord.panels import Listing, Page

Interaction = discord.Interaction[FootnoteClient]

_MODERATES = ("manage_guild", "manage_channels", "manage_messages")


def to_member(interaction: Interaction) -> InteractionDelivery:
    """Return the delivery of a command whose answer only the member sees."""
    return InteractionDelivery(interaction, interaction.client.admission, ephemeral=True)


@app_commands.command(name="help", description="What I answer from, and how to ask")
async def help_(interaction: Interaction) -> None:
    """Show what can be asked and how, with examples; to managers a checklist too."""
    async with report_errors(to_member(interaction)) as delivery:
        await delivery.acknowledge()
        rights = interaction.permissions
        manager = bool(interaction.guild_id) and any(getattr(rights, one) for one in _MODERATES)
        onboarding = interaction.client.onboarding
        await delivery.deliver(await onboarding.help(interaction, manager=manager))


@app_commands.command(description="The articles that can be asked here")
async def articles(interaction: Interaction) -> None:
    """List the titles that can be asked."""
    async with report_errors(to_member(interaction)) as delivery:
        await delivery.acknowledge()
        server, channel = interaction.guild_id or 0, interaction.channel_id or 0
        first = Page(Listing.ALL, 0)
        await delivery.deliver(await interaction.client.managing.page(server, channel, first))


@app_commands.command(description="My version, what I keep, and since when I run")
async def about(interaction: Interaction) -> None:
    """Show the version, what is kept, and the uptime."""
    async with report_errors(to_member(interaction)) as delivery:
        await delivery.acknowledge()
        await delivery.deliver(interaction.client.onboarding.about())


class PrivacyCommands(app_commands.Group, name="privacy", description="What I keep of you"):
    """`/privacy …`, for all members."""

    @app_commands.command(name="delete-mine", description="Delete all that I keep of you")
    async def delete_mine(self, interaction: Interaction) -> None:
        """Delete what is stored of the member, on every server."""
        async with report_errors(to_member(interaction)) as delivery:
            await delivery.acknowledge()
            member = interaction.user.id
            votes = await interaction.client.pool.with_state(
                lambda state: state.forget_member(member)
            )
            count = {0: "no votes", 1: "1 vote"}.get(votes, f"{votes:,} votes")
            await delivery.deliver(
                Outgoing([f"Deleted all that I kept of you, on every server: {count}."])
            )
