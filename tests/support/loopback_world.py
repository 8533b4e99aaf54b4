"""What the loopback Discord knows: its servers, channels, messages and interactions."""

import itertools
import re
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Payload = dict[str, Any]

EPOCH = 1_420_070_400_000  # the millisecond that Discord counts its ids from
BOT, GUILD, OTHER_GUILD = 900, 2 << 22, 3 << 22  # of two shards, each has one of the servers
MEMBER = 1 << 10 | 1 << 11 | 1 << 16  # view, send, read what was said before
MANAGER = MEMBER | 1 << 5
BOT_RIGHTS = MEMBER | 1 << 14 | 1 << 15 | 1 << 35 | 1 << 38  # embeds, files and threads too
EPHEMERAL, LOADING, COMPONENTS_V2 = 1 << 6, 1 << 7, 1 << 15
READABLE = 9.0
"""Seconds after which a message that is deleted has been read."""
DEADLINE = 3.0
"""Seconds in which an interaction must be acknowledged."""

_counter = itertools.count()


def snowflake() -> int:
    """A new id, which tells when it was made, as Discord's do."""
    return (int(time.time() * 1000) - EPOCH) << 22 | (next(_counter) & 0x3FFFFF)


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with a request: it is or is not applied, and then answered badly or not."""

    applied: bool = False
    status: int | None = 500
    """None: as if nothing were wrong, but late."""
    code: int = 0
    retry_after: float | None = None
    dropped: bool = False
    """The connection is cut instead of an answer."""
    expired: bool = False
    """The interaction's token has run out before, as after a quarter of an hour."""
    delay: float = 0
    """Seconds before the answer, or the cut."""


def rate_limited(seconds: float) -> Fault:
    """Ask to come back later."""
    return Fault(status=429, retry_after=seconds)


@dataclass(frozen=True, slots=True)
class Meeting:
    """The fault that the next request meets whose method is this and whose path matches."""

    method: str
    path: re.Pattern[str]
    fault: Fault


def meetings(method: str, path: str, *faults: Fault) -> list[Meeting]:
    """Let as many requests as there are faults meet them, one each."""
    pattern = re.compile(path)
    return [Meeting(method, pattern, fault) for fault in faults]


@dataclass(slots=True)
class Message:
    """One message, whoever wrote it."""

    id: int
    channel_id: int
    author: Payload
    content: str = ""
    components: list[Payload] = field(default_factory=list)
    embeds: list[Payload] = field(default_factory=list)
    attachments: list[Payload] = field(default_factory=list)
    flags: int = 0
    reference: int | None = None
    nonce: str | None = None
    interaction: int | None = None
    allowed_mentions: Payload | None = None
    deleted: bool = False
    dismissed: bool = False
    """Whether the member who alone saw it has dismissed it."""
    taken_back: bool = False
    """Whether it was deleted only after members could read it."""
    sent: float = field(default_factory=time.monotonic)
    edits: int = 0

    @property
    def loading(self) -> bool:
        """Whether it still says that the bot is thinking."""
        return bool(self.flags & LOADING)

    @property
    def visible(self) -> bool:
        return not (self.deleted or self.loading)

    @property
    def text(self) -> str:
        """All that a member reads: the content, and the text of every component and embed."""
        parts = [self.content, *_texts(self.components)]
        parts += [str(embed.get("description", "")) for embed in self.embeds]
        return "\n".join(part for part in parts if part)

    def write(self, body: Payload) -> None:
        """Take over what a request says."""
        self.content = body.get("content", self.content) or ""
        self.components = body.get("components", self.components) or []
        self.embeds = body.get("embeds", self.embeds) or []
        self.allowed_mentions = body.get("allowed_mentions", self.allowed_mentions)
        self.flags = body.get("flags", 0) | self.flags & (EPHEMERAL | COMPONENTS_V2)

    def payload(self, *, mentions: list[Payload] | None = None) -> Payload:
        made = {
            "id": str(self.id),
            "channel_id": str(self.channel_id),
            "type": 19 if self.reference else 0,
            "author": self.author,
            "content": self.content,
            "timestamp": datetime.now(UTC).isoformat(),
            "edited_timestamp": None,
            "tts": False,
            "mention_everyone": False,
            "mentions": mentions or [],
            "mention_roles": [],
            "attachments": self.attachments,
            "embeds": self.embeds,
            "components": self.components,
            "pinned": False,
            "flags": self.flags,
        }
        if self.nonce is not None:
            made["nonce"] = self.nonce
        if self.reference:
            made["message_reference"] = {
                "message_id": str(self.reference),
                "channel_id": str(self.channel_id),
            }
        return made


