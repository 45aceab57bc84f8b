"""What of an audit entry is personal, and can be erased without touching the rest."""

from collections.abc import Mapping
from typing import Any

from exports_pipeline.core.ledger import AuditEntry

_PERSONAL = frozenset({"address", "agent", "chat", "email", "owner_key", "recipient", "recipients", "telegram_chat_id"})
"""Names of members that hold something by which a person is reached or known."""
_WITHHELD = frozenset({"account_ids", "tag_ids"})
"""Values of filters, which may name people: an entry tells how many there were."""
_SECRET = ("authorization", "password", "private_key", "secret", "signed_url", "token")
"""What is in the name of a member that no entry may hold."""
_PARTS = ("before", "after", "details")


def parts_of(entry: AuditEntry) -> tuple[dict[str, dict[str, Any] | None], dict[str, dict[str, Any]] | None]:
    """The plain `before`, `after` and `details` of an entry, and the personal members of each, if there are any."""
    plain: dict[str, dict[str, Any] | None] = {}
    personal: dict[str, dict[str, Any]] = {}
    for part in _PARTS:
        given = getattr(entry, part)
        plain[part] = None if given is None else _without(given)
        found = {} if given is None else {name: value for name, value in given.items() if name in _PERSONAL}
        if found:
            personal[part] = found
    return plain, personal or None


def _without(members: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in members.items():
        if name in _PERSONAL:
            continue
        if name in _WITHHELD:
            kept[name] = len(value) if value is not None else 0
        elif any(word in name.lower() for word in _SECRET) and isinstance(value, str | bytes):
            kept[name] = "***"
        else:
            kept[name] = _without(value) if isinstance(value, Mapping) else value
    return kept
