"""Journeys of tests: a funnel of three steps, roll-ups as the metrics' own drives them, and the definition itself."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import text

from exports_pipeline.adapters.journey_rollup import JourneyRollup
from exports_pipeline.core.funnel import Funnel, Step
from exports_pipeline.core.metric import EventFilter
from exports_pipeline_tests.events import Event, empty_tables, store

WINDOW = timedelta(hours=30)
FUNNEL = Funnel(
    steps=(
        Step(name="picked_up", title="Picked up", events=EventFilter(event_type=("conversation",))),
        Step(name="interested", title="Interested", events=EventFilter(event_type=("intent",), label=("yes", "maybe"))),
        Step(name="qualified", title="Qualified", events=EventFilter(event_type=("lead",))),
    ),
    window=WINDOW,
)
START = datetime(2026, 3, 28, 21, tzinfo=UTC)


def empty(engine):
    tables = "journeys, journey_rollups, journey_seconds, campaigns, journey_definition, customers_to_retell"
    with engine.begin() as connection:
        empty_tables(connection)
        connection.execute(text(f"TRUNCATE {tables}"))


def add(engine, *events):
    with engine.begin() as connection:
        store(connection, list(events))


def roll_up(engine, *, most=None, funnel=FUNNEL, die=False):
    """One roll-up of the oldest batches, as that of the metrics drives it."""
    follower = JourneyRollup(funnel)
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        taken = connection.execute(
            text("""
                UPDATE event_batches SET rolled_up_at = now() WHERE id IN (
                    SELECT id FROM event_batches WHERE rolled_up_at IS NULL ORDER BY id LIMIT :most)
                RETURNING id"""),
            {"most": most},
        ).scalars()
        follower.add(connection, list(taken))
        if follower.is_stale(connection):
            follower.mend(connection)
        while follower.is_behind(connection):
            follower.catch_up(connection)
        if die:
            connection.rollback()
        else:
            connection.commit()


def an_event(event_type, **changes):
    event = Event(id=str(uuid4()), event_type=event_type, occurred_at=START, campaign="spring", customer="c1")
    return replace(event, **changes)


def does_for(event, step):
    return all(getattr(event, field) in texts for field, texts in step.events.fields.items())


def direct(events, funnel=FUNNEL):
    """The journeys by their definition, each step searched for among all events."""
    journeys = {}
    by_customer = defaultdict(list)
    for event in events:
        if event.campaign and event.customer:
            by_customer[event.tenant, event.campaign, event.customer].append(event)
    for key, own in by_customer.items():
        times = []
        for step in funnel.steps:
            fitting = [
                event.occurred_at
                for event in own
                if does_for(event, step) and (not times or times[-1] <= event.occurred_at <= times[0] + funnel.window)
            ]
            if not fitting:
                break
            times.append(min(fitting))
        if times:
            first = min(
                e.metadata.get("segment", "") for e in own if does_for(e, funnel.steps[0]) and e.occurred_at == times[0]
            )
            journeys[key] = (first, times)
    return journeys


def stored(engine):
    with engine.begin() as connection:
        rows = connection.execute(text("SELECT tenant, campaign, customer, segment, times FROM journeys")).all()
    return {(row.tenant, row.campaign, row.customer): (row.segment, row.times) for row in rows}
