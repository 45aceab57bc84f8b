"""The channels that the settings set up: are mail server, bot and Slack there, and do they know us?"""

from collections.abc import Iterator

from exports_pipeline.adapters.senders.mail import make_mail_sender
from exports_pipeline.adapters.senders.mime import mailbox_of
from exports_pipeline.channels import make_senders
from exports_pipeline.checkup.finding import Finding, broken, fine, warning
from exports_pipeline.core.errors import DeliveryUnavailable, ExportError, NotConfigured
from exports_pipeline.core.message import Sender, Target
from exports_pipeline.core.recipient import Channel
from exports_pipeline.settings import Settings

_ADVICE = {
    Channel.EMAIL: "Check EXPORTS_SMTP_URL and EXPORTS_MAIL_FROM.",
    Channel.TELEGRAM: "Check TELEGRAM_BOT_TOKEN and TELEGRAM_API_URL; @BotFather tells the token.",
    Channel.SLACK: "Check SLACK_BOT_TOKEN and SLACK_API_URL; the app's page OAuth & Permissions tells the token.",
}
_NAMES = {Channel.EMAIL: "mail server", Channel.TELEGRAM: "Telegram bot", Channel.SLACK: "Slack bot"}


def check_channels(settings: Settings) -> Iterator[Finding]:
    """Log in where the deployment has something to log in with; no message is sent, and nothing is said of others."""
    if settings.smtp_url is not None and settings.mail_from is None:
        yield warning("mail server", "EXPORTS_MAIL_FROM is not set: there is no mail.", _ADVICE[Channel.EMAIL])
    elif settings.smtp_url is not None and settings.mail_from is not None:
        url, sender = settings.smtp_url.get_secret_value(), settings.mail_from
        try:
            mail = make_mail_sender(url, sender=sender)
        except NotConfigured as error:
            yield broken("mail server", error.sentence, _ADVICE[Channel.EMAIL])
        else:
            yield _logged_in(mail, Channel.EMAIL, mailbox_of(sender))
    others = make_senders(settings.model_copy(update={"smtp_url": None}))
    if settings.telegram_token is not None:
        yield _logged_in(others[Channel.TELEGRAM], Channel.TELEGRAM, "")
    if settings.slack_token is not None:
        yield _logged_in(others[Channel.SLACK], Channel.SLACK, "")


def _logged_in(sender: Sender, channel: Channel, address: str) -> Finding:
    """Try a channel out up to where a trial would write something."""
    steps = iter(sender.trial(Target(channel=channel, address=address)))
    try:
        while next(steps) != "write":
            pass
    except DeliveryUnavailable as error:
        return broken(_NAMES[channel], f"Is away, or does not answer well: {error.sentence}", _ADVICE[channel])
    except ExportError as error:
        return broken(_NAMES[channel], error.sentence, _ADVICE[channel])
    return fine(_NAMES[channel], "Answers and knows us.")
