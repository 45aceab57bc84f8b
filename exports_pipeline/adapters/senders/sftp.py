"""Deliveries by SFTP."""

import asyncio
import hashlib
import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import cast
from uuid import uuid4

import asyncssh

from exports_pipeline.adapters.senders.attachment import checked_chunks
from exports_pipeline.adapters.senders.given import option
from exports_pipeline.adapters.senders.remote_file import RemoteFile, places, remote_path
from exports_pipeline.adapters.senders.ssh_errors import ssh_errors_told
from exports_pipeline.adapters.target_guard import TargetGuard
from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable, LostClaim
from exports_pipeline.core.message import Message, Target

_PORT = 22
_OTHER_KEYS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-256")


class SftpSender:
    """`Sender` over SSH: files appear under their names when all of them are there, and not before.

    `timeout_s` limits each step and each piece of a file, `limit_s` a whole file.
    """

    def __init__(self, guard: TargetGuard, *, timeout_s: float = 30.0, limit_s: float = 1800.0) -> None:
        self._guard = guard
        self._timeout_s = timeout_s
        self._limit_s = limit_s
        logging.getLogger("asyncssh").setLevel(logging.WARNING)  # at INFO it tells of every host and login

    def send(self, target: Target, message: Message) -> str:
        """Put the files of a message into the target's folder and return their paths there.

        A file of that name is replaced in one step; one that an earlier try of this message put there is left alone.

        Raises:
            DeliveryRefused: there is no file, the server is another, or it refuses the login or the file.
            DeliveryUnavailable: it did not take the file this time.
            ObjectStoreUnavailable: a file could not be read.
        """
        if message.file is None:
            raise DeliveryRefused("SFTP carries files only; this message has none.")
        address = self._guard.resolve(target.address, target.options.get("port", _PORT))
        with ssh_errors_told():
            return asyncio.run(self._send(target, address, message))

    def trial(self, target: Target) -> Iterator[str]:
        """Compare the host key, log in, and put a small hidden file there for a moment."""
        yield "resolve"
        address = self._guard.resolve(target.address, target.options.get("port", _PORT))
        with ssh_errors_told(), asyncio.Runner() as runner:
            yield "connect"
            try:
                connection = runner.run(self._connect(target, address))
            except asyncssh.PermissionDenied:
                yield "authenticate"
                raise
            yield "authenticate"
            path = remote_path(target.options.get("folder", ""), f".{uuid4()}.part")
            try:
                yield "write"
                runner.run(_write_trial(connection, path))
                yield "delete"
                runner.run(_remove(connection, path))
            finally:
                connection.abort()
                runner.run(connection.wait_closed())

    async def _connect(self, target: Target, address: str) -> asyncssh.SSHClientConnection:
        """Connect and log in, believing nothing but what the target says: no files of this machine's user are read."""
        key = target.secrets.get("private_key")
        host_key = asyncssh.import_public_key(option(target, "host_key"))
        return await asyncssh.connect(
            address,
            target.options.get("port", _PORT),
            username=option(target, "username"),
            password=target.secrets.get("password"),
            client_keys=[asyncssh.import_private_key(key)] if key else None,
            known_hosts=([host_key], [], []),
            # The saved kind first, then all others: a server without it then shows its key instead of hanging up.
            server_host_key_algs=[*map(bytes.decode, host_key.sig_algorithms), *_OTHER_KEYS],
            agent_path=None,
            config=None,
            connect_timeout=self._timeout_s,
            login_timeout=self._timeout_s,
        )

    async def _send(self, target: Target, address: str, message: Message) -> str:
        placed = places(message, target.options.get("folder", ""))
        async with await self._connect(target, address) as connection:
            patience = _Patience(connection, self._timeout_s)
            try:
                async with connection.start_sftp_client() as sftp:
                    missing = [each for each in placed if not await _is_there(sftp, each, patience, since=message.at)]
                    for each in missing:
                        await self._write(sftp, each, patience)
                    for each in missing:
                        await _publish(sftp, each)
            except LostClaim:
                raise  # the parts are those of the next try by now
            except BaseException:
                for each in placed:
                    patience.renew()
                    with suppress(asyncssh.Error, OSError):
                        await _remove(connection, each.part)
                raise
            finally:
                patience.end()
        return ", ".join(each.final for each in placed)

    async def _write(self, sftp: asyncssh.SFTPClient, placed: RemoteFile, patience: "_Patience") -> None:
        clock = asyncio.get_running_loop().time
        until = clock() + self._limit_s
        async with sftp.open(placed.part, "wb") as remote:
            for chunk in checked_chunks(placed.file):
                patience.renew()
                if clock() > until:
                    raise TimeoutError
                await remote.write(chunk)
        size, expected = await sftp.getsize(placed.part), placed.file.size_bytes
        if size != expected:
            raise DeliveryUnavailable(f"The server kept {size} of {expected} bytes; its disk may be full.")


class _Patience:
    """Breaks a connection off when nothing was taken for some time, which ends everything that waits for it."""

    def __init__(self, connection: asyncssh.SSHClientConnection, timeout_s: float) -> None:
        self._connection = connection
        self._timeout_s = timeout_s
        self._end = asyncio.get_running_loop().call_later(timeout_s, connection.abort)

    def renew(self) -> None:
        """Begin to wait anew."""
        self._end.cancel()
        self._end = asyncio.get_running_loop().call_later(self._timeout_s, self._connection.abort)

    def end(self) -> None:
        """Wait no longer, and break off what has not been closed."""
        self._end.cancel()
        self._connection.abort()


async def _is_there(sftp: asyncssh.SFTPClient, placed: RemoteFile, patience: _Patience, *, since: datetime) -> bool:
    """Whether an earlier try put the file there; an equal one that is older than the message is yesterday's."""
    file = placed.file
    if not await sftp.isfile(placed.final):
        return False
    found = await sftp.stat(placed.final)
    if found.size != file.size_bytes or (found.mtime or 0) < int(since.timestamp()):
        return False
    digest = hashlib.sha256()
    try:
        async with sftp.open(placed.final, "rb") as remote:
            while data := await remote.read(1 << 20):
                patience.renew()
                digest.update(cast("bytes", data))
    except asyncssh.SFTPPermissionDenied:
        return False
    return digest.hexdigest() == file.sha256


async def _publish(sftp: asyncssh.SFTPClient, placed: RemoteFile) -> None:
    try:
        await sftp.posix_rename(placed.part, placed.final)
    except asyncssh.SFTPOpUnsupported as error:
        if await sftp.exists(placed.final):
            raise DeliveryRefused(
                "A file of this name is there, and the server cannot replace it in one step; remove it, or let "
                "the names differ."
            ) from error
        await sftp.rename(placed.part, placed.final)


async def _write_trial(connection: asyncssh.SSHClientConnection, path: str) -> None:
    try:
        async with connection.start_sftp_client() as sftp, sftp.open(path, "wb") as remote:
            await remote.write(b"A trial of this destination.\n")
    except asyncssh.SFTPError:
        with suppress(asyncssh.Error, OSError):
            await _remove(connection, path)
        raise


async def _remove(connection: asyncssh.SSHClientConnection, path: str) -> None:
    async with connection.start_sftp_client() as sftp:
        await sftp.remove(path)
