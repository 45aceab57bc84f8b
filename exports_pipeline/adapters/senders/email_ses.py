"""Deliveries by e-mail, over Amazon SES."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError

from exports_pipeline.adapters.senders.attachment import attachments
from exports_pipeline.adapters.senders.mailbox import domain_of, read_mailboxes
from exports_pipeline.adapters.senders.mime import compose, mailbox_of
from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable
from exports_pipeline.core.message import Message, Target

_LATER = frozenset({"TooManyRequestsException", "LimitExceededException", "SendingPausedException", "Throttling"})
_BUSY, _BROKEN, _FORBIDDEN = 429, 500, 403


def make_ses_client(
    *,
    region: str,
    endpoint_url: str | None = None,
    access_key: str | None = None,
    secret_key: str | None = None,
    timeout_s: float = 15.0,
) -> Any:
    """A client of SES that asks once, as the outbox tries again; without keys it finds credentials as boto3 does."""
    return boto3.client(
        "sesv2",
        region_name=region,
        endpoint_url=endpoint_url,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(
            connect_timeout=min(timeout_s, 5.0),
            read_timeout=timeout_s,
            retries={"total_max_attempts": 1, "mode": "standard"},
        ),
    )


class SesSender:
    """`Sender` over SES; the address of a target is one mailbox, or several separated by commas."""

    def __init__(
        self, client: Any, *, sender: str, domains: AbstractSet[str] | None = None, attach_bytes: int = 0
    ) -> None:
        self._client = client
        self._sender = sender
        self._domains = domains
        self._attach_bytes = attach_bytes

    def send(self, target: Target, message: Message) -> str:
        """Send one e-mail to all mailboxes and return the id that SES gave it; SES reports bounces elsewhere.

        Raises:
            TargetForbidden: a domain may not get mail.
            DeliveryRefused: SES refuses the mail, its sender, or our credentials.
            DeliveryUnavailable: SES does not answer, or asks to wait.
        """
        to = self._mailboxes(target)
        files = attachments(target, message, limit_bytes=self._attach_bytes)
        mail = compose(message, sender=self._sender, to=to, files=files)
        with _told():
            sent = self._client.send_email(
                FromEmailAddress=mailbox_of(self._sender),
                Destination={"ToAddresses": to},
                Content={"Raw": {"Data": mail}},
            )
        if "MessageId" not in sent:  # its client takes half an answer for a whole one
            raise DeliveryUnavailable("Amazon SES did not answer to the end.")
        return str(sent["MessageId"])

    def trial(self, target: Target) -> Iterator[str]:
        """Ask for our account, then for the sender; needs the permissions GetAccount and GetEmailIdentity too."""
        self._mailboxes(target)
        yield "authenticate"
        with _told():
            account = self._client.get_account()
        if not account.get("SendingEnabled"):
            raise DeliveryRefused("Amazon SES does not let this account send; an operator must look at it.")
        yield "write"
        box = mailbox_of(self._sender)
        if not any(self._is_verified(identity) for identity in (box, domain_of(box))):
            raise DeliveryRefused(f"Amazon SES has not verified the sender {box}; look at EXPORTS_MAIL_FROM.")

    def _mailboxes(self, target: Target) -> list[str]:
        to = read_mailboxes(target.address, domains=self._domains)
        if not all(map(str.isascii, to)):
            raise DeliveryRefused("Amazon SES takes only addresses in ASCII letters.")
        return to

    def _is_verified(self, identity: str) -> bool:
        with _told():
            try:
                return bool(self._client.get_email_identity(EmailIdentity=identity)["VerifiedForSendingStatus"])
            except self._client.exceptions.NotFoundException:
                return False


@contextmanager
def _told() -> Iterator[None]:
    """Say in our words what SES and its client raise."""
    try:
        yield
    except ClientError as error:
        raise _as_ours(error) from error
    except NoCredentialsError as error:
        raise DeliveryRefused("There are no credentials for Amazon SES; an operator must give some.") from error
    except (BotoCoreError, HTTPClientError) as error:
        raise DeliveryUnavailable("Amazon SES does not answer, or not in time.") from error


def _as_ours(error: ClientError) -> DeliveryRefused | DeliveryUnavailable:
    code = error.response["Error"].get("Code", "")
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if code in _LATER or status == _BUSY or status >= _BROKEN:
        return DeliveryUnavailable(f"Amazon SES asks to wait: {code}.")
    if status == _FORBIDDEN:
        return DeliveryRefused(f"Amazon SES refuses our credentials: {code}.")
    words = error.response["Error"].get("Message", "")[:300].rstrip(".")
    return DeliveryRefused(f"Amazon SES refuses the mail: {code}: {words}.")
