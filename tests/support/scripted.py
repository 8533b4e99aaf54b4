"""An OpenAI-compatible server on this machine that does what a test has written down."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Turn = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]
"""What is done with one request, given its body."""


class Scripted:
    """Takes the turns in order, and the last of them again and again. A context manager."""

    def __init__(self, *turns: Turn) -> None:
        self.turns = list(turns)
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        lock = threading.Lock()
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    scripted.requests.append(body)
                    scripted.keys.append(self.headers["Authorization"])
                    turns = scripted.turns
                    turn = turns.pop(0) if len(turns) > 1 else turns[0]
                turn(self, body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def prompts(self) -> list[str]:
        return [request["messages"][-1]["content"] for request in self.requests]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def says(
    text: str | Callable[[str], str],
    *,
    size: int = 3,
    finish: str | None = "stop",
    pause: float = 0,
    hung_up: threading.Event | None = None,
) -> Turn:
    """Stream a text in pieces of `size`; a callable makes it from the prompt.

    With no `finish` the stream is cut off there.
    """

    def turn(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        said = text if isinstance(text, str) else text(body["messages"][-1]["content"])
        _start(handler)
        try:
            for at in range(0, len(said), size):
                handler.wfile.write(_event(_chunk(said[at : at + size])))
                handler.wfile.flush()
                time.sleep(pause)
            if finish:
                handler.wfile.write(_event(_chunk("", finish)) + b"data: [DONE]\n\n")
        except OSError:
            if hung_up is not None:
                hung_up.set()

    return turn


def fails(status: int, message: str = "no") -> Turn:
    """Answer with an HTTP error."""

    def turn(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        content = json.dumps({"error": {"message": message, "type": "t", "code": "c"}}).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return turn


def hangs(seconds: float) -> Turn:
    """Take the request, and say nothing for so long."""

    def turn(_: BaseHTTPRequestHandler, __: dict[str, Any]) -> None:
        time.sleep(seconds)

    return turn


def drips(seconds: float) -> Turn:
    """Keep the stream alive with comments and never say anything."""

    def turn(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        _start(handler)
        ends = time.monotonic() + seconds
        try:
            while time.monotonic() < ends:
                handler.wfile.write(b": still here\n\n")
                handler.wfile.flush()
                time.sleep(0.02)
        except OSError:
            pass

    return turn


def sends(*lines: str) -> Turn:
    """Stream these lines as the data of events, whatever they are."""

    def turn(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        _start(handler)
        for line in lines:
            handler.wfile.write(f"data: {line}\n\n".encode())

    return turn


def breaks_off(text: str) -> Turn:
    """Stream a text, and break the connection in the middle of the next piece."""

    def turn(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        event = _event(_chunk(text))
        handler.wfile.write(f"{len(event):x}\r\n".encode() + event + b"\r\nff\r\ndata: {")
        handler.close_connection = True

    return turn


def numbered(prompt: str) -> dict[int, str]:
    """Return the numbered sentences that a prompt holds between its fences."""
    _, fenced, _ = _parts(prompt)
    lines = (line.split("] ", maxsplit=1) for line in fenced if line.startswith("["))
    return {int(number.removeprefix("[")): sentence for number, sentence in lines}


def _parts(prompt: str) -> Iterator[list[str]]:
    lines = prompt.splitlines()
    first, last = (at for at, line in enumerate(lines) if line.startswith("==="))
    return iter((lines[:first], lines[first + 1 : last], lines[last + 1 :]))


def _start(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.end_headers()


def _chunk(text: str, finish: str | None = None) -> str:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return json.dumps(
        {
            "id": "1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "m",
            "choices": [choice],
        }
    )


def _event(data: str) -> bytes:
    return f"data: {data}\n\n".encode()
