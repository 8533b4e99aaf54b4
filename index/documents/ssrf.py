"""Opens connections to the public web: looked up once, checked, and ended by a deadline."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from ipaddress import ip_address

import httpcore

from index.documents.addresses import Address, is_loopback, is_public, numeric
from index.errors import SourceError

Resolve = Callable[[str, int], Sequence[str]]
"""A host and a port to the addresses that it has. Raises: OSError when it has none."""


def look_up(host: str, port: int) -> list[str]:
    """Ask the system's resolver. Raises: OSError."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class Deadline:
    """A moment by which something must have ended."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Give the seconds that are left. Raises: httpcore.TimeoutException when none are."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise httpcore.TimeoutException
        return left


class Gate(httpcore.NetworkBackend):
    """What httpcore connects through: to public addresses alone, and to those that it checked.

    A host is looked up once a connection, so a name that changes its address between two look-ups
    leads nowhere else.
    """

    def __init__(self, resolve: Resolve, deadline: Deadline, *, allow_loopback: bool) -> None:
        self._resolve = resolve
        self._deadline = deadline
        self._allow_loopback = allow_loopback
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of a host that answers, when every one is public.

        Raises: SourceError when one is not, httpcore's own errors when none answers in time.
        """
        addresses = self._addresses(host, port)
        for address in addresses:
            if not (is_public(address) or (self._allow_loopback and is_loopback(address))):
                raise SourceError(
                    f"the host {host!r} is not on the public web, but has a private, local or"
                    " reserved address; expected a public page; save the page and give its path"
                )
        for count, address in enumerate(addresses, start=1):
            share = self._deadline.left() / (1 + len(addresses) - count)
            try:
                return _Timed(self._inner.connect_tcp(str(address), port, share), self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if count == len(addresses):
                    raise
        raise httpcore.ConnectError(f"{host} has no address")

    def _addresses(self, host: str, port: int) -> list[Address]:
        """Look a host up, unless it is an address itself."""
        host = host.removesuffix(".")
        written = numeric(host)
        if written is not None:
            return [written]
        answer: Future[list[Address]] = Future()

        def ask() -> None:
            try:
                found = map(ip_address, self._resolve(host, port))
                answer.set_result(list(dict.fromkeys(found)))
            except BaseException as error:  # raised again where it is waited for
                answer.set_exception(error)

        # The system's resolver knows no deadline, so it is waited for only as long as there is one.
        threading.Thread(target=ask, daemon=True).start()
        try:
            return answer.result(timeout=self._deadline.left())
        except TimeoutError:
            raise httpcore.TimeoutException from None
        except (OSError, ValueError) as error:
            raise httpcore.ConnectError(f"no address is known for {host}") from error


class _Timed(httpcore.NetworkStream):
    """A connection whose every step ends at the deadline, however slowly the other side drips."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there."""
        return self._inner.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it."""
        self._inner.write(buffer, self._deadline.left())

    def close(self) -> None:
        """Hang up."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Encrypt what follows; the certificate must be the host's, not the address's."""
        inner = self._inner.start_tls(ssl_context, server_hostname, self._deadline.left())
        return _Timed(inner, self._deadline)

    def get_extra_info(self, info: str) -> object:
        """Give what is known of the connection."""
        return self._inner.get_extra_info(info)
