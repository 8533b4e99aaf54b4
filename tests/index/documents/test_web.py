import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from ipaddress import ip_address

import pytest

from index.documents import web as fetch
from index.documents.web import Fetcher, is_public, numeric
from index.errors import SourceError
from tests.conftest import NetworkForbiddenError
from tests.support.pages import Reply, Site, serving


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


def resolving(*answers: Sequence[str]) -> Callable[[str, int], Sequence[str]]:
    """A resolver that gives one answer after the other, and the last one for ever."""
    left = list(answers)

    def resolve(host: str, port: int) -> Sequence[str]:
        if not left[0]:
            raise socket.gaierror(socket.EAI_NONAME, f"no {host}")
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


LOCAL = Fetcher(resolve=resolving(["127.0.0.1"]), allow_loopback=True, timeout=10)
PUBLIC = Fetcher(resolve=resolving(["127.0.0.1"]), timeout=10)


def refusal(address: str, fetcher: Fetcher = LOCAL) -> str:
    with pytest.raises(SourceError) as caught:
        fetcher.fetch(address)
    return str(caught.value)


def test_a_page_is_fetched_with_its_type_and_encoding(site: Site) -> None:
    site.pages["/a"] = Reply(b"Hi.", headers={"Content-Type": 'Text/HTML; Charset="UTF-8"'})
    page = LOCAL.fetch(f" {site.url('/a')}#part ")
    assert page == fetch.Page(site.url("/a"), b"Hi.", "text/html", "utf-8")


def test_a_request_says_who_asks_and_carries_nothing_else(site: Site) -> None:
    site.html("/a", "<p>Hi.")
    LOCAL.fetch(site.url("/a?b=c&d", host="pages.test"))
    [(path, headers)] = site.asked
    assert path == "/a?b=c&d"
    assert headers["Host"] == f"pages.test:{site.port}"
    assert headers["User-Agent"].startswith("Footnote/")
    assert set(headers) == {"Host", "User-Agent", "Accept", "Accept-Encoding"}


def test_proxies_of_the_environment_are_not_used(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert LOCAL.fetch(site.html("/a", "<p>Hi.")).data == b"<p>Hi."


def test_redirects_are_followed(site: Site) -> None:
    site.html("/c", "<p>Hi.")
    site.redirect("/b", "/c", status=303)
    page = LOCAL.fetch(site.redirect("/a", "b?x=y"))
    assert (page.data, page.address) == (b"<p>Hi.", site.url("/a"))


def test_a_page_that_has_moved_for_good_is_known_by_its_new_address(site: Site) -> None:
    site.html("/d", "<p>Hi.")
    site.redirect("/c", "/d")
    site.redirect("/b", "/c#part", status=308)
    page = LOCAL.fetch(site.redirect("/a", "/b", status=301))
    assert page.address == site.url("/c")


def test_redirects_in_a_circle_are_refused(site: Site) -> None:
    assert "redirects more than 10 times; expected a page" in refusal(site.redirect("/a", "/a"))
    assert len(site.asked) == 11


@pytest.mark.parametrize("target", ["file:/etc/passwd", "ftp://example.com/a", "javascript:1"])
def test_a_redirect_to_another_scheme_is_refused(site: Site, target: str) -> None:
    said = refusal(site.redirect("/a", target))
    assert f"redirects to {target!r}, which is an address of" in said
    assert said.endswith("expected http or https; save what is there and give its path")


def test_a_redirect_to_nowhere_is_refused(site: Site) -> None:
    assert "redirects to 'http://[::1', which is no web address" in refusal(
        site.redirect("/a", "http://[::1")
    )


def test_a_user_name_and_password_are_refused_and_not_shown() -> None:
    said = refusal("https://me:secret@example.com/a")
    assert said.startswith("'https://example.com/a' was given with a user name or password")
    assert "secret" not in said


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("ftp://example.com/a", "is an address of ftp scheme; expected http or https"),
        ("file:///etc/passwd", "is an address of file scheme; expected http or https"),
        ("http://", "names no host; expected an address such as"),
        ("https:///a", "names no host; expected an address such as"),
        ("http://:80/", "names no host; expected an address such as"),
        ("http://a b/", "expected"),
        ("http://[::1/", "is no web address ("),
        ("http://a:99999/", "expected"),
        ("http://é\ud83d/", "is no web address ("),
    ],
)
def test_what_is_no_address_of_a_page_is_refused(address: str, said: str) -> None:
    assert said in refusal(address, Fetcher(resolve=resolving([])))


