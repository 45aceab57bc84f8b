"""The filters of the list of exports: what its address says, as the query that the API's list takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from starlette.datastructures import QueryParams

from exports_api.schemas.export_list import ListQuery
from exports_pipeline.core.errors import RequestError

ON_A_PAGE = 25
_SHOWN = ("status", "dataset", "format", "from", "to", "whose")
"""The fields of the form; an empty one says nothing."""
_LED_BY = ("type", "tag", "destination", "list", "plan", "error", "completed_from", "completed_to", "user")
"""What links lead here with, as the API's list takes it; there, an empty one says something."""


@dataclass(frozen=True, kw_only=True)
class ListForm:
    """The filters as they were chosen."""

    query: ListQuery
    shown: Mapping[str, str]
    """By field of the form."""
    led_by: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What else narrows the list."""

    @property
    def whose(self) -> str:
        """`mine`, `shared` or `all`; or the id of somebody."""
        return "shared" if self.query.shared else str(self.query.user or "mine")

    @property
    def narrows(self) -> bool:
        """Whether it leaves out any of the exports."""
        return bool(self.led_by) or any(value for name, value in self.shown.items() if name != "whose")

    def address(self, **more: str) -> str:
        """The query of an address with these filters."""
        whole = {name: value for name, value in {**self.shown, **more}.items() if value} | dict(self.led_by)
        return urlencode(whole)

    @staticmethod
    def read(params: QueryParams, *, zone: str) -> "ListForm":
        """What an address says; days are those of a zone.

        Raises:
            RequestError: a filter has a value that it cannot have.
        """
        shown = {name: params.get(name, "").strip() for name in _SHOWN}
        led_by = {name: params[name] for name in _LED_BY if name in params}
        wanted: dict[str, Any] = {name: shown[name] for name in ("status", "dataset", "format") if shown[name]}
        wanted |= led_by | {"limit": ON_A_PAGE, "cursor": params.get("cursor") or None}
        if shown["from"]:
            wanted["created_from"] = _midnight(shown["from"], zone)
        if shown["to"]:
            wanted["created_to"] = _midnight(shown["to"], zone, days=1)
        if shown["whose"] == "shared":
            wanted["shared"] = True
        elif shown["whose"] == "all":
            wanted["user"] = "all"
        try:
            return ListForm(query=ListQuery.model_validate(wanted), shown=shown, led_by=led_by)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise RequestError(f"The list cannot be narrowed like that: {first['msg']}") from error


def _midnight(day: str, zone: str, *, days: int = 0) -> str:
    """The first moment of a day of a zone, or of a later one, as the API's list takes it.

    Raises:
        RequestError: it is no day.
    """
    try:
        return (
            datetime.combine(date.fromisoformat(day) + timedelta(days=days), datetime.min.time(), ZoneInfo(zone))
        ).isoformat()
    except (ValueError, OverflowError) as error:
        raise RequestError("This is no day of the calendar; write it as 2026-03-31.") from error
