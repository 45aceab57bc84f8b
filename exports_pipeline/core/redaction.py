"""What becomes of one column for whoever does not unmask it."""

from collections.abc import Iterable
from dataclasses import replace

from exports_pipeline.core.catalog import Catalog, Column
from exports_pipeline.core.redaction_policy import MASKED, RedactionPolicy, Sensitivity, Treatment, strictest
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.value_types import coarse_step, is_number, is_time


def redacted(column: Column, policy: RedactionPolicy, roles: Iterable[str]) -> Column:
    """The column as a selection has it: by its fixed rule and the policy for its class, whichever is stricter.

    What is left of its texts is searched as the catalogue says, unless nothing of them is left.
    """
    if not column.is_guarded:
        return column
    rules = [Treatment(rule=column.sensitive)]
    if column.data_class:
        rules.append(_fitting(policy.of_class(column.data_class, roles), column.type))
    chosen = strictest(rules)
    return replace(column, sensitive=chosen.rule, step=chosen.step, scan=() if chosen.rule else column.scan)


def lost_classes(catalog: Catalog, *, before: Requester, now: Requester) -> tuple[str, ...]:
    """The classes of which the roles of earlier showed more than those of now do, by the policy as it is now."""
    if before.roles == now.roles or now.may_unmask:
        return ()
    return tuple(
        name
        for name in catalog.policy.classes
        if catalog.policy.of_class(name, now.roles).strictness > catalog.policy.of_class(name, before.roles).strictness
    )


def _fitting(treatment: Treatment, kind: str) -> Treatment:
    """The treatment as it works on a type: what is neither number nor date cannot be truncated, and is masked.

    So are numbers that the step would leave as they are.
    """
    if treatment.rule is not Sensitivity.TRUNCATE:
        return treatment
    if is_time(kind):
        return replace(treatment, step="")
    step = coarse_step(treatment.step, kind) if is_number(kind) and treatment.step else ""
    return replace(treatment, step=step) if step else MASKED
