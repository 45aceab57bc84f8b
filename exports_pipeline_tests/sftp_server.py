"""An SFTP server on loopback, over a folder, with a password and a key."""

import asyncio
from contextlib import contextmanager
from threading import Event, Thread

import asyncssh

from exports_pipeline_tests.contracts.sender_contract import Mood

USERNAME, PASSWORD = "ann", "a secret of SFTP"


class Login(asyncssh.SSHServer):
    def __init__(self, server):
        self._users_key = server.users_key.convert_to_public()
        self._logins = server.logins

    def begin_auth(self, username):
        return True

    def password_auth_supported(self):
        return True

    def validate_password(self, username, password):
        self._logins.append(username)
        return (username, password) == (USERNAME, PASSWORD)

    def public_key_auth_supported(self):
        return True

    def validate_public_key(self, username, key):
        return username == USERNAME and key == self._users_key


class Files(asyncssh.SFTPServer):
    """The folder; mood and fault of the server make it misbehave."""

    def __init__(self, channel, server):
        super().__init__(channel, chroot=str(server.root).encode())
        self._server = server

    def open(self, path, pflags, attrs):
        if self._server.mood is Mood.REFUSES:
            raise asyncssh.SFTPPermissionDenied("Permission denied")
        self._server.opened.append(path.decode())
        return super().open(path, pflags, attrs)

    async def write(self, file_obj, offset, data):
        match self._server.mood:
            case Mood.FAILS:
                raise asyncssh.SFTPNoSpaceOnFilesystem("No space left on device")
            case Mood.CUTS_OFF:
                self.channel.get_connection().abort()
            case Mood.HANGS:
                with file_obj:
                    await asyncio.Event().wait()
        return len(data) if self._server.fault == "loses" else super().write(file_obj, offset, data)

    def posix_rename(self, oldpath, newpath):
        if self._server.fault == "old":
            raise asyncssh.SFTPOpUnsupported("Operation not supported")
        super().posix_rename(oldpath, newpath)
        if self._server.fault == "breaks":
            self.channel.get_connection().abort()


class SftpServer:
    """What it knows and did; `opened` are the paths that were opened, `logins` those tried with a password."""

    def __init__(self, root):
        self.root, self.mood, self.fault = root, Mood.OPEN, None
        self.opened, self.logins, self.port = [], [], 0
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.users_key = asyncssh.generate_private_key("ssh-ed25519")

    @property
    def host_key(self):
        return self.key.export_public_key().decode().strip()

    @property
    def private_key(self):
        """What the user may log in with instead of the password."""
        return self.users_key.export_private_key().decode()

    async def serve(self, started):
        async with asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=lambda: Login(self),
            server_host_keys=[self.key],
            sftp_factory=lambda channel: Files(channel, self),
        ) as acceptor:
            self.port, self._loop, self._closing = acceptor.get_port(), asyncio.get_running_loop(), asyncio.Event()
            started.set()
            await self._closing.wait()

    def close(self):
        self._loop.call_soon_threadsafe(self._closing.set)


@contextmanager
def served_sftp(root):
    """The server of a folder, on a thread of its own."""
    server, started = SftpServer(root), Event()
    thread = Thread(target=lambda: asyncio.run(server.serve(started)), daemon=True)
    thread.start()
    started.wait()
    try:
        yield server
    finally:
        server.close()
        thread.join()
