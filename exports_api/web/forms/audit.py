"""The form of the audit log: which entries are wanted, in words that a person chooses by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from pydantic import ValidationError
from starlette.datastructures import QueryParams

from exports_api.schemas.audit_logs import AuditQuery
from exports_api.web.forms.days import DaysForm
from exports_api.web.viewing import Viewing
from exports_pipeline.core.audit_page import AuditFilter
from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.days import Days

ON_A_PAGE = 25
ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "": "everything",
        "export.*": "exports",
        "report.*": "reports",
        "schedule.*": "schedules",
        "delivery.*": "deliveries",
        "link.*": "opened links",
        "destination.*": "saved recipients",
        "user.*": "people",
        "role.*": "roles",
        "team.*": "teams",
        "key.*": "API keys",
        "redaction.*": "protected columns shown",
        "request.*": "refused requests",
        "quota.*": "quotas",
        "catalogue.*": "the list of datasets",
        "retention.*": "deleted old data",
        "audit.*": "the audit log itself",
    }
)
ENTITIES: Mapping[str, str] = MappingProxyType(
    {
        "": "anything",
        "job": "an export or report",
        "schedule": "a schedule",
        "destination": "a saved recipient",
        "user": "a person",
        "team": "a team",
        "key": "an API key",
        "dataset": "a dataset",
        "catalogue": "the list of datasets",
        "retention": "old data",
        "audit": "the audit log",
    }
)
OUTCOMES: Mapping[str, str] = MappingProxyType({"": "any", "ok": "done", "refused": "refused", "error": "failed"})
FIELDS = ("action", "entity_type", "actor", "outcome")
_LONGEST = 200


@dataclass(frozen=True, kw_only=True)
class AuditForm:
    """The fields as they were filled, and what they say."""

    days: DaysForm
    filled: Mapping[str, str]
    wanted: AuditFilter
    refusal: str
    is_first: bool
    """Whether the newest entries are wanted."""

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the days was chosen."""
        return any(self.filled.values())

    def link(self, **changes: str) -> str:
        """The query of the same days with other fields."""
        fields = {**self.days.filled, **self.filled, **changes}
        return urlencode({name: value for name, value in fields.items() if value})

    @property
    def export(self) -> str:
        """The query that fills the form of the dataset `audit_log` as this one is filled, as far as it can be."""
        days, action = self.days.days, self.filled["action"]
        fields = {"start_date": days.from_.isoformat(), "end_date": days.to.isoformat()}
        return urlencode(fields | ({"tag_ids": action} if action and not action.endswith("*") else {}))

    @staticmethod
    def read(params: QueryParams, view: Viewing, now: datetime) -> "AuditForm":
        """What the query of an address says.

        Raises:
            InvalidCursor: another list has made it.
        """
        days = DaysForm.read(params, view, now, also=FIELDS)
        filled = {name: params.get(name, "").strip()[:_LONGEST] for name in FIELDS}
        given: dict[str, Any] = {name: value for name, value in filled.items() if value} | _instants(days.days)
        if cursor := params.get("cursor"):
            given["cursor"] = cursor
        if "actor" in given:
            given["actor"] = user_id(given["actor"])
        try:
            wanted, refusal = AuditQuery.model_validate({**given, "limit": ON_A_PAGE}).as_filter(), days.refusal
        except ValidationError:
            wanted, refusal = AuditFilter(), "There is no such choice; choose from the lists."
        if not refusal and days.days.to < days.days.from_:
            refusal = "The last day lies before the first one."
        return AuditForm(days=days, filled=filled, wanted=wanted, refusal=refusal, is_first=not cursor)


def _instants(days: Days) -> dict[str, str]:
    """The first moment of the days, and the first after them, by the clock of their zone."""
    first, after = (datetime.combine(day, time(), days.zone) for day in (days.from_, _next(days.to)))
    return {"start_date": first.isoformat(), "end_date": after.isoformat()}


def _next(day: date) -> date:
    return day if day == date.max else day + timedelta(days=1)
