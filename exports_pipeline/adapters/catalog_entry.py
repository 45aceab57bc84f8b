"""One dataset as a catalogue describes it, before anybody has asked the warehouse."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from exports_pipeline.adapters.catalog_fields import Fields
from exports_pipeline.adapters.catalog_problems import Problems
from exports_pipeline.core.catalog import NOT_GIVEN, DataSource, Grain
from exports_pipeline.core.redaction_policy import FIXED, Sensitivity, TextKind
from exports_pipeline.core.requester import Permission

DATASET_KEYS = (
    "name", "id", "title", "description", "source", "relation", "sql", "time",
    "owner", "public", "permission", "all_rows_with", "account", "tag", "tags", "columns", "types",
)  # fmt: skip
"""The keys of a dataset."""

_COLUMN_KEYS = ("name", "type", "title", "description", "sensitive", "class", "scan", "unit")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LONGEST_NAME = 100


@dataclass(frozen=True, kw_only=True)
class ColumnEntry:
    """What a catalogue says of one column."""

    name: str
    type: str | None = None
    """The DuckDB type, where the warehouse cannot be asked for it."""
    title: str = ""
    description: str = ""
    sensitive: Sensitivity | None = None
    unit: str = ""
    data_class: str = ""
    scan: tuple[TextKind, ...] = ()

    @property
    def is_guarded(self) -> bool:
        """Whether anything is done to its values for some."""
        return bool(self.sensitive or self.data_class or self.scan)


@dataclass(frozen=True, kw_only=True)
class DatasetEntry:
    """What a catalogue says of one dataset; its form is checked, its columns are not."""

    name: str
    label: str
    """How problems call it."""
    id: UUID = NOT_GIVEN
    title: str
    description: str = ""
    source: DataSource = DataSource.WAREHOUSE
    relation: str | None = None
    sql_file: str | None = None
    time: str | None = None
    grain: Grain | None = None
    owner: str | None = None
    public: bool = False
    permission: Permission | None = None
    all_rows_with: Permission | None = None
    account: str | None = None
    tag: str | None = None
    tags: tuple[str, ...] = ()
    columns: tuple[ColumnEntry, ...] | None = None
    """The allow-list, in order; None for all columns."""
    types: Mapping[str, str] = field(default_factory=dict)
    """Types of columns that are not exported, as those of `columns`."""


def parse_dataset(given: Any, problems: Problems, *, position: int) -> DatasetEntry | None:
    """Read one dataset; None if it is nothing that could be checked further."""
    label = f"dataset #{position}"
    if not isinstance(given, Mapping):
        problems.add(f"must be a mapping, is {given!r}", dataset=label)
        return None
    if isinstance(given.get("name"), str) and given["name"].strip():
        label = f"dataset {given['name'].strip()}"
    fields = Fields(given, problems, dataset=label)
    fields.refuse_unknown(DATASET_KEYS)
    name = _name(fields)
    time, grain = _time(fields, problems, label)
    if fields.truth("public") and fields.given("owner") is not None:
        fields.complain("public", "everybody's rows and an owner exclude each other; leave out public or owner")
    relation, sql_file = fields.text("relation"), fields.text("sql")
    if (relation is None) == (sql_file is None):
        fields.complain("relation", "give a relation or sql, one of the two")
    return DatasetEntry(
        name=name,
        label=label,
        id=_id(fields),
        title=fields.text("title") or humanised(name),
        description=fields.text("description") or "",
        source=fields.choice("source", DataSource) or DataSource.WAREHOUSE,
        relation=relation,
        sql_file=sql_file,
        time=time,
        grain=grain,
        owner=fields.column("owner"),
        public=fields.truth("public"),
        permission=fields.choice("permission", Permission),
        all_rows_with=fields.choice("all_rows_with", Permission),
        account=fields.column("account"),
        tag=fields.column("tag"),
        tags=fields.texts("tags"),
        columns=_columns(fields, problems, label),
        types=fields.names("types"),
    )


def humanised(name: str) -> str:
    """A title made of a name: `Monthly trends` for `monthly_trends`."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _name(fields: Fields) -> str:
    name = fields.required_text("name") or ""
    if name and not (_NAME.fullmatch(name) and len(name) <= _LONGEST_NAME):
        fields.complain(
            "name",
            f"must be {_LONGEST_NAME} letters a-z, digits and _ at most and begin with a letter: [a-z][a-z0-9_]*",
        )
    return name


def _id(fields: Fields) -> UUID:
    text = fields.text("id")
    try:
        return UUID(text) if text else NOT_GIVEN
    except ValueError:
        fields.complain("id", f"{text!r} is no UUID")
        return NOT_GIVEN


def _time(fields: Fields, problems: Problems, label: str) -> tuple[str | None, Grain | None]:
    given = fields.given("time")
    if given is None:
        return None, None
    if not isinstance(given, Mapping):
        fields.complain("time", f"must be a mapping as {{column: booked_on, grain: day}}, is {given!r}")
        return None, None
    time = Fields(given, problems, dataset=label, under="time.")
    time.refuse_unknown(("column", "grain"))
    if given.get("column") is None:
        time.complain("column", "is missing")
    return time.column("column"), time.choice("grain", Grain)


def _columns(fields: Fields, problems: Problems, label: str) -> tuple[ColumnEntry, ...] | None:
    listed = fields.listed("columns")
    if listed is None:
        return None
    entries: dict[str, ColumnEntry] = {}
    for position, given in enumerate(listed, start=1):
        if not isinstance(given, Mapping):
            fields.complain(f"columns.#{position}", f"must be a mapping as {{name: amount}}, is {given!r}")
            continue
        name = given.get("name")
        under = f"columns.{name}." if isinstance(name, str) and name else f"columns.#{position}."
        column = Fields(given, problems, dataset=label, under=under)
        column.refuse_unknown(_COLUMN_KEYS)
        entry = ColumnEntry(
            name=column.column("name") or "",
            type=column.text("type"),
            title=column.text("title") or "",
            description=column.text("description") or "",
            sensitive=column.choice("sensitive", Sensitivity, among=FIXED),
            unit=column.text("unit") or "",
            data_class=_class(column),
            scan=_scan(column),
        )
        if not entry.name:
            column.complain("name", "is missing")
        elif entry.name in entries:
            column.complain("name", "stands twice")
        else:
            entries[entry.name] = entry
    return tuple(entries.values())


def _class(column: Fields) -> str:
    name = column.text("class") or ""
    if name and not (_NAME.fullmatch(name) and len(name) <= _LONGEST_NAME):
        column.complain("class", f"{name!r} is no name of a class; write it as pii or trade_secret")
        return ""
    return name


def _scan(column: Fields) -> tuple[TextKind, ...]:
    """All kinds for `true`, those of a list, or none."""
    given = column.given("scan")
    if isinstance(given, bool) or given is None:
        return tuple(TextKind) if given else ()
    words = column.texts("scan")
    for word in words:
        if word not in set(TextKind):
            column.complain("scan", f"{word!r} is none of {', '.join(TextKind)}")
    return tuple(kind for kind in TextKind if kind in words)
