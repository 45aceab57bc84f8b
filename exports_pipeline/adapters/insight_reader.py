"""The insights in Postgres: sums over the roll-ups that triggers keep, and the ledger itself for single jobs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Engine,
    FromClause,
    Integer,
    Subquery,
    Table,
    TableValuedAlias,
    and_,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from exports_pipeline.adapters.insight_levels import WITH_SECONDS, kinds_meant, level_for, pieces_of, value_of
from exports_pipeline.adapters.insight_tables import job_kinds, job_rollups, opening_rollups
from exports_pipeline.adapters.job_conditions import conditions_of
from exports_pipeline.adapters.job_rows import job_of
from exports_pipeline.adapters.postgres import reading
from exports_pipeline.adapters.tables import export_jobs
from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.figures import SECONDS_BUCKETS
from exports_pipeline.core.insights import Counted, Facet, Openings, SecondsCounts, Stored, Tally
from exports_pipeline.core.job_filter import JobFilter
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.time_spans import Span

_total, _opened, _job = job_rollups.c, opening_rollups.c, export_jobs.c
_SUMS = ("completed", "failed", "cancelled", "rows", "bytes", "ran", "queue_us", "run_us")
_NO_COUNTS = (0,) * len(SECONDS_BUCKETS)
_BYTES = cast(_job.metadata["file_size_bytes"].astext, BigInteger)


class PostgresInsights:
    """`InsightReader` over Postgres; every method is one statement, so that its figures are of one moment."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def count(self, jobs: JobFilter, spans: Sequence[Span], by: Sequence[Facet] = ()) -> list[Counted]:
        """The jobs that ended in each span, by the values of facets; first by kind, which are few, then by value."""
        level = level_for(jobs, by) or "job"
        of_kinds = _of_kinds(job_rollups, [_total[name] for name in _SUMS], jobs, spans, level)
        is_kind = and_(job_kinds.c.id == of_kinds.c.kind, job_kinds.c.level == level)
        source: FromClause = of_kinds.join(job_kinds, is_kind)
        keys: list[ColumnElement[str]] = []
        for value in map(value_of, by):
            if isinstance(value, FromClause):  # a row for each tag, and of these one for each destination
                source = source.join(value, true())
                keys.append(value.c.value)
            else:
                keys.append(value)
        sums = [cast(func.sum(of_kinds.c[name]), BigInteger) for name in _SUMS]
        jobs_there = func.sum(of_kinds.c.completed + of_kinds.c.failed + of_kinds.c.cancelled)
        counted = (
            select(of_kinds.c.place, *keys, *sums)
            .select_from(source)
            .group_by(of_kinds.c.place, *keys)
            .having(jobs_there > 0)
        )
        with reading(self._engine) as connection:
            return [
                Counted(
                    span=row[0],
                    key=tuple(row[1 : 1 + len(by)]),
                    tally=Tally(**dict(zip(_SUMS, row[1 + len(by) :], strict=True))),
                )
                for row in connection.execute(counted)
            ]

    def seconds(self, jobs: JobFilter, span: Span) -> SecondsCounts | None:
        """How long jobs took; kept for all of them, for each user, and for each dataset and format."""
        level = level_for(jobs, among=WITH_SECONDS)
        if level is None:
            return None
        found = _in_spans(job_rollups, [_total.queue_counts, _total.run_counts], jobs, [span], level)
        query = select(func.sum_counts(found.c.queue_counts), func.sum_counts(found.c.run_counts))
        with reading(self._engine) as connection:
            queue, run = connection.execute(query).one()
        return SecondsCounts(queue=tuple(queue or _NO_COUNTS), run=tuple(run or _NO_COUNTS))

    def openings(self, jobs: JobFilter, spans: Sequence[Span]) -> list[Openings]:
        """The openings in each span, by channel."""
        level = level_for(jobs) or "job"
        of_kinds = _of_kinds(
            opening_rollups, [_opened.openings, _opened.bytes], jobs, spans, level, more=[_opened.channel]
        )
        sums = [cast(func.sum(of_kinds.c[name]), BigInteger).label(name) for name in ("openings", "bytes")]
        query = select(of_kinds.c.place.label("span"), of_kinds.c.channel, *sums)
        with reading(self._engine) as connection:
            rows = connection.execute(query.group_by(of_kinds.c.place, of_kinds.c.channel)).mappings()
            return [Openings(**row) for row in rows]

    def largest(self, jobs: JobFilter, span: Span, *, limit: int) -> list[ExportJob]:
        """The completed jobs with the most rows."""
        query = (
            select(export_jobs)
            .where(_job.status == Status.COMPLETED, *conditions_of(jobs))
            .where(_job.completed_at >= span.since, _job.completed_at < span.until)
            .order_by(_job.volume.desc(), _job.completed_at.desc(), _job.id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [job_of(row) for row in connection.execute(query).mappings()]

    def stored(self, jobs: JobFilter, *, now: datetime) -> list[Stored]:
        """The files that have not expired; read from the ledger, as there are only those of the last days."""
        query = (
            select(_job.dataset, _job.format, func.count().label("files"), func.sum(_BYTES).label("bytes"))
            .where(_job.status == Status.COMPLETED, _job.expires_at > now, *conditions_of(jobs))
            .group_by(_job.dataset, _job.format)
        )
        with reading(self._engine) as connection:
            return [Stored(**row) for row in connection.execute(query).mappings()]


def _of_kinds(
    table: Table,
    measures: Sequence[Any],
    jobs: JobFilter,
    spans: Sequence[Span],
    level: str,
    more: Sequence[Any] = (),
) -> Subquery:
    """Sums by span and kind."""
    found = _in_spans(table, [*more, *measures], jobs, spans, level)
    keys = [found.c.place, found.c.kind, *(found.c[each.name] for each in more)]
    sums = [func.sum(found.c[each.name]).label(each.name) for each in measures]
    return select(*keys, *sums).group_by(*keys).subquery()


def _in_spans(table: Table, columns: Sequence[Any], jobs: JobFilter, spans: Sequence[Span], level: str) -> Subquery:
    """The rows of a level within spans, each with the place of its span.

    Each grain is asked by itself, with its name in plain sight, so that Postgres looks at no other part of the table.
    """
    pieces, kinds, asked = pieces_of(spans), kinds_meant(jobs, level), []
    for grain in sorted({grain for _, grain, _, _ in pieces}):
        piece = _as_table([(place, since, until) for place, of, since, until in pieces if of == grain])
        query = (
            select(piece.c.place, table.c.kind, *columns)
            .select_from(piece.join(table, and_(table.c.bucket >= piece.c.since, table.c.bucket < piece.c.until)))
            .where(table.c.level == literal_column(f"'{level}'"), table.c.grain == literal_column(f"'{grain}'"))
        )
        asked.append(query if kinds is None else query.where(table.c.kind.in_(kinds)))
    return union_all(*asked).subquery()


def _as_table(pieces: Sequence[tuple[int, datetime, datetime]]) -> TableValuedAlias:
    """Pieces of time as rows: place of the span, begin, end."""
    places, begins, ends = zip(*pieces, strict=True)
    instant = DateTime(timezone=True)
    given = (
        literal(list(places), ARRAY(Integer)),
        literal(list(begins), ARRAY(instant)),
        literal(list(ends), ARRAY(instant)),
    )
    columns = (column("place", Integer), column("since", instant), column("until", instant))
    return func.unnest(*given).table_valued(*columns, name="piece").render_derived()
