"""A proxy before an S3 server that answers 500 and 503, is slow, breaks off halfway and loses answers."""

import asyncio
import re
from contextlib import suppress
from random import Random
from threading import Thread

MOODS = ("500", "503", "slow", "half", "lost answer")
WELL = "well"
_LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)
_CONNECTION = re.compile(rb"^connection:[^\r]*\r\n", re.IGNORECASE | re.MULTILINE)
_ANSWER = (
    "HTTP/1.1 {status} Trouble\r\nContent-Type: application/xml\r\nConnection: close\r\nContent-Length: {length}\r\n"
    "\r\n{body}"
)
_PIECE = 64 * 1024


class FaultyS3:
    """Passes every byte on as it is, but in a bad mood not for all requests; one request a connection."""

    def __init__(self, upstream_port, rng: Random) -> None:
        self.mood = WELL
        self.share = 0.5
        """How many of the requests a bad mood meets."""
        self.harmed = 0
        self._upstream_port, self._rng = upstream_port, rng
        self._served = set()
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = Thread(target=self._loop.run_forever, name="s3-proxy", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        async def end():
            self._server.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _serve(self, reader, writer) -> None:
        self._served.add(task := asyncio.current_task())  # the loop itself holds tasks weakly
        task.add_done_callback(self._served.discard)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            mood = self.mood if self._rng.random() < self.share else WELL
            self.harmed += mood != WELL
            if mood in {"500", "503"}:
                await _refuse(mood, head, reader, writer)
            else:
                if mood == "slow":
                    await asyncio.sleep(self._rng.uniform(1, 5))
                await self._pass_on(head, reader, writer, mood)
        writer.close()

    async def _pass_on(self, head, reader, writer, mood) -> None:
        from_store, to_store = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        to_store.write(_CONNECTION.sub(b"", head)[:-2] + b"Connection: close\r\n\r\n")
        length = _length(head)
        limit = length // 2 if mood == "half" and length else None
        asking = asyncio.create_task(_pump(reader, to_store, limit))
        try:
            if limit is not None:
                await asyncio.wait({asking, hearing := asyncio.create_task(_hear_100(from_store, writer))}, timeout=10)
                await asyncio.wait({asking}, timeout=10)
                hearing.cancel()
            elif mood == "lost answer":
                await from_store.read(_PIECE) if not length else await _final_answer(from_store, writer)
            else:
                await _pump(from_store, writer, 2000 if mood == "half" else None)
        finally:
            asking.cancel()
            to_store.close()


async def _refuse(status, head, reader, writer) -> None:
    code = {"500": "InternalError", "503": "SlowDown"}[status]
    body = f"<Error><Code>{code}</Code><Message>By the proxy of the tests.</Message></Error>"
    writer.write(_ANSWER.format(status=status, length=len(body), body=body).encode())
    await writer.drain()
    if b"100-continue" not in head.lower():  # an unread body would reset the connection, and the answer with it
        with suppress(TimeoutError):
            await asyncio.wait_for(reader.readexactly(_length(head)), 5)


async def _pump(source, target, limit) -> None:
    """Pass bytes on until the end, or until so many have passed."""
    passed = 0
    while piece := await source.read(_PIECE):
        piece = piece if limit is None else piece[: limit - passed]
        passed += len(piece)
        target.write(piece)
        await target.drain()
        if limit is not None and passed >= limit:
            return


async def _hear_100(from_store, writer) -> None:
    """Pass on the one answer that lets a client send its body."""
    piece = await from_store.read(_PIECE)
    if piece.startswith(b"HTTP/1.1 100"):
        writer.write(piece)


async def _final_answer(from_store, writer) -> None:
    """Read the answer to a request with a body, passing on no more than the permission to send it."""
    piece = await from_store.read(_PIECE)
    if piece.startswith(b"HTTP/1.1 100") and piece.count(b"HTTP/1.1") == 1:
        writer.write(piece)
        await from_store.read(_PIECE)


def _length(head: bytes) -> int:
    found = _LENGTH.search(head)
    return int(found[1]) if found else 0
