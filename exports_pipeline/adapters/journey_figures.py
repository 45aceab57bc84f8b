"""The roll-ups of journeys: written by difference, within the transaction that changes the journeys."""

import json
from typing import Any

from sqlalchemy import Connection, text

from exports_pipeline.adapters.sql_files import load_sql
from exports_pipeline.core.histogram import as_bytes, of_bytes
from exports_pipeline.core.journey import JourneyChange, SecondsKey

_DROP_EMPTY = text("""
    DELETE FROM journey_rollups AS known
    USING jsonb_to_recordset(CAST(:changes AS jsonb))
        AS change (tenant text, campaign text, granularity text, bucket timestamptz, segment text, step smallint)
    WHERE known.tenant = change.tenant AND known.campaign = change.campaign
        AND known.granularity = change.granularity AND known.bucket = change.bucket
        AND known.segment = change.segment AND known.step = change.step AND known.journeys = 0""")
_KEY = "tenant, campaign, granularity, bucket, segment, step, since_step"
_COLUMNS = (
    "tenant text, campaign text, granularity text, bucket timestamptz, segment text, step smallint, since_step smallint"
)
_HISTOGRAMS = text(f"""
    SELECT {_KEY}, histogram
    FROM jsonb_to_recordset(CAST(:wanted AS jsonb)) AS wanted ({_COLUMNS})
    JOIN journey_seconds USING ({_KEY})""")  # noqa: S608 - a constant
_PUT_HISTOGRAMS = text(f"""
    INSERT INTO journey_seconds ({_KEY}, histogram)
    SELECT {_KEY}, each.histogram
    FROM jsonb_to_recordset(CAST(:wanted AS jsonb)) AS wanted ({_COLUMNS}, place integer)
    JOIN unnest(CAST(:histograms AS bytea[])) WITH ORDINALITY AS each (histogram, place) USING (place)
    ON CONFLICT ({_KEY})
    DO UPDATE SET histogram = EXCLUDED.histogram""")  # noqa: S608 - a constant


def write_change(connection: Connection, change: JourneyChange) -> None:
    """Add what changed journeys change; counts that fall to nothing leave no row."""
    _add_counts(connection, change)
    _add_histograms(connection, change)


def _add_counts(connection: Connection, change: JourneyChange) -> None:
    names = ("tenant", "campaign", "granularity", "bucket", "segment", "step")
    rows: list[dict[str, Any]] = [
        {**dict(zip(names, key, strict=True)), "bucket": key[3].isoformat(), "journeys": journeys}
        for key, journeys in sorted(change.counts.items())
        if journeys
    ]
    if not rows:
        return
    connection.execute(load_sql("journey_counts_add"), {"changes": json.dumps(rows)})
    fallen = [row for row in rows if row["journeys"] < 0]
    if fallen:
        connection.execute(_DROP_EMPTY, {"changes": json.dumps(fallen)})


def _add_histograms(connection: Connection, change: JourneyChange) -> None:
    keys = sorted(key for key, histogram in change.histograms.items() if histogram)
    if not keys:
        return
    rows = [_place(key, place) for place, key in enumerate(keys, 1)]
    known = {
        tuple(row[:7]): of_bytes(row.histogram) for row in connection.execute(_HISTOGRAMS, {"wanted": json.dumps(rows)})
    }
    merged = [as_bytes(known.get(key, 0) + change.histograms[key]) for key in keys]
    connection.execute(_PUT_HISTOGRAMS, {"wanted": json.dumps(rows), "histograms": merged})


def _place(key: SecondsKey, place: int) -> dict[str, Any]:
    return {**dict(zip(_KEY.split(", "), key, strict=True)), "bucket": key[3].isoformat(), "place": place}
