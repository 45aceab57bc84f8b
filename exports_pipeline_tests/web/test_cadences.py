"""How often something recurs: the choices of people and the cron expressions that say the same."""

import pytest
from starlette.datastructures import FormData

from exports_api.web.forms.cadence import Cadence, explain, spoken
from exports_pipeline.core.refusals import InvalidCron
from exports_pipeline_tests.fakes.ports import fake_ports

SAID = {
    "30 7 * * *": Cadence(kind="daily", at="07:30"),
    "0 8 * * MON,THU": Cadence(kind="weekly", at="08:00", weekdays=("MON", "THU")),
    "5 23 31 * *": Cadence(kind="monthly", at="23:05", day="31"),
    "*/20 6-9 * * 1-5": Cadence(kind="cron", text="*/20 6-9 * * 1-5"),
}


@pytest.mark.parametrize(("cron", "cadence"), SAID.items(), ids=list(SAID))
def test_a_choice_is_an_expression_and_back(cron, cadence):
    assert cadence.cron == cron
    found = Cadence.of(cron)
    assert (found.kind, found.cron) == (cadence.kind, cron)


@pytest.mark.parametrize(
    ("cron", "kind", "again"),
    [
        ("@daily", "daily", "0 0 * * *"),
        ("@weekly", "weekly", "0 0 * * SUN"),
        ("0 9 * * MON-FRI", "weekly", "0 9 * * MON,TUE,WED,THU,FRI"),
        ("0 9 13 * FRI", "cron", "0 9 13 * FRI"),
        ("0 9 * 1 *", "cron", "0 9 * 1 *"),
        ("0,30 9 * * *", "cron", "0,30 9 * * *"),
    ],
)
def test_an_expression_of_others_becomes_the_simplest_choice_that_says_the_same(cron, kind, again):
    found = Cadence.of(cron)
    assert (found.kind, found.cron) == (kind, again)


@pytest.mark.parametrize(
    "fields",
    [
        {"cadence": "weekly", "at": "08:00"},
        {"cadence": "daily", "at": "late"},
        {"cadence": "daily", "at": "24:00"},
        {"cadence": "monthly", "at": "08:00", "day": "32"},
        {"cadence": "monthly", "at": "08:00", "day": "1 * * * *"},
        {"cadence": "cron", "cron": "whenever"},
    ],
    ids=lambda fields: " ".join(fields.values()),
)
def test_what_is_not_chosen_or_wrong_is_told(fields):
    with pytest.raises(InvalidCron):
        explain(Cadence.read(FormData(fields)), "UTC", ports=fake_ports())


def test_ten_times_are_told_with_the_days_on_which_clocks_change():
    told = explain(Cadence(at="02:30"), "Europe/Prague", ports=fake_ports())
    assert told.words == "Every day at 02:30"
    assert len(told.times) == 10
    assert told.clock_changes == frozenset()
    sunday = explain(Cadence(kind="weekly", at="02:30", weekdays=("SUN",)), "Europe/Prague", ports=fake_ports())
    assert [each.isoformat() for each in sunday.clock_changes] == ["2026-03-29T01:00:00+00:00"]


def test_a_day_that_some_months_lack_is_told():
    assert explain(Cadence(kind="monthly", day="31"), "UTC", ports=fake_ports()).leaves_out_months
    assert not explain(Cadence(kind="monthly", day="28"), "UTC", ports=fake_ports()).leaves_out_months


def test_simple_times_are_said_as_people_say_them():
    said = {
        "@daily": "Every day at 00:00",
        "30 7 * * MON": "Every Monday at 07:30",
        "30 7 * * 1,4,0": "Every Monday, Thursday and Sunday at 07:30",
        "30 7 * * MON-FRI": "Monday to Friday at 07:30",
        "0 9 1 * *": "On day 1 of every month at 09:00",
        "*/20 * * * *": "Every 20 minutes",
    }
    assert {cron: spoken(cron) for cron in said} == said
