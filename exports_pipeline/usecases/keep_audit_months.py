"""Keep the months of the audit log: those to come are made ahead, those beyond the retention are dropped."""

from dataclasses import dataclass

from exports_pipeline.core.event_months import first_kept, month_after, month_of
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.usecases.sign_audit_head import sign_audit_head

_MONTHS_AHEAD = 3


@dataclass(frozen=True, kw_only=True)
class AuditMonthsKept:
    """What one look after the months did."""

    made: int
    dropped_entries: int


def keep_audit_months(ports: ExportPorts) -> AuditMonthsKept:
    """Make this month and the next three, and drop those that are kept no longer, after a head was signed.

    Raises:
        NotConfigured, AuditLogDamaged: as `sign_audit_head`; then nothing is dropped.
    """
    now = ports.clock()
    month = month_of(now)
    made = ports.chain.make_months(month_after(month, ahead) for ahead in range(_MONTHS_AHEAD + 1))
    months, oldest = ports.limits.audit_months, ports.chain.oldest()
    if months is None or oldest is None or oldest >= (kept_since := first_kept(now, months=months)):
        return AuditMonthsKept(made=made, dropped_entries=0)
    sign_audit_head(ports)
    return AuditMonthsKept(
        made=made, dropped_entries=ports.chain.drop_month(month_after(month_of(kept_since), -1), now=now)
    )
