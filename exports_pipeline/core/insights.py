"""What the service can tell of its own use: the nouns of the insights, and the port that counts."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from itertools import accumulate, pairwise
from math import inf
from typing import Protocol

from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.figures import SECONDS_BUCKETS
from exports_pipeline.core.job_filter import JobFilter
from exports_pipeline.core.time_spans import Span


class Facet(StrEnum):
    """By what jobs are told apart."""

    TAG = "tag"
    DESTINATION = "destination"
    FORMAT = "format"
    DATASET = "dataset"
    TYPE = "type"
    LIST = "list"
    PLAN = "plan"
    USER = "user"
    STATUS = "status"
    ERROR = "error"


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Jobs that ended, counted and added up."""

    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    rows: int = 0
    bytes: int = 0
    ran: int = 0
    """Jobs that ended while they were running; the seconds are theirs."""
    queue_us: int = 0
    """Microseconds from due to begun."""
    run_us: int = 0
    """Microseconds from begun to ended."""

    @property
    def jobs(self) -> int:
        """All of them; a job that was retried is counted by its last end alone."""
        return self.completed + self.failed + self.cancelled

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)})


@dataclass(frozen=True, kw_only=True)
class Counted:
    """The jobs of one span and one value of each facet."""

    span: int
    """Place of the span among those asked for."""
    key: tuple[str, ...]
    """A value of each facet, in their order; '' where a job has no tag, no label, no error."""
    tally: Tally


@dataclass(frozen=True, kw_only=True)
class Openings:
    """How often results were opened in one span: by the links of a channel, or downloaded by hand."""

    span: int
    channel: str
    openings: int
    bytes: int
    """The sizes of the opened files, added up."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """Files that are stored now."""

    dataset: str
    format: str
    files: int
    bytes: int


@dataclass(frozen=True, kw_only=True)
class SecondsCounts:
    """How many jobs took how long: one count for each of `SECONDS_BUCKETS`."""

    queue: tuple[int, ...]
    run: tuple[int, ...]


class InsightReader(Protocol):
    """Counts jobs that ended, and what became of their results; exact at the moment of each call.

    Every method raises LedgerUnavailable where the database does not answer.
    """

    def count(
        self, jobs: JobFilter, spans: Sequence[Span], by: Sequence[Facet] = (), *, among: Sequence[str] | None = None
    ) -> list[Counted]:
        """The jobs that ended in each span, where there are any; one with two tags counts under each of them.

        `among`: only these values of the first facet.
        """

    def longest(self, jobs: JobFilter, span: Span, by: Sequence[Facet], *, limit: int) -> tuple[list[Counted], int]:
        """The values of facets with the most jobs in a span, then in order, and how many more values there are."""

    def seconds(self, jobs: JobFilter, span: Span) -> SecondsCounts | None:
        """How long jobs took; None for a filter by which that is not kept."""

    def openings(self, jobs: JobFilter, spans: Sequence[Span]) -> list[Openings]:
        """The openings in each span, where there are any."""

    def largest(self, jobs: JobFilter, span: Span, *, limit: int) -> list[ExportJob]:
        """The completed jobs with the most rows, the largest first."""

    def stored(self, jobs: JobFilter, *, now: datetime) -> list[Stored]:
        """The files that have not expired, by dataset and format."""

    def roll_up(self) -> int:
        """Roll up what ended; how many ends that were. It changes no figure, only how fast it is read."""


def percentile(counts: Sequence[int], share: float) -> float | None:
    """The seconds that a share of the jobs did not exceed, by a straight line through the bucket it falls into.

    As Prometheus' `histogram_quantile` does it: exact to a bucket; of the last one, which has no end, its beginning.
    """
    wanted = share * sum(counts)
    if not wanted:
        return None
    bounds = list(pairwise((0.0, *SECONDS_BUCKETS)))
    for (below, up_to), count, so_far in zip(bounds, counts, accumulate(counts), strict=True):
        if so_far >= wanted and count:
            return below if up_to == inf else below + (up_to - below) * (wanted - so_far + count) / count
    return SECONDS_BUCKETS[-2]
