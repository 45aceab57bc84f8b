"""Holds what a catalogue declares of rows of Postgres against Postgres itself, as soon as it can be asked."""

from collections.abc import Iterator

from exports_pipeline.adapters.postgres_selection import named, source
from exports_pipeline.adapters.postgres_snapshot import PostgresSnapshot
from exports_pipeline.adapters.postgres_types import fits
from exports_pipeline.core.catalog import Dataset
from exports_pipeline.core.errors import QueryFailed
from exports_pipeline.core.filters import Selection


def check_fit(dataset: Dataset, snapshot: PostgresSnapshot) -> None:
    """Let a dataset pass whose columns are there and hold no more than their declared types.

    Raises:
        QueryFailed: with the first column that does not, or Postgres refuses the query.
        LedgerUnavailable.
    """
    for sentence in misfits(dataset, snapshot):
        raise QueryFailed(f"{sentence}; the operator must look at the catalogue.")


def misfits(dataset: Dataset, snapshot: PostgresSnapshot) -> Iterator[str]:
    """What is declared otherwise than Postgres has it, a sentence for each column.

    Raises:
        QueryFailed: Postgres refuses the query.
        LedgerUnavailable.
    """
    everything = Selection(dataset=dataset, columns=dataset.columns, owner_key=None)
    cells = ", ".join(named(name) for name in dataset.types)
    found = snapshot.types(f"SELECT {cells} FROM {source(everything)} LIMIT 0", {})  # noqa: S608 - names are quoted
    for name, kind in dataset.types.items():
        if not fits(kind, found[name]):
            yield f"The column {name} of {dataset.name} is declared {kind} and is {found[name]} in Postgres"
