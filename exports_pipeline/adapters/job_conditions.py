"""Conditions on rows of `export_jobs`, as the roll-ups of the insights understand the same words."""

from sqlalchemy import ColumnElement, Text, case, func, literal, literal_column

from exports_pipeline.adapters.tables import export_jobs
from exports_pipeline.core.job_filter import MANUAL, JobFilter
from exports_pipeline.core.lifecycle import Status

_job = export_jobs.c
IS_COMPLETED: ColumnElement[bool] = _job.status == literal_column("'completed'", Text)
"""That a job is completed, so that the index of such jobs is known to have it."""
_ERROR = case((_job.status == Status.FAILED, _job.error_code), else_="")


def conditions_of(jobs: JobFilter) -> list[ColumnElement[bool]]:
    """What must hold of a row so that its job is meant."""
    given: list[ColumnElement[bool] | None] = [
        _equal(_job.requester, jobs.user_id),
        _equal(_job.dataset, jobs.dataset),
        _equal(_job.type, jobs.type),
        _equal(_job.format, jobs.format),
        _equal(_job.list, jobs.list),
        _equal(_job.plan, jobs.plan),
        _equal(_job.status, jobs.status),
        _equal(_ERROR, jobs.error_code),
        None if jobs.tag is None else _tagged(jobs.tag),
        None if jobs.destination is None else _meant_for(jobs.destination),
    ]
    return [each for each in given if each is not None]


def _equal(column: ColumnElement[object], value: object) -> ColumnElement[bool] | None:
    return None if value is None else column == literal(value)


def _tagged(tag: str) -> ColumnElement[bool]:
    return _job.tag_summary.contains([tag]) if tag else func.cardinality(_job.tag_summary) == 0


def _meant_for(destination: str) -> ColumnElement[bool]:
    if destination == MANUAL:
        return func.jsonb_array_length(_job.recipients) == 0
    return _job.recipients.contains([{"channel": destination}])
