"""Reads the declarations of roles from YAML."""

import re
from pathlib import Path

from exports_pipeline.adapters.catalog_fields import Fields
from exports_pipeline.adapters.catalog_problems import suggestion
from exports_pipeline.adapters.operators_file import open_fields, read_named
from exports_pipeline.core.errors import InvalidRoles
from exports_pipeline.core.requester import Permission
from exports_pipeline.core.role import Role, Roles

PACKAGED = Path(__file__).parents[1] / "roles.yaml"
"""The roles of a deployment that declares none of its own."""
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")


def read_roles(path: Path | None = None, *, default: str = "exporter") -> Roles:
    """Read a file of roles, the packaged one where none is named, and check that the default role is among them.

    Raises:
        InvalidRoles: everything that is wrong with it, one problem a line.
    """
    path = path or PACKAGED
    fields, problems = open_fields(path, InvalidRoles, ("version", "roles"), required=("roles",))
    found = read_named(fields, "roles", problems, what="role", read=_role)
    problems.raise_any()
    if default not in found:
        closest = suggestion(default, found)
        raise InvalidRoles(f"{path.name}: EXPORTS_DEFAULT_ROLE names {default!r}, which is none of its roles{closest}")
    return Roles(found.values(), default=default)


def _role(fields: Fields, _label: str) -> Role:
    fields.refuse_unknown(("name", "permissions"))
    name = fields.required_text("name") or ""
    if name and not _NAME.fullmatch(name):
        fields.complain("name", "must be letters a-z, digits, _ and -, at most 63, and begin with a letter")
    permissions = fields.texts("permissions")
    for each in permissions:
        if each not in set(Permission):
            fields.complain("permissions", f"{each!r} is none of {', '.join(Permission)}{suggestion(each, Permission)}")
    return Role(name=name, permissions=frozenset(Permission(each) for each in permissions if each in set(Permission)))
