"""Which level of the roll-ups answers a question, and how its kinds are told apart there."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import ColumnElement, FromClause, Select, Text, cast, func, literal, select

from exports_pipeline.adapters.insight_tables import job_kinds
from exports_pipeline.core.insights import Facet
from exports_pipeline.core.job_filter import JobFilter
from exports_pipeline.core.time_spans import Span

LEVELS: Mapping[str, frozenset[Facet]] = MappingProxyType(
    {
        "all": frozenset(),
        "error": frozenset({Facet.STATUS, Facet.ERROR}),
        "sent": frozenset({Facet.DESTINATION}),
        "user": frozenset({Facet.USER}),
        "data": frozenset({Facet.TYPE, Facet.DATASET, Facet.TAG, Facet.FORMAT}),
        "plan": frozenset({Facet.TAG, Facet.LIST, Facet.PLAN}),
        "job": frozenset(Facet),
    }
)
"""What each level of migration 0013 knows, the shortest first."""
WITH_SECONDS = ("all", "user", "data")
"""The levels that keep how long jobs took."""

_DAY, _QUARTER = timedelta(days=1), timedelta(minutes=15)
_ZERO = datetime.fromisoformat("2000-01-01T00:00:00Z")
_kind = job_kinds.c
_FACETS_OF_FILTER = {
    "user_id": Facet.USER,
    "dataset": Facet.DATASET,
    "type": Facet.TYPE,
    "tag": Facet.TAG,
    "format": Facet.FORMAT,
    "destination": Facet.DESTINATION,
    "list": Facet.LIST,
    "plan": Facet.PLAN,
    "status": Facet.STATUS,
    "error_code": Facet.ERROR,
}
_SCALARS = {
    Facet.FORMAT: _kind.format,
    Facet.DATASET: _kind.dataset,
    Facet.TYPE: _kind.type,
    Facet.LIST: _kind.list,
    Facet.PLAN: _kind.plan,
    Facet.USER: _kind.user_id,
    Facet.STATUS: _kind.status,
    Facet.ERROR: _kind.error_code,
}


def level_for(jobs: JobFilter, by: Iterable[Facet] = (), *, among: Sequence[str] = tuple(LEVELS)) -> str | None:
    """The shortest of these levels that knows everything a filter and its facets need; None if none does."""
    needed = {*by, *(facet for name, facet in _FACETS_OF_FILTER.items() if getattr(jobs, name) is not None)}
    return next((level for level in among if needed <= LEVELS[level]), None)


def pieces_of(spans: Sequence[Span]) -> list[tuple[int, str, datetime, datetime]]:
    """Place of the span, grain, begin and end: whole days of UTC by the day, the rest of both ends by the quarter."""
    pieces = []
    for place, span in enumerate(spans):
        first, last = _days_inside(span)
        if first >= last:
            pieces.append((place, "quarter", span.since, span.until))
            continue
        pieces.append((place, "day", first, last))
        if span.since < first:
            pieces.append((place, "quarter", span.since, first))
        if last < span.until:
            pieces.append((place, "quarter", last, span.until))
    return pieces


def kinds_meant(jobs: JobFilter, level: str) -> Select[tuple[int]] | None:
    """The ids of the kinds of a level that a filter means; None where it means all."""
    conditions = [
        _condition(facet, getattr(jobs, name))
        for name, facet in _FACETS_OF_FILTER.items()
        if getattr(jobs, name) is not None
    ]
    return select(_kind.id).where(_kind.level == level, *conditions) if conditions else None


def value_of(facet: Facet) -> FromClause | ColumnElement[str]:
    """The value of a facet in a row of `job_kinds`; of tags and destinations, a table with one row for each."""
    if facet is Facet.TAG:
        tags = func.coalesce(func.nullif(_kind.tags, cast([], _kind.tags.type)), cast([""], _kind.tags.type))
        return func.unnest(tags).table_valued("value", name="tag").render_derived()
    if facet is Facet.DESTINATION:
        return func.unnest(_kind.destinations).table_valued("value", name="destination").render_derived()
    return cast(_SCALARS[facet], Text)


def _condition(facet: Facet, value: object) -> ColumnElement[bool]:
    if facet is Facet.TAG:
        return _kind.tags.contains([value]) if value else func.cardinality(_kind.tags) == 0
    if facet is Facet.DESTINATION:
        return _kind.destinations.contains([value])
    return _SCALARS[facet] == literal(value)


def _days_inside(span: Span) -> tuple[datetime, datetime]:
    """The first and the last midnight of UTC within a span."""
    first = _ZERO + -((_ZERO - span.since) // _DAY) * _DAY
    return first, _ZERO + (span.until - _ZERO) // _DAY * _DAY
