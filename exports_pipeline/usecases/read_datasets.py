"""Read the catalogue as a requester sees it."""

from dataclasses import dataclass

from exports_pipeline.core.catalog import Column, Dataset
from exports_pipeline.core.filters import Filters, select
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import FilterNotSupported, UnknownColumn
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.unmasking import as_asked

_MOST_COUNTED = 1 << 40


@dataclass(frozen=True, kw_only=True)
class DatasetDetail:
    """A dataset with what only the warehouse knows."""

    dataset: Dataset
    columns: tuple[Column, ...]
    """As this requester gets them: dropped ones are missing, `sensitive` is None where shown as they are."""
    first_date: str | None
    last_date: str | None


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How much there is of a dataset."""

    rows: int | None
    """None where counting takes too long to wait for."""
    last_date: str | None


def list_datasets(requester: Requester, *, ports: ExportPorts) -> tuple[Dataset, ...]:
    """The datasets the requester may export, in the order of the catalogue."""
    return ports.catalog.visible_to(requester)


def shown_columns(dataset: Dataset, requester: Requester, *, ports: ExportPorts) -> tuple[Column, ...]:
    """The columns of a dataset as the requester gets them without a reason to unmask any; none if all are dropped."""
    try:
        return select(dataset, Filters(), _as_asked(requester, ports)).columns
    except UnknownColumn:
        return ()


def read_dataset(name_or_id: str, requester: Requester, *, ports: ExportPorts) -> DatasetDetail:
    """One dataset with its columns and the first and last date of the requester's rows.

    Raises:
        UnknownDataset: there is none that the requester may export.
    """
    dataset = ports.catalog.find(name_or_id, requester)
    selection = select(dataset, Filters(), _as_asked(requester, ports))
    first, last = ports.warehouse.time_range(selection) or (None, None)
    return DatasetDetail(dataset=dataset, columns=selection.columns, first_date=first, last_date=last)


def read_extent(name_or_id: str, requester: Requester, *, ports: ExportPorts) -> Extent:
    """How many rows of a dataset are the requester's, and how new they are.

    Raises:
        UnknownDataset: there is none that the requester may export.
    """
    dataset = ports.catalog.find(name_or_id, requester)
    selection = select(dataset, Filters(), _as_asked(requester, ports))
    rows = ports.warehouse.count_up_to(selection, most=_MOST_COUNTED)
    _, last = ports.warehouse.time_range(selection) or (None, None)
    return Extent(rows=rows, last_date=last)


def read_values(
    name_or_id: str, requester: Requester, *, kind: str, prefix: str, limit: int, ports: ExportPorts
) -> list[str]:
    """Values of the `account` or `tag` column within the requester's own rows, sorted.

    Raises:
        UnknownDataset: there is none that the requester may export.
        FilterNotSupported: it has no such column.
    """
    dataset = ports.catalog.find(name_or_id, requester)
    column = {"account": dataset.account, "tag": dataset.tag}.get(kind)
    if column is None:
        raise FilterNotSupported(f"Dataset {dataset.name} has no {kind} column.", field="kind")
    return ports.warehouse.values(select(dataset, Filters(), requester), column, prefix=prefix, limit=limit)


def _as_asked(requester: Requester, ports: ExportPorts) -> Requester:
    return as_asked(requester, None, needs_reason=ports.unmask_needs_reason)
