"""Compare the kept result of a job with that of an earlier one."""

from collections.abc import Callable, Sequence

from exports_pipeline.core.difference import MOST_EXAMPLES, Difference
from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.kept_result import KeptResult
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import NotKept, UnknownColumn
from exports_pipeline.usecases.open_rows import fetched, find_kept


def compare(
    job: ExportJob,
    earlier: ExportJob,
    key: Sequence[str],
    *,
    ports: ExportPorts,
    most: int = MOST_EXAMPLES,
    tick: Callable[[], None] = lambda: None,
) -> Difference:
    """What the result of `job` has and that of `earlier` has not, and the other way round.

    Without a key whole rows are compared; `most` is that of the examples' rows. Who may see both jobs is decided by the
    caller. `tick` is called several times a second in the calling thread, and may raise.

    Raises:
        NotKept: one of the jobs has no kept rows, or none any more.
        UnknownColumn: a column of the key is not in both results.
        ObjectStoreUnavailable, SpillDiskFull, QueryTooLarge: it did not work out this time.
    """
    return compare_kept(_kept_rows(earlier, ports), _kept_rows(job, ports), key, ports=ports, most=most, tick=tick)


def compare_kept(
    earlier: KeptResult,
    later: KeptResult,
    key: Sequence[str],
    *,
    ports: ExportPorts,
    most: int,
    tick: Callable[[], None],
) -> Difference:
    """As `compare`, of rows that are known to be kept.

    Raises:
        UnknownColumn, ObjectStoreUnavailable, SpillDiskFull, QueryTooLarge: as `compare`.
    """
    results = earlier, later
    for name in key:
        if any(name not in {column.name for column in kept.columns} for kept in results):
            raise UnknownColumn(f"The key {name[:80]!r} is no column of both results.", field="key")
    before, after = (fetched(each, ports, tick) for each in results)
    return ports.kept.compare(before, after, key=tuple(dict.fromkeys(key)), most=most, tick=tick)


def _kept_rows(job: ExportJob, ports: ExportPorts) -> KeptResult:
    found = find_kept(job.id, ports)
    if found is None or not found[0].columns:
        raise NotKept(f"The export job {job.id} has kept no rows, or none any more.")
    return found[0]
