"""The template `compliance`: which rules the rows of a dataset keep, how often they break them, and where."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from exports_pipeline.core.catalog import Column
from exports_pipeline.core.parameters import Holds, Parameter, ParameterKind
from exports_pipeline.core.question import Aggregate, Condition, Dimension, Measure, Sign
from exports_pipeline.core.question_text import condition_text
from exports_pipeline.core.refusals import InvalidParameter
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
    Text,
    Tone,
)
from exports_pipeline.reports.inquiry import Ask
from exports_pipeline.reports.scope import SCOPE_WITHOUT_PREVIOUS, Scope, check_scope, scope_of
from exports_pipeline.reports.sections import empty_report
from exports_pipeline.reports.template import Template
from exports_pipeline.reports.wording import column_title, label, percent, whole

_ROWS = Measure(aggregate=Aggregate.COUNT)
_MOST_RULES, _MOST_GROUPS = 20, 15


@dataclass(frozen=True, kw_only=True)
class _Check:
    """A rule, and the rows that were looked at and that break it."""

    rule: str
    rows: int
    broken: int

    @property
    def share(self) -> float:
        return self.broken / self.rows if self.rows else 0.0


def _compose(parameters: Mapping[str, Any], ask: Ask, *, today: date) -> Report:
    scope = scope_of(parameters, today=today)
    title = parameters["title"] or f"Compliance: {scope.title}"
    if scope.is_empty(ask(scope.question(_ROWS))):
        return empty_report(title, scope)
    checks = _checks(scope, parameters, ask)
    allowed = float(parameters["tolerance"])
    failed = [check for check in checks if check.share > allowed]
    return Report(
        title=title,
        subtitle=scope.subtitle,
        sections=(
            _verdict(checks, failed, allowed),
            _figures(checks, failed),
            _table(checks, allowed),
            *_where(scope, parameters, ask),
            *_sensitive(scope),
        ),
    )


def _checks(scope: Scope, parameters: Mapping[str, Any], ask: Ask) -> list[_Check]:
    found = []
    for column in parameters["required"]:
        measures = (_ROWS, Measure(aggregate=Aggregate.COUNT, column=column.name))
        [(rows, known)] = ask(scope.question(*measures)).rows
        found.append(
            _Check(rule=f"{column_title(column)} is there", rows=whole(rows), broken=whole(rows) - whole(known))
        )
    for column in parameters["unique"]:
        counts = [Measure(aggregate=each, column=column.name) for each in (Aggregate.COUNT, Aggregate.COUNT_DISTINCT)]
        [(known, distinct)] = ask(scope.question(*counts)).rows
        found.append(
            _Check(rule=f"{column_title(column)} is unique", rows=whole(known), broken=whole(known) - whole(distinct))
        )
    for rule in parameters["rules"]:
        [(rows, kept)] = ask(scope.question(*_rule_measures(rule))).rows
        found.append(_Check(rule=condition_text(rule), rows=whole(rows), broken=whole(rows) - whole(kept)))
    return found


def _rule_measures(rule: Condition) -> tuple[Measure, Measure]:
    """Rows that a rule is about, and those that keep it; an empty value breaks no comparison."""
    known = Condition(column=rule.column, sign=Sign.PRESENT)
    about = () if rule.sign in {Sign.PRESENT, Sign.MISSING} else (known,)
    return (
        Measure(aggregate=Aggregate.COUNT, where=about, label="rows"),
        Measure(aggregate=Aggregate.COUNT, where=(rule,), label="kept"),
    )


def _verdict(checks: list[_Check], failed: list[_Check], allowed: float) -> Text:
    tolerance = f" (up to {percent(allowed, digits=2)} of the rows may break a rule)" if allowed else ""
    if not failed:
        return Text(heading="Verdict", text=f"All {len(checks)} rules are kept{tolerance}.", tone=Tone.GOOD)
    worst = max(failed, key=lambda check: check.share)
    text = (
        f"{len(failed)} of {len(checks)} rules are broken{tolerance}. Most often: {worst.rule}, "
        f"broken by {worst.broken:,} of {worst.rows:,} rows ({percent(worst.share, digits=2)})."
    )
    return Text(heading="Verdict", text=text, tone=Tone.WARNING)


def _figures(checks: list[_Check], failed: list[_Check]) -> KeyFigures:
    return KeyFigures(
        figures=(
            KeyFigure(title="Rows looked at", value=max(check.rows for check in checks), better=Better.NEITHER),
            KeyFigure(title="Rules", value=len(checks), better=Better.NEITHER),
            KeyFigure(title="Rules broken", value=len(failed), better=Better.DOWN),
            KeyFigure(title="Violations", value=sum(check.broken for check in checks), better=Better.DOWN),
        )
    )


def _table(checks: list[_Check], allowed: float) -> Table:
    return Table(
        heading="Every rule",
        columns=(
            TableColumn(title="Rule"),
            TableColumn(title="Rows", kind=Kind.INTEGER),
            TableColumn(title="Violations", kind=Kind.INTEGER),
            TableColumn(title="Share", kind=Kind.PERCENT, digits=2),
            TableColumn(title="Result"),
        ),
        rows=tuple(
            (check.rule, check.rows, check.broken, check.share, "broken" if check.share > allowed else "kept")
            for check in checks
        ),
        note="A comparison is about rows with a value; a value that stands n times breaks uniqueness n - 1 times.",
    )


def _where(scope: Scope, parameters: Mapping[str, Any], ask: Ask) -> tuple[Section, ...]:
    """The groups with the largest share of rows that break a rule of comparison or presence."""
    by: Column | None = parameters["by"]
    present = (Condition(column=column.name, sign=Sign.PRESENT) for column in parameters["required"])
    rules = (*present, *parameters["rules"])
    if by is None or not rules:
        return ()
    found: dict[str, tuple[int, int]] = {}
    for rule in rules:
        answer = ask(scope.question(*_rule_measures(rule), by=(Dimension(column=by.name),)))
        for name, rows, kept in answer.rows:
            looked_at, broken = found.get(label(name), (0, 0))
            found[label(name)] = (looked_at + whole(rows), broken + whole(rows) - whole(kept))
    shares = sorted(((broken / rows, name) for name, (rows, broken) in found.items() if rows), reverse=True)
    shown = shares[:_MOST_GROUPS]
    title = column_title(by)
    return (
        Chart(
            heading=f"Violations by {title.lower()}",
            mark=Mark.BAR,
            categories=tuple(name for _, name in shown),
            series=(Series(name="Share of checks broken", values=tuple(share for share, _ in shown)),),
            description=f"Share of checks that rows of each {title.lower()} break, the worst first, "
            f"{len(shown)} of {len(shares)}.",
            x_title=title,
            y_title="Share of checks broken",
            kind=Kind.PERCENT,
        ),
    )


def _sensitive(scope: Scope) -> tuple[Section, ...]:
    """What the catalogue keeps from those who may not see it."""
    columns = [column for column in scope.dataset.columns if column.is_guarded]
    if not columns:
        return ()
    return (
        Table(
            heading="Sensitive columns",
            columns=(TableColumn(title="Column"), TableColumn(title="Without the permission UNMASK")),
            rows=tuple((column_title(column), _kept_back(column)) for column in columns),
        ),
    )


def _kept_back(column: Column) -> str:
    how = {"drop": "left out", "mask": "shown as a fixed mark", "hash": "shown as a keyed hash"}
    parts = [how[column.sensitive]] if column.sensitive else []
    parts += [f"by the policy for {column.data_class}"] if column.data_class else []
    parts += [f"searched for {', '.join(column.scan)}"] if column.scan else []
    return ", ".join(parts)


def _check_rules(values: Mapping[str, Any]) -> None:
    count = sum(len(values[name]) for name in ("required", "unique", "rules"))
    if count == 0:
        raise InvalidParameter("Name at least one column under required or unique, or a rule.", field="params.rules")
    if count > _MOST_RULES:
        raise InvalidParameter(f"A report has at most {_MOST_RULES} rules.", field="params.rules")


COMPLIANCE = Template(
    name="compliance",
    title="Compliance",
    description="Rules that rows must keep (present, unique, within bounds), how many break them, and where.",
    parameters=(
        *SCOPE_WITHOUT_PREVIOUS,
        Parameter(
            name="required", kind=ParameterKind.COLUMN, is_list=True, description="Columns that must have a value."
        ),
        Parameter(
            name="unique",
            kind=ParameterKind.COLUMN,
            holds=Holds.KEYS,
            is_list=True,
            description="Columns whose values stand only once.",
        ),
        Parameter(
            name="rules",
            kind=ParameterKind.CONDITION,
            is_list=True,
            description="Conditions that every row with a value must meet, as amount >= 0 or currency in EUR, USD.",
        ),
        Parameter(
            name="tolerance",
            kind=ParameterKind.NUMBER,
            default=0,
            low=0,
            high=1,
            description="The fraction of rows that may break a rule before it counts as broken.",
        ),
        Parameter(name="by", kind=ParameterKind.COLUMN, description="A column to say where rules are broken."),
        Parameter(name="title", kind=ParameterKind.TEXT, description="Title of the report."),
    ),
    compose=_compose,
    rules=(check_scope, _check_rules),
)
"""The template."""
