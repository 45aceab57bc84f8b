"""Claim: a queue of 50,000 waiting exports is dispatched from, and looked into, as fast as a short one.

`python benchmarks/long_queue.py [--waiting 50000] [--users 200]` starts a Postgres of its own and prints the median
milliseconds of taking one job off the queue, of asking for the place of its last job, and of adding a job under the
limits, with few jobs waiting and with many.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from exports_pipeline.adapters.job_rows import row_of
from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.migrations import migrate
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.adapters.tables import export_jobs
from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.ledger import AuditEntry, Page, QueueLimits
from exports_pipeline.local.ports import remembered_port
from exports_pipeline.local.postgres import database_url, postgres_part

sys.path.insert(0, str(Path(__file__).parents[1]))
from exports_pipeline_tests.builders import new_job
from exports_pipeline_tests.started_part import started

FEW, TRIES = 20, 50
LIMITS = QueueLimits(per_user=10_000, total=1_000_000)
KEEP_FEW = f"DELETE FROM export_jobs WHERE id NOT IN (SELECT id FROM export_jobs LIMIT {FEW})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiting", type=int, default=50_000)
    parser.add_argument("--users", type=int, default=200)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        port = remembered_port(home, "postgres")
        with started(postgres_part(home, port), home):
            url = database_url(home, port)
            migrate(url)
            engine = make_engine(url)
            store = PostgresJobStore(engine)
            for place in range(arguments.users):
                add(store, f"user-{place}")
            with engine.begin() as connection:
                connection.exec_driver_sql(KEEP_FEW)
            few = figures(store)
            patient = make_engine(url, is_patient=True)
            with patient.begin() as connection:
                more = [row_of(new_job(f"user-{place % arguments.users}")) for place in range(arguments.waiting)]
                connection.execute(insert(export_jobs), more)
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM ANALYZE export_jobs")  # as autovacuum does within its minute
            many = figures(store)
            patient.dispose()
            engine.dispose()
    print(f"{'median of ' + str(TRIES):24}{f'{FEW} waiting':>14}{f'{arguments.waiting:,} waiting':>18}{'ratio':>8}")
    for what, ms in few.items():
        print(f"{what:24}{ms:11.2f} ms{many[what]:15.2f} ms{many[what] / ms:8.1f}")


def figures(store: PostgresJobStore) -> dict[str, float]:
    far = datetime.now(UTC) + timedelta(days=1)

    def dispatch() -> None:
        [job] = store.reserve(slots=1, now=far)
        store.release(job.id, job.attempt, due_at=job.created_at)

    [last] = store.page(None, Page(limit=1))
    return {
        "take one off, put it back": median_ms(dispatch),
        "place of the newest": median_ms(lambda: store.look([last.id], slots=2)),
        "add one": median_ms(lambda: add(store, "user-0")),
    }


def add(store: PostgresJobStore, name: str) -> ExportJob:
    new = replace(new_job(name), created_at=datetime.now(UTC))
    audit = AuditEntry(at=new.created_at, actor=new.requester.user_id, action="export.requested", job_id=new.id)
    return store.add(new, audit, limits=LIMITS)


def median_ms(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(TRIES):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return 1000 * statistics.median(seconds)


if __name__ == "__main__":
    main()
