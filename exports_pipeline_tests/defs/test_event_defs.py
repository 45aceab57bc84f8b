"""Months of events are made ahead, and dropped when they are kept no longer."""

from datetime import UTC, date, datetime, timedelta

from exports_pipeline.defs.events import event_upkeep
from exports_pipeline_tests.event_rows import an_event
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import fake_ports


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
