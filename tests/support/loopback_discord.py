"""A Discord of our own on 127.0.0.1, REST and gateway, for a bot in a process of its own.

It records what it is asked, goes wrong where a test says so, and holds every answer against one
invariant: an acknowledged interaction ends in exactly one answer or one visible error.
"""

import asyncio
import re
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Self

from aiohttp import web

from tests.support import loopback_world as world_of
from tests.support.loopback_gateway import Gateway
from tests.support.loopback_rest import API, Request, Rest
from tests.support.loopback_world import (
    BOT,
    DEADLINE,
    GUILD,
    MEMBER,
    Fault,
    Interaction,
    Meeting,
    Message,
    Payload,
    World,
    meetings,
)

TOKEN = "loopback.token.of-a-bot"
_OPTION_TYPES = {str: 3, bool: 5, int: 4, float: 10}


class Loopback:
    """A running Discord. A context manager; it serves in a thread, so tests are plain functions."""

    def __init__(self, *, shards: int = 1, heartbeat: float = 1.0) -> None:
        self.world = World()
        self.gateway = Gateway(self.world, token=TOKEN, shards=shards, interval=heartbeat)
        self.rest = Rest(self.world, self.gateway, token=TOKEN)
        self.at_work: Callable[[], bool] = lambda: False
        """Whether the bot itself has requests in flight, where a test can know."""
        self.asked: list[Message] = []
        """Messages of members that the bot owes a reply."""
        self.withdrawn: set[int] = set()
        """Interactions and messages that members took back, by themselves or by their answer."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None
        self.channel = self.new_channel()

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _start(self) -> None:
        self._runner = web.AppRunner(self.rest.application(), access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        [(host, port)] = self._runner.addresses
        self.address = f"http://{host}:{port}"
        self.rest.address = self.address
        self.gateway.address = f"ws://{host}:{port}/gateway"

    async def _stop(self) -> None:
        await self.gateway.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def _do(self, work: Callable[[], None]) -> None:
        async def done() -> None:
            work()

        self._call(done())

    # What goes wrong.

    def inject(self, method: str, path: str, *faults: Fault) -> None:
        """Let the next requests whose path matches meet these faults, one each."""
        self._do(lambda: self.rest.faults.extend(meetings(method, path, *faults)))

    def clear_faults(self) -> int:
        """Forget the faults that were not met, and give their number."""
        left = len(self.rest.faults)
        self._do(self.rest.faults.clear)
        return left

    def drop_gateway(self) -> None:
        self._call(self.gateway.drop())

    def ask_to_reconnect(self) -> None:
        self._call(self.gateway.ask_to_reconnect())

    def invalidate_sessions(self) -> None:
        self._call(self.gateway.invalidate())

    # What members do.

    def new_channel(self, guild_id: int = GUILD) -> int:
        """Open a channel; the bot hears of it if it is there."""
        channel_id = world_of.snowflake()
        made = world_of.text_channel(channel_id, guild_id)
        self.world.channels[channel_id] = made
        if self._runner is not None:
            self._call(self.gateway.dispatch("CHANNEL_CREATE", made, guild_id=guild_id))
        return channel_id

    def dispatch(self, event: str, data: Payload, *, guild_id: int) -> None:
        """Send the bot an event of a server."""
        self._call(self.gateway.dispatch(event, data, guild_id=guild_id))

    def new_dm(self, user_id: int) -> int:
        """Open a direct channel with a user."""
        channel_id = world_of.snowflake()
        self.world.channels[channel_id] = world_of.dm_channel(channel_id, world_of.user(user_id))
        return channel_id

    def attach(self, name: str, content: bytes) -> Payload:
        """Upload a file; it goes into an option or a message."""
        file_id = world_of.snowflake()
        self.world.files[file_id] = content
        address = f"{self.address}/attachments/{file_id}/{name.rpartition('/')[2]}"
        return {
            "id": str(file_id),
            "filename": name,
            "size": len(content),
            "url": address,
            "proxy_url": address,
            "content_type": "text/plain; charset=utf-8",
        }

    def slash(
        self,
        command: str,
        *,
        channel: int | None = None,
        user: int | None = None,
        rights: int = MEMBER,
        app_rights: int = world_of.BOT_RIGHTS,
        faults: Sequence[Meeting] = (),
        **options: str | int | bool | Payload,
    ) -> Interaction:
        """Use a command: its name with those of its groups, such as `article add`.

        Its own requests meet the faults; `app_rights` are the bot's in the channel.
        """
        names = command.split()
        resolved: Payload = {}
        given: list[Payload] = [_option(name, value, resolved) for name, value in options.items()]
        for deeper in reversed(names[1:]):
            given = [{"type": 1, "name": deeper, "options": given}]
        data = {"id": "1", "name": names[0], "type": 1, "options": given, "resolved": resolved}
        mine = {"app_permissions": f"{app_rights}"}
        return self._interact(2, data, channel, user, rights, faults=faults, **mine)

    def ask_at_once(self, questions: list[str]) -> list[Interaction]:
        """Let as many members use `/ask` in the same moment, in the channel that is there."""
        made = []
        for question in questions:
            resolved: Payload = {}
            option = _option("question", question, resolved)
            data = {"id": "1", "name": "ask", "type": 1, "options": [option], "resolved": resolved}
            made.append(self._interaction(2, data, self.channel, None, MEMBER))
        self._call(self._send_all(made))
        return [interaction for interaction, _ in made]

    def press(
        self,
        message: Message,
        custom_id: str,
        *,
        values: Sequence[str] | None = None,
        user: int | None = None,
        rights: int = MEMBER,
        faults: Sequence[Meeting] = (),
    ) -> Interaction:
        """Press a button of a message, or choose `values` in a menu of it.

        Its own requests meet the faults.
        """
        data: Payload = {"component_type": 2, "custom_id": custom_id}
        if values is not None:
            data |= {"component_type": 3, "values": list(values)}
        shown = message.payload() | {"application_id": str(BOT)}
        place = message.channel_id
        made, payload = self._interaction(3, data, place, user, rights)
        made.faults += faults
        made.pressed = message
        self._call(self._send_all([(made, payload | {"message": shown})]))
        return made

    def delete(self, message: Message) -> None:
        """Delete a member's message; the bot owes it nothing any more."""
        message.deleted = True
        self.withdrawn.add(message.id)
        guild_id = self._guild(message.channel_id)
        gone = {"id": str(message.id), "channel_id": str(message.channel_id)}
        self._call(self.gateway.dispatch("MESSAGE_DELETE", gone, guild_id=guild_id))

    def edit(self, message: Message, text: str) -> None:
        """Edit a member's message that mentions the bot."""
        message.content = text
        guild_id = self._guild(message.channel_id)
        made = message.payload(mentions=[world_of.bot()])
        if guild_id is not None:
            member = world_of.member(message.author, MEMBER)
            made |= {"guild_id": str(guild_id), "member": member}
        self._call(self.gateway.dispatch("MESSAGE_UPDATE", made, guild_id=guild_id))

    def say(
        self,
        text: str,
        *,
        channel: int | None = None,
        user: int | None = None,
        reply_to: Message | None = None,
    ) -> Message:
        """Write a message that the bot owes a reply: it is mentioned, written to, or answered."""
        place = channel or self.channel
        author = world_of.user(user or world_of.snowflake())
        message = Message(world_of.snowflake(), place, author, text)
        if reply_to is not None:
            message.reference = reply_to.id
        made = message.payload(mentions=[world_of.bot()])
        if reply_to is not None:
            made["referenced_message"] = reply_to.payload()
        guild_id = self._guild(place)
        if guild_id is not None:
            made |= {"guild_id": str(guild_id), "member": world_of.member(author, MEMBER)}
        else:
            made |= {"channel_type": 1}
        self.world.messages[message.id] = message
        self.asked.append(message)
        self._call(self.gateway.dispatch("MESSAGE_CREATE", made, guild_id=guild_id))
        return message

    def _interact(
        self,
        kind: int,
        data: Payload,
        channel: int | None,
        user: int | None,
        rights: int,
        *,
        faults: Sequence[Meeting] = (),
        **more: Payload | str,
    ) -> Interaction:
        made, payload = self._interaction(kind, data, channel or self.channel, user, rights)
        made.faults += faults
        self._call(self._send_all([(made, payload | more)]))
        return made

    def _interaction(
        self, kind: int, data: Payload, channel: int, user: int | None, rights: int
    ) -> tuple[Interaction, Payload]:
        author = world_of.user(user or world_of.snowflake())
        made = Interaction(world_of.snowflake(), channel, kind)
        guild_id = self._guild(channel)
        payload: Payload = {
            "id": str(made.id),
            "application_id": str(BOT),
            "type": kind,
            "data": data,
            "channel": self.world.channels[channel],
            "channel_id": str(channel),
            "token": made.token,
            "version": 1,
            "locale": "en-GB",
            "entitlements": [],
            "attachment_size_limit": 10 << 20,
            "app_permissions": str(world_of.BOT_RIGHTS),
            "authorizing_integration_owners": {},
            "context": 1 if guild_id is None else 0,
        }
        if guild_id is None:
            return made, payload | {"user": author}
        return made, payload | {
            "guild_id": str(guild_id),
            "guild": {"id": str(guild_id), "locale": "en-GB", "features": []},
            "guild_locale": "en-GB",
            "member": world_of.member(author, rights),
        }

    async def _send_all(self, made: list[tuple[Interaction, Payload]]) -> None:
        for interaction, payload in made:
            self.world.interactions[interaction.id] = interaction
            self.world.by_token[interaction.token] = interaction
            self.world.used[interaction.channel_id] += 1
            interaction.sent = time.monotonic()
            guild_id = self._guild(interaction.channel_id)
            await self.gateway.dispatch("INTERACTION_CREATE", payload, guild_id=guild_id)

    def _guild(self, channel: int) -> int | None:
        found = self.world.channels[channel].get("guild_id")
        return None if found is None else int(found)

    # What came of it.

    def requests(self, method: str, path: str) -> list[Request]:
        """Return the requests whose path matches, in the order that they were answered."""
        pattern = re.compile(path)
        return [
            request
            for request in self.rest.requests
            if request.method == method and pattern.search(API + request.path)
        ]

    def wait(self, until: Callable[[], bool], *, seconds: float = 60, what: str = "it") -> None:
        """Wait for something to come true. Raises: AssertionError when it does not in time."""
        end = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < end, f"waited {seconds} s for {what}"
            time.sleep(0.01)

    def outcomes(self, interaction: Interaction) -> list[Message]:
        """All that members see for one interaction; in a channel of its own, fallbacks too."""
        of_it = [each for each in (interaction.original, *interaction.followups) if each]
        if self.world.used[interaction.channel_id] == 1:
            of_it += [
                message
                for message in self.world.said_in(interaction.channel_id)
                if message.interaction is None
                and message.reference is None
                and message.id > interaction.id
            ]
        return [message for message in of_it if message.visible or message.dismissed]

    def replies(self, asked: Message) -> list[Message]:
        """What members see of the bot as replies to a message, or saw for long enough.

        A direct message that says why there is none is one too.
        """
        return [
            message
            for message in self.world.messages.values()
            if (message.reference == asked.id or (message.nonce or "").startswith(f"{asked.id}d"))
            and message.author == world_of.bot()
            and (message.visible or message.taken_back)
        ]

    def settle(self, *, seconds: float = 60) -> None:
        """Wait until all that is owed is there and nothing more comes, then check the invariant."""
        self.come_to_rest(seconds=seconds)
        self.check()

    def come_to_rest(self, *, seconds: float = 60, quiet: float = 0.1) -> None:
        """Wait until all that is owed is there and nothing more comes, or `seconds` are over."""
        end = time.monotonic() + seconds
        before, since = -1, time.monotonic()
        while time.monotonic() < end:
            now = len(self.rest.requests)
            if now != before or self._owed() or self.at_work():
                before, since = now, time.monotonic()
            if time.monotonic() - since > quiet:
                break
            time.sleep(0.02)

    def check(self) -> None:
        """Hold the invariant over everything that ever happened here. Raises: AssertionError."""
        assert not self.rest.failures, self.rest.failures
        for interaction in self._interactions():
            about = f"interaction {interaction.id}"
            if interaction.callback is None:
                continue
            assert not interaction.thinking, f"{about} is left thinking"
            if interaction.callback in (4, 5):
                seen = [message.text for message in self.outcomes(interaction)]
                if interaction.id in self.withdrawn:
                    assert seen == [], f"{about} was taken back, and shows {seen}"
                    continue
                assert len(seen) == 1, f"{about} got {len(seen)} answers: {seen}"
                assert not _in_progress(*self.outcomes(interaction)), f"{about} never ends"
            elif interaction.callback in (6, 7):
                seen = [message.text for message in interaction.followups if message.visible]
                changed = bool(interaction.updates)  # an update that is repeated does no harm
                assert changed + len(seen) == 1, f"{about} changed: {changed}, and says {seen}"
        for asked in self.asked:
            seen = [message.text for message in self.replies(asked)]
            if asked.id in self.withdrawn:
                assert seen == [], f"message {asked.id} was taken back, and has replies: {seen}"
                continue
            assert len(seen) == 1, f"message {asked.id} got {len(seen)} replies: {seen}"

    def _owed(self) -> bool:
        return any(map(self._open, self._interactions())) or any(
            bool(self.replies(asked)) == (asked.id in self.withdrawn) for asked in self.asked
        )

    def _open(self, interaction: Interaction) -> bool:
        if interaction.callback is None:
            return time.monotonic() - interaction.sent < DEADLINE
        seen = self.outcomes(interaction)
        if interaction.callback in (6, 7):
            return not (interaction.updates or interaction.followups)
        taken_back = interaction.id in self.withdrawn
        owed = interaction.callback in (4, 5) and bool(seen) == taken_back
        return interaction.thinking or owed or any(map(_in_progress, seen))

    def _interactions(self) -> list[Interaction]:
        return list(self.world.interactions.values())


def _in_progress(message: Message) -> bool:
    """Whether the bot says that it is not done yet, as it does while it takes an article in."""
    return message.text.startswith("Reading ")


def _option(name: str, value: str | float | bool | Payload, resolved: Payload) -> Payload:
    if isinstance(value, dict):
        resolved.setdefault("attachments", {})[value["id"]] = value
        return {"type": 11, "name": name, "value": value["id"]}
    return {"type": _OPTION_TYPES[type(value)], "name": name, "value": value}
