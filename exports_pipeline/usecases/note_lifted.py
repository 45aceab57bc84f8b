"""Note that somebody gets columns unmasked, before they get them."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.unmasking import lifted_entry
from exports_pipeline.usecases.patience import patiently


def note_lifted(
    requester: Requester,
    lifted: Sequence[tuple[str, str]],
    *,
    reason: str | None,
    ports: ExportPorts,
    job_id: UUID | None = None,
) -> None:
    """Write into the audit log which columns are unmasked, as pairs of dataset and column, and why.

    There is one entry for each dataset. Each attempt of a job notes it, as each one reads them.

    Raises:
        LedgerUnavailable: it could not be noted, so nothing may be shown.
    """
    for dataset in dict.fromkeys(dataset for dataset, _ in lifted):
        note = lifted_entry(
            requester,
            at=ports.clock(),
            dataset=dataset,
            columns=tuple(column for of, column in lifted if of == dataset),
            reason=reason,
            job_id=job_id,
        )
        patiently(partial(ports.audit.record, note), ports)
