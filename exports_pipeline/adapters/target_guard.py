"""Which hosts messages may go to: none that only we can reach (OWASP, server-side request forgery)."""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

from exports_pipeline.core.errors import DeliveryUnavailable, TargetForbidden

_NAT64 = IPv6Network("64:ff9b::/96")
_ASSIGNED = IPv6Network("2000::/3")
"""All of IPv6 that IANA gives to the internet; the rest is local, deprecated or wraps an IPv4 address in an old way."""


class TargetGuard:
    """Resolves the hosts of webhooks and file transfers, and refuses private ones unless the deployment allows them.

    `look_up` asks DNS, as `socket.getaddrinfo` does.
    """

    def __init__(self, *, allow_private: bool, look_up: Callable[..., Any] = socket.getaddrinfo) -> None:
        self._allow_private = allow_private
        self._look_up = look_up

    def resolve(self, host: str, port: int) -> str:
        """The address to connect to; connecting to the name instead would ask DNS a second time.

        Raises:
            TargetForbidden: the host, or one of its addresses, is loopback, link-local, private or otherwise ours.
            DeliveryUnavailable: the name cannot be resolved.
        """
        try:
            found = self._look_up(host.strip("[]"), port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise DeliveryUnavailable(f"The host {host[:200]!r} cannot be resolved; check its spelling.") from error
        addresses = [str(each[4][0]).partition("%")[0] for each in found]
        if not self._allow_private and not all(is_public(each) for each in addresses):
            raise TargetForbidden(
                f"The host {host[:200]!r} is not a public one; an operator may allow private ones with "
                "EXPORTS_ALLOW_PRIVATE_TARGETS."
            )
        return addresses[0]


def is_public(address: str) -> bool:
    """Whether anybody on the internet could reach this address; one that wraps another is as public as that one."""
    inner = _innermost(ip_address(address))
    return inner.is_global and not inner.is_multicast and (isinstance(inner, IPv4Address) or inner in _ASSIGNED)


def _innermost(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)
