"""Events of a few campaigns of ann's and one of bob's, in March 2026."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from exports_pipeline_tests.events import Event

ODD = "50 % off/now? #1"
HOSTILE = "<script>alert(1)</script>\N{RIGHT-TO-LEFT OVERRIDE}" + "\N{FIRE}" * 10 + "x" * 150
"""With its marks, as long as a campaign may be."""
GOLD = {"segment": "gold"}


def at(day, hour=12):
    """A time in March 2026, in UTC."""
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def campaign_events():
    """Conversations of ann's in March, two of which lead somewhere, and one of the days before."""
    talk = Event(id="", tenant="ann", event_type="conversation", campaign=ODD)
    wish = replace(talk, event_type="intent")
    return [
        replace(talk, customer="c1", occurred_at=at(2), metadata=GOLD),
        replace(wish, customer="c1", label="interested", occurred_at=at(2, 13)),
        replace(wish, customer="c1", label="qualified", occurred_at=at(4, 12)),
        replace(talk, customer="c2", occurred_at=at(2, 23)),
        replace(wish, customer="c2", label="interested", occurred_at=at(3, 2)),
        replace(talk, customer="c3", occurred_at=at(9)),
        replace(wish, customer="c3", label="no", occurred_at=at(9)),
        replace(talk, event_type="engagement", customer="c3", occurred_at=at(9)),
        replace(talk, customer="c9", occurred_at=at(1) - timedelta(days=3)),
        replace(wish, customer="c9", label="angry", occurred_at=at(1) - timedelta(days=3)),
        replace(talk, customer="b1", tenant="bob", campaign="bobs", occurred_at=at(2)),
    ]
