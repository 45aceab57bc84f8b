"""Reads campaigns and the roll-ups of journeys."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, text

from exports_pipeline.adapters.expired_rows import delete_before
from exports_pipeline.adapters.metric_question import instants_text
from exports_pipeline.adapters.postgres import transaction
from exports_pipeline.adapters.sql_files import load_sql
from exports_pipeline.core.bucket import Bucket, Run, runs_of
from exports_pipeline.core.histogram import of_bytes, packed
from exports_pipeline.core.journey import COHORTS, durations
from exports_pipeline.core.journey_store import CohortFigures
from exports_pipeline.core.metric import Granularity

_SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
_CAMPAIGNS = text('SELECT campaign FROM campaigns WHERE tenant = :tenant ORDER BY campaign COLLATE "C"')
_KNOWS = text("SELECT EXISTS (SELECT FROM campaigns WHERE tenant = :tenant AND campaign = :campaign)")
_HISTOGRAMS = text("""
    SELECT step, since_step, histogram
    FROM journey_seconds
    WHERE tenant = :tenant AND campaign = :campaign AND day >= :since AND day < :until
        AND (CAST(:segments AS text[]) IS NULL OR segment = ANY (CAST(:segments AS text[])))""")
_TIMES = text("""
    SELECT times
    FROM journeys
    WHERE tenant = :tenant AND campaign = :campaign AND times[1] >= :since AND times[1] < :until
        AND (CAST(:segments AS text[]) IS NULL OR segment = ANY (CAST(:segments AS text[])))""")


class PostgresJourneyStore:
    """`JourneyStore` over Postgres."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def campaigns(self, tenant: str) -> list[str]:
        """All campaigns of a tenant."""
        with transaction(self._engine) as connection:
            return list(connection.execute(_CAMPAIGNS, {"tenant": tenant}).scalars())

    def knows(self, tenant: str, campaign: str) -> bool:
        """Whether the campaign is one of them."""
        with transaction(self._engine) as connection:
            return bool(connection.execute(_KNOWS, {"tenant": tenant, "campaign": campaign}).scalar_one())

    def cohorts(
        self, tenant: str, campaign: str, buckets: Sequence[Bucket], *, steps: int, segments: Sequence[str] | None
    ) -> CohortFigures:
        """Counts and histograms, of one snapshot."""
        which = {"tenant": tenant, "campaign": campaign, "segments": None if segments is None else list(segments)}
        with transaction(self._engine) as connection:
            connection.execute(_SNAPSHOT)
            reached = _reached(connection, which, buckets, steps)
            histograms = _histograms(connection, which, buckets[0].since, buckets[-1].until)
        return CohortFigures(reached=reached, histograms=histograms)

    def forget(self, *, before: datetime) -> int:
        """Delete the journeys that began before then, and what was counted of them; how many there were."""
        # The journeys first: a roll-up that changes one of them takes it out of its counts, which must be there then.
        journeys = delete_before(self._engine, "journeys", "times[1]", before)
        delete_before(self._engine, "journey_rollups", "bucket", before)
        delete_before(self._engine, "journey_seconds", "day", before)
        return journeys


def _reached(
    connection: Connection, which: dict[str, Any], buckets: Sequence[Bucket], steps: int
) -> tuple[tuple[int, ...], ...]:
    runs = runs_of(buckets, (Granularity.MINUTE, *COHORTS))
    asked = {
        **which,
        "starts": instants_text(bucket.since for bucket in buckets),
        "granularities": [run.granularity.value for run in runs],
        "sinces": instants_text(run.since for run in runs),
        "untils": instants_text(run.until for run in runs),
    }
    reached = [[0] * steps for _ in buckets]
    for place, step, journeys in connection.execute(load_sql("cohorts"), asked):
        if step <= steps:
            reached[place - 1][step - 1] = journeys
    return tuple(tuple(each) for each in reached)


def _histograms(
    connection: Connection, which: dict[str, Any], since: datetime, until: datetime
) -> dict[tuple[int, int], int]:
    """Of whole days of UTC from their roll-up, of the hours around them from the journeys themselves."""
    merged: defaultdict[tuple[int, int], int] = defaultdict(int)
    for run in runs_of([Bucket(start=since, since=since, until=until)], (Granularity.MINUTE, Granularity.DAY)):
        if run.granularity is Granularity.DAY:
            for step, since_step, histogram in connection.execute(_HISTOGRAMS, {**which, **_span(run)}):
                merged[step, since_step] += of_bytes(histogram)
        else:
            for (times,) in connection.execute(_TIMES, {**which, **_span(run)}):
                for step, since_step, duration in durations(times):
                    merged[step, since_step] += packed([duration])
    return dict(merged)


def _span(run: Run) -> dict[str, datetime]:
    return {"since": run.since, "until": run.until}
