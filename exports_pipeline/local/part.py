"""A part of the stack: one process, how it is started, and how one sees that it is ready."""

import http.client
import signal
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol
from urllib.parse import urlsplit

PROBE_TIMEOUT_S = 1.0


class Probe(Protocol):
    """One look at whether a part is ready."""

    @property
    def pause_s(self) -> float:
        """How long to wait between two looks."""

    def is_ready(self, fresh_log: bytes) -> bool:
        """Look once; `fresh_log` is what the part logged since its last start."""


@dataclass(frozen=True, kw_only=True)
class PortAccepts:
    """Ready when a loopback port accepts a connection."""

    port: int
    pause_s: float = 0.05

    def is_ready(self, fresh_log: bytes) -> bool:  # noqa: ARG002 - a port says enough
        """Try to connect."""
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=PROBE_TIMEOUT_S).close()
        except OSError:
            return False
        return True


@dataclass(frozen=True, kw_only=True)
class PageAnswers:
    """Ready when a page answers 200."""

    url: str
    pause_s: float = 0.25

    def is_ready(self, fresh_log: bytes) -> bool:  # noqa: ARG002 - a page says enough
        """Ask for the page."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PROBE_TIMEOUT_S)
        try:
            connection.request("GET", parts.path)
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@dataclass(frozen=True, kw_only=True)
class LogSays:
    """Ready when the part's log says so: for parts that listen nowhere."""

    words: bytes
    pause_s: float = 0.05

    def is_ready(self, fresh_log: bytes) -> bool:
        """Look for the words."""
        return self.words in fresh_log


class Kind(Enum):
    """Whether a part stays or ends."""

    SERVER = "server"
    """Runs until the stack is stopped, and is started again when it dies."""
    STEP = "step"
    """Ends with 0 when its work is done; anything else stops the stack."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One process of the stack."""

    name: str
    command: tuple[str, ...]
    """Never holds a secret: every user of the machine may read it."""
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Variables beside those the whole stack shares."""
    after: frozenset[str] = frozenset()
    """Parts that must be ready before this one starts."""
    kind: Kind = Kind.SERVER
    probe: Probe | None = None
    """How a server shows that it is ready; a step is ready when it has ended."""
    stop_signal: signal.Signals = signal.SIGTERM
