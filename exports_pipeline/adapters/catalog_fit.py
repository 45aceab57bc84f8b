"""Fits what a catalogue says onto the warehouse: columns get types, and what does not fit becomes a problem."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from exports_pipeline.adapters.catalog_declared import declared_types, refuse_declared
from exports_pipeline.adapters.catalog_entry import ColumnEntry, DatasetEntry
from exports_pipeline.adapters.catalog_problems import Problems, suggestion
from exports_pipeline.adapters.catalog_schema import Schema, is_owner, is_scalar, is_tag, is_time
from exports_pipeline.core.catalog import Catalog, Column, Dataset, DataSource, Grain, TimeColumn
from exports_pipeline.core.errors import ExportError, QueryFailed, WarehouseUnavailable
from exports_pipeline.core.redaction_policy import Sensitivity, TextKind

_UNREADABLE = (QueryFailed, WarehouseUnavailable)
"""What a view meets that does not fit its tables, or whose files are gone, in a warehouse that did open."""


def fit_catalog(entries: Iterable[DatasetEntry], *, schema: Schema, problems: Problems, folder: Path) -> Catalog:
    """Make a catalogue of entries; files of SQL are looked up inside `folder`.

    Postgres is not asked, since the catalogue is read before it is up: entries of that source declare their types.

    Raises:
        InvalidCatalog: every problem of every dataset, one a line.
        WarehouseBusy, WarehouseUnavailable: the warehouse cannot be opened.
    """
    known = schema.relation_names()
    datasets = [dataset for entry in entries if (dataset := _Fit(entry, schema, problems, folder, known).dataset())]
    _refuse_repeats(datasets, problems)
    problems.raise_any()
    return Catalog(tuple(datasets))


def _refuse_repeats(datasets: list[Dataset], problems: Problems) -> None:
    names: set[str] = set()
    ids: dict[str, str] = {}
    for dataset in datasets:
        label = f"dataset {dataset.name}"
        if dataset.name in names:
            problems.add("another dataset has this name", dataset=label, field="name")
        elif str(dataset.id) in ids:
            problems.add(f"dataset {ids[str(dataset.id)]} has the same id", dataset=label, field="id")
        names.add(dataset.name)
        ids.setdefault(str(dataset.id), dataset.name)


def _reason(error: ExportError) -> str:
    """The first line of what the warehouse itself said; whoever writes a catalogue has to know it."""
    return str(error.__cause__ or error.sentence).strip().partition("\n")[0]


def _guard(entry: ColumnEntry) -> str:
    if entry.sensitive:
        return "sensitive"
    return f"of the class {entry.data_class}" if entry.data_class else "searched"


class _Fit:
    """One entry beside the warehouse."""

    def __init__(self, entry: DatasetEntry, schema: Schema, problems: Problems, folder: Path, known: list[str]) -> None:
        self._entry = entry
        self._schema = schema
        self._problems = problems
        self._folder = folder
        self._known = known
        self._source = f"relation {entry.relation}" if entry.relation else f"the query of {entry.sql_file}"

    def dataset(self) -> Dataset | None:
        """The finished dataset, or one that is never used because there are problems; None if nothing is known."""
        entry = self._entry
        sql, types = self._rows_come_from()
        if not types:
            return None
        return Dataset(
            name=entry.name,
            id=entry.id,
            title=entry.title,
            description=entry.description,
            source=entry.source,
            relation=entry.relation,
            sql=sql,
            types=MappingProxyType(dict(types)),
            columns=self._columns(types),
            time=self._time(types),
            owner=self._role("owner", entry.owner, types, is_owner, "an integer, text or UUID, or a LIST of them"),
            public=entry.public,
            permission=entry.permission,
            all_rows_with=entry.all_rows_with,
            account=self._role("account", entry.account, types, is_scalar, "a scalar"),
            tag=self._role("tag", entry.tag, types, is_tag, "a scalar or a LIST of scalars"),
            tags=entry.tags,
        )

    def _complain(self, field: str, sentence: str) -> None:
        self._problems.add(sentence, dataset=self._entry.label, field=field)

    def _rows_come_from(self) -> tuple[str | None, Mapping[str, str] | None]:
        is_declared = self._entry.source is DataSource.POSTGRES
        if not is_declared:
            refuse_declared(self._entry, self._problems)
        if self._entry.relation:
            return None, self._declared() if is_declared else self._relation_types(self._entry.relation)
        sql = self._sql_text(self._entry.sql_file) if self._entry.sql_file else None
        if sql is None:
            return None, None
        if is_declared:
            return sql, self._declared()
        try:
            types = self._schema.query_types(sql)
        except _UNREADABLE as error:
            self._complain("sql", f"{self._entry.sql_file}: {_reason(error)}")
            return sql, None
        return sql, types

    def _declared(self) -> Mapping[str, str]:
        return declared_types(self._entry, self._problems)

    def _relation_types(self, relation: str) -> Mapping[str, str] | None:
        try:
            types = self._schema.relation_types(relation)
        except _UNREADABLE as error:
            self._complain("relation", f"{relation}: {_reason(error)}")
            return None
        if types is None:
            self._complain(
                "relation", f"no table or view {relation} in the warehouse{suggestion(relation, self._known)}"
            )
        return types

    def _sql_text(self, name: str) -> str | None:
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder.resolve()):
            self._complain("sql", f"{name} lies outside the folder of the catalogue")
            return None
        try:
            sql = path.read_text(encoding="utf-8-sig").strip().rstrip(";").rstrip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
            self._complain("sql", f"{name} cannot be read: {reason}")
            return None
        if not sql:
            self._complain("sql", f"{name} is empty")
        return sql or None

    def _columns(self, types: Mapping[str, str]) -> tuple[Column, ...]:
        entries = self._entry.columns
        if entries is None:
            entries = tuple(ColumnEntry(name=name) for name in types)
        columns = []
        for entry in entries:
            kind = types.get(entry.name)
            if kind is None:
                self._unknown(f"columns.{entry.name}", entry.name, types)
                continue
            columns.append(
                Column(
                    name=entry.name,
                    type=kind,
                    title=entry.title,
                    description=entry.description,
                    sensitive=entry.sensitive,
                    unit=entry.unit,
                    data_class=entry.data_class,
                    scan=self._scan(entry, kind),
                )
            )
        if columns and all(column.sensitive is Sensitivity.DROP for column in columns):
            self._complain("columns", "every column is dropped, so nothing is left to export")
        return tuple(columns)

    def _scan(self, entry: ColumnEntry, kind: str) -> tuple[TextKind, ...]:
        if entry.scan and kind != "VARCHAR":
            self._complain(f"columns.{entry.name}.scan", f"the column is {kind}; only texts are searched")
            return ()
        return entry.scan

    def _unknown(self, field: str, name: str, types: Mapping[str, str]) -> None:
        self._complain(field, f"no column {name} in {self._source}{suggestion(name, types)}")

    def _role(
        self, field: str, name: str | None, types: Mapping[str, str], fits: Callable[[str], bool], wanted: str
    ) -> str | None:
        if name is None:
            return None
        kind = types.get(name)
        if kind is None:
            self._unknown(field, name, types)
            return None
        if not fits(kind):
            self._complain(field, f"column {name} is {kind}; it must be {wanted}")
        for entry in self._entry.columns or ():
            if field != "owner" and entry.name == name and entry.is_guarded:
                self._complain(
                    field,
                    f"column {name} is {_guard(entry)}, and a filter would give its values away; "
                    "leave out one of the two",
                )
        return name

    def _time(self, types: Mapping[str, str]) -> TimeColumn | None:
        name = self._role("time.column", self._entry.time, types, is_time, "a DATE or a TIMESTAMP")
        if name is None:
            return None
        is_date = types[name] == "DATE"
        grain = self._entry.grain or (Grain.DAY if is_date else Grain.SECOND)
        if is_date and grain is not Grain.DAY:
            self._complain("time.grain", f"column {name} is a DATE, so its grain is day")
        return TimeColumn(column=name, grain=grain)
