"""Buttons and menus of the bot's own messages, such as its greeting, help and lists.

As with an answer's buttons, the id holds all that a press needs, so they work after a restart.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import discord

_CUSTOM_ID = re.compile(r"fp:(?:(?P<topic>try|add|here)|example:(?P<example>\d))")


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


Panel = Topic | Example

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
    return Example(int(found["example"]))


def topic_buttons(topics: Iterable[Topic]) -> discord.ui.View:
    """Return the buttons of the greeting."""
    return _view([_button(_LABELS[topic], topic) for topic in topics])


def example_buttons(questions: Sequence[str]) -> discord.ui.View | None:
    """Return a button for each example question; None where there is none."""
    made = [_button(question, Example(at)) for at, question in enumerate(questions)]
    return _view(made) if made else None


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
