"""Reads campaigns and the roll-ups of journeys."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Engine, text

from exports_pipeline.adapters.expired_rows import delete_before
from exports_pipeline.adapters.metric_question import instants_text, places_of
from exports_pipeline.adapters.postgres import reading, rows
from exports_pipeline.adapters.rollup_pieces import Piece, pieces_of
from exports_pipeline.adapters.sql_files import load_sql
from exports_pipeline.core.bucket import Bucket, floor
from exports_pipeline.core.histogram import ends_us, of_bytes, of_lanes
from exports_pipeline.core.journey import COHORTS, DURATIONS
from exports_pipeline.core.metric import Granularity
from exports_pipeline.core.midnights import shifted
from exports_pipeline.core.time_spans import Span

_WHOLE = tuple(each.value for each in reversed(DURATIONS))
_CAMPAIGNS = 'SELECT campaign FROM campaigns WHERE tenant = %(tenant)s ORDER BY campaign COLLATE "C"'
_KNOWS = text("SELECT EXISTS (SELECT FROM campaigns WHERE tenant = :tenant AND campaign = :campaign)")


class PostgresJourneyStore:
    """`JourneyStore` over Postgres."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def campaigns(self, tenant: str) -> list[str]:
        """All campaigns of a tenant."""
        return [campaign for (campaign,) in rows(self._engine, _CAMPAIGNS, {"tenant": tenant})]

    def knows(self, tenant: str, campaign: str) -> bool:
        """Whether the campaign is one of them."""
        with reading(self._engine) as connection:
            return bool(connection.execute(_KNOWS, {"tenant": tenant, "campaign": campaign}).scalar_one())

    def reached(
        self, tenant: str, campaign: str, buckets: Sequence[Bucket], *, steps: int, segments: Sequence[str] | None
    ) -> tuple[tuple[int, ...], ...]:
        """Counted from the roll-ups, at midnights of UTC, and what lies between these and the bounds of the buckets."""
        shift = shifted(buckets)
        whole, edges = (shift.buckets, shift.edges) if shift else (buckets, ())
        which = _which(tenant, campaign, segments)
        asked = which | dict(places_of(tuple(whole), edges, (Granularity.MINUTE, *COHORTS)))
        found: list[dict[int, int]] = [{} for _ in range(steps)]
        with reading(self._engine) as connection:
            for place, step, journeys in connection.execute(load_sql("cohorts"), asked).all():
                if step <= steps:
                    found[step - 1][place] = journeys
        places = range(1, len(buckets) + 1)
        series = [shift.restored(each) if shift else [each.get(place, 0) for place in places] for each in found]
        return tuple(zip(*series, strict=True))

    def durations(
        self, tenant: str, campaign: str, span: Bucket, *, segments: Sequence[str] | None
    ) -> Mapping[tuple[int, int], int]:
        """Whole days and months of UTC from their roll-ups, the edges beside them from the journeys themselves."""
        merged: defaultdict[tuple[int, int], int] = defaultdict(int)
        asked = _which(tenant, campaign, segments) | dict(_stretches(span))
        with reading(self._engine) as connection:
            for step, since_step, journeys, histogram, lane in connection.execute(load_sql("durations"), asked).all():
                told = of_bytes(histogram) * journeys if lane is None else of_lanes([(lane, journeys)])
                merged[step, since_step] += told
        return dict(merged)

    def forget(self, *, before: datetime) -> int:
        """Delete the journeys that began before then, and what was counted of them; how many there were."""
        # The journeys first: a roll-up that changes one of them takes it out of its counts, which must be there then.
        journeys = delete_before(self._engine, "journeys", "times[1]", before)
        delete_before(self._engine, "journey_rollups", "bucket", before)
        delete_before(self._engine, "journey_seconds", "bucket", before)
        return journeys


def _which(tenant: str, campaign: str, segments: Sequence[str] | None) -> dict[str, Any]:
    return {"tenant": tenant, "campaign": campaign, "segments": None if segments is None else list(segments)}


@lru_cache(maxsize=128)
def _stretches(asked: Bucket) -> Mapping[str, Any]:
    """What is read of days: ninety of them are three months, less a day or two, and the edges beside."""
    shift = shifted([asked])
    days = shift.buckets[0] if shift else asked
    # At the first bound what lies after it is added and what lies before it is taken away; at the last one not so.
    edges = list(shift.edges) if shift else []
    signs = [sign if bound else -sign for bound, sign in shift.signs] if shift else []
    if any(floor(bound, Granularity.DAY) != bound for bound in (days.since, days.until)):
        days, edges, signs = replace(asked, until=asked.since), [asked], [1]
    whole = pieces_of(Span(label="", since=days.since, until=days.until), _WHOLE)
    stored = {"granularities": [each.grain for each in whole], "signs": [each.sign for each in whole]}
    beside = {"edge_signs": signs, "beyond_us": _beyond_us()}
    return stored | beside | _instants(whole) | {f"edge_{name}": value for name, value in _instants(edges).items()}


def _instants(stretches: Sequence[Bucket | Piece]) -> dict[str, str]:
    return {
        "sinces": instants_text(each.since for each in stretches),
        "untils": instants_text(each.until for each in stretches),
    }


@cache
def _beyond_us() -> str:
    """Where each bucket of a histogram but the first begins, as Postgres writes an array."""
    return f"{{{','.join(str(end + 1) for end in ends_us())}}}"
