"""Months of events are made ahead, and dropped when they are kept no longer."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text

from exports_pipeline.adapters.campaigns_yaml import read_campaign_rules
from exports_pipeline.adapters.journey_reader import PostgresJourneyStore
from exports_pipeline.adapters.journey_rollup import JourneyRollup
from exports_pipeline.adapters.metric_store import PostgresMetricStore
from exports_pipeline.adapters.metrics_yaml import read_metrics
from exports_pipeline.defs.events import event_upkeep
from exports_pipeline.usecases.keep_event_months import keep_event_months
from exports_pipeline_tests.direct_figures import direct_figures, stored_figures
from exports_pipeline_tests.event_rows import an_event
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.journeys import add, empty
from exports_pipeline_tests.journeys import an_event as an_old_event
from exports_pipeline_tests.journeys import stored as told


def upkeep(ports):
    result = event_upkeep.execute_in_process(resources={"ports": ports})
    assert result.success
    [event] = [event for event in result.all_events if event.is_successful_output]
    metadata = event.step_output_data.metadata
    return metadata["made"].value, metadata["dropped"].value


def test_this_month_and_the_next_three_are_made_once():
    ports = fake_ports()
    assert upkeep(ports) == (4, 0)
    assert ports.events.months == {date(2026, month, 1) for month in (3, 4, 5, 6)}
    assert upkeep(ports) == (0, 0)
    ports.clock.now = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    assert upkeep(ports) == (4, 0)
    assert max(ports.events.months) == date(2027, 3, 1)


def test_a_month_is_dropped_a_day_after_the_last_of_its_events_could_come():
    ports = fake_ports()
    ports.events.add("ann", [an_event("old"), an_event("new", minutes=60 * 24 * 31)], now=NOON, replace=False)
    ports.clock.now = datetime(2028, 4, 1, 23, 59, tzinfo=UTC)
    assert upkeep(ports)[1] == 0
    ports.clock.now += timedelta(minutes=1)
    assert upkeep(ports)[1] == 1
    assert [event_id for _, event_id in ports.events.events] == ["new"]


def test_what_was_counted_of_dropped_events_goes_with_them(events_engine):
    metrics, rules = read_metrics(), read_campaign_rules(None, read_metrics())
    stored = PostgresMetricStore(events_engine, metrics, also=[JourneyRollup(rules.funnel)])
    empty(events_engine)
    last = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
    old, new = an_old_event("conversation", occurred_at=last), an_old_event("conversation", customer="new")
    new = replace(new, occurred_at=last + timedelta(minutes=1))
    add(events_engine, old, new)
    stored.roll_up(NOON)
    ports = replace(fake_ports(), metrics=stored, journeys=PostgresJourneyStore(events_engine))
    ports.clock.now = datetime(2028, 4, 2, tzinfo=UTC)
    kept = keep_event_months(ports)
    assert (kept.buckets > 10, kept.journeys) == (True, 1)
    with events_engine.begin() as connection:
        connection.execute(text("DELETE FROM analytics_events WHERE customer <> 'new'"))
        # But for the week in which the month begins.
        kept_figures = {key: value for key, value in direct_figures(metrics, [new]).items() if key[3] > last}
        assert stored_figures(connection) == kept_figures
    assert [customer for _, _, customer in told(events_engine)] == ["new"]
    assert stored.check(buckets=200, seed=1) == []
    again = keep_event_months(ports)
    assert (again.buckets, again.journeys) == (0, 0)
