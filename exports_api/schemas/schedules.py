"""The bodies that create, change and preview schedules."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StrictBool

from exports_api.schemas.export_request import MAX_COLUMNS, MAX_RECIPIENTS, ColumnName, RecipientBody
from exports_api.schemas.fields import FreeObject, Instant, WithoutNul
from exports_api.schemas.sharing import ShareWith
from exports_pipeline.core.formats import Format
from exports_pipeline.core.period import Period
from exports_pipeline.core.schedule import CatchUp
from exports_pipeline.core.scheduled_window import Condition

_EXAMPLES: list[JsonValue] = [
    {
        "name": "Transactions, every working day",
        "kind": "export",
        "body": {"dataset_id": "fct_transactions"},
        "format": "csv",
        "cron": "30 7 * * MON-FRI",
        "timezone": "Europe/Prague",
    },
    {
        "name": "Transactions of the month, where there are new ones",
        "kind": "export",
        "body": {
            "dataset_id": "fct_transactions",
            "columns": ["booked_on", "amount", "currency"],
            "period": "last_month",
        },
        "format": ["csv", "parquet"],
        "cron": "@monthly",
        "timezone": "Europe/Prague",
        "catch_up": "all",
        "condition": "not_empty",
    },
]
_FORMATS = ", ".join(Format)

Name = Annotated[str, Field(min_length=1, max_length=200), WithoutNul]
CronText = Annotated[str, Field(min_length=1, max_length=200), WithoutNul]
Zone = Annotated[str, Field(min_length=1, max_length=60), WithoutNul]
FormatName = Annotated[str, Field(min_length=1, max_length=40), WithoutNul]
FormatNames = FormatName | Annotated[list[FormatName], Field(min_length=1, max_length=7)]
Recipients = Annotated[list[RecipientBody], Field(max_length=MAX_RECIPIENTS)]
Key = Annotated[list[ColumnName], Field(max_length=MAX_COLUMNS)]

_CRON = (
    "Five fields: minute, hour, day of month, month, day of week; numbers, `*`, lists, ranges, steps, MON and JAN, "
    "or @hourly, @daily, @weekly, @monthly, @yearly."
)
_BODY = (
    "What is made, as the body of POST /api/analytics/exports or /reports, without recipients. In place of its days an "
    f"export may have a `period`, as seen on the day of the window: {', '.join(Period)}."
)
_FORMAT = f"One format or several: {_FORMATS}. May stand in `body` instead."
_CATCH_UP = "Which windows run that were missed in an outage: the newest `one`, `all` of them spread out, or `none`."
_CONDITION = "When a result is sent: `always`, if it is `not_empty`, or if it has `changed` since the last one."
_KEY = "Columns by which rows are paired to tell what changed; for `changed` only."
_SHARE_WITH = "Ids of teams of yours, whose members may see, pause and run it; it goes on with your rights."
_PER_RECIPIENT = "Whether recipients who are people of the system, named by user id, get what their own rights show."


class ScheduleBody(BaseModel):
    """A recurring export or report."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": _EXAMPLES})

    name: Name = Field(description="What it is called.", examples=["Transactions, every working day"])
    kind: Literal["export", "report"] = Field(description="What it makes.")
    body: FreeObject = Field(description=_BODY, examples=[{"dataset_id": "fct_transactions"}])
    cron: CronText = Field(description=_CRON, examples=["30 7 * * MON-FRI", "@daily"])
    timezone: Zone = Field("UTC", description="IANA zone of the expression.", examples=["Europe/Prague"])
    recipients: Recipients | None = Field(None, description="Who gets each result.", examples=[[]])
    format: FormatNames | None = Field(None, description=_FORMAT, examples=["csv"])
    is_active: StrictBool = Field(default=True, description="Whether it runs.")
    catch_up: CatchUp = Field(CatchUp.ONE, description=_CATCH_UP)
    condition: Condition = Field(Condition.ALWAYS, description=_CONDITION)
    key: Key | None = Field(None, description=_KEY, examples=[[]])
    per_recipient: StrictBool = Field(default=False, description=_PER_RECIPIENT)
    expires_at: Instant = Field(None, description="From here on it does not run.", examples=["2030-01-01"])
    share_with: ShareWith | None = Field(None, description=_SHARE_WITH, examples=[[]])


class SchedulePatch(BaseModel):
    """What is to be different; fields that are left out stay as they are."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"cron": "0 8 * * MON-FRI"}]})

    name: Name = Field("", description="What it is called.")
    body: FreeObject = Field(default={}, description=_BODY)
    cron: CronText = Field("", description=_CRON)
    timezone: Zone = Field("", description="IANA zone of the expression.")
    recipients: Recipients = Field(default=[], description="Who gets each result.")
    format: FormatNames = Field("", description=_FORMAT)
    is_active: StrictBool = Field(default=True, description="Whether it runs.")
    catch_up: CatchUp = Field(CatchUp.ONE, description=_CATCH_UP)
    condition: Condition = Field(Condition.ALWAYS, description=_CONDITION)
    key: Key = Field(default=[], description=_KEY)
    per_recipient: StrictBool = Field(default=False, description=_PER_RECIPIENT)
    expires_at: Instant = Field(None, description="From here on it does not run; null takes that back.")

    @property
    def given(self) -> dict[str, Any]:
        """The fields that the body names."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class CronBody(BaseModel):
    """An expression to be explained."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"cron": "30 2 * * *", "timezone": "Europe/Prague"}]}
    )

    cron: CronText = Field(description=_CRON, examples=["30 2 * * *"])
    timezone: Zone = Field("UTC", description="IANA zone of the expression.", examples=["Europe/Prague"])
    after: Instant = Field(None, description="Show the times after this instant; now, if left out.", examples=[None])


class NextTime(BaseModel):
    """A time at which an expression comes due."""

    at: datetime = Field(description="The instant, in UTC.")
    local: str = Field(
        description="By the clocks of the zone, with their offset.", examples=["2026-03-29T03:00:00+02:00"]
    )
    is_clock_change: bool = Field(description="Whether the clocks are put forward or back on that day.")


class CronPreview(BaseModel):
    """An expression explained."""

    cron: str = Field(description="The five fields.", examples=["30 2 * * *"])
    in_words: str = Field(description="When it comes due.", examples=["At 02:30"])
    timezone: str = Field(description="IANA zone.", examples=["Europe/Prague"])
    next: list[NextTime] = Field(description="The next ten times.")
