"""The words that pages have for what the service knows by a name."""

from exports_pipeline.core.delivery import DeliveryState, Kind
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.recipient import Channel

_STATUSES = {
    Status.PENDING: "waiting",
    Status.RUNNING: "running",
    Status.COMPLETED: "ready",
    Status.FAILED: "failed",
    Status.CANCELLED: "cancelled",
}
_CHANNELS = {
    Channel.EMAIL: "E-mail",
    Channel.SLACK: "Slack",
    Channel.TELEGRAM: "Telegram",
    Channel.WEBHOOK: "Webhook",
    Channel.SFTP: "SFTP server",
    Channel.FTP: "FTP server",
    Channel.TEAMS: "Microsoft Teams",
    Channel.APPRISE: "Other messenger",
}
_STATES = {
    DeliveryState.PENDING: "waiting to be sent",
    DeliveryState.SENDING: "being sent",
    DeliveryState.SENT: "sent",
    DeliveryState.FAILED: "not sent",
}
_KINDS = {
    Kind.RESULT: "the result",
    Kind.JOB_FAILED: "notice that it failed",
    Kind.JOB_RECOVERED: "notice that it works again",
    Kind.DELIVERY_FAILED: "notice that it was not sent",
}
_REDACTIONS = {"mask": "hidden", "hash": "shown as a code", "drop": "left out"}
_FORMATS = {
    "csv": "CSV",
    "xlsx": "Excel",
    "parquet": "Parquet",
    "json": "JSON",
    "jsonl": "JSON Lines",
    "pdf": "PDF",
    "html": "Web page",
}


def status(of: str) -> str:
    """How an export job is."""
    return _STATUSES[Status(of)]


def channel(of: str) -> str:
    """A way to reach somebody."""
    return _CHANNELS[Channel(of)]


def delivery(state: str) -> str:
    """How a delivery is."""
    return _STATES[DeliveryState(state)]


def kind(of: str) -> str:
    """What a delivery tells."""
    return _KINDS.get(Kind(of), "a notice")


def redaction(rule: str) -> str:
    """What is done to a column."""
    return _REDACTIONS.get(rule, rule.replace("truncate to", "rounded to").replace("scan for", "without any"))


def file_format(name: str) -> str:
    """What a file is written as."""
    return _FORMATS.get(name, name)