# This machine: in parts, as one number, in IPv6, in other digits, by name.
HERE = (
    *("127.0.0.1", "127.8.7.6", "0177.0.0.1", "0x7f.0x0.0x0.0x1", "127.1", "127.0.1", "0x7f.1"),
    *("2130706433", "017700000001", "0x7f000001", "127.0.0.1.", "127。0。0。1", "%31%32%37.0.0.1"),
    *(
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::127.0.0.1]",
    ),
    *(
        "１２７.０.０.１",
        "①②⑦.⓪.⓪.①",
        "localhost",
        "LOCALHOST.",
        "a.localhost",
        "127.0.0.1.nip.test",
    ),
)
# Its networks, what clouds tell a machine of itself, and what no page stands at.
INSIDE = (
    *("0", "0.0.0.0", "[::]", "[::127.0.0.1]", "[64:ff9b:1::10.0.0.1]"),
    *(
        "[2002:7f00:1::]",
        "[2002:0a00:0001::1]",
        "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
    ),  # tunnels
    *("10.0.0.1", "172.31.255.254", "192.168.1.1", "[::ffff:192.168.0.1]", "3232235777"),  # private
    *("169.254.1.1", "[fe80::1]", "[fec0::1]", "[fd12:3456::1]"),  # of the link or the site
    *("169.254.169.254", "2852039166", "0xa9fea9fe", "[::ffff:a9fe:a9fe]", "[fd00:ec2::254]"),
    *("100.100.100.200", "168.63.129.16", "192.0.0.192"),  # metadata of Alibaba, Azure and Oracle
    *("100.64.0.1", "198.18.0.1", "224.0.0.1", "[ff02::1]", "255.255.255.255", "240.0.0.1"),
    *("203.0.113.7", "[2001:db8::1]"),  # documentation
)


@pytest.mark.parametrize("host", [*HERE, *INSIDE])
def test_an_address_that_leads_inside_is_refused(host: str) -> None:
    said = refusal(f"http://{host}/", PUBLIC)
    assert "is not on the public web" in said or "is no web address (Invalid I" in said


@pytest.mark.parametrize("host", INSIDE)
def test_a_redirect_that_leads_inside_is_refused(site: Site, host: str) -> None:
    said = refusal(site.redirect("/a", f"http://{host}/"))
    assert "is not on the public web" in said
    assert len(site.asked) == 1


@pytest.mark.parametrize("address", ["10.0.0.1", "::ffff:10.0.0.1", "fd00::1", "169.254.169.254"])
def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    assert "the host 'pages.test' is not on the public web" in refusal(
        "http://pages.test/", Fetcher(resolve=resolving([address]))
    )


def test_a_name_with_one_address_inside_is_refused_whole() -> None:
    mixed = Fetcher(resolve=resolving(["93.184.216.34", "10.0.0.1"]))
    assert "is not on the public web" in refusal("http://pages.test/", mixed)


def test_a_name_that_is_bound_anew_is_connected_where_it_was_checked() -> None:
    rebinding = Fetcher(resolve=resolving(["93.184.216.34"], ["127.0.0.1"]))
    with pytest.raises(NetworkForbiddenError, match=r"93\.184\.216\.34"):
        rebinding.fetch("http://pages.test/")


def test_a_name_that_is_bound_anew_between_two_hops_is_refused(site: Site) -> None:
    site.html("/b", "<p>Secret.")
    site.redirect("/a", "/b")
    rebinding = Fetcher(resolve=resolving(["127.0.0.1"], ["10.0.0.1"]), allow_loopback=True)
    assert "is not on the public web" in refusal(site.url("/a", host="pages.test"), rebinding)
    assert [path for path, _ in site.asked] == ["/a"]


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    ("host", "address"),
    [("8.8.8.8", "8.8.8.8"), ("0x08080808", "8.8.8.8"), ("::1", "::1"), ("example", None)],
)
def test_hosts_in_numbers_are_read_as_a_resolver_would(host: str, address: str | None) -> None:
    assert numeric(host) == (address and ip_address(address))


