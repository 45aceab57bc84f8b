"""Reads the declarations of metrics from YAML."""

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from exports_pipeline.adapters.catalog_entry import humanised
from exports_pipeline.adapters.catalog_fields import Fields
from exports_pipeline.adapters.catalog_problems import Problems, suggestion
from exports_pipeline.adapters.operators_file import open_fields, read_named
from exports_pipeline.core.errors import InvalidMetrics
from exports_pipeline.core.metric import DIMENSIONS, METADATA, Aggregate, EventFilter, Metric, Metrics

PACKAGED = Path(__file__).parents[1] / "metrics.yaml"
"""The metrics of a deployment that declares none of its own."""
_KEYS = ("name", "title", "unit", "events", "aggregate", "dimensions")
_FILTERS = ("event_type", "category", "label", "campaign")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def read_metrics(path: Path | None = None) -> Metrics:
    """Read a file of metrics; the packaged one where none is named.

    Raises:
        InvalidMetrics: everything that is wrong with it, one problem a line.
    """
    fields, problems = open_fields(path or PACKAGED, InvalidMetrics, ("version", "metrics"), required=("metrics",))
    found = read_named(fields, "metrics", problems, what="metric", read=partial(_metric, problems))
    problems.raise_any()
    return Metrics(tuple(found.values()))


def _metric(problems: Problems, fields: Fields, label: str) -> Metric:
    fields.refuse_unknown(_KEYS)
    name = fields.required_text("name") or ""
    if name and not _NAME.fullmatch(name):
        fields.complain("name", "must be letters a-z, digits and _, at most 63, and begin with a letter")
    return Metric(
        name=name,
        title=fields.text("title") or humanised(name),
        unit=fields.text("unit") or "",
        events=read_filter(fields, problems, label),
        aggregate=fields.choice("aggregate", Aggregate) or Aggregate.COUNT,
        dimensions=_dimensions(fields),
    )


def read_filter(fields: Fields, problems: Problems, label: str) -> EventFilter:
    """The filter in the field `events`; whatever is wrong with it becomes a problem of what `label` names."""
    given = fields.given("events")
    if given is None:
        return EventFilter()
    if not isinstance(given, Mapping):
        fields.complain("events", f"must be a mapping as {{event_type: call}}, is {given!r}")
        return EventFilter()
    wanted = Fields(given, problems, dataset=label, under="events.")
    wanted.refuse_unknown(_FILTERS)
    return EventFilter(**{field: _values(wanted, field) for field in _FILTERS})


def _values(fields: Fields, field: str) -> tuple[str, ...]:
    """One text or a list of them."""
    if isinstance(fields.given(field), list):
        if not fields.listed(field):
            return ()
        return fields.texts(field)
    text = fields.text(field)
    return (text,) if text else ()


def _dimensions(fields: Fields) -> tuple[str, ...]:
    names = fields.texts("dimensions")
    for name in names:
        if name not in DIMENSIONS and not (name.startswith(METADATA) and len(name) > len(METADATA)):
            known = ", ".join(DIMENSIONS)
            fields.complain("dimensions", f"{name!r} is none of {known}, metadata.NAME{suggestion(name, DIMENSIONS)}")
    return names
