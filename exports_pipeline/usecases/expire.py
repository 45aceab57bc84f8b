"""Delete the objects that nobody may download any more."""

from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from exports_pipeline.core.manifest import objects_of
from exports_pipeline.core.naming import OBJECT_PREFIX, ids_of_key
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.usecases.compare_with_last import forget_baselines
from exports_pipeline.usecases.note_retention import note_retention

ORPHAN_AGE = timedelta(minutes=15)
"""An object that no job names is left alone for so long: its attempt may be about to settle."""
UPLOAD_AGE = timedelta(hours=24)
_BATCH = 500


def expire(ports: ExportPorts) -> int:
    """Delete expired files, files of attempts that did not settle, and unfinished uploads; how many there were."""
    now = ports.clock()
    deleted = ports.objects.abort_uploads(OBJECT_PREFIX, started_before=now - UPLOAD_AGE)
    keys = ports.objects.keys(OBJECT_PREFIX)
    while batch := tuple(islice(keys, _BATCH)):
        deleted += _expire_batch(batch, now, ports)
    deleted += forget_baselines(ports=ports)
    note_retention("objects_expired", deleted, ports=ports)
    return deleted


def _expire_batch(batch: tuple[tuple[str, datetime], ...], now: datetime, ports: ExportPorts) -> int:
    owners: dict[str, UUID] = {key: ids[0] for key, _ in batch if (ids := ids_of_key(key))}
    jobs = ports.jobs.live_keys(list(owners.values()))
    deleted = 0
    for key, stored_at in batch:
        job = jobs.get(owners[key]) if key in owners else None
        is_result = job is not None and job.result is not None and key in objects_of(job.result)
        is_dead = job is not None and is_result and job.is_expired(now)
        if is_dead or (not is_result and stored_at <= now - ORPHAN_AGE):
            ports.objects.delete(key)
            deleted += 1
    return deleted
