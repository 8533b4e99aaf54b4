"""A web address -> the bytes of its page, from the public web alone.

Redirects are followed one by one, and every hop is checked. Proxies that the environment names are
not used: what they connect to cannot be checked.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata

import httpcore
import httpx

from index.documents.ssrf import Deadline, PublicOnlyBackend, Resolve, look_up
from index.errors import SourceError

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
        deadline = Deadline(self._timeout)
        backend = PublicOnlyBackend(self._resolve, deadline, allow_loopback=self._allow_loopback)
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
