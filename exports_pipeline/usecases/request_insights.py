"""Turn a request for the insights about exports into a pending job: a report with charts, or the rows themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from exports_pipeline.core.errors import RequestError
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.formats import Format, parse_format, parse_options
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recipient import Recipient
from exports_pipeline.core.refusals import InvalidDateRange, NotAllowed
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.enter_job import Requested
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.request_report import request_report

DATASET = "export_insights"
TEMPLATE = "insights"
FORMATS = (Format.CSV, Format.XLSX, Format.PDF)
DEFAULT_DAYS = 90
"""With today, unless a range is given."""
_FIELDS = {
    "start_date": "from",
    "end_date": "to",
    "account_ids": "filters.dataset",
    "tag_ids": "filters.tag",
    "timezone": "timezone",
    "user_id": "filters.user",
    "tags": "filters.tag",
    "destinations": "filters.destination",
    "error_code": "filters.error",
    **{name: f"filters.{name}" for name in ("list", "plan")},
}
"""What a client calls the fields of exports and of reports here."""


@dataclass(frozen=True, kw_only=True)
class InsightsRequest:
    """Which insights, and as what."""

    format: str
    first: date | None = None
    last: date | None = None
    """Inclusive, as is `first`."""
    timezone: str = "UTC"
    datasets: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    """'' for jobs without any."""
    users: tuple[UUID, ...] = ()
    """Of others for those who manage exports."""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By column of the dataset; '' for jobs that have none."""


def request_insights(
    request: InsightsRequest,
    requester: Requester,
    *,
    ports: ExportPorts,
    idempotency_key: str | None = None,
    recipients: Sequence[Recipient] = (),
) -> Requested:
    """Queue the report of the insights as XLSX or PDF, or the rows that it is made of as CSV.

    Raises:
        NotAllowed: the jobs of somebody else are asked for.
        RequestError: the request does not fit, with its fields as they are spelled here.
        QueueFull, LedgerUnavailable: as for an export.
    """
    try:
        return _requested(request, requester, ports, idempotency_key, recipients)
    except RequestError as error:
        name = (error.field or "").rpartition(".")[2]
        error.field = _FIELDS.get(name, error.field)
        raise


def _requested(
    request: InsightsRequest,
    requester: Requester,
    ports: ExportPorts,
    idempotency_key: str | None,
    recipients: Sequence[Recipient],
) -> Requested:
    file_format = parse_format(request.format, among=FORMATS)
    if not requester.manages_exports and set(request.users) - {requester.user_id}:
        raise NotAllowed("Only those who manage exports see the insights of others; leave `filters.user` out.")
    timezone = parse_options(Format.PARQUET, {"timezone": request.timezone}).timezone
    last = request.last or ports.clock().astimezone(ZoneInfo(timezone)).date()
    first = request.first or date.fromordinal(max(1, last.toordinal() - DEFAULT_DAYS + 1))
    if last < first:
        raise InvalidDateRange(f"The end date {last} lies before the start date {first}.", field="to")
    # Tags are checked for there being any such, which jobs without one are not.
    tags, untagged = ((), request.tags) if "" in request.tags else (request.tags, ())
    wanted_values = {"user_id": tuple(map(str, request.users)), "tags": untagged, **request.values}
    values = {column: wanted for column, wanted in wanted_values.items() if wanted}
    if file_format is Format.CSV:
        filters = Filters(
            start_date=first,
            end_date=last,
            account_ids=request.datasets,
            tag_ids=tags,
            values=tuple(values.items()),
        )
        wanted = ExportRequest(dataset=DATASET, format=file_format, filters=filters, options={"timezone": timezone})
        return request_export(wanted, requester, ports=ports, idempotency_key=idempotency_key, recipients=recipients)
    parameters = {
        "start_date": first.isoformat(),
        "end_date": last.isoformat(),
        "timezone": timezone,
        "account_ids": list(request.datasets),
        "tag_ids": list(tags),
        **{column: list(wanted) for column, wanted in values.items()},
    }
    return request_report(
        TEMPLATE,
        parameters,
        file_format,
        requester,
        ports=ports,
        idempotency_key=idempotency_key,
        recipients=recipients,
    )
