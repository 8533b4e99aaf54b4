"""The buttons and menus of the bot's messages: a row of buttons, a menu for several citations.

An id holds all that a press needs, so old answers stay usable after a restart. The ids of former
versions are still understood.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.discord.markdown import truncate
from index import Citation

REASONS: Mapping[str, str] = {
    "sentence": "Wrong sentence",
    "question": "Not what I asked",
    "missing": "The article does say it",
    "outdated": "Out of date",
}
"""What may be wrong with an answer, by the word that is stored."""

_LONGEST_OPTION = 100  # Discord's own limit
_CITED = "fn:cited"
_CUSTOM_ID = re.compile(
    r"fn:(?:in:(?P<article>\d+):(?P<sentence>\d+):(?P<hash>[0-9a-f]{8})"
    r"|more:(?P<asker>\d+):(?P<previous>\d+):(?P<origin>[a-z]+)"
    r"|vote:(?P<opinion>helpful|wrong)"
    r"|why:(?P<answer>\d+)"
    r"|del:(?P<owner>\d+))"
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


@dataclass(frozen=True, slots=True)
class Why:
    """Records what is wrong with the answer whose message id this is: a key of `REASONS`."""

    answer: int

    @property
    def custom_id(self) -> str:
        """The id of the menu."""
        return f"fn:why:{self.answer}"


@dataclass(frozen=True, slots=True)
class Delete:
    """Deletes an answer, for the member who asked and for moderators."""

    asker: int

    @property
    def custom_id(self) -> str:
        """The id of the button."""
        return f"fn:del:{self.asker}"


Pressed = InContext | FollowUp | Vote | Why | Delete


def parse_button(custom_id: str) -> Pressed | None:
    """Return the button that has this id; None for one that is not the bot's."""
    found = _CUSTOM_ID.fullmatch(custom_id)
    if found is None:
        return None
    if found["article"]:
        return InContext(int(found["article"]), int(found["sentence"]), found["hash"])
    if found["asker"]:
        return FollowUp(int(found["asker"]), int(found["previous"]), found["origin"])
    if found["answer"]:
        return Why(int(found["answer"]))
    if found["owner"]:
        return Delete(int(found["owner"]))
    return Vote(helpful=found["opinion"] == "helpful")


def pressed_in(interaction: discord.Interaction) -> Pressed | None:
    """Return what a member pressed, or chose in a menu; None for what is not the bot's."""
    data: Mapping[str, Any] = interaction.data or {}
    custom_id = str(data.get("custom_id", ""))
    if custom_id == _CITED:
        custom_id = "".join(chosen_in(interaction))
    return parse_button(custom_id)


def chosen_in(interaction: discord.Interaction) -> list[str]:
    """Return the values that a member chose in a menu."""
    data: Mapping[str, Any] = interaction.data or {}
    return [str(value) for value in data.get("values", ())]


def buttons_below(
    citations: Sequence[Citation], follow_up: FollowUp, *, private: bool
) -> discord.ui.View:
    """Return one row of buttons, above it a menu where there are several citations."""
    view = discord.ui.View(timeout=None)

    def add(label: str, button: Pressed, **options: Any) -> None:
        custom_id = button.custom_id
        view.add_item(discord.ui.Button(label=label, row=1, custom_id=custom_id, **options))

    places = [
        InContext(each.article_id, each.sentence, quote_hash(each.quote)) for each in citations
    ]
    if len(places) > 1:
        # Citations of one sentence would have one value, which Discord refuses.
        options = {
            place.custom_id: discord.SelectOption(
                label=truncate(f"[{each.number}] {each.quote}", _LONGEST_OPTION),
                value=place.custom_id,
            )
            for each, place in zip(citations, places, strict=True)
        }
        view.add_item(
            discord.ui.Select(
                custom_id=_CITED, placeholder="In context", options=[*options.values()], row=0
            )
        )
    elif places:
        add("In context", places[0])
    add("Follow up", follow_up, style=discord.ButtonStyle.primary)
    add("👍", Vote(helpful=True))
    add("👎", Vote(helpful=False))
    if not private:
        add("🗑", Delete(follow_up.asker))
    view.stop()  # or else discord.py would keep every view in memory for its callbacks
    return view


def reasons_menu(answer: int) -> discord.ui.View:
    """Return the menu that asks what is wrong with the answer of this message id."""
    view = discord.ui.View(timeout=None)
    options = [discord.SelectOption(label=text, value=word) for word, text in REASONS.items()]
    view.add_item(
        discord.ui.Select(
            custom_id=Why(answer).custom_id, placeholder="What is wrong?", options=options
        )
    )
    view.stop()
    return view


def quote_hash(quote: str) -> str:
    """Return eight hexadecimal digits that identify a quote."""
    return hashlib.sha256(quote.encode()).hexdigest()[:8]
