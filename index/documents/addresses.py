"""Which addresses of the internet are public: the only ones that a page is fetched from."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address

# What some version of `ipaddress` takes for global, and no page of the public web stands at.
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
_TRANSLATED = ip_network("64:ff9b::/96")  # NAT64: what an IPv6-only network makes of IPv4


def is_public(address: Address) -> bool:
    """Whether a page of the public web may stand at an address.

    An IPv4 address inside an IPv6 one is judged by itself, in the two forms that a network of
    today translates; in all others it is refused.
    """
    address = _unwrapped(address)
    if isinstance(address, IPv6Address) and address not in _PUBLIC_6:
        return False
    return address.is_global and not any(address in network for network in _NOT_PUBLIC)


def is_loopback(address: Address) -> bool:
    """Whether an address is this machine's own."""
    return _unwrapped(address).is_loopback


def numeric(host: str) -> Address | None:
    """Read a host that is written in numbers, in any form that a resolver understands."""
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
