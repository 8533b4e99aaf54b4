"""Connections to the public web alone: the host is resolved once, checked, and a deadline ends it.

httpx offers no place for this: a host must be checked between resolving and connecting, every one
of its addresses must be tried, and a server that sends a byte now and then outlives any timeout of
single reads. So this is a network backend of httpcore.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpcore

from index.errors import SourceError

Address = IPv4Address | IPv6Address

Resolve = Callable[[str, int], Sequence[str]]
"""A host and a port to the addresses that it has. Raises: OSError when it has none."""

# What some version of `ipaddress` calls global although no page of the public web is there.
_NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            "168.63.129.16/32",  # metadata of Azure's machines
            "192.0.0.0/24",  # protocol assignments; metadata of Oracle's machines
            "192.88.99.0/24",  # relays from IPv6, out of use
            "198.18.0.0/15",  # measurements
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved
            "2001::/23",  # protocol assignments, Teredo among them
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "3fff::/20",  # documentation
        ),
    )
)
_PUBLIC_6 = ip_network("2000::/3")
_TRANSLATED = ip_network("64:ff9b::/96")  # NAT64: how an IPv6-only network writes IPv4


def is_public(address: Address) -> bool:
    """Return whether a page of the public web may be at an address.

    An IPv4 address inside an IPv6 one is judged by itself, in the two forms that today's networks
    translate; in all others it is refused.
    """
    address = _unwrapped(address)
    if isinstance(address, IPv6Address) and address not in _PUBLIC_6:
        return False
    return address.is_global and not any(address in network for network in _NOT_PUBLIC)


def numeric(host: str) -> Address | None:
    """Parse a host written in numbers, in any form that a resolver understands; else None."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))  # 127.1, 2130706433, 0x7f000001, 0177.0.0.1
    except (OSError, ValueError):
        return None


def _unwrapped(address: Address) -> Address:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _TRANSLATED:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def look_up(host: str, port: int) -> list[str]:
    """Ask the system's resolver. Raises: OSError."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class Deadline:
    """A moment by which something must have ended."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds that remain. Raises: httpcore.TimeoutException when none do."""
        remaining = self._end - time.monotonic()
        if remaining <= 0:
            raise httpcore.TimeoutException
        return remaining


class PublicOnlyBackend(httpcore.NetworkBackend):
    """Connects httpcore to public addresses only.

    A host is resolved once per connection and connected to at the addresses that were checked, so
    a name that changes its address between two look-ups leads nowhere else.
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
        """Connect to the first address of a host that answers, if every one is public.

        Raises: SourceError if one is not, httpcore's own errors if none answers in time.
        """
        addresses = self._addresses(host, port)
        for address in addresses:
            is_loopback = _unwrapped(address).is_loopback
            if not (is_public(address) or (self._allow_loopback and is_loopback)):
                raise SourceError(
                    f"the host {host!r} is not on the public web, but has a private, local or"
                    " reserved address; expected a public page; save the page and give its path"
                )
        for index, address in enumerate(addresses):
            untried = len(addresses) - index
            share = self._deadline.remaining() / untried
            try:
                return _TimedStream(
                    self._inner.connect_tcp(str(address), port, share), self._deadline
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if untried == 1:
                    raise
        raise httpcore.ConnectError(f"{host} has no address")

    def _addresses(self, host: str, port: int) -> list[Address]:
        """Resolve a host, unless it is an address itself."""
        host = host.removesuffix(".")
        written = numeric(host)
        if written is not None:
            return [written]
        answer: Future[list[Address]] = Future()

        def ask() -> None:
            try:
                found = map(ip_address, self._resolve(host, port))
                answer.set_result(list(dict.fromkeys(found)))
            except BaseException as error:  # raised again by the thread that waits
                answer.set_exception(error)

        # The system's resolver takes no timeout, so a thread asks it and is left at the deadline.
        threading.Thread(target=ask, daemon=True).start()
        try:
            return answer.result(timeout=self._deadline.remaining())
        except TimeoutError:
            raise httpcore.TimeoutException from None
        except (OSError, ValueError) as error:
            raise httpcore.ConnectError(f"no address is known for {host}") from error


class _TimedStream(httpcore.NetworkStream):
    """A connection whose every operation ends at the deadline, however slow the other side is."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what has arrived."""
        return self._inner.read(max_bytes, self._deadline.remaining())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it."""
        self._inner.write(buffer, self._deadline.remaining())

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Encrypt what follows; the certificate must be the host's, not the address's."""
        inner = self._inner.start_tls(ssl_context, server_hostname, self._deadline.remaining())
        return _TimedStream(inner, self._deadline)

    def get_extra_info(self, info: str) -> object:
        """Return what is known about the connection."""
        return self._inner.get_extra_info(info)
