"""Claim: every page takes less than 100 ms of the server over a year of figures, and less than 60 KB.

`python -m benchmarks.pages [--rounds 20] [--home FOLDER] [--only WORD]` invents a year (see `invented_year.py`), starts
the API over it as it is deployed, and asks for every page as somebody who may see everything. For each it prints p50
and p95 of the server's milliseconds, the processor's milliseconds in the API and in Postgres, the statements that
Postgres was sent, the bytes without the charts' specifications and with them, and the processor's time as a multiple of
that of `/datasets`: it travels to a machine that others use as well, milliseconds do not. It fails where a page is too
large before charts, or not there.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import psycopg

from benchmarks.counted_app import CPU_MS, STATEMENTS, WALL_MS
from benchmarks.event_history import NOW, p95
from benchmarks.invented_year import invented_year
from exports_pipeline.core.requester import Permission
from exports_pipeline_tests.api_client import token_of
from exports_pipeline_tests.journey.running_stack import free_ports, wait_until

MOST_BYTES, GOAL_MS = 60_000, 100
CHEAPEST = "/datasets"
CHART = re.compile(rb"data-chart='[^']*'")
PAGES = (
    CHEAPEST,
    "/datasets?q=flights",
    "/datasets/flights",
    "/datasets/fct_transactions?style=csv-german&tag_ids=food",
    "/datasets/flights/values/tag",
    "/datasets/flights/extent",
    "/exports",
    "/exports?user=all",
    "/exports?user=all&status=failed&tag=finance",
    "/exports/table?user=all",
    "/exports/{job}",
    "/exports/{job}/progress",
    "/exports/{waiting}",
    "/reports",
    "/reports/metrics_summary",
    "/reports/dashboard",
    "/schedules",
    "/schedules?of=all",
    "/schedules/{schedule}",
    "/schedules/{schedule}/edit",
    "/schedules/new?dataset=flights",
    "/insights",
    "/insights?range=last-year",
    "/insights?range=this-year&tag=finance&plan=plan+3",
    "/insights/jobs",
    "/campaigns",
    "/campaigns?from={year}",
    "/campaigns/campaign%203",
    "/campaigns/campaign%203?from={year}&granularity=week",
    "/activity",
    "/activity?from={year}",
    "/audit",
    "/audit?from={year}",
    "/audit/chain",
    "/operations",
    "/sign-in",
)
ONES = {
    "job": "SELECT id FROM export_jobs WHERE status = 'completed' ORDER BY completed_at DESC LIMIT 1",
    "waiting": "SELECT id FROM export_jobs WHERE status = 'pending' ORDER BY created_at DESC LIMIT 1",
    "schedule": "SELECT id FROM schedules ORDER BY created_at LIMIT 1",
}
"""What stands for a name in braces: one of the year's."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one page costs."""

    status: int
    wall_ms: list[float]
    cpu_ms: float
    postgres_ms: float
    statements: int
    size: int
    """Before charts."""
    whole: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--home", type=Path, help="keep the year in this folder, or find it there")
    parser.add_argument("--only", default="", help="only pages whose address has this word, and the cheapest")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, invented_year(arguments.home or Path(folder)) as variables:
        addresses = _addresses(variables["EXPORTS_DATABASE_URL"])
        with _served(variables) as visitor:
            postgres = _postgres(variables["EXPORTS_DATABASE_URL"])
            costs = {
                page: _cost(visitor, address, postgres, arguments.rounds)
                for page, address in addresses.items()
                if arguments.only in page or page == CHEAPEST
            }
    _print(costs)


def _addresses(url: str) -> dict[str, str]:
    """The pages, and where they are this time."""
    known = {"year": str(NOW.date().replace(year=NOW.year - 1))}
    with psycopg.connect(url) as connection:
        for name, statement in ONES.items():
            found = connection.execute(statement).fetchone()
            known[name] = str(found[0]) if found else ""
    return {page: page.format(**known) for page in PAGES}


@contextmanager
def _served(variables: dict[str, str]) -> Iterator[httpx.Client]:
    """A browser, signed in as somebody with all permissions."""
    [port] = free_ports(1)
    command = [sys.executable, "-m", "benchmarks.counted_app", str(port), NOW.isoformat()]
    process = subprocess.Popen(command, env={**os.environ, **variables})
    try:
        cookies = {"exports_zone": "Europe/Prague"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", cookies=cookies, timeout=60) as visitor:
            wait_until(lambda: _is_up(visitor), told="the API")
            visitor.post("/sign-in", data={"token": token_of("ann", *Permission)})
            yield visitor
    finally:
        process.terminate()
        process.wait(10)


def _is_up(visitor: httpx.Client) -> bool:
    try:
        return visitor.get("/healthz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _postgres(url: str) -> psutil.Process:
    """The server that the connections of a URL belong to."""
    with psycopg.connect(url) as connection:
        return psutil.Process(connection.info.backend_pid).parent()


def _cost(visitor: httpx.Client, address: str, postgres: psutil.Process, rounds: int) -> Cost:
    """One page, asked again and again; the first answer is not counted, since it fills what is remembered."""
    visitor.get(address)
    before = _seconds(postgres)
    answers = [visitor.get(address) for _ in range(rounds)]
    told = {name: [float(each.headers[name]) for each in answers] for name in (WALL_MS, CPU_MS, STATEMENTS)}
    return Cost(
        status=answers[-1].status_code,
        wall_ms=told[WALL_MS],
        cpu_ms=statistics.mean(told[CPU_MS]),
        postgres_ms=1000 * (_seconds(postgres) - before) / rounds,
        statements=int(max(told[STATEMENTS])),
        size=max(len(CHART.sub(b"", each.content)) for each in answers),
        whole=max(len(each.content) for each in answers),
    )


def _seconds(postgres: psutil.Process) -> float:
    """Of the processor, that all of a server's processes have had, those that have ended included."""
    ended = sum(postgres.cpu_times()[2:4])
    return ended + sum(sum(each.cpu_times()[:2]) for each in (postgres, *postgres.children()))


def _print(costs: dict[str, Cost]) -> None:
    cheapest = costs[CHEAPEST].cpu_ms + costs[CHEAPEST].postgres_ms
    print(f"{'':58}{'p50':>6}{'p95 ms':>8}{'API':>7}{'PG ms':>7}{'SQL':>5}{'bytes':>8}{'charts':>8}{'times':>7}")
    for page, cost in costs.items():
        late = "  goal missed" if p95(cost.wall_ms) > GOAL_MS else ""
        print(
            f"{page:58}{statistics.median(cost.wall_ms):6.1f}{p95(cost.wall_ms):8.1f}{cost.cpu_ms:7.1f}"
            f"{cost.postgres_ms:7.1f}{cost.statements:5}{cost.size:8,}{cost.whole:8,}"
            f"{(cost.cpu_ms + cost.postgres_ms) / cheapest:7.1f}{late}"
        )
    wrong = {page: cost.status for page, cost in costs.items() if cost.status != httpx.codes.OK}
    large = {page: cost.size for page, cost in costs.items() if cost.size > MOST_BYTES}
    if wrong or large:
        raise SystemExit(f"not answered: {wrong}; larger than {MOST_BYTES:,} bytes: {large}")


if __name__ == "__main__":
    main()
