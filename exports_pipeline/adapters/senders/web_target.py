"""URLs that messages are posted to: checked, resolved once, and connected to at that very address."""

import asyncio
import ssl
from dataclasses import dataclass, field

import httpx

from exports_pipeline.adapters.target_guard import TargetGuard
from exports_pipeline.core.errors import DeliveryRefused

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, kw_only=True)
class WebTarget:
    """A URL with the address of its host; the path may be secret, and is not shown."""

    url: httpx.URL = field(repr=False)
    address: str
    """The only one that is connected to: asking DNS again could give another (rebinding)."""

    @property
    def port(self) -> int:
        """Where the server listens."""
        return self.url.port or _PORTS[self.url.scheme]

    @property
    def host(self) -> str:
        """The host in ASCII, as DNS and certificates name it."""
        return self.url.raw_host.decode()

    def request(self, client: httpx.AsyncClient, body: bytes, headers: dict[str, str]) -> httpx.Request:
        """A POST that goes to the address, and names the host to the server and to whoever checks its certificate."""
        return client.build_request(
            "POST",
            self.url.copy_with(host=self.address, port=self.port, fragment=None),
            content=body,
            headers={**headers, "Host": self.url.netloc.decode()},
            extensions={"sni_hostname": self.host},
        )

    async def knock(self, tls: ssl.SSLContext) -> None:
        """Connect, check the certificate where there is one, and hang up.

        Raises:
            OSError
        """
        if self.url.scheme == "https":
            _, writer = await asyncio.open_connection(self.address, self.port, ssl=tls, server_hostname=self.host)
        else:
            _, writer = await asyncio.open_connection(self.address, self.port)
        writer.transport.abort()


def read_url(url: str) -> httpx.URL:
    """A URL that may be posted to.

    Raises:
        DeliveryRefused: it is none, or has a user name in it; never repeats it.
    """
    try:
        read = httpx.URL(url)
    except httpx.InvalidURL:
        raise DeliveryRefused("The webhook's URL cannot be read.") from None
    if read.scheme not in _PORTS or not read.host:
        raise DeliveryRefused("A webhook's URL begins with https:// or http:// and a host.")
    if read.userinfo:
        raise DeliveryRefused("A webhook's URL holds no user name and password.")
    return read


def resolved(url: httpx.URL, guard: TargetGuard) -> WebTarget:
    """The URL with the address that the guard lets us connect to.

    Raises:
        TargetForbidden, DeliveryUnavailable
    """
    port = url.port or _PORTS[url.scheme]
    return WebTarget(url=url, address=guard.resolve(url.raw_host.decode(), port))
