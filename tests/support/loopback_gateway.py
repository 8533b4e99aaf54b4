"""The loopback Discord's gateway: sessions over sockets that can drop, resume and be refused."""

import asyncio
import json
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.support.loopback_world import Payload, World, bot, guild

_DISPATCH, _RECONNECT, _INVALID, _HELLO, _ACK = 0, 7, 9, 10, 11
_PRIVILEGED = 1 << 1 | 1 << 8 | 1 << 15


@dataclass(slots=True)
class Session:
    """One shard's session: what was sent on it, and the socket that it runs over now."""

    id: str
    shard: int
    socket: web.WebSocketResponse | None
    transport: asyncio.Transport | None
    sequence: int = 0
    sent: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=4_000))


class Gateway:
    """Takes bots in and sends them events."""

    def __init__(self, world: World, *, token: str, shards: int, interval: float) -> None:
        self._world = world
        self._token = token
        self.shards = shards
        self.interval = interval
        """Seconds between heartbeats."""
        self.address = ""
        self.refuses_privileged = False
        self.identified = 0
        self.resumed = 0
        self.intents = 0
        self.presences: list[Payload] = []
        """What was to be shown below the bot's name, the oldest first."""
        self.lateness: list[float] = []
        """By how many seconds each heartbeat missed its time."""
        self.sessions: dict[str, Session] = {}

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection to its end."""
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        transport = request.transport
        await _send(socket, {"op": _HELLO, "d": {"heartbeat_interval": self.interval * 1000}})
        session: Session | None = None
        beat: float | None = None
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                break
            said = json.loads(frame.data)
            match said["op"]:
                case 1:
                    now = time.monotonic()
                    if beat is not None:
                        self.lateness.append(now - beat - self.interval)
                    beat = now
                    await _send(socket, {"op": _ACK})
                case 2:
                    session = await self._identify(socket, said["d"])
                case 3:
                    self.presences.append(said["d"])
                case 6:
                    session = await self._resume(socket, said["d"])
            if session is not None and session.socket is socket:
                session.transport = transport
        if session is not None and session.socket is socket:
            session.socket = None
        return socket

    async def _identify(self, socket: web.WebSocketResponse, said: Payload) -> Session | None:
        if said["token"] != self._token:
            await socket.close(code=4004, message=b"Authentication failed.")
            return None
        self.intents = said["intents"]
        if self.refuses_privileged and self.intents & _PRIVILEGED:
            await socket.close(code=4014, message=b"Disallowed intent(s).")
            return None
        shard, count = said.get("shard", [0, 1])
        session = Session(secrets.token_hex(8), shard, socket, None)
        self.sessions[session.id] = session
        mine = [each for each in self._world.guilds() if (each >> 22) % count == shard]
        ready = {
            "v": 10,
            "user": bot(),
            "guilds": [{"id": str(each), "unavailable": True} for each in mine],
            "session_id": session.id,
            "resume_gateway_url": self.address,
            "shard": [shard, count],
            "application": {"id": bot()["id"], "flags": self._world.application_flags},
        }
        await self._dispatch(session, "READY", ready)
        for each in mine:
            channels = [
                channel
                for channel in self._world.channels.values()
                if channel.get("guild_id") == str(each)
            ]
            await self._dispatch(session, "GUILD_CREATE", guild(each, channels))
        self.identified += 1
        return session

    async def _resume(self, socket: web.WebSocketResponse, said: Payload) -> Session | None:
        session = self.sessions.get(said["session_id"])
        if session is None or said["token"] != self._token:
            await _send(socket, {"op": _INVALID, "d": False})
            return None
        for sequence, event in list(session.sent):
            if sequence > (said["seq"] or 0):
                await socket.send_str(event)
        session.socket = socket
        await self._dispatch(session, "RESUMED", {})
        self.resumed += 1
        return session

    async def dispatch(self, event: str, data: Payload, *, guild_id: int | None) -> None:
        """Send an event to the shard of a server; None is a DM."""
        shard = ((guild_id or 0) >> 22) % self.shards
        for session in self.sessions.values():
            if session.shard == shard:
                await self._dispatch(session, event, data)

    async def _dispatch(self, session: Session, event: str, data: Payload) -> None:
        session.sequence += 1
        made = json.dumps({"op": _DISPATCH, "t": event, "s": session.sequence, "d": data})
        session.sent.append((session.sequence, made))
        if session.socket is not None and not session.socket.closed:
            try:
                await session.socket.send_str(made)
            except ConnectionError:  # the bot gets it when it resumes
                session.socket = None

    async def drop(self) -> None:
        """Tear every connection down without a word; the sessions can be resumed."""
        for session in self.sessions.values():
            session.socket = None
            if session.transport is not None:
                session.transport.abort()

    async def ask_to_reconnect(self) -> None:
        """Ask every shard to reconnect."""
        await self._tell_all({"op": _RECONNECT, "d": None})

    async def invalidate(self) -> None:
        """Forget every session; the bot must identify again."""
        sessions = list(self.sessions.values())
        self.sessions.clear()
        for session in sessions:
            if session.socket is not None:
                await _send(session.socket, {"op": _INVALID, "d": False})

    async def _tell_all(self, said: Payload) -> None:
        for session in self.sessions.values():
            if session.socket is not None:
                await _send(session.socket, said)

    async def close(self) -> None:
        """Close what is open."""
        sockets = [each.socket for each in self.sessions.values() if each.socket is not None]
        await asyncio.gather(*(socket.close() for socket in sockets))

    @property
    def online(self) -> int:
        """How many shards are connected."""
        return sum(each.socket is not None for each in self.sessions.values())


async def _send(socket: web.WebSocketResponse, said: dict[str, Any]) -> None:
    await socket.send_str(json.dumps(said))
