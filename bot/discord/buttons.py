"""The buttons under an answer.

A button's id holds all that a press needs, so old answers stay usable after a restart. The *Follow
up* button also records what the answer was, from which the bot reads its conversations back.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import discord

from index import Citation

_LONGEST_QUESTION = 2_000
_MODAL_TIMEOUT = 15 * 60  # seconds, after which Discord's own token expires
_CUSTOM_ID = re.compile(
    r"fn:(?:in:(?P<article>\d+):(?P<sentence>\d+):(?P<hash>[0-9a-f]{8})"
    r"|more:(?P<asker>\d+):(?P<previous>\d+):(?P<origin>[a-z]+)"
    r"|vote:(?P<opinion>helpful|wrong))"
)


@dataclass(frozen=True, slots=True)
class InContext:
    """Shows the paragraph around a cited sentence.

    `quote_hash` tells whether the sentence still says the same.
    """

    article_id: int
    sentence: int
    quote_hash: str

    @property
    def custom_id(self) -> str:
        """The id of the button."""
        return f"fn:in:{self.article_id}:{self.sentence}:{self.quote_hash}"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Opens a modal for one more question: the content of a reply does not always reach the bot.

    asker: the member who asked
    previous: the id of the message that the answer followed on, or 0
    origin: the answer's origin, or `abstained`
    """

    asker: int
    previous: int
    origin: str

    @property
    def custom_id(self) -> str:
        """The id of the button."""
        return f"fn:more:{self.asker}:{self.previous}:{self.origin}"


@dataclass(frozen=True, slots=True)
class Vote:
    """Records what a member thinks of an answer."""

    helpful: bool

    @property
    def custom_id(self) -> str:
        """The id of the button."""
        return f"fn:vote:{'helpful' if self.helpful else 'wrong'}"


Pressed = InContext | FollowUp | Vote


def parse_button(custom_id: str) -> Pressed | None:
    """Return the button that has this id; None for one that is not the bot's."""
    found = _CUSTOM_ID.fullmatch(custom_id)
    if found is None:
        return None
    if found["article"]:
        return InContext(int(found["article"]), int(found["sentence"]), found["hash"])
    if found["asker"]:
        return FollowUp(int(found["asker"]), int(found["previous"]), found["origin"])
    return Vote(helpful=found["opinion"] == "helpful")


def parse_components(message: discord.Message) -> tuple[FollowUp | None, list[InContext]]:
    """Return what an answer's buttons record: what it was, and what it cited, in order."""
    follow_up, cited = None, []
    for row in message.components:
        for child in getattr(row, "children", ()):
            match parse_button(getattr(child, "custom_id", None) or ""):
                case InContext() as button:
                    cited.append(button)
                case FollowUp() as button:
                    follow_up = button
    return follow_up, cited


def quote_hash(quote: str) -> str:
    """Return eight hexadecimal digits that identify a quote."""
    return hashlib.sha256(quote.encode()).hexdigest()[:8]


def buttons_below(citations: Sequence[Citation], follow_up: FollowUp) -> discord.ui.View:
    """Return the buttons of an answer: one for each citation, *Follow up*, and the votes."""
    view = discord.ui.View(timeout=None)

    def add(label: str, row: int, button: Pressed, **options: Any) -> None:
        custom_id = button.custom_id
        view.add_item(discord.ui.Button(label=label, row=row, custom_id=custom_id, **options))

    for each in citations:
        label = "In context" if len(citations) == 1 else f"[{each.number}] in context"
        place = InContext(each.article_id, each.sentence, quote_hash(each.quote))
        add(label, (each.number - 1) // 5, place)
    add("Follow up", 2, follow_up, style=discord.ButtonStyle.primary)
    add("Helpful", 2, Vote(helpful=True))
    if follow_up.origin != "abstained":
        add("Wrong citation", 2, Vote(helpful=False))
    view.stop()  # or else discord.py would keep every view in memory for its callbacks
    return view


class FollowUpModal(discord.ui.Modal, title="Follow up"):
    """Takes one more question about the answer that it was opened from."""

    question: discord.ui.Label["FollowUpModal"] = discord.ui.Label(
        text="Your question",
        component=discord.ui.TextInput(
            custom_id="question", style=discord.TextStyle.paragraph, max_length=_LONGEST_QUESTION
        ),
    )

    def __init__(self, answer: Callable[[discord.Interaction, str], Awaitable[None]]) -> None:
        """`answer` is called with the interaction and the question."""
        super().__init__(timeout=_MODAL_TIMEOUT)
        self._answer = answer

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Answer the question."""
        assert isinstance(self.question.component, discord.ui.TextInput)  # noqa: S101
        await self._answer(interaction, self.question.component.value)
