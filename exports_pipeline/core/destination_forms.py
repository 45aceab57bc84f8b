"""What each channel needs to know of a destination, which of it is secret, and whether it was given."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from exports_pipeline.core.recipient import Channel
from exports_pipeline.core.refusals import InvalidDestination


@dataclass(frozen=True, kw_only=True)
class Blank:
    """One thing to fill in."""

    description: str
    is_required: bool = False
    is_secret: bool = False
    one_of: tuple[str, ...] = ()
    pattern: str | None = None
    type: type = str


@dataclass(frozen=True, kw_only=True)
class Form:
    """What a destination of a channel consists of."""

    address: str
    """What its address is, in words."""
    address_pattern: str
    blanks: Mapping[str, Blank] = field(default_factory=dict)


_TYPES = {str: "text", int: "a whole number", bool: "true or false"}
_LAST_PORT = 65_535
_MAILBOX = r"[^\s@,<>\"]{1,64}@[^\s@,<>\"]{1,253}"
_HOST = r"[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]+\]"
_PORT = Blank(description="Port; the channel's own if left out.", type=int)
_USERNAME = Blank(description="User name.", is_required=True)
_FOLDER = Blank(description="Folder the file is put into; the login's own if left out.", pattern=r"[^\x00-\x1f]{1,500}")

FORMS: Mapping[Channel, Form] = {
    Channel.EMAIL: Form(
        address="one e-mail address, or up to 20 separated by commas",
        address_pattern=rf"{_MAILBOX}(\s*,\s*{_MAILBOX}){{0,19}}",
        blanks={"attach": Blank(description="Whether small files are attached.", type=bool)},
    ),
    Channel.SLACK: Form(
        address="a channel id such as C0123456789, a user id, or #channel",
        address_pattern=r"#?[A-Za-z0-9._-]{1,80}",
        blanks={
            "attach": Blank(description="Whether small files are uploaded.", type=bool),
            "token": Blank(description="Token of a bot of your own; else the service's.", is_secret=True),
        },
    ),
    Channel.TELEGRAM: Form(
        address="a chat id, or @channel",
        address_pattern=r"-?[0-9]{1,20}|@[A-Za-z0-9_]{1,40}",
        blanks={"attach": Blank(description="Whether small files are sent as documents.", type=bool)},
    ),
    Channel.WEBHOOK: Form(
        address="a URL that takes POST",
        address_pattern=r"https?://[^\s@]{1,2000}",
        blanks={
            "secret": Blank(
                description="Signs every message (Standard Webhooks); whsec_ and base64 of 24 to 64 bytes. "
                "Several, separated by spaces, while it is being changed.",
                is_secret=True,
                is_required=True,
                pattern=r"whsec_[A-Za-z0-9+/=]{32,100}( whsec_[A-Za-z0-9+/=]{32,100})*",
            ),
        },
    ),
    Channel.SFTP: Form(
        address="a host name",
        address_pattern=_HOST,
        blanks={
            "port": _PORT,
            "username": _USERNAME,
            "folder": _FOLDER,
            "host_key": Blank(
                description="The server's public key, as in known_hosts: algorithm and base64.",
                is_required=True,
                pattern=r"(ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/=]+",
            ),
            "password": Blank(description="Password.", is_secret=True),
            "private_key": Blank(description="Private key, as OpenSSH writes it.", is_secret=True),
        },
    ),
    Channel.FTP: Form(
        address="a host name",
        address_pattern=_HOST,
        blanks={
            "port": _PORT,
            "username": _USERNAME,
            "folder": _FOLDER,
            "tls": Blank(
                description="How the connection is encrypted; explicit if left out.",
                one_of=("explicit", "implicit", "none"),
            ),
            "password": Blank(description="Password.", is_secret=True, is_required=True),
        },
    ),
    Channel.TEAMS: Form(
        address="a name for yourself; the webhook's URL is a secret",
        address_pattern=r"[^\x00-\x1f]{1,200}",
        blanks={
            "url": Blank(
                description="URL of a workflow that posts into a channel when a webhook request is received.",
                is_secret=True,
                is_required=True,
                pattern=r"https?://\S{1,2000}",
            ),
        },
    ),
    Channel.APPRISE: Form(
        address="a name for yourself; the URL is a secret",
        address_pattern=r"[^\x00-\x1f]{1,200}",
        blanks={
            "url": Blank(
                description="A notification URL as Apprise spells it, such as ntfy://topic.",
                is_secret=True,
                is_required=True,
                pattern=r"[a-z0-9+]+://\S{1,2000}",
            ),
        },
    ),
}


def check_address(channel: Channel, address: str, *, field: str) -> None:
    """Refuse an address that the channel could not reach.

    Raises:
        InvalidDestination: it is not spelled as the channel spells addresses.
    """
    form = FORMS[channel]
    if not re.fullmatch(form.address_pattern, address):
        raise InvalidDestination(f"The address of {channel} is {form.address}.", field=field)


def check_filled_in(
    channel: Channel,
    address: str,
    options: Mapping[str, Any],
    secrets: Mapping[str, str],
) -> None:
    """Refuse what does not describe a destination of the channel.

    Raises:
        InvalidDestination: it names the field.
    """
    check_address(channel, address, field="address")
    blanks = FORMS[channel].blanks
    for place, given, is_secret in (("options", options, False), ("secrets", secrets, True)):
        known = [name for name, blank in blanks.items() if blank.is_secret is is_secret]
        for name, value in given.items():
            if name not in known:
                listed = ", ".join(known) or "none"
                raise InvalidDestination(
                    f"{channel} has no {name[:40]!r} among its {place}; there are: {listed}.",
                    field=f"{place}.{name[:40]}",
                )
            _check_value(blanks[name], value, field=f"{place}.{name}")
        for name in known:
            if blanks[name].is_required and name not in given:
                raise InvalidDestination(
                    f"{channel} needs {name!r}: {blanks[name].description}", field=f"{place}.{name}"
                )
    if channel is Channel.SFTP and not {"password", "private_key"} & set(secrets):
        raise InvalidDestination("sftp needs a password or a private_key among its secrets.", field="secrets")


def _check_value(blank: Blank, value: Any, *, field: str) -> None:
    sentence = _fault_of(blank, value)
    if sentence is not None:
        raise InvalidDestination(sentence, field=field)


def _fault_of(blank: Blank, value: Any) -> str | None:
    if type(value) is not blank.type:
        return f"This must be {_TYPES[blank.type]}."
    if isinstance(value, int) and not isinstance(value, bool) and not 1 <= value <= _LAST_PORT:
        return f"A port lies between 1 and {_LAST_PORT}."
    if not isinstance(value, str):
        return None
    if blank.one_of and value not in blank.one_of:
        return f"This must be one of: {', '.join(blank.one_of)}."
    if not re.fullmatch(blank.pattern or r"(?s:.{1,10000})", value):
        return f"This does not look right. {blank.description}"
    return None
