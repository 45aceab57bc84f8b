"""Reads a redaction policy from YAML, and gives it to the datasets whose columns it is about."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from exports_pipeline.adapters.catalog_fields import Fields
from exports_pipeline.adapters.catalog_problems import Problems, suggestion
from exports_pipeline.adapters.operators_file import open_fields
from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.errors import InvalidRedaction
from exports_pipeline.core.redaction_policy import CLASSES, EVERYBODY, RedactionPolicy, Sensitivity, Treatment
from exports_pipeline.core.value_types import is_number

PACKAGED = Path(__file__).parents[1] / "redaction.yaml"
"""The policy of a deployment that has none of its own."""
SHOW = "show"
_RULES = (SHOW, *Sensitivity)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")


def read_policy(path: Path | None = None) -> RedactionPolicy:
    """Read a policy; the packaged one where none is named.

    Raises:
        InvalidRedaction: everything that is wrong with it, one problem a line.
    """
    fields, problems = open_fields(path or PACKAGED, InvalidRedaction, ("version", "roles"), required=("version",))
    rules = _roles(fields, problems)
    known = (*CLASSES, *rules.get(EVERYBODY, {}))
    for role, said in rules.items():
        for name in said:
            if name not in known:
                problems.add(
                    f"is no class: neither one of {', '.join(CLASSES)} nor a rule for {EVERYBODY}"
                    f"{suggestion(name, known)}",
                    dataset=f"role {role}",
                    field=name,
                )
    problems.raise_any()
    return RedactionPolicy(rules=rules)


def policy_name(path: Path | None) -> str:
    """How problems call the file of a policy."""
    return (path or PACKAGED).name


def with_policy(catalog: Catalog, policy: RedactionPolicy, *, name: str) -> Catalog:
    """The catalogue with what a policy makes of its classes; `name` is how problems call the policy's file.

    Raises:
        InvalidRedaction: a column has a class that the policy does not know, or numbers are to be truncated to nothing.
    """
    problems = Problems(name, InvalidRedaction)
    for dataset in catalog:
        for column in dataset.columns:
            label, field = f"dataset {dataset.name}", f"columns.{column.name}.class"
            if not column.data_class:
                continue
            if column.data_class not in policy.classes:
                problems.add(
                    f"there is no class {column.data_class}; give it a rule for {EVERYBODY}"
                    f"{suggestion(column.data_class, policy.classes)}",
                    dataset=label,
                    field=field,
                )
            for role, treatment in policy.about(column.data_class).items():
                if treatment.rule is Sensitivity.TRUNCATE and not treatment.step and is_number(column.type):
                    problems.add(
                        f"role {role} truncates {column.data_class}, and these are numbers: "
                        "name a step as {truncate: 1000}",
                        dataset=label,
                        field=field,
                    )
    problems.raise_any()
    return Catalog(tuple(catalog), policy)


def _roles(fields: Fields, problems: Problems) -> dict[str, dict[str, Treatment]]:
    given = fields.given("roles")
    if not isinstance(given, Mapping):
        fields.complain("roles", f"must be a mapping as {{{EVERYBODY}: {{pii: mask}}}}, is {given!r}")
        return {}
    found: dict[str, dict[str, Treatment]] = {}
    for role, said in given.items():
        if not isinstance(role, str) or not isinstance(said, Mapping):
            fields.complain(f"roles.{role}", f"must be a mapping as {{pii: mask}}, is {said!r}")
            continue
        of_role = Fields(said, problems, dataset=f"role {role}")
        found[role] = {str(name): _treatment(of_role, name) for name in said}
    if EVERYBODY not in found:
        fields.complain(f"roles.{EVERYBODY}", "is missing; it is for those whose roles say nothing")
    return found


def _treatment(fields: Fields, name: Any) -> Treatment:
    given = fields.given(name)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        fields.complain(str(name), "is no name of a class; write it as pii or trade_secret")
    elif isinstance(given, str) and given in _RULES:
        return Treatment(rule=None if given == SHOW else Sensitivity(given))
    elif isinstance(given, Mapping) and set(given) == {Sensitivity.TRUNCATE}:
        return Treatment(rule=Sensitivity.TRUNCATE, step=_step(fields, name, given[Sensitivity.TRUNCATE]))
    else:
        words = ", ".join(_RULES)
        fields.complain(name, f"{given!r} is none of {words}, {{truncate: STEP}}")
    return Treatment(rule=Sensitivity.DROP)


def _step(fields: Fields, name: str, given: Any) -> str:
    try:
        step = Decimal(str(given)) if not isinstance(given, bool) else Decimal(0)
    except InvalidOperation:
        step = Decimal(0)
    if not step.is_finite() or step <= 0:
        fields.complain(name, f"{given!r} is no step; write it as {{truncate: 1000}}")
        return ""
    return f"{step:f}"
