"""The template `compliance_audit`: who did what to data, rights and settings, for those who must sign it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from exports_pipeline.core.attestation import Attestation
from exports_pipeline.core.parameters import Parameter, ParameterKind
from exports_pipeline.core.question import Aggregate, Condition, Dimension, Measure, Sign, Step
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
from exports_pipeline.core.requester import Permission
from exports_pipeline.reports.audit_entries import ENTRIES, Shown, change, entity, entries_table, is_of
from exports_pipeline.reports.audit_tables import REFUSED, access_table, refusals_table, retention_table
from exports_pipeline.reports.inquiry import Ask
from exports_pipeline.reports.people import SOMEBODY
from exports_pipeline.reports.scope import ACCOUNTS, COMPARE, END, PERIOD, START, ZONE, Scope, check_scope, scope_of
from exports_pipeline.reports.sections import empty_report, steps_between
from exports_pipeline.reports.template import Template
from exports_pipeline.reports.wording import label, number

_MOST_BREAKS = 100
_LIFTED = is_of("action", "redaction.lifted")
_CHANGED = is_of("is_change", "true")
_RIGHTS = is_of("concern", "rights")
_WEEK = Dimension(column="at", step=Step.WEEK)
_NO_RIGHTS = Condition(column="concern", sign=Sign.IS_NOT, values=("rights",))
_REASON = Shown(title="Reason", of=lambda entry: entry["reason"])
_WHAT = Shown(title="What", of=entity)
_CHANGE = Shown(title="Before → after", of=change)
_SIGNERS = ["Prepared by", "Reviewed by", "Approved by"]


def _counted(name: str, *where: Condition) -> Measure:
    return Measure(aggregate=Aggregate.COUNT, where=where, label=name)


_FIGURES = (
    _counted("Entries"),
    Measure(aggregate=Aggregate.COUNT_DISTINCT, column="actor", where=(SOMEBODY,), label="People"),
    _counted("Administrator actions", is_of("concern", "administration")),
    _counted("Changes of rights", _RIGHTS),
    _counted("Changes of settings", _CHANGED, _NO_RIGHTS),
    Measure(aggregate=Aggregate.SUM, column="times", where=(REFUSED,), label="Refusals"),
    _counted("Redactions lifted", _LIFTED),
)


def _compose(parameters: Mapping[str, Any], ask: Ask, *, today: date) -> Report:
    scope = scope_of({**parameters, "tag_ids": (), "where": ()}, today=today)
    title = parameters["title"] or "Compliance audit"
    signing = _sign_off(scope, parameters["signers"])
    if scope.is_empty(ask(scope.question(ENTRIES))):
        empty = empty_report(title, scope)
        return Report(title=title, subtitle=scope.period, sections=(*empty.sections, signing))
    sections = (
        _figures(scope, ask),
        _weeks(scope, ask),
        entries_table(
            scope,
            ask,
            heading="Administrator actions",
            where=(is_of("concern", "administration"),),
            shown=(_WHAT, _CHANGE),
        ),
        access_table(scope, parameters["access"].name, ask),
        entries_table(scope, ask, heading="Changes of rights", where=(_RIGHTS,), shown=(_WHAT, _CHANGE)),
        entries_table(
            scope,
            ask,
            heading="Changes of settings",
            where=(_CHANGED, _NO_RIGHTS),
            shown=(_WHAT, _CHANGE),
        ),
        refusals_table(scope, ask),
        entries_table(scope, ask, heading="Redactions lifted", where=(_LIFTED,), shown=(_WHAT, _REASON)),
        retention_table(scope, ask),
        signing,
    )
    return Report(title=title, subtitle=scope.subtitle, sections=sections)


def _opening(found: Attestation) -> Sequence[Section]:
    """Whether what follows can be relied on."""
    if found.is_whole:
        text = (
            f"The chain of the audit log is whole: {found.entries:,} entries were verified, and none was edited, "
            "removed, inserted or moved."
        )
        verdict = Text(heading="Integrity of the audit log", text=text, tone=Tone.GOOD)
    else:
        shown = "\n\n".join(found.breaks[:_MOST_BREAKS])
        text = f"The chain of the audit log is broken. What follows cannot be relied on.\n\n{shown}"
        verdict = Text(heading="Integrity of the audit log", text=text, tone=Tone.WARNING)
    rows = (
        ("First entry", found.since and f"{found.since:%Y-%m-%d %H:%M:%S} UTC"),
        ("Last entry", found.until and f"{found.until:%Y-%m-%d %H:%M:%S} UTC"),
        ("Entries", f"{found.entries:,}"),
        ("Head (SHA-256)", found.head or None),
    )
    columns = (TableColumn(title="Verified"), TableColumn(title="Found"))
    return (verdict, Table(heading="What was verified", columns=columns, rows=rows))


def _figures(scope: Scope, ask: Ask) -> KeyFigures:
    [now] = ask(scope.question(*_FIGURES)).rows
    before: Sequence[Any] = [None] * len(_FIGURES)
    if scope.previous:
        answer = ask(scope.question(*_FIGURES, previous=True))
        before = [value or 0 for value in answer.rows[0]] if answer.row_count else before  # a sum of nothing is null
    return KeyFigures(
        figures=tuple(
            KeyFigure(title=measure.name, value=value or 0, previous=earlier, better=Better.NEITHER)
            for measure, value, earlier in zip(_FIGURES, now, before, strict=True)
        )
    )


def _weeks(scope: Scope, ask: Ask) -> Chart:
    rows = ask(scope.question(ENTRIES, by=(_WEEK, Dimension(column="outcome")))).rows
    weeks = steps_between({row[0] for row in rows}, Step.WEEK)
    counts = {(week, label(outcome)): number(count) for week, outcome, count in rows}
    names = sorted({name for _, name in counts}, key=lambda name: (name != "ok", name))
    return Chart(
        heading="Entries by week",
        mark=Mark.STACKED_BAR,
        categories=tuple(weeks),
        series=tuple(
            Series(name=name, values=tuple(counts.get((week, name)) or 0.0 for week in weeks)) for name in names
        ),
        description="Entries of the audit log by week and outcome. The first and the last week may be incomplete.",
        x_title="Week",
        y_title="Entries",
        kind=Kind.INTEGER,
    )


def _sign_off(scope: Scope, signers: Sequence[str]) -> Table:
    return Table(
        heading="Sign-off",
        columns=tuple(TableColumn(title=title) for title in ("", "Name", "Function", "Date", "Signature")),
        rows=tuple((signer, "", "", "", "") for signer in signers),
        note=f"I have read this report, which covers {scope.period}, and the verification on its first page.",
        is_form=True,
    )


def check_audit(values: Mapping[str, Any]) -> None:
    """Let pass datasets that are for those who view the audit log alone.

    Raises:
        InvalidParameter.
    """
    for name in ("dataset", "access"):
        if name in values and values[name].permission is not Permission.VIEW_AUDIT:
            raise InvalidParameter(f"Dataset {values[name].name} is no audit log.", field=f"params.{name}")


AUDIT_LOG = Parameter(
    name="dataset",
    kind=ParameterKind.DATASET,
    default="audit_log",
    description="A dataset with the columns of audit_log, and for those who view the audit log alone.",
)
TITLE = Parameter(name="title", kind=ParameterKind.TEXT, description="Title of the report.")
COMPLIANCE_AUDIT = Template(
    name="compliance_audit",
    title="Compliance audit",
    description="Access to data, changes of rights and settings, refusals, unmasking: verified, to be signed.",
    parameters=(
        AUDIT_LOG,
        Parameter(
            name="access",
            kind=ParameterKind.DATASET,
            default="data_access",
            description="A dataset with the columns of data_access.",
        ),
        PERIOD,
        START,
        END,
        COMPARE,
        ZONE,
        ACCOUNTS,
        Parameter(
            name="signers",
            kind=ParameterKind.TEXT,
            is_list=True,
            most=12,
            default=_SIGNERS,
            description="Who signs: one line each on the last page.",
        ),
        TITLE,
    ),
    compose=_compose,
    rules=(check_scope, check_audit),
    opening=_opening,
)
"""The template."""
