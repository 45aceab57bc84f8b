"""The catalogue: which datasets exist, what their columns mean, and who sees which."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from uuid import NAMESPACE_DNS, UUID, uuid5

from exports_pipeline.core.redaction_policy import RedactionPolicy, Sensitivity, TextKind
from exports_pipeline.core.refusals import UnknownDataset
from exports_pipeline.core.requester import Permission, Requester

NOT_GIVEN = UUID(int=0)
"""The id of a dataset before it has one."""


class DataSource(StrEnum):
    """Where the rows of a dataset lie."""

    WAREHOUSE = "warehouse"
    POSTGRES = "postgres"
    """The database of the service itself."""


class Grain(StrEnum):
    """The finest step of a time column."""

    DAY = "day"
    HOUR = "hour"
    MINUTE = "minute"
    SECOND = "second"
    MILLISECOND = "millisecond"


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column one may export."""

    name: str
    type: str
    """The DuckDB type, as `DECIMAL(18,2)`."""
    title: str = ""
    description: str = ""
    sensitive: Sensitivity | None = None
    """In a catalogue the fixed rule for everybody; in a selection what is done to it for the requester."""
    unit: str = ""
    """What its numbers count: an ISO 4217 currency as `CZK`, `percent`, `id`, or any other as `km`."""
    data_class: str = ""
    """What its values are to a redaction policy: `pii`, `financial`, `health`, `secret`, or another; empty: nothing."""
    scan: tuple[TextKind, ...] = ()
    """What is searched for in its texts and replaced; in a selection, what is for the requester."""
    step: str = ""
    """In a selection, what truncated numbers are a multiple of, as a decimal."""

    @property
    def is_guarded(self) -> bool:
        """Whether a catalogue has anything against showing it to anybody."""
        return bool(self.sensitive or self.data_class or self.scan)

    @property
    def is_replaced(self) -> bool:
        """In a selection, whether its values give way to a mark or a hash, which are text."""
        return self.sensitive not in {None, Sensitivity.TRUNCATE}

    @property
    def shown_type(self) -> str:
        """The DuckDB type of its values as they are shown."""
        return "VARCHAR" if self.is_replaced else self.type

    @property
    def redaction(self) -> str:
        """In a selection, what is done to it in words as `mask` or `truncate to 1000`; empty for nothing."""
        if self.sensitive is Sensitivity.TRUNCATE:
            return f"truncate to {self.step or 'the month'}"
        if self.sensitive is None and self.scan:
            return f"scan for {', '.join(self.scan)}"
        return str(self.sensitive or "")


@dataclass(frozen=True, kw_only=True)
class TimeColumn:
    """The column that a date filter looks at."""

    column: str
    grain: Grain = Grain.DAY


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A catalogued thing one may export; `relation` or `sql` says where its rows come from."""

    name: str
    columns: tuple[Column, ...]
    """What may be exported, in order."""
    types: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """DuckDB type of every column of the relation, exported or not."""
    source: DataSource = DataSource.WAREHOUSE
    id: UUID = NOT_GIVEN
    title: str = ""
    description: str = ""
    relation: str | None = None
    sql: str | None = None
    """The text of a SELECT, in place of a relation."""
    time: TimeColumn | None = None
    owner: str | None = None
    public: bool = False
    permission: Permission | None = None
    """What one must be allowed to see it at all; without an owner column, its rows are those of all who are."""
    all_rows_with: Permission | None = None
    """Who has it gets the rows of every owner of this dataset, as `EXPORT_ALL` gives those of all datasets."""
    account: str | None = None
    tag: str | None = None
    tags: tuple[str, ...] = ()
    policy: RedactionPolicy = RedactionPolicy()  # noqa: RUF009 - it is frozen
    """What is made of columns with a class."""
    is_packaged: bool = False
    """Whether it comes with the service, of whose own tables it tells."""

    def __post_init__(self) -> None:
        if self.id == NOT_GIVEN:
            object.__setattr__(self, "id", dataset_id(self.name))
        if not self.types:
            types = MappingProxyType({column.name: column.type for column in self.columns})
            object.__setattr__(self, "types", types)

    def is_visible_to(self, requester: Requester) -> bool:
        """Whether the requester may export any of it; without owner column and permission only administrators may."""
        if self.permission is not None:
            return self.permission in requester.permissions
        return self.public or self.owner is not None or requester.sees_all_rows

    def shows_all_rows_to(self, requester: Requester) -> bool:
        """Whether rows of every owner are the requester's to export."""
        opens = self.all_rows_with is not None and requester.may(self.all_rows_with)
        return self.owner is None or opens or requester.sees_all_rows

    @property
    def filters(self) -> tuple[str, ...]:
        """The names of the filters that this dataset takes, as the API spells them."""
        dates = ("start_date", "end_date") if self.time else ()
        return (*dates, *(("account_ids",) if self.account else ()), *(("tag_ids",) if self.tag else ()))


def dataset_id(name: str) -> UUID:
    """The id of a dataset that has not been given one: uuid5 of its name."""
    return uuid5(NAMESPACE_DNS, name)


@lru_cache(maxsize=1_000)
def user_id(name: str) -> UUID:
    """The id of a user: the name itself where it is a UUID, else uuid5 of it."""
    try:
        return UUID(name)
    except ValueError:
        return uuid5(NAMESPACE_DNS, name)


class Catalog:
    """All datasets, found by name or id."""

    def __init__(self, datasets: tuple[Dataset, ...], policy: RedactionPolicy | None = None) -> None:
        self.policy = policy or RedactionPolicy()
        """What is made of columns with a class, in all datasets."""
        self._datasets = tuple(replace(each, policy=policy) for each in datasets) if policy else datasets
        datasets = self._datasets
        self._by_key = {key: dataset for dataset in datasets for key in (dataset.name, str(dataset.id))}

    def __iter__(self) -> Iterator[Dataset]:
        return iter(self._datasets)

    def visible_to(self, requester: Requester) -> tuple[Dataset, ...]:
        """The datasets the requester may export, in the order of the catalogue."""
        return tuple(dataset for dataset in self._datasets if dataset.is_visible_to(requester))

    def find(self, name_or_id: str, requester: Requester) -> Dataset:
        """The dataset of that name or id.

        Raises:
            UnknownDataset: there is none, or none that this requester may export.
        """
        dataset = self._by_key.get(name_or_id) or self._by_key.get(name_or_id.lower())
        if dataset is None or not dataset.is_visible_to(requester):
            raise UnknownDataset(
                f"There is no dataset {name_or_id[:80]!r} that you may export; GET /api/analytics/datasets names them.",
                field="dataset_id",
            )
        return dataset
