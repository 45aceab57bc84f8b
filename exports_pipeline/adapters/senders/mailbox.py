"""Mailboxes: the addresses of an e-mail, checked, and in the spelling that mail servers know."""

import re
from collections.abc import Set as AbstractSet

import idna

from exports_pipeline.core.errors import DeliveryRefused, TargetForbidden

MAILBOX = re.compile(r"([^\s@,;:<>()\[\]\\\"]{1,64})@([^\s@,<>\"]{1,253})")


def read_mailboxes(addresses: str, *, domains: AbstractSet[str] | None = None) -> list[str]:
    """The mailboxes among addresses separated by commas, each once; `domains` are those that may get mail.

    Domains come out in ASCII (IDNA 2008); what stands before the @ stays as it is.

    Raises:
        DeliveryRefused: one is no address, or there are none.
        TargetForbidden: one has a domain that is not on the list.
    """
    boxes = list(dict.fromkeys(_read(each.strip()) for each in addresses.split(",") if each.strip()))
    if not boxes:
        raise DeliveryRefused("There is no e-mail address to send to.")
    strangers = {domain_of(box) for box in boxes} - domains if domains is not None else set()
    if strangers:
        named = ", ".join(sorted(strangers))
        raise TargetForbidden(f"Mail may not go to {named}; an operator may allow it with EXPORTS_MAIL_DOMAINS.")
    return boxes


def ascii_domain(domain: str) -> str:
    """A domain as DNS spells it (IDNA 2008).

    Raises:
        ValueError: it is none.
    """
    return idna.encode(domain, uts46=True).decode()


def domain_of(mailbox: str) -> str:
    """What stands behind the @."""
    return mailbox.rpartition("@")[2]


def _read(address: str) -> str:
    match = MAILBOX.fullmatch(address)
    if match is None or not address.isprintable() or "=?" in address:  # which mail programs may decode (RFC 2047)
        raise DeliveryRefused(f"{address[:100]!r} is no e-mail address.")
    local, domain = match.groups()
    try:
        return f"{local}@{ascii_domain(domain)}"
    except ValueError as error:
        raise DeliveryRefused(f"{address[:100]!r} has a domain that cannot exist.") from error
