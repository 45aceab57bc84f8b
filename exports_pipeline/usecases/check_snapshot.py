"""Refuse to render a result once more from data that are no longer the same."""

from exports_pipeline.core.catalog import Dataset
from exports_pipeline.core.manifest import Snapshot, catalog_version
from exports_pipeline.core.refusals import SnapshotGone
from exports_pipeline.core.rendition import Rendition


def check_snapshot(rendition: Rendition, snapshot: Snapshot, *, dataset: Dataset | None = None) -> None:
    """Compare what is published now with what the result was made of.

    Raises:
        SnapshotGone: the warehouse, or the definition of the dataset, has changed since.
    """
    if snapshot.name != rendition.snapshot:
        raise SnapshotGone(
            f"The result was made of the snapshot {rendition.snapshot}, and the warehouse is {snapshot.name} now; "
            "request a new export."
        )
    if dataset is not None and catalog_version(dataset) != rendition.catalog_version:
        raise SnapshotGone(
            f"The definition of the dataset {dataset.name} has changed since the result was made; request a new export."
        )
