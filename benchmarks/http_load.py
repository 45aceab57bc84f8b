"""A client that costs a small part of what a server costs: requests are bytes, answers are checked and forgotten."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_LENGTH = b"content-length:"
_END = b"\r\n\r\n"
_JSON = MappingProxyType({"Content-Type": "application/json"})


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request, and what its answer must be."""

    request: bytes
    status: bytes
    contains: bytes
    """Words that stand in the body of the right answer and of no other."""


@dataclass
class Answers:
    """What came back."""

    seconds: list[float] = field(default_factory=list)
    """From the moment at which the request was due; so a server that holds one up is charged for those behind it."""
    body_bytes: int = 0
    wall_s: float = 0.0


def asked(
    path: str,
    *,
    token: str,
    contains: str,
    method: str = "GET",
    body: bytes = b"",
    headers: Mapping[str, str] = _JSON,
    status: int = 200,
) -> Asked:
    """A request over a connection that is kept; the headers are those of its body."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {token}"]
    of_body = [f"{name}: {value}" for name, value in headers.items()]
    lines += [*of_body, f"Content-Length: {len(body)}"] if body else []
    head = "\r\n".join([*lines, "", ""]).encode()
    return Asked(request=head + body, status=f"HTTP/1.1 {status} ".encode(), contains=contains.encode())


def read_all(port: int, what: Asked, *, seconds: float, connections: int) -> Answers:
    """Ask the same again and again, over some connections at once."""
    return asyncio.run(_read_all(port, what, seconds, connections))


def ask_at(port: int, what: list[Asked], *, per_second: float, connections: int) -> Answers:
    """Ask each at its time, whether or not those before it were answered, as people do."""
    return asyncio.run(_ask_at(port, what, per_second, connections))


async def _read_all(port: int, what: Asked, seconds: float, connections: int) -> Answers:
    answers, began = Answers(), time.perf_counter()

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (due := time.perf_counter()) < began + seconds:
            answers.body_bytes = await _ask(reader, writer, what)
            answers.seconds.append(time.perf_counter() - due)
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    answers.wall_s = time.perf_counter() - began
    return answers


async def _ask_at(port: int, what: list[Asked], per_second: float, connections: int) -> Answers:
    answers = Answers()
    waiting: asyncio.Queue[tuple[float, Asked] | None] = asyncio.Queue()

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (next_one := await waiting.get()) is not None:
            due, each = next_one
            answers.body_bytes = await _ask(reader, writer, each)
            answers.seconds.append(time.perf_counter() - due)
        writer.close()

    askers = [asyncio.create_task(one()) for _ in range(connections)]
    began = time.perf_counter()
    for number, each in enumerate(what):
        due = began + number / per_second
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        waiting.put_nowait((due, each))
    for _ in askers:
        waiting.put_nowait(None)
    await asyncio.gather(*askers)
    answers.wall_s = time.perf_counter() - began
    return answers


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, what: Asked) -> int:
    """Bytes of the body.

    Raises:
        SystemExit: the answer is not the one that was asked for.
    """
    writer.write(what.request)
    head = await reader.readuntil(_END)
    lowered = head.lower()
    begin = lowered.index(_LENGTH) + len(_LENGTH)
    body = await reader.readexactly(int(lowered[begin : lowered.index(b"\r\n", begin)]))
    if not head.startswith(what.status) or what.contains not in body:
        raise SystemExit(f"not what was asked for: {head!r} {body[:500]!r}")
    return len(body)
