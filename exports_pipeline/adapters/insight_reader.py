"""The insights in Postgres: sums over the roll-ups and what is not rolled up yet, and the ledger for single jobs."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from operator import sub
from typing import Any, NamedTuple

from sqlalchemy import Engine, func, select, text

from exports_pipeline.adapters import insight_sql
from exports_pipeline.adapters.insight_levels import (
    LEVELS,
    WITH_OPENINGS,
    WITH_QUARTERS,
    WITH_SECONDS,
    given_in,
    level_for,
)
from exports_pipeline.adapters.insight_parts import TAIL, Part
from exports_pipeline.adapters.job_conditions import IS_COMPLETED, conditions_of
from exports_pipeline.adapters.job_rows import job_of
from exports_pipeline.adapters.metric_question import instants_text
from exports_pipeline.adapters.postgres import reading, transaction
from exports_pipeline.adapters.rollup_pieces import GRAINS, Piece, pieces_of
from exports_pipeline.adapters.tables import export_jobs
from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.figures import SECONDS_BUCKETS
from exports_pipeline.core.insights import Counted, Facet, Openings, SecondsCounts, Stored, Tally
from exports_pipeline.core.job_filter import JobFilter
from exports_pipeline.core.time_spans import Span

_job = export_jobs.c
_ROLL_UP = text("SELECT roll_up_tail(:most)")
_ENTRIES_AT_ONCE = 1_000
_NO_COUNTS = (0,) * len(SECONDS_BUCKETS)


class PostgresInsights:
    """`InsightReader` over Postgres; every method is one statement, so that its figures are of one moment."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def count(
        self, jobs: JobFilter, spans: Sequence[Span], by: Sequence[Facet] = (), *, among: Sequence[str] | None = None
    ) -> list[Counted]:
        """The jobs that ended in each span, by the values of facets.

        Each piece is read at the shortest level that knows the filter and the facets: a job may be of one kind in the
        months and of another in the quarters of a span, but its values of the facets are the same.
        """
        stretches = _stretches(tuple(spans))
        parts = _parts(jobs, by, stretches.grains)
        asked = insight_sql.counted(parts, _given(jobs), tuple(by), is_among=among is not None)
        bound = given_in(jobs) | stretches.bound | ({} if among is None else {"among": list(among)})
        with reading(self._engine) as connection:
            return [
                Counted(span=place, key=tuple(rest[: len(by)]), tally=_tally(rest[len(by) :]))
                for place, *rest in connection.execute(asked, bound).all()
            ]

    def longest(self, jobs: JobFilter, span: Span, by: Sequence[Facet], *, limit: int) -> tuple[list[Counted], int]:
        """The values of facets with the most jobs in a span, and how many more values there are."""
        stretches = _stretches((span,))
        asked = insight_sql.longest(_parts(jobs, by, stretches.grains), _given(jobs), tuple(by))
        bound = given_in(jobs) | stretches.bound | {"most": limit}
        with reading(self._engine) as connection:
            rows = connection.execute(asked, bound).all()
        found = [Counted(span=0, key=tuple(row[: len(by)]), tally=_tally(row[len(by) : -1])) for row in rows]
        return found, rows[0][-1] - len(rows) if rows else 0

    def seconds(self, jobs: JobFilter, span: Span) -> SecondsCounts | None:
        """How long jobs took; kept for all of them, for each user, and for each dataset and format."""
        level = level_for(jobs, among=WITH_SECONDS)
        if level is None:
            return None
        stretches = _stretches((span,))
        asked = insight_sql.took(tuple(Part(grain, level) for grain in stretches.grains), _given(jobs))
        with reading(self._engine) as connection:
            row = connection.execute(asked, given_in(jobs) | stretches.bound).one()
        queue, run, less_queue, less_run = (counts or _NO_COUNTS for counts in row)
        return SecondsCounts(queue=tuple(map(sub, queue, less_queue)), run=tuple(map(sub, run, less_run)))

    def openings(self, jobs: JobFilter, spans: Sequence[Span]) -> list[Openings]:
        """The openings in each span, by channel."""
        level = level_for(jobs, among=WITH_OPENINGS) or "job"
        stretches = _stretches(tuple(spans), ("day",))
        asked = insight_sql.opened(tuple(Part(grain, level) for grain in stretches.grains), _given(jobs))
        with reading(self._engine) as connection:
            rows = connection.execute(asked, given_in(jobs) | stretches.bound)
            return [
                Openings(span=place, channel=channel, openings=openings, bytes=size)
                for place, channel, openings, size in rows
                if openings
            ]

    def largest(self, jobs: JobFilter, span: Span, *, limit: int) -> list[ExportJob]:
        """The completed jobs with the most rows."""
        query = (
            select(export_jobs)
            .where(IS_COMPLETED, *conditions_of(jobs))
            .where(_job.completed_at >= span.since, _job.completed_at < span.until)
            .order_by(_job.volume.desc(), _job.completed_at.desc(), _job.id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [job_of(row) for row in connection.execute(query).mappings()]

    def stored(self, jobs: JobFilter, *, now: datetime) -> list[Stored]:
        """The files that have not expired; read from the ledger, as there are only those of the last days."""
        query = (
            select(
                _job.dataset, _job.format, func.count().label("files"), func.sum(_job.file_size_bytes).label("bytes")
            )
            .where(IS_COMPLETED, _job.expires_at > now, *conditions_of(jobs))
            .group_by(_job.dataset, _job.format)
        )
        with reading(self._engine) as connection:
            return [Stored(**row) for row in connection.execute(query).mappings()]

    def roll_up(self) -> int:
        """Move what ended from the tail into the roll-ups, some thousand jobs a transaction."""
        rolled_up = 0
        while True:
            with transaction(self._engine) as connection:
                taken: int = connection.execute(_ROLL_UP, {"most": _ENTRIES_AT_ONCE}).scalar_one()
            rolled_up += taken
            if taken < _ENTRIES_AT_ONCE:
                return rolled_up


def _parts(jobs: JobFilter, by: Sequence[Facet], grains: Iterable[str]) -> insight_sql.Parts:
    level, short = (level_for(jobs, by, among=levels) or "job" for levels in (tuple(LEVELS), WITH_QUARTERS))
    return tuple(Part(grain, short if grain == "quarter" else level) for grain in grains)


def _given(jobs: JobFilter) -> tuple[str, ...]:
    return tuple("no tag" if name == "tag" and not value else name for name, value in given_in(jobs).items())


class _Stretches(NamedTuple):
    """Spans in pieces, each grain of which is another part of the roll-ups."""

    grains: tuple[str, ...]
    bound: dict[str, Any]
    """Of each grain, and of the tail, the places of the spans, and sign, begin and end of their pieces."""


@lru_cache(maxsize=128)
def _stretches(spans: tuple[Span, ...], grains: tuple[str, ...] = GRAINS) -> _Stretches:
    """Remembered, as one page asks several questions about the same time."""
    placed: dict[str, list[tuple[int, Piece]]] = {}
    for place, span in enumerate(spans):
        for piece in (*pieces_of(span, grains), Piece(TAIL.grain, 1, span.since, span.until)):
            placed.setdefault(piece.grain, []).append((place, piece))
    bound: dict[str, Any] = {}
    for grain, pieces in placed.items():
        bound[f"places_{grain}"] = [place for place, _ in pieces]
        bound[f"signs_{grain}"] = [piece.sign for _, piece in pieces]
        bound[f"sinces_{grain}"] = instants_text(piece.since for _, piece in pieces)
        bound[f"untils_{grain}"] = instants_text(piece.until for _, piece in pieces)
    return _Stretches(tuple(grain for grain in placed if grain != TAIL.grain), bound)


def _tally(sums: Sequence[int]) -> Tally:
    return Tally(**dict(zip(insight_sql.SUMS, sums, strict=True)))
