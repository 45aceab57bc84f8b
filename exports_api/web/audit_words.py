"""Entries of the audit log in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from exports_api.schemas.audit_logs import AuditEntryView
from exports_api.web.forms.audit import ENTITIES, OUTCOMES
from exports_api.web.viewing import NOTHING, Viewing
from exports_pipeline.core.origin import NOBODY

_LONGEST = 600
_PAGES: Mapping[str, str] = {"job": "/exports/", "schedule": "/schedules/"}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that an entry changed."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class ToldEntry:
    """An entry as a page tells it."""

    entry: AuditEntryView
    who: str
    """The owner key of the actor, or their id where they are not known any more."""
    whom: str
    """The subject, likewise; empty where it is the actor."""
    done: str
    """What was done, as `Schedule changed`."""
    outcome: str
    on: str
    """What it was done to, as `a schedule`."""
    page: str
    """The path of its page; empty where it has none."""
    changes: tuple[Change, ...]
    more: tuple[tuple[str, str], ...]
    """Names and values of the details."""


def told(entry: AuditEntryView, names: Mapping[UUID, str], view: Viewing) -> ToldEntry:
    """An entry in words; `names` are owner keys by user. What is personal is told where it stands in the entry."""
    before, after, details = (_whole(entry, part) for part in ("before", "after", "details"))
    return ToldEntry(
        entry=entry,
        who="somebody unknown" if entry.actor == NOBODY and _is_refusal(entry) else _who(entry.actor, names),
        whom=_who(entry.subject, names) if entry.subject and entry.subject != entry.actor else "",
        done=_words(entry.action),
        outcome=OUTCOMES.get(entry.outcome, entry.outcome),
        on=ENTITIES.get(entry.entity_type, entry.entity_type) if entry.entity_type else "",
        page=_page(entry),
        changes=tuple(_changes(before, after, view)),
        more=tuple((_words(name), _text(value, view)) for name, value in details.items()),
    )


def _who(user: UUID, names: Mapping[UUID, str]) -> str:
    return "the service" if user == NOBODY else names.get(user, str(user))


def _is_refusal(entry: AuditEntryView) -> bool:
    return entry.action.startswith("request.")


def _words(name: str) -> str:
    return name.replace(".", " ").replace("_", " ").capitalize()


def _page(entry: AuditEntryView) -> str:
    if entry.job_id:
        return f"/exports/{entry.job_id}"
    page = _PAGES.get(entry.entity_type, "")
    return page + entry.entity_id if page and _is_id(entry.entity_id) else ""


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _whole(entry: AuditEntryView, part: str) -> dict[str, Any]:
    personal = entry.personal if isinstance(entry.personal, dict) else {}
    return {**(getattr(entry, part) or {}), **(personal.get(part) or {})}


def _changes(before: Mapping[str, Any], after: Mapping[str, Any], view: Viewing) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        old, new = (_text(each[name], view) if name in each else "" for each in (before, after))
        yield Change(name=_words(name), before=old, after=new)


def _text(value: Any, view: Viewing) -> str:
    text = _said(value, view)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _said(value: Any, view: Viewing) -> str:
    """A value of JSON without its signs; instants in the viewer's zone."""
    if value is None or value in ([], {}):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{_words(name)}: {_said(each, view)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(_said(each, view) for each in value)
    return _moment(value, view) if isinstance(value, str) else str(value)


def _moment(text: str, view: Viewing) -> str:
    """An instant as the viewer reads it, where a text is one."""
    try:
        at = datetime.fromisoformat(text)
        return view.moment(at) if at.tzinfo else text
    except (ValueError, OverflowError):
        return text
