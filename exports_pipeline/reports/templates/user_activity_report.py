"""The template `user_activity_report`: who uses the service, how much, for what, and since when."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from exports_pipeline.core.question import Aggregate, Dimension, Measure, Step
from exports_pipeline.core.report import (
    Better,
    Chart,
    KeyFigure,
    KeyFigures,
    Kind,
    Mark,
    Report,
    Section,
    Series,
    Table,
    TableColumn,
)
from exports_pipeline.reports.audit_entries import local
from exports_pipeline.reports.inquiry import Ask
from exports_pipeline.reports.people import PERSON, SOMEBODY, person_in_words
from exports_pipeline.reports.scope import ACCOUNTS, COMPARE, END, PERIOD, START, ZONE, Scope, check_scope, scope_of
from exports_pipeline.reports.sections import empty_report, steps_between
from exports_pipeline.reports.template import Template
from exports_pipeline.reports.templates.compliance_audit import AUDIT_LOG, TITLE, check_audit
from exports_pipeline.reports.wording import label, number

_ACTIONS = Measure(aggregate=Aggregate.COUNT, label="Actions")
_PEOPLE = Measure(aggregate=Aggregate.COUNT_DISTINCT, column="actor", label="People")
_FEATURES = Measure(aggregate=Aggregate.COUNT_DISTINCT, column="feature", label="Features")
_TEAMS = Measure(aggregate=Aggregate.COUNT_DISTINCT, column="owner_key", label="Owner keys")
_FIRST = Measure(aggregate=Aggregate.MIN, column="at", label="First at")
_LAST = Measure(aggregate=Aggregate.MAX, column="at", label="Last at")
_WEEK = Dimension(column="at", step=Step.WEEK)
_TEAM = Dimension(column="owner_key")
_MOST_PEOPLE, _MOST_TEAMS, _DRAWN_TEAMS = 100, 50, 7
_EDGES = "The first and the last week may be incomplete."
_NOBODY = "(unknown)"


def _compose(parameters: Mapping[str, Any], ask: Ask, *, today: date) -> Report:
    scope = scope_of({**parameters, "tag_ids": (), "where": (SOMEBODY,)}, today=today)
    title = parameters["title"] or "User activity"
    if scope.is_empty(ask(scope.question(_ACTIONS))):
        return empty_report(title, scope)
    sections = (
        _figures(scope, ask),
        *_weeks(scope, ask),
        _people(scope, ask),
        _teams(scope, ask),
        _features(scope, ask),
    )
    return Report(title=title, subtitle=scope.subtitle, sections=sections)


def _figures(scope: Scope, ask: Ask) -> KeyFigures:
    measures = (_PEOPLE, _ACTIONS, _TEAMS, _FEATURES)
    [now] = ask(scope.question(*measures)).rows
    before: Sequence[Any] = [None] * len(measures)
    if scope.previous:
        answer = ask(scope.question(*measures, previous=True))
        before = answer.rows[0] if answer.row_count else before
    return KeyFigures(
        figures=tuple(
            KeyFigure(title=measure.name, value=value, previous=earlier, better=Better.NEITHER)
            for measure, value, earlier in zip(measures, now, before, strict=True)
        )
    )


def _weeks(scope: Scope, ask: Ask) -> tuple[Section, ...]:
    """How many were active week by week, and how much the owner keys did that did most."""
    people = {row[0]: number(row[1]) for row in ask(scope.question(_PEOPLE, by=(_WEEK,))).rows}
    weeks = steps_between(people, Step.WEEK)
    counts: dict[str, dict[Any, float]] = defaultdict(lambda: defaultdict(float))
    for week, team, count in ask(scope.question(_ACTIONS, by=(_WEEK, _TEAM))).rows:
        counts[_team(team)][week] += number(count) or 0.0
    ranked = sorted(counts, key=lambda team: (-sum(counts[team].values()), team))
    shown, rest = ranked[:_DRAWN_TEAMS], ranked[_DRAWN_TEAMS:]
    series = [Series(name=team, values=tuple(counts[team][week] for week in weeks)) for team in shown]
    if rest:
        others = tuple(sum(counts[team][week] for team in rest) for week in weeks)
        series.append(Series(name="others", values=others))
    return (
        Chart(
            heading="Active people by week",
            mark=Mark.LINE,
            categories=tuple(weeks),
            series=(Series(name="People", values=tuple(people.get(week) or 0.0 for week in weeks)),),
            description=f"People who did anything, by week. {_EDGES}",
            x_title="Week",
            y_title="People",
            kind=Kind.INTEGER,
        ),
        Chart(
            heading="Actions by week and owner key",
            mark=Mark.STACKED_BAR,
            categories=tuple(weeks),
            series=tuple(series),
            description=f"Actions by week, of the {len(shown)} owner keys with most of them. {_EDGES}",
            x_title="Week",
            y_title="Actions",
            kind=Kind.INTEGER,
        ),
    )


def _people(scope: Scope, ask: Ask) -> Table:
    measures = (_ACTIONS, _FEATURES, _FIRST, _LAST)
    answer = ask(scope.question(*measures, by=PERSON, order=("-Actions",), limit=_MOST_PEOPLE))
    [(total,)] = ask(scope.question(_PEOPLE)).rows
    return Table(
        heading="Most active people",
        columns=(TableColumn(title="Who"), TableColumn(title="Owner key"), *_columns(measures)),
        rows=tuple(
            (person_in_words(*row[:3]), _team(row[1]), *row[3:5], *(local(at, scope.timezone) for at in row[5:]))
            for row in answer.rows
        ),
        note=f"The first {_MOST_PEOPLE} of {total:,} people by actions." if answer.is_cut else "",
    )


def _teams(scope: Scope, ask: Ask) -> Table:
    measures = (_PEOPLE, _ACTIONS, _FEATURES, _FIRST, _LAST)
    answer = ask(scope.question(*measures, by=(_TEAM,), order=("-Actions",), limit=_MOST_TEAMS))
    return Table(
        heading="Owner keys",
        columns=(TableColumn(title="Owner key"), *_columns(measures)),
        rows=tuple((_team(row[0]), *row[1:4], *(local(at, scope.timezone) for at in row[4:])) for row in answer.rows),
        note=f"The first {_MOST_TEAMS} by actions; there are more." if answer.is_cut else "",
    )


def _features(scope: Scope, ask: Ask) -> Table:
    measures = (_PEOPLE, _ACTIONS)
    answer = ask(scope.question(*measures, by=(Dimension(column="feature"),), order=("-Actions",)))
    return Table(heading="Features used", columns=(TableColumn(title="Feature"), *_columns(measures)), rows=answer.rows)


def _columns(measures: Sequence[Measure]) -> list[TableColumn]:
    kinds = {_FIRST: Kind.TIME, _LAST: Kind.TIME}
    return [TableColumn(title=measure.name, kind=kinds.get(measure, Kind.INTEGER)) for measure in measures]


def _team(owner_key: Any) -> str:
    return _NOBODY if owner_key is None else label(owner_key)


USER_ACTIVITY_REPORT = Template(
    name="user_activity_report",
    title="User activity",
    description="Who is most active, since when, with which features, by week and owner key; from the audit log.",
    parameters=(AUDIT_LOG, PERIOD, START, END, COMPARE, ZONE, ACCOUNTS, TITLE),
    compose=_compose,
    rules=(check_scope, check_audit),
)
"""The template."""
