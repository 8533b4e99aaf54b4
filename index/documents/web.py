"""A web address -> the bytes of its page, from the public web alone.

Redirects are followed one by one. For every hop the host is resolved once, each of its addresses is
checked, and one deadline ends it all. httpx offers no place for this: a host must be checked
between resolving and connecting, every one of its addresses must be tried, and a server that sends
a byte now and then outlives any timeout of single reads. So the checks are a network backend of
httpcore. Proxies that the environment names are not used: what they connect to cannot be checked.
"""

import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpcore
import httpx

from index.errors import SourceError

Address = IPv4Address | IPv6Address

Resolve = Callable[[str, int], Sequence[str]]
"""A host and a port to the addresses that it has. Raises: OSError when it has none."""

LARGEST_PAGE = 10 * 1024 * 1024
"""Bytes: the largest page that is read, decompressed."""

TIMEOUT = 20.0
"""Seconds for a page, from the first look-up to the last byte, redirects and all."""

MOST_REDIRECTS = 10

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_TYPES = (
    "text/",
    "application/xhtml+xml",
    "application/pdf",
    "application/epub+zip",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
)
_UNCOMPRESSED = frozenset({"", "identity"})
_COMPRESSED = frozenset({"gzip", "x-gzip", "deflate"})
_REASONS = {
    401: "it asks for a password",
    403: "it may not be read",
    404: "there is no such page",
    410: "the page is gone",
    429: "it received too many requests: try again later",
    451: "it may not be read",
}
# What some version of `ipaddress` calls global although no page of the public web is there.
_NOT_PUBLIC = [
    ip_network(each)
    for each in (
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
    )
]
_PUBLIC_6 = ip_network("2000::/3")
_TRANSLATED = ip_network("64:ff9b::/96")  # NAT64: how an IPv6-only network writes IPv4


