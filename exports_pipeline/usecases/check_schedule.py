"""Check what somebody wants to recur: its times, what it makes, and with whose rights."""

from datetime import timedelta

from exports_pipeline.core.cron import parse_cron
from exports_pipeline.core.errors import RequestError
from exports_pipeline.core.filters import Filters, select
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recipient import person
from exports_pipeline.core.recurrence import check_least_interval, next_window
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline.core.refusals import InvalidSchedule
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.schedule import Schedule, ScheduleKind
from exports_pipeline.core.scheduled_window import Condition
from exports_pipeline.core.unmasking import as_asked
from exports_pipeline.core.zones import zone_names
from exports_pipeline.usecases.schedule_parts import checked_job, unmask_reason

_FIELDS_OF_ITS_OWN = frozenset({"format"})


def check_schedule(schedule: Schedule, owner: Requester, *, ports: ExportPorts) -> None:
    """Let pass a schedule that can run as things are now.

    Raises:
        RequestError: it cannot; `field` is the one at fault, as `cron` or `body.options.bom`.
    """
    check_times(schedule.cron, schedule.timezone, ports=ports)
    _check_expiry(schedule, ports)
    for file_format in schedule.formats:
        try:
            checked_job(schedule, file_format, owner, at=ports.clock(), ports=ports)
        except RequestError as error:
            if error.field not in _FIELDS_OF_ITS_OWN:
                error.field = f"body.{error.field}" if error.field else "body"
            raise
    _check_key(schedule, owner, ports)
    if schedule.per_recipient and not any(map(person, schedule.recipients)):
        raise InvalidSchedule(
            "None of the recipients is a person of the system, named by id; so all get the same.", field="per_recipient"
        )


def check_times(cron: str, timezone: str, *, ports: ExportPorts) -> None:
    """Let pass an expression in a zone that there is, with windows that are far enough apart.

    Raises:
        InvalidCron, InvalidSchedule.
    """
    if timezone not in zone_names():
        raise InvalidSchedule(
            f"There is no time zone {timezone[:60]!r}; use an IANA name as Europe/Prague.", field="timezone"
        )
    today = ports.clock().date()
    check_least_interval(parse_cron(cron), since=today - timedelta(days=1), least=ports.limits.schedule_least)


def _check_expiry(schedule: Schedule, ports: ExportPorts) -> None:
    if schedule.expires_at is None:
        return
    due_at = next_window(schedule.parsed_cron, schedule.zone, after=ports.clock())
    if due_at is None or due_at >= schedule.expires_at:
        raise InvalidSchedule("It would expire before it comes due once.", field="expires_at")


def _check_key(schedule: Schedule, owner: Requester, ports: ExportPorts) -> None:
    if not schedule.key:
        return
    if schedule.condition is not Condition.CHANGED or schedule.kind is not ScheduleKind.EXPORT:
        raise InvalidSchedule("A key is for exports with the condition changed; leave it out.", field="key")
    dataset = ports.catalog.find(schedule.body["dataset_id"], owner)
    owner = as_asked(owner, unmask_reason(schedule, owner), needs_reason=ports.unmask_needs_reason)
    selection = select(dataset, Filters(columns=tuple(schedule.body.get("columns") or ())), owner)
    shown = {column.name: column.sensitive for column in selection.columns}
    for place, name in enumerate(schedule.key):
        if name not in shown:
            raise InvalidSchedule(f"The export has no column {name[:80]!r}.", field=f"key.{place}")
        if shown[name] is Sensitivity.MASK:
            raise InvalidSchedule(f"The column {name[:80]!r} is masked, and tells no rows apart.", field=f"key.{place}")
