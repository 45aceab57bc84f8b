"""Compare the result of a scheduled job with that of the window before, which is kept for it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from exports_pipeline.core.changes_file import CHANGES_TYPE, MOST_CHANGES, ChangesFile, changes_csv, changes_name
from exports_pipeline.core.difference import Difference
from exports_pipeline.core.export_job import ExportJob, StoredFile
from exports_pipeline.core.formats import extension
from exports_pipeline.core.kept_result import KeptResult
from exports_pipeline.core.manifest import objects_of
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.scheduled_window import BASELINES, ScheduledWindow
from exports_pipeline.usecases.compare_results import compare_kept
from exports_pipeline.usecases.made import Made
from exports_pipeline.usecases.open_rows import fetched
from exports_pipeline.usecases.publication import Publication

_PARQUET = "application/vnd.apache.parquet"
_RIGHTS = ("catalog_version", "rows_of")
"""What a manifest says of the definition and of the isolation of its rows."""
_KEPT_WINDOWS = 2
"""The last one, and the one before it: an attempt that is lost is made again, and compares with that one again."""


def with_difference(made: Made, job: ExportJob, *, ports: ExportPorts, tick: Callable[[], None]) -> Made:
    """What was made, and how it differs from the window before; as it is where there is none, or nothing is compared.

    The rows that differ become a file beside the result, unless the last ones were made with other rights. All rows are
    copied to where they stay until two windows later, however soon the file expires. `tick` is called several times a
    second, and may raise; where anything raises, nothing of what was made stays.

    Raises:
        UnknownColumn: a column of the schedule's key is not in both results.
        ObjectStoreUnavailable, SpillDiskFull, QueryTooLarge: it did not work out this time.
    """
    window, kept = job.schedule, made.result.kept
    if window is None or not window.compares_rows or kept is None or not kept.columns:
        return made
    difference = changes = None
    with Publication(ports.objects, objects_of(made.result)) as publication:
        if found := _last(window, ports):
            last, manifest = found
            most = MOST_CHANGES if _shows_the_same(manifest, last, made.manifest, kept) else 0
            difference = compare_kept(last, kept, window.key, ports=ports, most=most, tick=tick)
            changes = _publish(difference, made.result, job, publication, tick)
        _keep(kept, window, ports, tick)
    return replace(made, result=replace(made.result, changes=changes), difference=difference)


def forget_baselines(*, ports: ExportPorts) -> int:
    """Delete what is kept for schedules that are gone; how many objects there were."""
    deleted = 0
    known: dict[str, bool] = {}
    for key, _ in ports.objects.keys(BASELINES):
        name = key.removeprefix(BASELINES).partition("/")[0]
        if name not in known:
            known[name] = ports.schedules.get(UUID(name)) is not None
        if not known[name]:
            ports.objects.delete(key)
            deleted += 1
    return deleted


def _last(window: ScheduledWindow, ports: ExportPorts) -> tuple[KeptResult, Mapping[str, Any] | None] | None:
    """The rows of the newest window before this one with their manifest, as far as they are known."""
    earlier = [each for each in _windows(window, ports) if each.due_at < window.due_at]
    job = ports.jobs.get(earlier[-1].job_id) if earlier else None
    if job is None or job.result is None or job.result.kept is None:
        return None
    return replace(job.result.kept, object_key=earlier[-1].baseline_key), ports.jobs.manifest(job.id)


def _shows_the_same(
    before: Mapping[str, Any] | None, earlier: KeptResult, after: Mapping[str, Any], later: KeptResult
) -> bool:
    """Whether two results were made with the same rights of the same definition.

    Else rows of the earlier one could hold what nobody may see any more: values that are redacted now, or somebody
    else's rows.
    """
    if before is None or any(before.get(name) != after.get(name) for name in _RIGHTS):
        return False
    shown = {column.name: column.redaction for column in earlier.columns}
    return all(column.redaction == shown.get(column.name, column.redaction) for column in later.columns)


def _publish(
    difference: Difference, result: StoredFile, job: ExportJob, publication: Publication, tick: Callable[[], None]
) -> ChangesFile | None:
    """Write the rows that differ beside the file; None where there are none.

    They come out of kept rows, so what is sensitive is redacted in them as it is in the file.
    """
    rows = len(difference.table()[1])
    if not rows:
        return None
    ending = extension(job.format, job.options)
    key, name = (changes_name(each, ending) for each in (result.object_key, result.download_name))
    upload = publication.upload(key, content_type=CHANGES_TYPE, download_name=name)
    for line in changes_csv(difference, formula_guard=job.options.formula_guard):
        upload.write(line)
    sha256 = publication.commit(key, tick=tick)
    return ChangesFile(
        object_key=key,
        download_name=name,
        row_count=rows,
        total_rows=difference.table_rows,
        size_bytes=upload.size_bytes,
        sha256=sha256,
    )


def _keep(kept: KeptResult, window: ScheduledWindow, ports: ExportPorts, tick: Callable[[], None]) -> None:
    name = window.baseline_key.rpartition("/")[2]
    upload = ports.objects.upload(window.baseline_key, content_type=_PARQUET, download_name=name)
    try:
        for piece in fetched(kept, ports, tick).pieces:
            upload.write(piece)
        upload.commit(tick=tick)
    finally:
        upload.abort()
    for old in _windows(window, ports)[:-_KEPT_WINDOWS]:
        ports.objects.delete(old.baseline_key)


def _windows(window: ScheduledWindow, ports: ExportPorts) -> list[ScheduledWindow]:
    """The windows of this part whose rows are kept, oldest first."""
    keys = (key for key, _ in ports.objects.keys(window.baseline_prefix))
    return sorted((window.of_baseline(key) for key in keys), key=lambda each: each.due_at)
