"""What runs tell the log of their process: JSON lines that carry the ids of job, attempt and run."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb
from typing import Any

import dagster as dg
import structlog

from exports_pipeline.core.errors import ExportError, LostClaim
from exports_pipeline.core.metric_store import RolledUp
from exports_pipeline.usecases.deliver import Delivered
from exports_pipeline.usecases.enqueue_recurring import Tick
from exports_pipeline.usecases.run_export import Outcome

_log = structlog.get_logger()


@dg.logger
def json_lines(_context: dg.InitLoggerContext) -> logging.Logger:
    """Hands a run's events to the log of the process it runs in, in place of Dagster's coloured console."""
    logger = logging.getLogger("exports.run")
    logger.addFilter(_first_line)
    return logger


def _first_line(record: logging.LogRecord) -> bool:
    """Keep what happened and leave out the trace: DuckDB quotes values of rows, and the run's page has it."""
    record.msg = str(record.msg).partition("\n")[0]
    record.exc_info = None
    return True


AS_JSON: dict[str, dict[str, Any]] = {"json_lines": {"config": {}}}
"""The `loggers` of a run's configuration; without it Dagster takes its console nevertheless."""


@contextmanager
def ids_bound(*, job_id: str, attempt: int, run_id: str) -> Iterator[None]:
    """Put the ids on every line that is logged meanwhile, and say how an attempt ended that did not complete."""
    with structlog.contextvars.bound_contextvars(job_id=job_id, attempt=attempt, run_id=run_id):
        try:
            yield
        except LostClaim:
            _log.info("attempt_abandoned")
            raise
        except ExportError as error:
            _log.warning("attempt_failed", code=error.code, fault=error.fault, retryable=error.retryable)
            raise


def log_outcome(outcome: Outcome | None) -> None:
    """Say what an attempt made; nothing of what is in the rows."""
    if outcome is None:
        _log.info("attempt_was_over")
        return
    result = outcome.result
    _log.info("export_completed", rows=result.row_count, bytes=result.size_bytes, seconds=round(outcome.seconds, 3))


def log_deliveries(delivered: Delivered) -> None:
    """Say how a round of deliveries went; one that had nothing to send is no event."""
    for error in delivered.unforeseen:
        place = extract_tb(error.__traceback__)[-1]  # its words may hold an address or a secret
        _log.error("delivery_broke", error=type(error).__name__, file=Path(place.filename).name, line=place.lineno)
    if delivered != Delivered():
        _log.info("deliveries_tried", sent=delivered.sent, postponed=delivered.postponed, failed=delivered.failed)


def log_tick(tick: Tick) -> None:
    """Say what a tick of the schedules did; one that had nothing to do is no event."""
    if tick != Tick():
        _log.info("schedules_ticked", due=tick.due, late=tick.late, skipped=tick.skipped, failed=tick.failed)


def log_roll_up(done: RolledUp) -> None:
    """Say what a roll-up of events did; one that found nothing to do is no event."""
    if done != RolledUp():
        _log.info(
            "metrics_rolled_up",
            batches=done.batches,
            events=done.events,
            buckets=done.buckets,
            late=done.late,
            repaired=done.repaired,
            retold=done.retold,
            busy=done.is_busy,
        )


def log_check(mismatches: int) -> None:
    """Say how a comparison of metrics with their events ended."""
    if mismatches:
        _log.error("metrics_differ", mismatches=mismatches)
