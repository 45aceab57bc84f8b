"""The pages of campaigns: figures beside the days before, the funnel, intents, and what is wrong about the days."""

import re
from dataclasses import replace
from html import unescape
from urllib.parse import quote

import pytest

from exports_pipeline_tests.campaign_events import HOSTILE, ODD, at, campaign_events
from exports_pipeline_tests.web.conftest import text_of

MARCH = {"from": "2026-03-01", "to": "2026-03-10"}
ONE = f"/campaigns/{quote(ODD, safe='')}"


@pytest.fixture
def ann(ports, visit):
    ports.metrics.events += campaign_events()
    return visit("ann")


def test_the_overview_tells_each_campaign_beside_as_many_days_before(ann):
    page = ann.get("/campaigns", params=MARCH)
    told = text_of(page)
    assert "1-10 Mar 2026 (Europe/Prague), compared with 19-28 Feb 2026" in told
    assert f"{ODD} 3 ▲ +200% more 133.3% ▲ +33.3% more 33.3% new, none before 3 ▲ +200% more" in told
    assert "bobs" not in told


def test_a_link_of_the_overview_leads_to_the_campaign_whatever_its_name(ann, ports):
    first = ports.metrics.events[0]
    ports.metrics.events += [replace(first, campaign=name) for name in (HOSTILE, "عرض الربيع")]
    page = ann.get("/campaigns", params=MARCH)
    assert "<script>alert" not in page.text
    links = [unescape(each) for each in re.findall('href="(/campaigns/[^"]+)"', page.text)]
    assert len(links) == 3
    titles = {re.search("<h1><bdi>(.*?)</bdi>", ann.get(link).text)[1] for link in links}
    assert {unescape(title) for title in titles} == {ODD, HOSTILE, "عرض الربيع"}


def test_a_campaign_tells_its_funnel_with_conversions_and_medians(ann):
    told = text_of(ann.get(ONE, params=MARCH))
    assert "how far they went within 30 days" in told
    funnel = told.partition("Half of them within")[2]
    assert re.match(
        r" Picked up 3 - 100% - Interested 2 66.7% 66.7% 2 h 0 min Qualified 1 50% 33.3% 4[67] h", funnel
    ), funnel[:200]


def test_a_campaign_tells_its_intents_with_share_and_those_of_before(ann):
    told = text_of(ann.get(ONE, params=MARCH)).partition("What customers wanted")[2]
    assert "4 intents ▲ +300% more (before: 1)" in told
    assert "interested 2 new, none before 50% before: 0% 66.7%" in told
    assert "angry 0 ▼ -100% less 0% before: 100% 0%" in told


def test_charts_have_every_day_and_long_ranges_longer_stretches(ann):
    days = ann.get(ONE, params=MARCH).text.partition("Over time")[2].partition("</table>")[0]
    assert days.count('<th scope="row">') == 10
    hours = ann.get(ONE, params={"from": "2026-03-02", "to": "2026-03-02", "granularity": "hour"}).text
    assert "2 Mar 2026, 13:00:00 CET" in hours.partition("Over time")[2].partition("</table>")[0]
    months = ann.get(ONE, params={"from": "2025-05-01", "to": "2026-03-10"}).text
    assert months.partition("Over time")[2].partition("</table>")[0].count('<th scope="row">') == 11


def test_segments_narrow_all_figures_and_stay_chosen(ann):
    page = ann.get(ONE, params=MARCH | {"segment": "gold"})
    assert "Conversations 1 " in text_of(page)
    assert 'name="segment" value="gold" checked' in page.text
    assert 'name="segment" value="">' in page.text
    assert "segment=gold" in re.search('href="(/campaigns\\?[^"]*)">Campaigns<', page.text)[1]
    assert "Conversations 2 " in text_of(ann.get(ONE, params=MARCH | {"segment": ""}))


def test_days_are_those_of_the_viewers_clock(ann, visit):
    """One conversation began at 23:00 UTC, which is the next day in Kolkata."""
    second = {"from": "2026-03-02", "to": "2026-03-02"}
    assert "Conversations 1 " in text_of(ann.get(ONE, params=second))
    abroad = visit("ann", zone="America/New_York", language="en-US")
    told = text_of(abroad.get(ONE, params=second))
    assert "Conversations 2 " in told
    assert "Mar 2, 2026 (America/New_York)" in told


def test_what_is_wrong_about_the_days_is_told_above_the_form_that_keeps_them(ann):
    for asked, said in [
        ({"from": "2026-03-10", "to": "2026-03-01"}, "end"),
        ({"from": "yesterday"}, "Choose both days from the calendar."),
        ({"granularity": "minute"}, "Choose both days from the calendar."),
        ({"granularity": "six_hours"}, "Choose both days from the calendar."),
        ({"from": "2025-05-01", "to": "2026-03-01", "granularity": "hour"}, "More than 190 points"),
        ({"from": "0001-01-01", "to": "0001-01-02"}, "Events are kept from"),
        ({"from": "9999-12-30", "to": "9999-12-31"}, "too far"),
    ]:
        for path in ("/campaigns", ONE):
            page = ann.get(path, params=asked)
            assert page.status_code == 422, asked
            assert said in re.search('role="alert">([^<]*)<', page.text)[1]
            assert all(f'value="{value}"' in page.text for name, value in asked.items() if name != "granularity")


def test_without_a_campaign_the_page_says_how_they_come_in(visit):
    told = text_of(visit("carla").get("/campaigns"))
    assert "There is no campaign yet." in told
    assert "exports events load" in told


def test_days_without_events_are_told_as_such(ann):
    page = ann.get(ONE, params={"from": "2025-06-01", "to": "2025-06-02"})
    assert page.status_code == 200
    assert "Nothing happened in these days." in text_of(page)


def test_somebody_elses_campaign_is_not_there(ann):
    page = ann.get("/campaigns/bobs")
    assert page.status_code == 404
    assert "Unknown campaign" in text_of(page)


def test_many_campaigns_have_pages(ann, ports):
    first = ports.metrics.events[0]
    ports.metrics.events += [replace(first, campaign=f"c{place:02}", occurred_at=at(3)) for place in range(30)]
    names = []
    for page in (1, 2):
        names += re.findall(
            r'<a href="/campaigns/[^"]+"><bdi>', ann.get("/campaigns", params=MARCH | {"page": page}).text
        )
    assert len(names) == 31
