"""Open the rows of an attempt: those of the warehouse, or those that an earlier job has kept."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from exports_pipeline.core.data_ports import WarehouseSession
from exports_pipeline.core.errors import ObjectStoreUnavailable
from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.filters import Selection, select
from exports_pipeline.core.kept_result import Kept, KeptResult, selection_of_kept
from exports_pipeline.core.manifest import Provenance, catalog_version, provenance_in
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.usecases.check_snapshot import check_snapshot
from exports_pipeline.usecases.check_values import check_values
from exports_pipeline.usecases.patience import patiently


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The rows of an attempt, ready to be read."""

    selection: Selection
    session: WarehouseSession
    origin: Provenance


@contextmanager
def open_rows(job: ExportJob, ports: ExportPorts, tick: Callable[[], None]) -> Iterator[Rows]:
    """Open what the job selects; a rendition reads what was kept of its result for as long as that is there.

    `tick` is called several times a second while a kept result is fetched, and may raise.

    Raises:
        RequestError: the selection does not fit catalogue or warehouse, or no longer.
        SnapshotGone: the result was made of another snapshot, and is not kept.
        WarehouseBusy, WarehouseUnavailable, ObjectStoreUnavailable.
    """
    found = find_kept_of(job, ports)
    dataset = ports.catalog.find(job.dataset, job.requester)
    if found is not None:
        kept, origin = found
        with ports.kept.open(fetched(kept, ports, tick), snapshot=origin.snapshot) as session:
            told = selection_of_kept(kept, dataset=job.dataset, filters=job.filters, timezone=job.options.timezone)
            yield Rows(selection=told, session=session, origin=origin)
        return
    selection = select(dataset, job.filters, job.requester, timezone=job.options.timezone)
    check_values(selection, ports.warehouse)
    with ports.warehouse.open(dataset) as session:
        if job.rendition is not None:
            check_snapshot(job.rendition, session.snapshot, dataset=dataset)
        origin = Provenance(
            snapshot=session.snapshot, catalog_version=catalog_version(dataset), rows_of=selection.owner_key
        )
        yield Rows(selection=selection, session=session, origin=origin)


def fetched(kept: KeptResult, ports: ExportPorts, tick: Callable[[], None]) -> Kept:
    """A kept result with its bytes, which are fetched and checked when they are read; `tick` is called for each piece.

    Raises:
        ObjectStoreUnavailable: they cannot be had, or are not those that were kept; out of the pieces, when read.
    """

    def pieces() -> Iterator[bytes]:
        digest = hashlib.sha256()
        for piece in ports.objects.chunks(kept.object_key):
            digest.update(piece)
            tick()
            yield piece
        if digest.hexdigest() != kept.sha256:
            raise ObjectStoreUnavailable("The object store gave other bytes than those that were kept.")

    return Kept(result=kept, pieces=pieces())


def find_kept_of(job: ExportJob, ports: ExportPorts) -> tuple[KeptResult, Provenance] | None:
    """What was kept of the result that a running rendition shows, and where it came from; None without."""
    keeper = job.rendition.kept_by if job.rendition else None
    return patiently(lambda: find_kept(keeper, ports), ports)


def find_kept(job_id: UUID | None, ports: ExportPorts) -> tuple[KeptResult, Provenance] | None:
    """What a job has kept, and where it came from; None where there is nothing, or nothing any more."""
    if job_id is None:
        return None
    job, manifest = ports.jobs.get(job_id), ports.jobs.manifest(job_id)
    if job is None or job.result is None or job.result.kept is None or manifest is None:
        return None
    return None if job.is_expired(ports.clock()) else (job.result.kept, provenance_in(manifest))
