"""The channels that the settings set up, each with its sender."""

from exports_pipeline.adapters.senders.ftp import FtpSender
from exports_pipeline.adapters.senders.later import LaterSender
from exports_pipeline.adapters.senders.mail import make_mail_sender, read_domains
from exports_pipeline.adapters.senders.slack import SlackSender
from exports_pipeline.adapters.senders.teams import TeamsSender
from exports_pipeline.adapters.senders.telegram import TelegramSender
from exports_pipeline.adapters.senders.webhook import WebhookSender
from exports_pipeline.adapters.target_guard import TargetGuard
from exports_pipeline.adapters.telegram_api import BotApi
from exports_pipeline.adapters.telegram_bot import TelegramUpdates
from exports_pipeline.core.message import Sender
from exports_pipeline.core.recipient import Channel
from exports_pipeline.settings import Settings

_MEGABYTE = 1_000_000
_SENDERS = "exports_pipeline.adapters.senders"


def make_senders(settings: Settings) -> dict[str, Sender]:
    """The senders by channel; nothing connects before it is used.

    Webhooks, file transfers, Teams and Apprise need nothing of the deployment and are always there; mail and Telegram
    once they are set up. Slack is always there too, as a destination may bring a bot of its own.

    Raises:
        NotConfigured: a URL or a sender among the settings cannot be read.
    """
    guard = TargetGuard(allow_private=settings.allow_private_targets)
    attach_bytes = int(settings.attach_mb * _MEGABYTE)
    secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret else None
    token = settings.slack_token.get_secret_value() if settings.slack_token else None
    senders: dict[str, Sender] = {
        Channel.SLACK: SlackSender(token, api_url=settings.slack_api_url, attach_bytes=attach_bytes),
        Channel.WEBHOOK: WebhookSender(guard, secret=secret),
        Channel.SFTP: LaterSender(f"{_SENDERS}.sftp:SftpSender", lambda sender: sender(guard)),
        Channel.FTP: FtpSender(guard),
        Channel.TEAMS: TeamsSender(guard),
        Channel.APPRISE: LaterSender(
            f"{_SENDERS}.apprise_url:AppriseSender",
            lambda sender: sender(guard, allow_plain=settings.allow_private_targets),
        ),
    }
    if settings.smtp_url is not None and settings.mail_from is not None:
        senders[Channel.EMAIL] = make_mail_sender(
            settings.smtp_url.get_secret_value(),
            sender=settings.mail_from,
            domains=read_domains(settings.mail_domains),
            attach_bytes=attach_bytes,
        )
    api = _bot_api(settings)
    if api is not None:
        senders[Channel.TELEGRAM] = TelegramSender(api, attach_bytes=attach_bytes)
    return senders


def keyless_channels(settings: Settings) -> frozenset[Channel]:
    """The channels that are there only for destinations that bring a token or a secret of their own."""
    keys = {Channel.SLACK: settings.slack_token, Channel.WEBHOOK: settings.webhook_secret}
    return frozenset(channel for channel, key in keys.items() if key is None)


def make_bot(settings: Settings) -> TelegramUpdates | None:
    """The Telegram bot, to hear what happens in its chats; None where none is set up."""
    api = _bot_api(settings)
    return TelegramUpdates(api) if api else None


def _bot_api(settings: Settings) -> BotApi | None:
    if settings.telegram_token is None:
        return None
    return BotApi(settings.telegram_token.get_secret_value(), api_url=settings.telegram_api_url)
