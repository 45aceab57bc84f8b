"""What of an audit entry is personal, and can be erased without touching the rest."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from exports_pipeline.core.ledger import AuditEntry

_PERSONAL = frozenset({"address", "agent", "chat", "email", "owner_key", "recipient", "recipients", "telegram_chat_id"})
"""Names of members that hold something by which a person is reached or known."""
_OF_ENTITY = {
    "schedule": _PERSONAL | {"name", "params"},
    "destination": _PERSONAL | {"name", "options"},
    "key": _PERSONAL | {"name"},
}
"""Of these, words of their owner are personal as well; names of teams and roles are not."""
_WITHHELD = frozenset({"account_ids", "tag_ids", "values", "where"})
"""Values of filters, which are values of rows, and may name people: an entry tells how many there were."""
_SECRET = ("authorization", "password", "private_key", "secret", "signed_url", "token")
"""What is in the name of a member that no entry may hold."""
_PARTS = ("before", "after", "details")


def parts_of(entry: AuditEntry) -> tuple[dict[str, dict[str, Any] | None], dict[str, dict[str, Any]] | None]:
    """The plain `before`, `after` and `details` of an entry, and the personal members of each, if there are any."""
    names = _OF_ENTITY.get(entry.entity_type, _PERSONAL)
    plain: dict[str, dict[str, Any] | None] = {}
    personal: dict[str, dict[str, Any]] = {}
    for part in _PARTS:
        given = getattr(entry, part)
        plain[part] = None if given is None else _without(given, names)
        found = {} if given is None else _only(given, names)
        if found:
            personal[part] = found
    return plain, personal or None


def _without(members: Mapping[str, Any], names: AbstractSet[str]) -> dict[str, Any]:
    """The members, without the personal ones among them or within them."""
    return {name: _shown(name, value, names) for name, value in members.items() if name not in names}


def _only(members: Mapping[str, Any], names: AbstractSet[str]) -> dict[str, Any]:
    """The personal ones among the members or within them, each where it stands."""
    kept: dict[str, Any] = {}
    for name, value in members.items():
        if name in names:
            kept[name] = _shown(name, value, frozenset())
        elif isinstance(value, Mapping) and (within := _only(value, names)):
            kept[name] = within
    return kept


def _shown(name: str, value: Any, names: AbstractSet[str]) -> Any:
    """A member as an entry holds it."""
    if name in _WITHHELD:
        return len(value) if value is not None else 0
    if any(word in name.lower() for word in _SECRET) and isinstance(value, str | bytes):
        return "***"
    if isinstance(value, list | tuple):
        return [_without(each, names) if isinstance(each, Mapping) else each for each in value]
    return _without(value, names) if isinstance(value, Mapping) else value
