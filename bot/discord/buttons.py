"""The buttons under an answer. All they need stands in their ids, so a restart does not harm them.

The *Follow up* button also tells what the answer was: it is how the bot reads itself back.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Any, Self

import discord

from bot.discord.delivery import InteractionDelivery
from index import Citation

Interaction = discord.Interaction[Any]  # its client is a FootnoteClient, which imports these

_LONGEST_QUESTION = 2_000
_WAITING = 15 * 60  # seconds that a modal may stay open, as long as Discord's own token


@dataclass(frozen=True, slots=True)
class Place:
    """A sentence of an article, and a hash that tells whether it still says the same."""

    article_id: int
    sentence: int
    quote_hash: str


def place_of(citation: Citation) -> Place:
    """Give the place of a citation."""
    return Place(citation.article_id, citation.sentence, quote_hash(citation.quote))


def quote_hash(quote: str) -> str:
    """Give eight hexadecimal digits that stand for a quote."""
    return hashlib.sha256(quote.encode()).hexdigest()[:8]


class InContext(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=r"fn:in:(?P<article>\d+):(?P<sentence>\d+):(?P<hash>[0-9a-f]{8})",
):
    """Shows whoever presses it the paragraph around a sentence."""

    def __init__(self, place: Place, *, label: str = "In context", row: int | None = None) -> None:
        self.place = place
        number = f"fn:in:{place.article_id}:{place.sentence}:{place.quote_hash}"
        super().__init__(discord.ui.Button(label=label, custom_id=number, row=row))

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the button that was pressed."""
        return cls(Place(int(match["article"]), int(match["sentence"]), match["hash"]))

    async def callback(self, interaction: Interaction) -> None:
        """Show the paragraph."""
        delivery = InteractionDelivery(interaction, ephemeral=True)
        await interaction.client.show_context(
            delivery, interaction.guild_id or 0, self.place, interaction.message
        )


class FollowUp(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=r"fn:more:(?P<asker>\d+):(?P<previous>\d+):(?P<origin>[a-z]+)",
):
    """Asks for one more question: the content of a reply does not always reach the bot."""

    def __init__(self, asker: int, previous: int, origin: str, *, row: int | None = None) -> None:
        self.asker = asker
        self.previous = previous
        self.origin = origin
        button = discord.ui.Button[discord.ui.View](
            label="Follow up",
            style=discord.ButtonStyle.primary,
            custom_id=f"fn:more:{asker}:{previous}:{origin}",
            row=row,
        )
        super().__init__(button)

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the button that was pressed."""
        return cls(int(match["asker"]), int(match["previous"]), match["origin"])

    async def callback(self, interaction: Interaction) -> None:
        """Ask for the question."""
        await InteractionDelivery(interaction).show(FollowUpModal())


class FollowUpModal(discord.ui.Modal, title="Follow up"):
    """Takes one more question about the answer that it was opened from."""

    question: discord.ui.Label["FollowUpModal"] = discord.ui.Label(
        text="Your question",
        component=discord.ui.TextInput(
            custom_id="question", style=discord.TextStyle.paragraph, max_length=_LONGEST_QUESTION
        ),
    )

    def __init__(self) -> None:
        super().__init__(timeout=_WAITING)

    async def on_submit(self, interaction: Interaction) -> None:
        """Answer it."""
        assert isinstance(self.question.component, discord.ui.TextInput)  # noqa: S101
        await interaction.client.follow_up(interaction, self.question.component.value)


class Vote(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=r"fn:vote:(?P<opinion>helpful|wrong)",
):
    """Keeps what a member thinks of an answer."""

    def __init__(self, *, helpful: bool, row: int | None = None) -> None:
        self.helpful = helpful
        label, opinion = ("Helpful", "helpful") if helpful else ("Wrong citation", "wrong")
        super().__init__(discord.ui.Button(label=label, custom_id=f"fn:vote:{opinion}", row=row))

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the button that was pressed."""
        return cls(helpful=match["opinion"] == "helpful")

    async def callback(self, interaction: Interaction) -> None:
        """Keep the vote."""
        await interaction.client.keep_vote(interaction, helpful=self.helpful)


def past_of(message: discord.Message) -> tuple[FollowUp | None, list[Place]]:
    """Read from an answer's buttons what it was and what it cited, in order."""
    follow_up, places = None, []
    for row in message.components:
        for child in getattr(row, "children", ()):
            custom_id = getattr(child, "custom_id", None) or ""
            if found := re.fullmatch(InContext.__discord_ui_compiled_template__, custom_id):
                places.append(Place(int(found["article"]), int(found["sentence"]), found["hash"]))
            elif found := re.fullmatch(FollowUp.__discord_ui_compiled_template__, custom_id):
                follow_up = FollowUp(int(found["asker"]), int(found["previous"]), found["origin"])
    return follow_up, places
