"""Opens a YAML file of the operator's, and reads what is declared in it by name."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from exports_pipeline.adapters.catalog_fields import Fields
from exports_pipeline.adapters.catalog_problems import Problems
from exports_pipeline.adapters.yaml_file import load_yaml
from exports_pipeline.core.errors import ExportError

VERSION = 1
"""Of every kind of file, so far."""


class Named(Protocol):
    """What has a name."""

    @property
    def name(self) -> str:
        """Its name."""
        ...


Declared = TypeVar("Declared", bound=Named)


def open_fields(
    path: Path, error: type[ExportError], keys: Sequence[str], *, required: Sequence[str] = ()
) -> tuple[Fields, Problems]:
    """The fields of a file with these keys, and where its problems go; a `version` among the keys is checked.

    Raises:
        error: it cannot be read, or is no mapping; the other problems are raised by who reads the fields.
    """
    document = load_yaml(path, error)
    if not isinstance(document, Mapping):
        raise error(f"{path.name}: line 1: must be a mapping with the keys {', '.join(keys[:-1])} and {keys[-1]}")
    problems = Problems(path.name, error)
    fields = Fields(document, problems, dataset=None)
    fields.refuse_unknown(keys)
    version = fields.given("version")
    if "version" in keys and version is not None and (version != VERSION or isinstance(version, bool)):
        fields.complain("version", f"must be {VERSION}, is {version!r}")
    for key in required:
        if fields.given(key) is None:
            fields.complain(key, "is missing")
    return fields, problems


def read_named(
    fields: Fields, key: str, problems: Problems, *, what: str, read: Callable[[Fields, str], Declared]
) -> dict[str, Declared]:
    """What stands in a list by its name; `read` is given the fields of each and what problems call it."""
    found: dict[str, Declared] = {}
    for position, given in enumerate(fields.listed(key) or (), start=1):
        label = f"{what} #{position}"
        if not isinstance(given, Mapping):
            problems.add(f"must be a mapping, is {given!r}", dataset=label)
            continue
        if isinstance(given.get("name"), str) and given["name"].strip():
            label = f"{what} {given['name'].strip()}"
        declared = read(Fields(given, problems, dataset=label), label)
        if declared.name in found:
            problems.add("stands twice; give one of them another name", dataset=f"{what} {declared.name}", field="name")
        found[declared.name] = declared
    return found