@dataclass(slots=True)
class Interaction:
    """One use of a command, a button or a menu, and what came of it."""

    id: int
    channel_id: int
    kind: int
    token: str = field(default_factory=lambda: secrets.token_hex(24))
    sent: float = field(default_factory=time.monotonic)
    acknowledged: float | None = None
    callback: int | None = None
    """The type of the callback; None until it is acknowledged."""
    data: Payload = field(default_factory=dict)
    """The callback's data: choices, a modal."""
    faults: list["Meeting"] = field(default_factory=list)
    """What its own requests meet, in this order."""
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    pressed: Message | None = None
    """The message whose button or menu it is, which a callback of type 6 or 7 changes."""
    updates: int = 0
    """How often it changed that message."""

    @property
    def thinking(self) -> bool:
        return self.original is not None and not self.original.deleted and self.original.loading

    @property
    def delay(self) -> float:
        """Seconds from its sending to its acknowledgement, infinite without one."""
        return float("inf") if self.acknowledged is None else self.acknowledged - self.sent


@dataclass(slots=True)
class World:
    """Everything that is kept. Touched by the server's loop alone; tests read it."""

    application_flags: int = 0
    channels: dict[int, Payload] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    interactions: dict[int, Interaction] = field(default_factory=dict)
    by_token: dict[str, Interaction] = field(default_factory=dict)
    used: Counter[int] = field(default_factory=Counter)
    """How many interactions there were in each channel."""
    files: dict[int, bytes] = field(default_factory=dict)
    commands: list[Payload] = field(default_factory=list)
    guild_commands: dict[int, list[Payload]] = field(default_factory=dict)
    joined: list[int] = field(default_factory=list)
    """Servers that added the bot while it ran."""
    added_by: dict[int, int] = field(default_factory=dict)
    """Who added the bot to a server, where the audit log says so."""

    def guilds(self) -> list[int]:
        return [GUILD, OTHER_GUILD, *self.joined]

    def said_in(self, channel_id: int) -> list[Message]:
        """What members see of the bot in a channel, the oldest first."""
        return [
            message
            for message in self.messages.values()
            if message.channel_id == channel_id and message.author == bot() and message.visible
        ]


def user(user_id: int) -> Payload:
    return {
        "id": str(user_id),
        "username": f"user{user_id}",
        "discriminator": "0",
        "global_name": f"User {user_id}",
        "avatar": None,
        "bot": False,
    }


def bot() -> Payload:
    return user(BOT) | {"username": "footnote", "global_name": None, "bot": True}


def member(author: Payload, rights: int) -> Payload:
    return {
        "user": author,
        "roles": [],
        "joined_at": "2026-01-01T00:00:00+00:00",
        "deaf": False,
        "mute": False,
        "flags": 0,
        "permissions": str(rights),
    }


def text_channel(channel_id: int, guild_id: int) -> Payload:
    return {
        "id": str(channel_id),
        "guild_id": str(guild_id),
        "type": 0,
        "name": f"channel-{channel_id}",
        "position": 0,
        "permission_overwrites": [],
        "nsfw": False,
        "parent_id": None,
    }


def dm_channel(channel_id: int, author: Payload) -> Payload:
    return {"id": str(channel_id), "type": 1, "recipients": [author]}


def thread(thread_id: int, parent: Payload, name: str) -> Payload:
    return {
        "id": str(thread_id),
        "guild_id": parent["guild_id"],
        "parent_id": parent["id"],
        "owner_id": str(BOT),
        "type": 11,
        "name": name,
        "message_count": 0,
        "member_count": 1,
        "rate_limit_per_user": 0,
        "thread_metadata": {
            "archived": False,
            "auto_archive_duration": 1440,
            "archive_timestamp": datetime.now(UTC).isoformat(),
            "locked": False,
        },
    }


def guild(
    guild_id: int, channels: list[Payload], *, rights: int = BOT_RIGHTS, system: int | None = None
) -> Payload:
    """A server; `rights` are those of all its members, `system` is its system channel."""
    everyone = {
        "id": str(guild_id),
        "name": "@everyone",
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "position": 0,
        "permissions": str(rights),
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }
    return {
        "id": str(guild_id),
        "name": f"Server {guild_id}",
        "owner_id": "1",
        "roles": [everyone],
        "channels": [each for each in channels if each["type"] == 0],
        "threads": [each for each in channels if each["type"] == 11],
        "members": [member(bot(), rights)],
        "system_channel_id": None if system is None else str(system),
        "member_count": 2,
        "large": False,
        "unavailable": False,
        "joined_at": "2026-01-01T00:00:00+00:00",
    }


def _texts(components: list[Payload]) -> list[str]:
    found: list[str] = []
    for component in components:
        if component.get("type") == 10:
            found.append(component["content"])
        found += _texts(component.get("components", []))
        if "accessory" in component:
            found += _texts([component["accessory"]])
    return found
