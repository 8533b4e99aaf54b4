"""Buttons and menus of the bot's own messages, such as its greeting, help and lists.

As with an answer's buttons, the id holds all that a press needs, so they work after a restart.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import discord

from bot.discord.markdown import short_title, strip_invisible

MOST_OPTIONS = 25
"""What Discord lets a menu hold."""

_LONGEST_OPTION = 100  # which is Discord's own limit
_CUSTOM_ID = re.compile(
    r"fp:(?:(?P<topic>try|add|here)|example:(?P<example>\d)"
    r"|page:(?P<listing>all|manage):(?P<page>\d{1,6})|use(?P<every>:all)?|undo:(?P<undo>\d+))"
)


class Topic(StrEnum):
    """What a button of the greeting tells whoever presses it."""

    TRY = "try"
    ADD = "add"
    HERE = "here"

    @property
    def custom_id(self) -> str:
        """The id of the button."""
        return f"fp:{self}"


@dataclass(frozen=True, slots=True)
class Example:
    """Asks the question that is the button's label."""

    number: int

    @property
    def custom_id(self) -> str:
        """The id of the button."""
        return f"fp:example:{self.number}"


class Listing(StrEnum):
    """Which list a page belongs to: what members can ask, or what managers manage."""

    ALL = "all"
    MANAGE = "manage"


@dataclass(frozen=True, slots=True)
class Page:
    """Shows a page of a list in place of another; the first is 0."""

    listing: Listing
    number: int

    @property
    def custom_id(self) -> str:
        """The id of the button."""
        return f"fp:page:{self.listing}:{self.number}"


@dataclass(frozen=True, slots=True)
class Use:
    """Restricts the channel to the articles that were chosen in a menu, or lifts that."""

    every: bool = False

    @property
    def custom_id(self) -> str:
        """The id of the menu, or of the button that lifts the restriction."""
        return "fp:use:all" if self.every else "fp:use"


@dataclass(frozen=True, slots=True)
class Undo:
    """Brings back an article; `removal` is the id of the interaction that removed it."""

    removal: int

    @property
    def custom_id(self) -> str:
        """The id of the button."""
        return f"fp:undo:{self.removal}"


Panel = Topic | Example | Page | Use | Undo

_LABELS = {
    Topic.TRY: "Try a question",
    Topic.ADD: "Add an article",
    Topic.HERE: "Answer in this channel",
}


def parse_panel(custom_id: str) -> Panel | None:
    """Return the button or menu that has this id; None for one of another kind."""
    found = _CUSTOM_ID.fullmatch(custom_id)
    if found is None:
        return None
    if found["topic"]:
        return Topic(found["topic"])
    if found["example"]:
        return Example(int(found["example"]))
    if found["listing"]:
        return Page(Listing(found["listing"]), int(found["page"]))
    return Undo(int(found["undo"])) if found["undo"] else Use(every=bool(found["every"]))


def topic_buttons(topics: Iterable[Topic]) -> discord.ui.View:
    """Return the buttons of the greeting."""
    return _view([_button(_LABELS[topic], topic) for topic in topics])


def example_buttons(questions: Sequence[str]) -> discord.ui.View | None:
    """Return a button for each example question; None where there is none."""
    shown = map(strip_invisible, questions)
    made = [_button(question, Example(at)) for at, question in enumerate(shown)]
    return _view(made) if made else None


def page_buttons(listing: Listing, number: int, count: int) -> discord.ui.View | None:
    """Return the buttons that lead from one of a list's `count` pages to its neighbours."""
    neighbours = (("Previous", number - 1), ("Next", number + 1))
    made = [_button(label, Page(listing, at)) for label, at in neighbours if 0 <= at < count]
    return _view(made) if made else None


def use_menu(titles: Mapping[int, str], bound: Collection[int]) -> discord.ui.View:
    """Return a menu of the first 25 titles, by id, those chosen that the channel asks already."""
    options = [
        discord.SelectOption(
            label=short_title(title, longest=_LONGEST_OPTION),
            value=f"{number}",
            default=number in bound,
        )
        for number, title in list(titles.items())[:MOST_OPTIONS]
    ]
    menu: discord.ui.Select[discord.ui.View] = discord.ui.Select(
        custom_id=Use().custom_id,
        placeholder="The articles that this channel asks",
        options=options,
        max_values=len(options),
    )
    return _view([menu, _button("Every article", Use(every=True))])


def undo_button(removal: int) -> discord.ui.View:
    """Return the button that brings an article back."""
    return _view([_button("Undo", Undo(removal))])


def label_of(interaction: discord.Interaction, custom_id: str) -> str:
    """Return the label of the button that was pressed; empty where its message is not known."""
    rows = interaction.message.components if interaction.message else []
    for row in rows:
        for child in getattr(row, "children", ()):
            if getattr(child, "custom_id", None) == custom_id:
                return getattr(child, "label", None) or ""
    return ""


def _button(label: str, panel: Panel) -> discord.ui.Button[discord.ui.View]:
    return discord.ui.Button(label=label, custom_id=panel.custom_id)


def _view(items: Iterable[discord.ui.Item[discord.ui.View]]) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for item in items:
        view.add_item(item)
    view.stop()  # or else discord.py would keep every view in memory for its callbacks
    return view
