"""Reads what campaigns are told by from YAML."""

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

from exports_pipeline.adapters.catalog_entry import humanised
from exports_pipeline.adapters.catalog_fields import Fields
from exports_pipeline.adapters.catalog_problems import Problems
from exports_pipeline.adapters.metrics_yaml import read_filter
from exports_pipeline.adapters.operators_file import open_fields, read_named
from exports_pipeline.core.campaign import CUSTOMERS, INTENTS, ROLES
from exports_pipeline.core.errors import InvalidCampaigns
from exports_pipeline.core.funnel import CampaignRules, Funnel, Step
from exports_pipeline.core.metric import Aggregate, Metrics

PACKAGED = Path(__file__).parents[1] / "campaigns.yaml"
"""What stands for a deployment that says nothing."""
MOST_STEPS = 10
MOST_DAYS = 366
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def read_campaign_rules(path: Path | None, metrics: Metrics) -> CampaignRules:
    """Read a file of campaigns, the packaged one where none is named; its metrics must be declared.

    Raises:
        InvalidCampaigns: everything that is wrong with it, one problem a line.
    """
    keys = ("version", "metrics", "window_days", "funnel")
    fields, problems = open_fields(path or PACKAGED, InvalidCampaigns, keys)
    rules = CampaignRules(
        funnel=Funnel(steps=_steps(fields, problems), window=_window(fields)),
        metrics=_metrics(fields, problems, metrics),
    )
    problems.raise_any()
    return rules


def _window(fields: Fields) -> timedelta:
    days = fields.given("window_days")
    if days is None:
        return timedelta(days=30)
    if isinstance(days, bool) or not isinstance(days, int | float) or not 0 < days <= MOST_DAYS:
        fields.complain("window_days", f"must be a number of days up to {MOST_DAYS}, is {days!r}")
        return timedelta(days=30)
    return timedelta(days=days)


def _metrics(fields: Fields, problems: Problems, metrics: Metrics) -> Mapping[str, str]:
    given = fields.given("metrics")
    if not isinstance(given, Mapping):
        fields.complain("metrics", f"must name a metric for each of {', '.join(ROLES)}")
        return {}
    named = Fields(given, problems, dataset=None, under="metrics.")
    named.refuse_unknown(ROLES)
    known = {metric.name: metric for metric in metrics}
    found = {role: named.required_text(role) or "" for role in ROLES}
    for role, name in found.items():
        metric = known.get(name)
        if metric is None:
            if name:
                named.complain(role, f"there is no metric {name!r}; there are: {', '.join(known)}")
            continue
        wanted = Aggregate.DISTINCT if role == CUSTOMERS else Aggregate.COUNT
        if metric.aggregate is not wanted:
            named.complain(role, f"{name} aggregates by {metric.aggregate}; it must be {wanted}")
        needed = {"campaign", "segment"} | ({"label"} if role == INTENTS else set())
        if missing := sorted(needed - set(metric.dimensions)):
            named.complain(role, f"{name} lacks the dimensions {', '.join(missing)}")
    return found


def _steps(fields: Fields, problems: Problems) -> tuple[Step, ...]:
    if not 2 <= len(fields.listed("funnel") or ()) <= MOST_STEPS:
        fields.complain("funnel", f"must be a list of 2 to {MOST_STEPS} steps, in order")
    return tuple(read_named(fields, "funnel", problems, what="step", read=partial(_step, problems)).values())


def _step(problems: Problems, fields: Fields, label: str) -> Step:
    fields.refuse_unknown(("name", "title", "events"))
    name = fields.required_text("name") or ""
    if name and not _NAME.fullmatch(name):
        fields.complain("name", "must be letters a-z, digits and _, at most 63, and begin with a letter")
    events = read_filter(fields, problems, label)
    if not events.fields:
        fields.complain("events", "is missing; say which events do for the step, as {event_type: conversation}")
    return Step(name=name, title=fields.text("title") or humanised(name), events=events)
