"""Cron expressions are read as Vixie's cron reads them, and what is wrong is said by the name of its field."""

import pytest

from exports_pipeline.core.cron import SHORTCUTS, parse_cron
from exports_pipeline.core.refusals import InvalidCron


def refusal(text):
    with pytest.raises(InvalidCron) as refused:
        parse_cron(text)
    assert refused.value.field == "cron"
    return refused.value.sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0 25 * * *", "hour: 25 is not between 0 and 23."),
        ("60 * * * *", "minute: 60 is not between 0 and 59."),
        ("0 0 0 * *", "day of month: 0 is not between 1 and 31."),
        ("0 0 * 13 *", "month: 13 is not between 1 and 12."),
        ("0 0 * * 8", "day of week: 8 is not between 0 and 7."),
        ("0 0 * * 5-1", "day of week: 5-1 ends before it begins."),
        ("*/0 * * * *", "minute: a step is at least 1."),
        ("5/10 * * * *", "minute: write 5-59/10 in place of 5/10."),
        ("0 0 30 2 *", "day of month: no such month has a day 30."),
    ],
)
def test_a_wrong_field_is_named(text, sentence):
    assert refusal(text) == sentence


def test_a_name_of_another_field_is_no_number():
    assert refusal("0 MON * * *") == "hour: 'MON' is no number."
    assert "the names are SUN, MON" in refusal("0 0 * * MO")


@pytest.mark.parametrize("text", ["0 0 L * *", "0 0 ? * *", "0 0 * * 1#2", ", * * * *", "1,, * * * *", "-1 * * * *"])
def test_signs_of_other_crons_are_not_understood(text):
    assert "is not understood" in refusal(text) or "is no number" in refusal(text)


@pytest.mark.parametrize("text", ["", "* * * *", "0 0 * * * *", "\n", "hello"])
def test_there_are_five_fields(text):
    assert "five fields, minute, hour, day of month, month, day of week" in refusal(text)


def test_there_are_some_shortcuts():
    assert "There is no shortcut '@reboot'" in refusal("@reboot")
    for shortcut, text in SHORTCUTS.items():
        assert parse_cron(shortcut.upper()) == parse_cron(text)


def test_names_ranges_and_both_sundays_are_read():
    cron = parse_cron(" 5,10-20/5 9  * jan,MAR-may FRI-SUN ")
    assert cron.minutes_of_day == (545, 550, 555, 560)
    assert cron.months == {1, 3, 4, 5}
    assert cron.weekdays == {0, 5, 6}
    assert parse_cron("0 0 * * 7").weekdays == parse_cron("0 0 * * SUN").weekdays == {0}
    assert parse_cron("0 0 * * */2").weekdays == {0, 2, 4, 6}


def test_a_day_that_suits_one_of_two_day_fields_will_do_unless_one_begins_with_a_star():
    assert not parse_cron("0 0 13 * FRI").needs_both_days
    assert parse_cron("0 0 13 * *").needs_both_days
    assert parse_cron("0 0 */2 * FRI").needs_both_days
