"""The ledger's figures as Prometheus metrics: the same from every process, and unmoved by restarts."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import accumulate, groupby
from math import inf

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from exports_pipeline.core.figures import SECONDS_BUCKETS, Figures, SecondsTotal

_PHASES = {
    "queue": ("exports_queue_seconds", "format", "Seconds from due to begun, of attempts that ended a job."),
    "run": ("exports_run_seconds", "format", "Seconds from begun to ended, of attempts that ended a job."),
    "delivery": ("exports_delivery_seconds", "channel", "Seconds from completed to sent."),
}


def ledger_metrics(figures: Figures, *, slots: int, now: datetime) -> Iterator[Metric]:
    """Every metric that the ledger knows; a metric nothing was counted for yet has no samples."""
    yield from _totals(figures)
    yield from _gauges(figures, slots=slots, now=now)
    of_phase: dict[str, list[SecondsTotal]] = {phase: [] for phase in _PHASES}
    for each in figures.seconds:
        of_phase[each.phase].append(each)
    for phase, (name, label, told) in _PHASES.items():
        yield _histogram(name, label, told, of_phase[phase])


def _totals(figures: Figures) -> Iterator[Metric]:
    jobs = CounterMetricFamily(
        "exports_jobs", "Export jobs that ended.", labels=["dataset", "format", "status", "error_code"]
    )
    rows = CounterMetricFamily("exports_rows", "Rows of completed exports.", labels=["dataset", "format"])
    uploaded = CounterMetricFamily(
        "exports_upload_bytes", "Bytes of completed exports, as stored.", labels=["dataset", "format"]
    )
    for each in figures.jobs:
        jobs.add_metric([each.dataset, each.format, each.status, each.error_code], each.jobs)
        if each.status == "completed":
            rows.add_metric([each.dataset, each.format], each.rows)
            uploaded.add_metric([each.dataset, each.format], each.bytes)
    deliveries = CounterMetricFamily("exports_deliveries", "Deliveries that ended.", labels=["channel", "state"])
    for sent in figures.deliveries:
        deliveries.add_metric([sent.channel, sent.state], sent.deliveries)
    yield from (jobs, rows, uploaded, deliveries)


def _gauges(figures: Figures, *, slots: int, now: datetime) -> Iterator[Metric]:
    current = GaugeMetricFamily("exports_current_jobs", "Export jobs that have not ended.", labels=["status"])
    current.add_metric(["pending"], figures.pending)
    current.add_metric(["running"], figures.running)
    yield current
    for name, told, value in (
        ("exports_worker_slots", "Exports that may run at the same time.", slots),
        ("exports_worker_slots_used", "Exports running, or launched and about to.", figures.slots_taken),
        ("exports_oldest_pending_seconds", "How long the oldest pending job has waited.", figures.oldest_due_at),
        ("exports_oldest_heartbeat_seconds", "Longest silence of a running job.", figures.oldest_heartbeat_at),
        ("exports_deliveries_waiting", "Deliveries not yet sent.", figures.deliveries_waiting),
        ("exports_audit_findings", "What the last verification of the audit log found.", figures.audit_findings),
        ("exports_audit_head_age_seconds", "Since when no head of the audit log was signed.", figures.audit_head_at),
        ("exports_audit_unsealed_seconds", "How long the oldest entry waits for a seal.", figures.oldest_unsealed_at),
        ("exports_delivery_lag_seconds", "How long the oldest of them has waited.", figures.oldest_delivery_at),
    ):
        yield GaugeMetricFamily(name, told, value=value if isinstance(value, int) else _age_s(value, now))


def _age_s(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


def _histogram(name: str, label: str, told: str, totals: Sequence[SecondsTotal]) -> Metric:
    family = HistogramMetricFamily(name, told, labels=[label])
    for value, of_label in groupby(totals, key=lambda each: each.label):
        found = {each.up_to: each for each in of_label}
        counts = accumulate(found[bound].events if bound in found else 0 for bound in SECONDS_BUCKETS)
        buckets = [
            ("+Inf" if bound == inf else str(bound), count)
            for bound, count in zip(SECONDS_BUCKETS, counts, strict=True)
        ]
        family.add_metric([value], buckets, sum_value=sum(each.seconds for each in found.values()))
    return family
