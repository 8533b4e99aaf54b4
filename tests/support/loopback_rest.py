"""The loopback Discord's REST: what a bot may ask of it, and the faults put in its way."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.support import loopback_world as world_of
from tests.support.loopback_gateway import Gateway
from tests.support.loopback_world import (
    DEADLINE,
    EPHEMERAL,
    LOADING,
    READABLE,
    Fault,
    Interaction,
    Meeting,
    Message,
    Payload,
    World,
)

API = "/api/v10"
BODY: web.RequestKey[Any] = web.RequestKey("body", object)
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came, and the status that it got; 0 is a cut connection."""

    method: str
    path: str
    body: Any
    status: int
    at: float


class Refused(Exception):
    """An error answer of Discord's."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Rest:
    """The routes, over one world."""

    def __init__(self, world: World, gateway: Gateway, *, token: str) -> None:
        self._world = world
        self._gateway = gateway
        self._token = token
        self.address = ""
        self.requests: list[Request] = []
        self.faults: list[Meeting] = []
        self.failures: list[Exception] = []
        """What went wrong in here, which is no fault of the bot's."""

    def application(self) -> web.Application:
        made = web.Application(middlewares=[self._serve], client_max_size=64 << 20)
        made.router.add_get("/gateway", self._gateway.handle)
        made.router.add_get("/attachments/{file}/{name}", self._attachment)
        for method, path, handler in self._routes():
            made.router.add_route(method, API + path, handler)
        return made

    def _routes(self) -> list[tuple[str, str, _Handler]]:
        commands = "/applications/{application}/commands"
        of_guild = "/applications/{application}/guilds/{guild}/commands"
        hook = "/webhooks/{application}/{token}"
        messages = "/channels/{channel}/messages"
        return [
            ("GET", "/users/@me", self._me),
            ("POST", "/users/@me/channels", self._open_dm),
            ("GET", "/guilds/{guild}/audit-logs", self._audit_log),
            ("GET", "/oauth2/applications/@me", self._about),
            ("GET", "/gateway/bot", self._gateway_address),
            ("PUT", commands, self._sync),
            ("PUT", of_guild, self._sync),
            ("POST", "/interactions/{interaction}/{token}/callback", self._callback),
            ("POST", hook, self._follow_up),
            ("GET", hook + "/messages/@original", self._original),
            ("PATCH", hook + "/messages/@original", self._edit_original),
            ("DELETE", hook + "/messages/@original", self._delete_original),
            ("GET", hook + "/messages/{message}", self._read),
            ("PATCH", hook + "/messages/{message}", self._edit),
            ("DELETE", hook + "/messages/{message}", self._delete),
            ("GET", "/channels/{channel}", self._channel),
            ("GET", messages, self._history),
            ("POST", messages, self._send),
            ("GET", messages + "/{message}", self._read),
            ("PATCH", messages + "/{message}", self._edit),
            ("DELETE", messages + "/{message}", self._delete),
            ("POST", messages + "/{message}/threads", self._open_thread),
            ("POST", "/channels/{channel}/threads", self._open_thread),
            ("POST", "/channels/{channel}/typing", self._nothing),
            ("PUT", "/channels/{channel}/thread-members/@me", self._nothing),
        ]

    @web.middleware
    async def _serve(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        if not request.path.startswith(API):
            return await handler(request)
        body = await _body(request)
        request[BODY] = body
        fault = self._fault(request)
        if fault is not None and fault.expired:
            self._expire(request.match_info["token"])
        response: web.StreamResponse = _json({})
        if fault is None or fault.applied or fault.status is None:
            response = await self._applied(request, handler)
        if fault is not None:
            await asyncio.sleep(fault.delay)
            if fault.status is not None:
                response = _error(fault)
        cut = fault is not None and fault.dropped
        status = 0 if cut else response.status
        path = request.path.removeprefix(API)
        self.requests.append(Request(request.method, path, body, status, time.monotonic()))
        if cut and request.transport is not None:
            request.transport.abort()
        return response

    async def _applied(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        with_token = request.path.startswith((f"{API}/interactions/", f"{API}/webhooks/"))
        if not with_token and request.headers.get("Authorization") != f"Bot {self._token}":
            return _json({"code": 0, "message": "401: Unauthorized"}, status=401)
        try:
            return await handler(request)
        except Refused as refused:
            return _json({"code": refused.code, "message": str(refused)}, status=refused.status)
        except Exception as error:
            self.failures.append(error)
            raise

    def _fault(self, request: web.Request) -> Fault | None:
        interaction = self._world.by_token.get(request.match_info.get("token", ""))
        for meetings in (interaction.faults if interaction else [], self.faults):
            for meeting in meetings:
                if meeting.method == request.method and meeting.path.search(request.path):
                    meetings.remove(meeting)
                    return meeting.fault
        return None

    def _expire(self, token: str) -> None:
        interaction = self._world.by_token.pop(token)
        if interaction.original is not None and interaction.thinking:
            interaction.original.deleted = True  # members read that the bot did not respond

    async def _me(self, _: web.Request) -> web.Response:
        return _json(world_of.bot())

    async def _about(self, _: web.Request) -> web.Response:
        about = {
            "id": str(world_of.BOT),
            "name": "footnote",
            "description": "",
            "icon": None,
            "bot_public": True,
            "bot_require_code_grant": False,
            "owner": world_of.user(1),
            "verify_key": "00",
            "flags": self._world.application_flags,
        }
        return _json(about)

    async def _audit_log(self, request: web.Request) -> web.Response:
        guild_id = int(request.match_info["guild"])
        by = self._world.added_by.get(guild_id)
        entries = []
        if by is not None:
            entries.append(
                {
                    "id": str(world_of.snowflake()),
                    "user_id": str(by),
                    "target_id": str(world_of.BOT),
                    "action_type": 28,
                }
            )
        users = [world_of.user(by), world_of.bot()] if by is not None else []
        log = {"audit_log_entries": entries, "users": users}
        empty: list[Payload] = []
        others = ("webhooks", "integrations", "threads", "guild_scheduled_events")
        log |= dict.fromkeys((*others, "application_commands", "auto_moderation_rules"), empty)
        return _json(log)

    async def _gateway_address(self, _: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
        address = {"url": self._gateway.address, "shards": self._gateway.shards}
        return _json(address | {"session_start_limit": limit})

    async def _sync(self, request: web.Request) -> web.Response:
        commands: list[Payload] = request[BODY]
        made: list[Payload] = [
            {
                "description": "",
                "default_member_permissions": None,
                "id": str(world_of.snowflake()),
                "application_id": str(world_of.BOT),
                "version": "1",
                **command,
            }
            for command in commands
        ]
        if "guild" in request.match_info:
            self._world.guild_commands[int(request.match_info["guild"])] = made
        else:
            self._world.commands = made
        return _json(made)

    async def _callback(self, request: web.Request) -> web.Response:
        interaction = self._world.interactions.get(int(request.match_info["interaction"]))
        known = interaction is not None and interaction.token == request.match_info["token"]
        if interaction is None or not known or time.monotonic() - interaction.sent > DEADLINE:
            raise Refused(404, 10062, "Unknown interaction")
        if interaction.callback is not None:
            raise Refused(400, 40060, "Interaction has already been acknowledged.")
        body = request[BODY]
        interaction.callback = body["type"]
        interaction.acknowledged = time.monotonic()
        interaction.data = body.get("data") or {}
        about: Payload = {"id": str(interaction.id), "type": interaction.kind}
        if body["type"] in (4, 5):
            message = self._answer(interaction, interaction.data)
            if body["type"] == 5:
                message.flags |= LOADING
            interaction.original = message
            about |= {
                "response_message_id": str(message.id),
                "response_message_loading": message.loading,
                "response_message_ephemeral": bool(message.flags & EPHEMERAL),
            }
        elif body["type"] in (6, 7):
            interaction.original = interaction.pressed
            if body["type"] == 7 and interaction.pressed is not None:
                interaction.pressed.write(interaction.data)
                interaction.updates += 1
        return _json({"interaction": about})

    async def _follow_up(self, request: web.Request) -> web.Response:
        interaction = self._interaction(request)
        first = interaction.original
        if first is not None and interaction.thinking:  # it takes the place of the "thinking…"
            first.flags &= ~LOADING
            first.write(request[BODY])
            return _json(first.payload())
        message = self._answer(interaction, request[BODY])
        interaction.followups.append(message)
        return _json(message.payload())

    async def _original(self, request: web.Request) -> web.Response:
        return _json(self._first(request).payload())

    async def _edit_original(self, request: web.Request) -> web.Response:
        message = self._first(request)
        if message is self._interaction(request).pressed:
            self._interaction(request).updates += 1
        message.flags &= ~LOADING
        message.write(request[BODY])
        message.edits += 1
        return _json(message.payload())

    async def _delete_original(self, request: web.Request) -> web.Response:
        self._first(request).deleted = True
        return web.Response(status=204)

    async def _channel(self, request: web.Request) -> web.Response:
        return _json(self._place(request))

    async def _history(self, request: web.Request) -> web.Response:
        channel_id = int(self._place(request)["id"])
        before = int(request.query.get("before", 1 << 63))
        after = int(request.query.get("after", 0))
        found = [
            message.payload()
            for message in self._world.messages.values()
            if message.channel_id == channel_id and after < message.id < before and message.visible
        ]
        return _json(found[::-1][: int(request.query.get("limit", 50))])

    async def _send(self, request: web.Request) -> web.Response:
        channel_id, body = int(self._place(request)["id"]), request[BODY]
        nonce = body.get("nonce")
        if nonce is not None and body.get("enforce_nonce"):
            for message in self._world.said_in(channel_id):
                if message.nonce == nonce:
                    return _json(message.payload())
        message = Message(world_of.snowflake(), channel_id, world_of.bot(), nonce=nonce)
        message.write(body)
        if body.get("message_reference"):
            message.reference = int(body["message_reference"]["message_id"])
        self._world.messages[message.id] = message
        return _json(message.payload())

    async def _read(self, request: web.Request) -> web.Response:
        return _json(self._message(request).payload())

    async def _edit(self, request: web.Request) -> web.Response:
        message = self._message(request)
        message.write(request[BODY])
        message.edits += 1
        return _json(message.payload())

    async def _delete(self, request: web.Request) -> web.Response:
        message = self._message(request)
        message.deleted = True
        message.taken_back = time.monotonic() - message.sent > READABLE
        return web.Response(status=204)

    async def _open_thread(self, request: web.Request) -> web.Response:
        parent = self._place(request)
        thread_id = int(request.match_info.get("message", world_of.snowflake()))
        made = world_of.thread(thread_id, parent, request[BODY]["name"])
        self._world.channels[thread_id] = made
        guild_id = int(parent["guild_id"])
        await self._gateway.dispatch("THREAD_CREATE", made, guild_id=guild_id)
        return _json(made, status=201)

    async def _open_dm(self, request: web.Request) -> web.Response:
        author = world_of.user(int(request[BODY]["recipient_id"]))
        made = world_of.dm_channel(int(author["id"]) + 1, author)
        self._world.channels[int(made["id"])] = made
        return _json(made)

    async def _nothing(self, _: web.Request) -> web.Response:
        return web.Response(status=204)

    async def _attachment(self, request: web.Request) -> web.Response:
        return web.Response(body=self._world.files[int(request.match_info["file"])])

    def _answer(self, interaction: Interaction, body: Payload) -> Message:
        message = Message(
            world_of.snowflake(),
            interaction.channel_id,
            world_of.bot(),
            interaction=interaction.id,
        )
        message.write(body)
        self._world.messages[message.id] = message
        return message

    def _interaction(self, request: web.Request) -> Interaction:
        found = self._world.by_token.get(request.match_info["token"])
        if found is None or found.callback is None:
            raise Refused(404, 10015, "Unknown Webhook")
        return found

    def _first(self, request: web.Request) -> Message:
        message = self._interaction(request).original
        if message is None or message.deleted:
            raise Refused(404, 10008, "Unknown Message")
        return message

    def _message(self, request: web.Request) -> Message:
        message = self._world.messages.get(int(request.match_info["message"]))
        if message is None or message.deleted:
            raise Refused(404, 10008, "Unknown Message")
        return message

    def _place(self, request: web.Request) -> Payload:
        found = self._world.channels.get(int(request.match_info["channel"]))
        if found is None:
            raise Refused(404, 10003, "Unknown Channel")
        return found


async def _body(request: web.Request) -> Any:
    if request.content_type == "multipart/form-data":
        form = await request.post()
        return json.loads(str(form["payload_json"]))
    return json.loads(await request.read() or b"{}")


def _json(said: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    kind = {"Content-Type": "application/json"}  # discord.py knows no other spelling of it
    return web.Response(
        body=json.dumps(said).encode(), status=status, headers=kind | (headers or {})
    )


def _error(fault: Fault) -> web.Response:
    status = fault.status or 500
    said: Payload = {"code": fault.code, "message": f"a fault of {status}"}
    if fault.retry_after is None:
        return _json(said, status=status)
    said |= {"retry_after": fault.retry_after, "global": False}
    return _json(said, status=status, headers={"Via": "1.1 loopback"})
