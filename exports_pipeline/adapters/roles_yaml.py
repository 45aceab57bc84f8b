"""Reads the declarations of roles from YAML."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exports_pipeline.adapters.catalog_fields import Fields
from exports_pipeline.adapters.catalog_problems import Problems, suggestion
from exports_pipeline.adapters.yaml_file import load_yaml
from exports_pipeline.core.errors import InvalidRoles
from exports_pipeline.core.requester import Permission
from exports_pipeline.core.role import Role, Roles

PACKAGED = Path(__file__).parents[1] / "roles.yaml"
"""The roles of a deployment that declares none of its own."""
VERSION = 1
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")


def read_roles(path: Path | None = None, *, default: str = "exporter") -> Roles:
    """Read a file of roles, the packaged one where none is named, and check that the default role is among them.

    Raises:
        InvalidRoles: everything that is wrong with it, one problem a line.
    """
    path = path or PACKAGED
    document = load_yaml(path, InvalidRoles)
    if not isinstance(document, Mapping):
        raise InvalidRoles(f"{path.name}: line 1: must be a mapping with the keys version and roles")
    problems = Problems(path.name, InvalidRoles)
    fields = Fields(document, problems, dataset=None)
    fields.refuse_unknown(("version", "roles"))
    version = fields.given("version")
    if version is not None and (version != VERSION or isinstance(version, bool)):
        fields.complain("version", f"must be {VERSION}, is {version!r}")
    if fields.given("roles") is None:
        fields.complain("roles", "is missing")
    found: dict[str, Role] = {}
    for position, given in enumerate(fields.listed("roles") or (), start=1):
        role = _role(given, problems, position)
        if role and role.name in found:
            problems.add("stands twice; give one of them another name", dataset=f"role {role.name}", field="name")
        elif role:
            found[role.name] = role
    problems.raise_any()
    if default not in found:
        closest = suggestion(default, found)
        raise InvalidRoles(f"{path.name}: EXPORTS_DEFAULT_ROLE names {default!r}, which is none of its roles{closest}")
    return Roles(found.values(), default=default)


def _role(given: Any, problems: Problems, position: int) -> Role | None:
    label = f"role #{position}"
    if not isinstance(given, Mapping):
        problems.add(f"must be a mapping, is {given!r}", dataset=label)
        return None
    if isinstance(given.get("name"), str) and given["name"].strip():
        label = f"role {given['name'].strip()}"
    fields = Fields(given, problems, dataset=label)
    fields.refuse_unknown(("name", "permissions"))
    name = fields.required_text("name") or ""
    if name and not _NAME.fullmatch(name):
        fields.complain("name", "must be letters a-z, digits, _ and -, at most 63, and begin with a letter")
    permissions = fields.texts("permissions")
    for each in permissions:
        if each not in set(Permission):
            fields.complain("permissions", f"{each!r} is none of {', '.join(Permission)}{suggestion(each, Permission)}")
    return Role(name=name, permissions=frozenset(Permission(each) for each in permissions if each in set(Permission)))
