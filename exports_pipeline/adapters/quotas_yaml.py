"""Reads the quotas of a deployment from YAML."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exports_pipeline.adapters.catalog_fields import Fields
from exports_pipeline.adapters.catalog_problems import Problems
from exports_pipeline.adapters.operators_file import open_fields
from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.errors import InvalidQuotas
from exports_pipeline.core.quota import Figure, Quota, Quotas

PACKAGED = Path(__file__).parents[1] / "quotas.yaml"
"""What stands for a deployment that says nothing: no limits."""
UNLIMITED = "unlimited"
_FIELDS = {f"{each}_per_day": each for each in Figure}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT])B")
_UNITS = {"K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_MOST = 2**62
"""What the database can still count beyond."""


def read_quotas(path: Path | None = None) -> Quotas:
    """Read a file of quotas; the packaged one, which has none, where none is named.

    Raises:
        InvalidQuotas: everything that is wrong with it, one problem a line.
    """
    fields, problems = open_fields(path or PACKAGED, InvalidQuotas, ("version", "default", "roles", "users"))
    default = _figures(fields.given("default") or {}, problems, "default")
    roles = {name: Quota(**given) for name, given in _named(fields, problems, "roles")}
    users = {user_id(name): given for name, given in _named(fields, problems, "users")}
    problems.raise_any()
    return Quotas(default=Quota(**default), roles=roles, users=users)


def _named(fields: Fields, problems: Problems, field: str) -> list[tuple[str, dict[str, int | None]]]:
    """What stands under each name of a mapping."""
    given = fields.given(field) or {}
    if not isinstance(given, Mapping):
        fields.complain(field, f"must be a mapping of names, is {given!r}")
        return []
    return [(str(name).strip(), _figures(each, problems, f"{field} {name}")) for name, each in given.items()]


def _figures(given: Any, problems: Problems, label: str) -> dict[str, int | None]:
    """The limits that stand in a mapping; None where one is lifted."""
    if not isinstance(given, Mapping):
        problems.add(f"must be a mapping as {{jobs_per_day: 100}}, is {given!r}", dataset=label)
        return {}
    fields = Fields(given, problems, dataset=label)
    fields.refuse_unknown(_FIELDS)
    return {figure.value: _limit(fields, name) for name, figure in _FIELDS.items() if fields.given(name) is not None}


def _limit(fields: Fields, name: str) -> int | None:
    value = fields.given(name)
    if value == UNLIMITED:
        return None
    size = _SIZE.fullmatch(value) if isinstance(value, str) and name.startswith(Figure.BYTES) else None
    limit = round(float(size[1]) * _UNITS[size[2]]) if size else value
    if isinstance(limit, bool) or not isinstance(limit, int) or not 0 <= limit <= _MOST:
        example = " or a size as 10 GB" if name.startswith(Figure.BYTES) else ""
        fields.complain(name, f"must be a whole number{example}, or {UNLIMITED}, is {value!r}")
        return None
    return limit