def look_up(host: str, port: int) -> list[str]:
    """Ask the system's resolver. Raises: OSError."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, slots=True)
class Page:
    """What a server sent for an address.

    address:    the requested one, or where that has moved permanently; without fragment
    media_type: in lower case, such as ``text/html``; empty where the server did not say
    charset:    the encoding that the server named, if it did
    """

    address: str
    data: bytes = field(repr=False)
    media_type: str
    charset: str | None


class Fetcher:
    """Fetches pages of the public web. Safe to share between threads."""

    def __init__(
        self,
        *,
        resolve: Resolve = look_up,
        allow_loopback: bool = False,
        timeout: float = TIMEOUT,
    ) -> None:
        """Configure it. `allow_loopback` also allows pages of this machine, which is for tests."""
        self._resolve = resolve
        self._allow_loopback = allow_loopback
        self._timeout = timeout

    def fetch(self, address: str) -> Page:
        """Get the page at a web address, redirects followed.

        Raises: SourceError when the address is no public one of http or https, when it cannot be
        reached, answers with an error or takes longer than the timeout, and when what stands there
        is empty, larger than `LARGEST_PAGE` or of a type that is not read.
        """
        deadline = _Deadline(self._timeout)
        backend = _PublicOnlyBackend(self._resolve, deadline, allow_loopback=self._allow_loopback)
        url = lasting = _parse(address, requested=address)
        permanent = True
        with (
            _errors_reported(address, self._timeout),
            httpcore.ConnectionPool(max_keepalive_connections=0, network_backend=backend) as pool,
        ):
            for _ in range(MOST_REDIRECTS + 1):
                target = httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                )
                with pool.stream("GET", target, headers=_headers(url)) as response:
                    headers = httpx.Headers(response.headers)
                    if response.status not in _REDIRECTS:
                        return _page(address, lasting, response, headers)
                try:
                    location = str(url.join(headers.get("location", "")))
                except httpx.InvalidURL:
                    location = headers["location"]
                url = _parse(location, requested=address)
                permanent = permanent and response.status in _PERMANENT
                lasting = url if permanent else lasting
        raise SourceError(
            f"{address!r} redirects more than {MOST_REDIRECTS} times; expected a page; "
            "open it in a browser and give the address that it ends at"
        )


def _parse(address: str, *, requested: str) -> httpx.URL:
    """Parse an address that may be fetched. Raises: SourceError, which names the requested one."""
    via = "" if address == requested else f" redirects to {address!r}, which"
    try:
        url = httpx.URL(address.strip()).copy_with(fragment=None)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise SourceError(
            f"{requested!r}{via} is no web address ({error}); expected one such as "
            "'https://example.com/page'; copy it from the browser"
        ) from error
    if url.userinfo:
        raise SourceError(
            f"{str(url.copy_with(username=None, password=None))!r} was given with a user name or "
            "password; expected an address without, for it would be stored and shown; save "
            "the page and give its path"
        )
    if url.scheme not in ("http", "https"):
        raise SourceError(
            f"{requested!r}{via} is an address of {url.scheme or 'no'} scheme; expected http or "
            "https; save what is there and give its path"
        )
    if not url.host:
        raise SourceError(
            f"{requested!r}{via} names no host; expected an address such as "
            "'https://example.com/page'; copy it from the browser"
        )
    return url


def _headers(url: httpx.URL) -> dict[bytes | str, bytes | str]:
    version = metadata.version("footnote-bot")
    return {
        b"Host": url.netloc,
        b"User-Agent": f"Footnote/{version} (reads one page, when a person asks)".encode(),
        b"Accept": b"text/html, application/xhtml+xml, text/markdown, text/plain, */*;q=0.5",
        b"Accept-Encoding": b"gzip",
    }


def _page(
    requested: str, lasting: httpx.URL, response: httpcore.Response, headers: httpx.Headers
) -> Page:
    if response.status != 200:
        reason = _REASONS.get(response.status, "the server does not give the page")
        raise SourceError(
            f"{requested!r} answers with status {response.status}: {reason}; expected 200; "
            "check it in a browser, or save the page and give its path"
        )
    media_type, *parameters = headers.get("content-type", "").lower().split(";")
    media_type = media_type.strip()
    named = dict(each.strip().partition("=")[::2] for each in parameters)
    if media_type and not media_type.startswith(_TYPES):
        raise SourceError(
            f"{requested!r} is of the type {media_type!r}; expected a web page, Markdown, text, "
            "PDF, DOCX or EPUB; save it, export it as one of these and give its path"
        )
    data = _body(requested, response, headers)
    if not data:
        raise SourceError(f"{requested!r} is empty; expected a page with text; check the address")
    return Page(str(lasting), data, media_type, named.get("charset", "").strip("\"' ") or None)


def _body(requested: str, response: httpcore.Response, headers: httpx.Headers) -> bytes:
    """Read the body and decompress it, up to the limit: a small body may expand to any size."""
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding not in _UNCOMPRESSED | _COMPRESSED:
        raise SourceError(
            f"{requested!r} is compressed as {encoding!r}, which was not requested; expected gzip "
            "or none; save the page and give its path"
        )
    # 32 more than the largest window: the header says whether it is gzip or zlib.
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32) if encoding in _COMPRESSED else None
    data = bytearray()
    for chunk in response.iter_stream():
        left = LARGEST_PAGE + 1 - len(data)
        data += unpacker.decompress(chunk, left) if unpacker else chunk[:left]
        if len(data) > LARGEST_PAGE:
            raise SourceError(
                f"{requested!r} is too large: got more than {LARGEST_PAGE:,} bytes, which is the "
                "most that is read; save the page and give its parts"
            )
    return bytes(data)


@contextmanager
def _errors_reported(requested: str, timeout: float) -> Iterator[None]:
    try:
        yield
    except httpcore.TimeoutException as error:
        raise SourceError(
            f"{requested!r} took longer than {timeout:g} seconds; expected the whole page by then; "
            "try again later, or save the page and give its path"
        ) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, zlib.error) as error:
        raise SourceError(
            f"{requested!r} cannot be read ({error}); expected a web server that gives the page; "
            "check the address and the network"
        ) from error


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


class _Deadline:
    """A moment by which something must have ended."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds that remain. Raises: httpcore.TimeoutException when none do."""
        remaining = self._end - time.monotonic()
        if remaining <= 0:
            raise httpcore.TimeoutException
        return remaining


class _PublicOnlyBackend(httpcore.NetworkBackend):
    """Connects httpcore to public addresses only.

    A host is resolved once per connection and connected to at the addresses that were checked, so
    a name that changes its address between two look-ups leads nowhere else.
    """

    def __init__(self, resolve: Resolve, deadline: _Deadline, *, allow_loopback: bool) -> None:
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

    def __init__(self, inner: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.remaining())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.remaining())

    def close(self) -> None:
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
        return self._inner.get_extra_info(info)
