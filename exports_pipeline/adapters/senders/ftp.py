"""Deliveries by FTP, over TLS unless a destination says otherwise."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from ftplib import Error, all_errors, error_perm
from functools import cached_property
from pathlib import Path
from time import monotonic
from uuid import uuid4

from exports_pipeline.adapters.senders.attachment import checked_chunks
from exports_pipeline.adapters.senders.ftp_session import PORTS, FtpSession
from exports_pipeline.adapters.senders.given import option, secret
from exports_pipeline.adapters.senders.remote_file import RemoteFile, places, remote_path
from exports_pipeline.adapters.target_guard import TargetGuard
from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable, LostClaim
from exports_pipeline.core.message import Message, Target

_NO_ROOM = {"452", "552"}
_NO_TLS = {"431", "500", "502", "504", "534"}


class FtpSender:
    """`Sender` over FTP: files appear under their names when all of them are there, and not before.

    `timeout_s` limits each step and each piece of a file, `limit_s` a whole file. `ca_file` holds certificates to
    be trusted instead of the system's.
    """

    def __init__(
        self, guard: TargetGuard, *, timeout_s: float = 30.0, limit_s: float = 1800.0, ca_file: Path | None = None
    ) -> None:
        self._guard = guard
        self._timeout_s = timeout_s
        self._limit_s = limit_s
        self._ca_file = ca_file

    def send(self, target: Target, message: Message) -> str:
        """Put the files of a message into the target's folder and return their paths there.

        A file of that name is replaced in one step; one that an earlier try of this message put there is left alone.

        Raises:
            DeliveryRefused: there is no file, or the server refuses TLS, the login or the file.
            DeliveryUnavailable: it did not take the file this time.
            ObjectStoreUnavailable: a file could not be read.
        """
        if message.file is None:
            raise DeliveryRefused("FTP carries files only; this message has none.")
        placed = places(message, target.options.get("folder", ""))
        address = self._guard.resolve(target.address, _port_of(target))
        with _told(), self._session(target) as ftp:
            self._open(ftp, address, target)
            _log_in(ftp, target)
            self._put(ftp, [each for each in placed if not _is_there(ftp, each, since=message.at)])
        return ", ".join(each.final for each in placed)

    def trial(self, target: Target) -> Iterator[str]:
        """Log in, and put a small hidden file there for a moment."""
        yield "resolve"
        address = self._guard.resolve(target.address, _port_of(target))
        path = remote_path(target.options.get("folder", ""), f".{uuid4()}.part")
        with _told(), self._session(target) as ftp:
            yield "connect"
            self._open(ftp, address, target)
            yield "authenticate"
            _log_in(ftp, target)
            yield "write"
            try:
                ftp.store(path, [b"A trial of this destination.\n"])
            except error_perm:
                with suppress(*all_errors):
                    ftp.delete(path)
                raise
            yield "delete"
            ftp.delete(path)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._ca_file)

    @contextmanager
    def _session(self, target: Target) -> Iterator[FtpSession]:
        ftp = FtpSession(target.address, tls=_tls_of(target), context=self._tls, timeout_s=self._timeout_s)
        try:
            yield ftp
            with suppress(*all_errors):
                ftp.quit()
        finally:
            ftp.close()

    def _open(self, ftp: FtpSession, address: str, target: Target) -> None:
        try:
            ftp.open(address, _port_of(target))
        except error_perm as error:
            if str(error)[:3] in _NO_TLS:
                raise DeliveryRefused(
                    'The server does not offer TLS; ask its operator, or choose the other kind of "tls".'
                ) from error
            raise

    def _put(self, ftp: FtpSession, missing: list[RemoteFile]) -> None:
        try:
            for each in missing:
                ftp.store(each.part, self._in_time(checked_chunks(each.file)))
                _check_size(ftp, each)
            for each in missing:
                _publish(ftp, each)
        except LostClaim:
            raise  # the parts are those of the next try by now
        except BaseException:
            for each in missing:
                with suppress(*all_errors):
                    ftp.delete(each.part)
            raise

    def _in_time(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        until = monotonic() + self._limit_s
        for chunk in chunks:
            if monotonic() > until:
                raise TimeoutError
            yield chunk


def _tls_of(target: Target) -> str:
    return str(target.options.get("tls", "explicit"))


def _port_of(target: Target) -> int:
    return int(target.options.get("port", PORTS[_tls_of(target)]))


def _log_in(ftp: FtpSession, target: Target) -> None:
    username, password = option(target, "username"), secret(target, "password")
    try:
        ftp.log_in(username, password)
    except error_perm as error:
        raise DeliveryRefused(
            "The server refuses the login, or wants it otherwise; check user name, password and tls."
        ) from error


def _is_there(ftp: FtpSession, placed: RemoteFile, *, since: datetime) -> bool:
    """Whether an earlier try put the file there; an equal one that is older than the message is yesterday's."""
    path, file = placed.final, placed.file
    try:
        if ftp.size(path) != file.size_bytes or ftp.modified_at(path) < since.replace(microsecond=0):
            return False
        return ftp.sha256_of(path) == file.sha256
    except error_perm:  # nothing is there, or it may not be read
        return False


def _check_size(ftp: FtpSession, placed: RemoteFile) -> None:
    size, expected = ftp.size(placed.part), placed.file.size_bytes
    if size != expected:
        raise DeliveryUnavailable(f"The server kept {size} of {expected} bytes; its disk may be full.")


def _publish(ftp: FtpSession, placed: RemoteFile) -> None:
    try:
        ftp.rename(placed.part, placed.final)
    except error_perm as error:
        raise DeliveryRefused(
            "The server does not give the file its final name; if one of that name is there, and the server cannot "
            f"replace it, let the names differ. It said: {_said(error)}."
        ) from error


def _said(error: Exception) -> str:
    return "".join(each if each.isprintable() else " " for each in str(error))[:200].rstrip(" .")


@contextmanager
def _told() -> Iterator[None]:
    """Say an error of FTP as one of ours: what to do, and never a secret."""
    try:
        yield
    except error_perm as error:
        if str(error)[:3] in _NO_ROOM:
            raise DeliveryUnavailable(f"The server has no room for the file: {_said(error)}.") from error
        raise DeliveryRefused(
            f"The server refuses the file; check that the folder exists and may be written to. It said: {_said(error)}."
        ) from error
    except Error as error:
        raise DeliveryUnavailable(f"The server did not take the file this time. It said: {_said(error)}.") from error
    except ssl.SSLCertVerificationError as error:
        raise DeliveryRefused(
            f"The server's certificate is not to be trusted: {error.verify_message.rstrip('.')}. Its operator must "
            "install one for this host name."
        ) from error
    except ssl.SSLError as error:
        raise DeliveryUnavailable("TLS could not be agreed on; check the port, and whether tls is implicit.") from error
    except ValueError as error:
        raise DeliveryRefused("User name, password and folder may not hold line ends.") from error
    except all_errors as error:
        raise DeliveryUnavailable("The server did not answer in time, or broke the connection off.") from error
