"""The body that requests an export."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints, model_validator

from exports_api.schemas.fields import MAX_VALUES, FilterValue, FreeObject, IsoDate, LabelText, WithoutNul
from exports_api.schemas.sharing import ShareWith
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.formats import DATASET_FORMATS
from exports_pipeline.core.labels import NO_LABELS, Labels
from exports_pipeline.core.unmasking import LONGEST_REASON, SHORTEST_REASON

MAX_COLUMNS = 2_000
MAX_RECIPIENTS = 20
SHARE_WITH = "Ids of teams of yours, whose members may see and download it; it holds the rows that your rights select."
LABELS = "Which `list` and which `plan` of yours it is for; counted in the insights."
UNMASK = (
    "Why you need redacted columns as they are, for holders of UNMASK; it is kept in the audit log and in the receipt. "
    "Without it, columns are redacted as for everybody."
)
UnmaskReason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=SHORTEST_REASON, max_length=LONGEST_REASON),
    WithoutNul,
]
ColumnName = Annotated[str, Field(min_length=1, max_length=300), WithoutNul]


class RecipientBody(BaseModel):
    """Who gets the result, and how."""

    model_config = ConfigDict(extra="forbid")

    channel: Annotated[str, Field(max_length=40), WithoutNul] = Field(
        description="The way it takes.", examples=["telegram"]
    )
    address: Annotated[str, Field(min_length=1, max_length=500), WithoutNul] | None = Field(
        None, description="Where to, as the channel spells it: a chat id, an e-mail address, a URL."
    )
    destination_id: Annotated[str, Field(min_length=1, max_length=100), WithoutNul] | None = Field(
        None, description="A saved destination in place of an address."
    )

    @model_validator(mode="after")
    def has_one_target(self) -> "RecipientBody":
        """Refuse both or neither of address and destination."""
        if (self.address is None) == (self.destination_id is None):
            msg = "A recipient has either an address or a destination_id."
            raise ValueError(msg)
        return self


class LabelsBody(BaseModel):
    """What the result is for, in words of your own; it changes nothing, and is counted in the insights."""

    model_config = ConfigDict(extra="forbid")

    list: LabelText | None = Field(None, description="The list it feeds, as your programs call it.")
    plan: LabelText | None = Field(None, description="The plan it belongs to.")


def labels_of(body: LabelsBody | None) -> Labels:
    """The labels in the words of the core."""
    return Labels(list=body.list or "", plan=body.plan or "") if body else NO_LABELS


class ExportBody(BaseModel):
    """What to export; everything but the dataset and the format narrows it, and may be left out."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"dataset_id": "fct_transactions", "format": "csv"},
                {
                    "dataset_id": "fct_transactions",
                    "format": "csv",
                    "start_date": "2024-01-01",
                    "end_date": "2024-03-31",
                    "account_ids": ["demo-checking"],
                    "tag_ids": ["daily", "food"],
                    "columns": ["booked_on", "amount", "currency"],
                    "options": {"timezone": "Europe/Prague", "decimal_comma": True, "compression": "gzip"},
                },
            ]
        },
    )

    dataset_id: Annotated[str, Field(min_length=1, max_length=200), WithoutNul] = Field(
        description="Id or name of a dataset, as GET /api/analytics/datasets lists them.", examples=["fct_transactions"]
    )
    format: Annotated[str, Field(min_length=1, max_length=40), WithoutNul] = Field(
        description=f"What the file is written as: {', '.join(DATASET_FORMATS)}.", examples=["csv", "parquet"]
    )
    start_date: IsoDate = Field(
        None, description="First day, in the time zone of `options.timezone` (UTC by default).", examples=["2024-01-01"]
    )
    end_date: IsoDate = Field(None, description="Last day, itself included.", examples=["2024-03-31"])
    account_ids: Annotated[list[FilterValue], Field(max_length=MAX_VALUES)] | None = Field(
        None, description="Rows of these accounts only; empty means all.", examples=[["demo-checking"]]
    )
    tag_ids: Annotated[list[FilterValue], Field(max_length=MAX_VALUES)] | None = Field(
        None, description="Rows with at least one of these tags only; empty means all.", examples=[["food"]]
    )
    columns: Annotated[list[ColumnName], Field(max_length=MAX_COLUMNS)] | None = Field(
        None, description="These columns in this order; empty means all.", examples=[["amount"]]
    )
    options: FreeObject | None = Field(
        None,
        description="How the file is written. All formats: `timezone`, `control_totals`, `keep_result` (renditions "
        "then need no warehouse). JSON and CSV: `compression` (gzip, zstd). CSV: `delimiter`, `bom`, `decimal_comma`, "
        "`formula_guard`. PDF: `paper` (a4, letter).",
        examples=[{"timezone": "Europe/Prague", "compression": "gzip"}],
    )
    recipients: Annotated[list[RecipientBody], Field(max_length=MAX_RECIPIENTS)] | None = Field(
        None, description="Who gets the result besides the requester's own channels.", examples=[[]]
    )
    labels: LabelsBody | None = Field(None, description=LABELS, examples=[{"plan": "spring"}])
    unmask_reason: UnmaskReason | None = Field(None, description=UNMASK)
    share: StrictBool = Field(
        default=False,
        description="Take a job of yours that was requested in the same words and has not ended, if there is one; "
        "`Export-Shared: true` in the answer says so. Without effect beside an Idempotency-Key.",
    )

    share_with: ShareWith | None = Field(None, description=SHARE_WITH, examples=[[]])

    def as_request(self) -> ExportRequest:
        """The request in the words of the core."""
        return ExportRequest(
            dataset=self.dataset_id,
            format=self.format,
            filters=Filters(
                start_date=self.start_date,
                end_date=self.end_date,
                account_ids=tuple(self.account_ids or ()),
                tag_ids=tuple(self.tag_ids or ()),
                columns=tuple(self.columns or ()),
            ),
            options=self.options or {},
            unmask_reason=self.unmask_reason,
        )
