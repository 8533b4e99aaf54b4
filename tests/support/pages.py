"""A web server on this machine, for tests of what is fetched."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Reply:
    """What the server says to one path."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Site:
    """A server with its pages, and what it was asked."""

    port: int
    pages: dict[str, Reply]
    asked: list[tuple[str, dict[str, str]]]

    def url(self, path: str, *, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def html(self, path: str, page: str) -> str:
        headers = {"Content-Type": "text/html; charset=utf-8"}
        self.pages[path] = Reply(page.encode(), headers=headers)
        return self.url(path)

    def redirect(self, path: str, target: str, *, status: int = 302) -> str:
        self.pages[path] = Reply(status=status, headers={"Location": target})
        return self.url(path)


@contextmanager
def serving() -> Iterator[Site]:
    """Serve pages on a free port of 127.0.0.1 until the block ends."""
    site = Site(0, {}, [])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, dict(self.headers)))
            reply = site.pages.get(self.path.partition("?")[0], Reply(status=404))
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
