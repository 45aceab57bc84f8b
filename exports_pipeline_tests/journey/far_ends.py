"""The servers that results are delivered to, as the stack reaches them."""

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from exports_pipeline_tests import sftp_server, slack_web_api, telegram_bot_api, webhook_far_end


@dataclass(frozen=True, kw_only=True)
class FarEnds:
    """Slack, a webhook, an SFTP server and Telegram on loopback; mail goes to the stack's own mailbox."""

    slack: Any
    webhooks: Any
    sftp: Any
    telegram: Any

    @property
    def variables(self):
        """What a stack must be told to reach them."""
        return {
            "EXPORTS_ALLOW_PRIVATE_TARGETS": "true",
            "SLACK_BOT_TOKEN": slack_web_api.TOKEN,
            "SLACK_API_URL": f"http://127.0.0.1:{self.slack.server_port}/api/",
            "TELEGRAM_BOT_TOKEN": telegram_bot_api.TOKEN,
            "TELEGRAM_API_URL": f"http://127.0.0.1:{self.telegram.server_port}",
        }

    @property
    def bank(self):
        """The SFTP server as a destination."""
        place = {"username": sftp_server.USERNAME, "folder": "inbox", "host_key": self.sftp.host_key}
        return {
            "channel": "sftp",
            "address": "127.0.0.1",
            "options": {**place, "port": self.sftp.port},
            "secrets": {"password": sftp_server.PASSWORD},
        }

    @property
    def hook(self):
        """The webhook as a destination."""
        url = f"http://127.0.0.1:{self.webhooks.server_port}/exports"
        return {"channel": "webhook", "address": url, "secrets": {"secret": webhook_far_end.SECRET}}

    def uploaded(self):
        """The files that the SFTP server has under their final names."""
        inbox = Path(self.sftp.root) / "inbox"
        return {path.name: path.read_bytes() for path in inbox.iterdir() if not path.name.startswith(".")}


@contextmanager
def served_far_ends(folder):
    """All of them, for a while."""
    (folder / "inbox").mkdir(parents=True)
    with ExitStack() as servers:
        yield FarEnds(
            slack=servers.enter_context(slack_web_api.served_web_api()),
            webhooks=servers.enter_context(webhook_far_end.served_webhooks()),
            sftp=servers.enter_context(sftp_server.served_sftp(folder)),
            telegram=servers.enter_context(telegram_bot_api.served_bot_api()),
        )


def mail_to(home, address):
    """The messages in a stack's mailbox for an address, in the order they came."""
    files = sorted((home / "mailbox").glob(f"*-{address}.eml"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
