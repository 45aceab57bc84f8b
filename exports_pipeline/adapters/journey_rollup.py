"""Tells journeys anew for the customers that new or corrected events touch, and keeps their roll-ups."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby, islice
from typing import Any, TypeVar

from sqlalchemy import Connection, TextClause, text

from exports_pipeline.adapters.journey_figures import write_change
from exports_pipeline.adapters.sql_files import load_sql
from exports_pipeline.core.funnel import Funnel
from exports_pipeline.core.journey import Journey, JourneyChange, Touch, tell

_CUSTOMERS_AT_ONCE = 10_000
"""Held in memory, and told anew in one transaction."""

_EVER = {"since": "-infinity", "until": "infinity"}
_Each = TypeVar("_Each")
_Key = tuple[str, str, str]
_Known = dict[_Key, tuple[str, tuple[datetime, ...]]]

_NOTE_CAMPAIGNS = text("""
    INSERT INTO campaigns (tenant, campaign)
    SELECT DISTINCT tenant, campaign FROM analytics_events
    WHERE batch_id = ANY (CAST(:batches AS bigint[])) AND campaign <> ''
    ON CONFLICT DO NOTHING""")
_TAKE = """
    DELETE FROM {0}
    WHERE (tenant, customer) IN (SELECT tenant, customer FROM {0} ORDER BY tenant, customer LIMIT :most)
    RETURNING tenant, customer"""
_TAKE_STALE = text(_TAKE.format("stale_customers"))
_TAKE_TO_RETELL = text(_TAKE.format("customers_to_retell"))
_KNOWN = text("""
    SELECT wanted.tenant, known.campaign, wanted.customer, known.segment, known.times
    FROM jsonb_to_recordset(CAST(:wanted AS jsonb)) AS wanted (tenant text, customer text)
    CROSS JOIN LATERAL (
        SELECT campaign, segment, times FROM journeys
        WHERE journeys.tenant = wanted.tenant AND journeys.customer = wanted.customer OFFSET 0
    ) AS known""")
_DEFINE = text("""
    WITH other AS (DELETE FROM journey_definition WHERE digest <> :digest)
    INSERT INTO journey_definition (digest) VALUES (:digest) ON CONFLICT DO NOTHING RETURNING digest""")
_RETELL_ALL = text("""
    INSERT INTO customers_to_retell (tenant, customer)
    SELECT tenant, customer FROM journeys
    UNION
    SELECT event.tenant, event.customer
    FROM analytics_events AS event JOIN event_batches AS batch ON batch.id = event.batch_id
    WHERE batch.rolled_up_at IS NOT NULL AND event.customer <> ''
    ON CONFLICT DO NOTHING""")
_IS_STALE = text("SELECT EXISTS (SELECT FROM stale_customers)")
_IS_BEHIND = text("""
    SELECT EXISTS (SELECT FROM customers_to_retell)
        OR NOT EXISTS (SELECT FROM journey_definition WHERE digest = :digest)""")
_NOTE_ALL_CAMPAIGNS = text("""
    INSERT INTO campaigns (tenant, campaign)
    SELECT DISTINCT event.tenant, event.campaign
    FROM analytics_events AS event JOIN event_batches AS batch ON batch.id = event.batch_id
    WHERE batch.rolled_up_at IS NOT NULL AND event.campaign <> ''
    ON CONFLICT DO NOTHING""")


class JourneyRollup:
    """`FollowingRollUp` of the events that do for a step of the funnel."""

    def __init__(self, funnel: Funnel, *, customers_at_once: int = _CUSTOMERS_AT_ONCE) -> None:
        self._funnel = funnel
        self._at_once = customers_at_once
        self._steps = json.dumps(
            [{"place": place, **asdict(step.events)} for place, step in enumerate(funnel.steps, 1)]
        )

    def add(self, connection: Connection, batch_ids: Sequence[int]) -> None:
        """Tell the journeys anew that events of new batches may change.

        A journey is told from its window alone: new events can only add to it, or begin it earlier. Events of open
        batches may count in it already; when their batch comes it is told again, with the same end.
        """
        batches = {"batches": list(batch_ids)}
        connection.execute(_NOTE_CAMPAIGNS, batches)
        asked = {**batches, "steps": self._steps, "window_s": self._funnel.window.total_seconds()}
        change = JourneyChange()
        for some in _chunks(connection.execute(load_sql("journeys_begun"), asked)):
            self._tell_anew(connection, [self._window(row) for row in some], _stories(some), change)
        write_change(connection, change)

    def mend(self, connection: Connection) -> None:
        """Tell the journeys of stale customers anew, from all their events."""
        self._retell(connection, _TAKE_STALE)

    def is_stale(self, connection: Connection) -> bool:
        """Whether there are stale customers."""
        return bool(connection.execute(_IS_STALE).scalar_one())

    def catch_up(self, connection: Connection) -> int:
        """List all customers when the funnel is new, and tell the journeys of some of the list anew; how many."""
        if connection.execute(_DEFINE, {"digest": self._funnel.digest}).first() is not None:
            connection.execute(_RETELL_ALL)
            connection.execute(_NOTE_ALL_CAMPAIGNS)
        return self._retell(connection, _TAKE_TO_RETELL)

    def is_behind(self, connection: Connection) -> bool:
        """Whether the funnel is not the one that all journeys were told by."""
        return bool(connection.execute(_IS_BEHIND, {"digest": self._funnel.digest}).scalar_one())

    def _retell(self, connection: Connection, taking: TextClause) -> int:
        change, count = JourneyChange(), 0
        for some in _chunks(connection.execute(taking, {"most": self._at_once})):
            wanted = [{"tenant": tenant, "customer": customer} for tenant, customer in some]
            known = connection.execute(_KNOWN, {"wanted": json.dumps(wanted)}).all()
            self._tell_anew(
                connection, [{**each, "campaign": None, **_EVER} for each in wanted], _stories(known), change
            )
            count += len(some)
        write_change(connection, change)
        return count

    def _window(self, row: Any) -> dict[str, Any]:
        until = row.began_at + self._funnel.window
        place = {"tenant": row.tenant, "campaign": row.campaign, "customer": row.customer}
        return {**place, "since": row.began_at.isoformat(), "until": until.isoformat()}

    def _tell_anew(
        self, connection: Connection, wanted: Sequence[Mapping[str, Any]], known: _Known, change: JourneyChange
    ) -> None:
        told = self._told(connection, wanted)
        changed = sorted(key for key in known.keys() | told.keys() if known.get(key) != told.get(key))
        for key in changed:
            if key in known:
                change.add(_journey(key, *known[key]), -1)
            if key in told:
                change.add(_journey(key, *told[key]), 1)
        rows = [_written(key, *told.get(key, ("", ()))) for key in changed]
        connection.execute(load_sql("journeys_write"), {"told": json.dumps(rows)})

    def _told(self, connection: Connection, wanted: Sequence[Mapping[str, Any]]) -> _Known:
        found = connection.execute(
            load_sql("journey_touches"), {"wanted": json.dumps(wanted), "steps": self._steps}
        ).all()
        told: _Known = {}
        for key, rows in groupby(sorted(found), key=lambda row: (row[0], row[1], row[2])):
            touches = [Touch(at=at, step=step, segment=segment) for *_, at, step, segment in rows]
            if (story := tell(touches, window=self._funnel.window)) is not None:
                told[key] = story
        return told


def _stories(rows: Iterable[Any]) -> _Known:
    """Segment and times by journey, of rows that may lack them."""
    return {(row.tenant, row.campaign, row.customer): (row.segment, tuple(row.times)) for row in rows if row.times}


def _journey(key: _Key, segment: str, times: tuple[datetime, ...]) -> Journey:
    tenant, campaign, customer = key
    return Journey(tenant=tenant, campaign=campaign, customer=customer, segment=segment, times=times)


def _written(key: _Key, segment: str, times: tuple[datetime, ...]) -> dict[str, Any]:
    tenant, campaign, customer = key
    place = {"tenant": tenant, "campaign": campaign, "customer": customer}
    return {**place, "segment": segment, "times": [at.isoformat() for at in times]}


def _chunks(rows: Iterable[_Each]) -> Iterator[list[_Each]]:
    remaining = iter(rows)
    while some := list(islice(remaining, _CUSTOMERS_AT_ONCE)):
        yield some
