"""The ports of the embedded stack: some are the operator's to choose, the others are found free and remembered."""

import json
import secrets
import socket
from pathlib import Path

from exports_pipeline.core.errors import ExportError
from exports_pipeline.local.folders import write_private

LOOPBACK = "127.0.0.1"
_SERVED = range(20_000, 32_000)


class PortTaken(ExportError):
    """A port the stack needs is taken."""

    code = "port_taken"


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def demand_free(port: int, *, variable: str) -> None:
    """Insist that a port of the settings is free.

    Raises:
        PortTaken: another server listens there; the sentence names the port and the variable that moves it.
    """
    if not is_free(port):
        sentence = f"Port {port} is taken by another program; stop it, or set {variable} to a free port."
        raise PortTaken(sentence, field=variable)


def remembered_port(home: Path, name: str) -> int:
    """Return the port a part used last time, or a free one when it has none or somebody took it since."""
    path = home / "ports.json"
    ports: dict[str, int] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    port = ports.get(name)
    if port is None or not is_free(port):
        [port] = free_ports(1, avoid=set(ports.values()))
        write_private(path, json.dumps(ports | {name: port}, indent=2) + "\n")
    return port


def free_ports(count: int, *, avoid: set[int] | None = None) -> list[int]:
    """Find ports that nobody uses, all different and none to avoid.

    They lie below those that systems hand out to outgoing connections, one of which could take a port before its
    server listens.
    """
    found: list[int] = []
    while len(found) < count:
        port = secrets.choice(_SERVED)
        if port not in found and port not in (avoid or ()) and is_free(port):
            found.append(port)
    return found
