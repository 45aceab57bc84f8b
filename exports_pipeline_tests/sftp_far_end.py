"""The far end of SFTP: a server of a folder, and what talks to it."""

from exports_pipeline.adapters.senders.sftp import SftpSender
from exports_pipeline.adapters.target_guard import TargetGuard
from exports_pipeline.core.message import Target
from exports_pipeline.core.recipient import Channel
from exports_pipeline_tests.builders import a_file, a_message
from exports_pipeline_tests.contracts.sender_contract import Arrived, FarEnd
from exports_pipeline_tests.served_files import inbox
from exports_pipeline_tests.sftp_server import PASSWORD, USERNAME


def target(server, *, secrets=None, **options):
    return Target(
        channel=Channel.SFTP,
        address="127.0.0.1",
        options={
            "port": server.port,
            "username": USERNAME,
            "folder": "inbox",
            "host_key": server.host_key,
            **options,
        },
        secrets=secrets or {"password": PASSWORD},
    )


def sender(**limits):
    return SftpSender(TargetGuard(allow_private=True), **limits)


class SftpFarEnd(FarEnd):
    secret = PASSWORD
    shows = frozenset({"file", "changes"})
    attaches_by_option = False
    knows_twice = False
    steps = ("resolve", "connect", "authenticate", "write", "delete")

    def __init__(self, server):
        self._server = server
        self.sender = sender(timeout_s=0.7)
        self.target = target(server)

    @property
    def mood(self):
        return self._server.mood

    @mood.setter
    def mood(self, mood):
        self._server.mood = mood

    def arrived(self):
        return [Arrived(files={name: body}) for name, body in inbox(self._server).items() if not name.startswith(".")]

    def away(self):
        return self.sender, target(self._server, port=1)

    def wrong(self):
        return self.sender, target(self._server, secrets={"password": "not it at all"}), "not it at all"

    def message(self, **changes):
        return a_message(**{"file": a_file(), **changes})
