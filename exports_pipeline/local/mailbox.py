"""The embedded mail server: takes what the service sends and keeps it as files, one for each message."""

import asyncio
import re
import signal
import sys
from itertools import count
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from exports_pipeline.local.folders import private_folder, write_private
from exports_pipeline.local.part import Part, PortAccepts
from exports_pipeline.local.ports import LOOPBACK

FOLDER = "mailbox"
SENDER = "Exports <exports@localhost>"
_LARGEST_BYTES = 50_000_000


def mailbox_part(home: Path, port: int) -> Part:
    """Describe the embedded mail server; it reaches nobody, and nobody but this machine reaches it."""
    folder = private_folder(home / FOLDER)
    command = (sys.executable, "-m", "exports_pipeline.local.mailbox", str(port), str(folder))
    return Part(name="mailbox", command=command, probe=PortAccepts(port=port))


class KeepMail:
    """Keeps every message under the time it came, as `0001-ann@example.com.eml`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        taken = (int(file.name.partition("-")[0]) for file in folder.glob("*-*.eml"))
        self._numbers = count(max(taken, default=0) + 1)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep one message, whoever it is for."""
        first = re.sub(r"[^\w@.+-]", "_", (envelope.rcpt_tos or ["nobody"])[0])[:100]
        name = f"{next(self._numbers):04}-{first}.eml"
        write_private(self._folder / name, envelope.original_content or b"")
        return f"250 OK kept as {name}"


async def serve(port: int, folder: Path) -> None:
    """Take mail until told to stop."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    keep = KeepMail(folder)
    server = await loop.create_server(
        lambda: SMTP(keep, data_size_limit=_LARGEST_BYTES, enable_SMTPUTF8=True, loop=loop), LOOPBACK, port
    )
    async with server:
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
