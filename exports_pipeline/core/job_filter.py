"""Which export jobs are meant, by what they have in common."""

from dataclasses import dataclass
from uuid import UUID

MANUAL = "manual"
"""The destination of a job without recipients: somebody fetches its file."""


@dataclass(frozen=True, kw_only=True)
class JobFilter:
    """Every condition that is given holds; '' means jobs that have no tag, no label, no error."""

    user_id: UUID | None = None
    dataset: str | None = None
    """Name of a dataset, or of the template of a report."""
    type: str | None = None
    tag: str | None = None
    """One of the tags that the dataset had when the job was requested."""
    format: str | None = None
    destination: str | None = None
    """A channel that the request named, or `MANUAL`."""
    list: str | None = None
    plan: str | None = None
    status: str | None = None
    error_code: str | None = None
    """Of jobs that have failed; the error of an attempt that was followed by another does not count."""


ANY_JOB = JobFilter()