@contextmanager
def listening(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """Accept one connection on a free port of 127.0.0.1, and talk to it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(3)

        def accept() -> None:
            # On a busy machine a client's deadline may pass before it comes.
            with suppress(TimeoutError), listener.accept()[0] as connection:
                connection.settimeout(10)
                talk(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


def test_an_encrypted_page_is_asked_of_its_host_by_name() -> None:
    hello = b""

    def talk(connection: socket.socket) -> None:
        nonlocal hello
        hello = connection.recv(4_096)

    with listening(talk) as port:
        assert "cannot be read" in refusal(f"https://pages.test:{port}/")
    assert hello[0] == 0x16
    assert b"pages.test" in hello


@pytest.mark.parametrize("said", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_server_that_drips_is_left_at_the_deadline(said: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(4_096)
        connection.sendall(said)
        try:
            for _ in range(100):
                connection.sendall(b"a")
                time.sleep(0.05)
        except OSError:
            return

    with listening(talk) as port:
        started = time.monotonic()
        assert "took longer than 0.4 seconds; expected the whole page by then" in refusal(
            f"http://127.0.0.1:{port}/", Fetcher(allow_loopback=True, timeout=0.4)
        )
        assert time.monotonic() - started < 2


def test_a_resolver_that_hangs_is_left_at_the_deadline() -> None:
    asked = threading.Event()

    def resolve(host: str, port: int) -> Sequence[str]:
        asked.wait(5)
        return ["127.0.0.1"]

    assert "took longer than 0.2 seconds" in refusal(
        "http://pages.test/", Fetcher(resolve=resolve, timeout=0.2)
    )
    asked.set()


def test_a_host_without_an_address_is_refused() -> None:
    said = refusal("http://pages.test/", Fetcher(resolve=resolving([])))
    assert said == (
        "'http://pages.test/' cannot be read (no address is known for pages.test); expected a web"
        " server that gives the page; check the address and the network"
    )


def test_a_server_that_is_not_there_is_told(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert "cannot be read (" in refusal(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "there is no such page"), (500, "the server does not give")]
)
def test_an_error_of_the_server_is_told(site: Site, status: int, reason: str) -> None:
    site.pages["/a"] = Reply(b"<p>Oops.", status=status)
    said = refusal(site.url("/a"))
    assert f"answers with status {status}: {reason}" in said


@pytest.mark.parametrize("kind", ["image/png", "application/zip", "video/mp4", "application/json"])
def test_other_types_are_refused(site: Site, kind: str) -> None:
    site.pages["/a"] = Reply(b"...", headers={"Content-Type": kind})
    assert f"is of the type {kind!r}; expected a web page, Markdown, text, PDF, DOCX or" in refusal(
        site.url("/a")
    )


def test_a_page_over_the_limit_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "LARGEST_PAGE", 1_000)
    site.pages["/a"] = Reply(b"a" * 1_000)
    assert len(LOCAL.fetch(site.url("/a")).data) == 1_000
    site.pages["/b"] = Reply(b"a" * 1_001)
    assert "is too large: got more than 1,000 bytes" in refusal(site.url("/b"))


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress], ids=["gzip", "deflate"])
def test_a_packed_page_is_unpacked_and_a_bomb_refused(
    site: Site, pack: Callable[[bytes], bytes]
) -> None:
    name = "gzip" if pack is gzip.compress else "deflate"
    site.pages["/a"] = Reply(pack(b"<p>Hi."), headers={"Content-Encoding": name})
    assert LOCAL.fetch(site.url("/a")).data == b"<p>Hi."
    site.pages["/b"] = Reply(pack(bytes(11_000_000)), headers={"Content-Encoding": name})
    assert "is too large: got more than 10,485,760 bytes" in refusal(site.url("/b"))


@pytest.mark.parametrize("name", ["br", "gzip"])
def test_a_page_that_cannot_be_unpacked_is_refused(site: Site, name: str) -> None:
    site.pages["/a"] = Reply(b"not packed at all", headers={"Content-Encoding": name})
    assert "expected" in refusal(site.url("/a"))


def test_an_empty_page_is_refused(site: Site) -> None:
    site.pages["/a"] = Reply(b"")
    assert "is empty; expected a page with text" in refusal(site.url("/a"))


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nA\r\n\r\n"])
def test_what_is_no_web_server_is_refused(said: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(4_096)
        connection.sendall(said)

    with listening(talk) as port:
        assert "expected a web server that gives the page" in refusal(f"http://127.0.0.1:{port}/")
