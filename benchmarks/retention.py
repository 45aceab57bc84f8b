"""Claim: Postgres does not grow without bound: once its run is forgotten, an export leaves little but its own row.

`python -m benchmarks.retention [--exports 500] [--rounds 3]` runs exports on a stack of its own, forgets their runs as
the hourly purge does after `EXPORTS_RUN_DAYS`, runs as many again, round by round, and prints by how many bytes of
Postgres per export Dagster and the ledger grew: tables, indexes and TOAST, after a VACUUM as autovacuum does it. What
is forgotten is used again, not given back, so that Dagster grows in the first round and hardly in the others.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import psycopg

from exports_pipeline.defs.purge import purge_runs
from exports_pipeline_tests.journey.running_stack import Caller, RunningStack

SIZES = """
    SELECT n.nspname, sum(pg_total_relation_size(c.oid))::bigint
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname IN ('dagster', 'public') GROUP BY 1
"""


def main() -> None:
    arguments = _arguments()
    if arguments.purge:
        print(purge_runs(dg.DagsterInstance.get(), created_before=datetime.now(UTC)))
        return
    with tempfile.TemporaryDirectory() as folder:
        stack = RunningStack(Path(folder) / "home", EXPORTS_SAMPLE_DAYS="30")
        try:
            stack.up()
            caller = stack.caller("demo")
            _run(caller, 20)
            before = _sizes(stack)
            print(f"{'bytes of Postgres per export':32}{'Dagster':>10}{'ledger':>10}")
            for place in range(arguments.rounds):
                forgotten = _purge(stack) if place else 0
                _run(caller, arguments.exports)
                after = _sizes(stack)
                _print(f"{forgotten} forgotten, {arguments.exports} more", before, after, arguments.exports)
                before = after
        finally:
            stack.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--exports", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--purge", action="store_true", help="forget all runs of the stack in the environment")
    return parser.parse_args()


def _purge(stack: RunningStack) -> int:
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.retention", "--purge"],
        env=os.environ | stack.env | stack.variables,
        check=True,
        capture_output=True,
        text=True,
    )
    return int(told.stdout)


def _run(caller: Caller, count: int) -> None:
    jobs = [caller.export("airlines") for _ in range(count)]
    for job_id in jobs:
        caller.completed(job_id, within_s=600)


def _sizes(stack: RunningStack) -> dict[str, int]:
    """Bytes per schema: Dagster has one of its own, the ledger is in `public`."""
    with psycopg.connect(stack.variables["EXPORTS_DATABASE_URL"], autocommit=True) as connection:
        connection.execute("VACUUM")
        return dict(connection.execute(SIZES).fetchall())


def _print(name: str, before: dict[str, int], after: dict[str, int], count: int) -> None:
    dagster, ledger = ((after[side] - before[side]) / count for side in ("dagster", "public"))
    print(f"{name:32}{dagster:10,.0f}{ledger:10,.0f}", flush=True)


if __name__ == "__main__":
    main()
