"""Claims: a small export is ready before a stock launcher has started its process, and hundreds a minute are.

`python benchmarks/journey.py [--exports 50] [--stock 5] [--burst 200]` starts the embedded stack in a folder of its own
and prints (1) seconds from POST to `completed` for exports of 1,000 rows, one after the other; (2) the same attempts
launched by Dagster's DefaultRunLauncher, which starts a process for each, over the same ledger, warehouse and object
store; (3) exports per minute when many are requested at once.
"""

import argparse
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
from sqlalchemy.engine import make_url

from exports_pipeline.adapters.dagster_runs import DagsterRuns
from exports_pipeline.adapters.export_runs import ExportRuns
from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.core.errors import RunsUnavailable
from exports_pipeline.core.export_job import ExportJob, NewExportJob
from exports_pipeline.core.ledger import AuditEntry, Page
from exports_pipeline.local.ports import free_ports

ROOT = Path(__file__).parents[1]
SCRIPTS = Path(sys.executable).parent
# demo's own transactions of these days are about a thousand
BODY = {"dataset_id": "fct_transactions", "format": "csv", "start_date": "2024-01-01", "end_date": "2025-04-30"}
USERS = ("demo", "alice", "bob")
WARM_UP = 10
STOCK = """
storage: {postgres: {postgres_url: {env: STOCK_DATABASE_URL}}}
run_coordinator: {module: dagster._core.run_coordinator, class: DefaultRunCoordinator}
telemetry: {enabled: false}
"""


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        ports = dict(zip(("EXPORTS_API_PORT", "EXPORTS_DAGSTER_PORT", "EXPORTS_S3_PORT"), free_ports(3), strict=True))
        env = {**os.environ, **{name: str(port) for name, port in ports.items()}, "EXPORTS_HOME": str(home)}
        subprocess.run([SCRIPTS / "exports", "up", "--detach"], env=env, check=True, stdout=subprocess.DEVNULL)
        try:
            clients = [_client(user, env, ports["EXPORTS_API_PORT"]) for user in USERS]
            for _ in range(WARM_UP):
                rows = _export(clients[0])[1]
            ours = sorted(_export(clients[0])[0] for _ in range(arguments.exports))
            burst = _burst(clients, arguments.burst)
            stock = _stock(home, arguments.stock)
        finally:
            subprocess.run([SCRIPTS / "exports", "down"], env=env, check=False, stdout=subprocess.DEVNULL)
    median, p95 = statistics.median(ours), ours[int(len(ours) * 0.95) - 1]
    stock_median = statistics.median(stock)
    print(f"POST to completed, {rows:,} rows, n={len(ours)}: median {1000 * median:.0f} ms, p95 {1000 * p95:.0f} ms")
    print(f"the same with DefaultRunLauncher, n={len(stock)}: median {1000 * stock_median:.0f} ms")
    print(f"burst of {arguments.burst} exports by {len(USERS)} users: {burst:.0f} exports a minute")
    print(f"ratio stock / ours: {stock_median / median:.1f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--exports", type=int, default=50)
    parser.add_argument("--stock", type=int, default=5)
    parser.add_argument("--burst", type=int, default=200)
    return parser.parse_args()


def _client(user: str, env: dict[str, str], port: int) -> httpx.Client:
    command = [SCRIPTS / "exports", "token", "--user", user]
    token = subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout.strip()
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=f"http://127.0.0.1:{port}/api/analytics", headers=headers, timeout=30)


def _request(client: httpx.Client) -> str:
    answer = client.post("/exports", json=BODY)
    answer.raise_for_status()
    return str(answer.json()["job_id"])


def _await(client: httpx.Client, job_id: str, *, every_s: float = 0.01) -> int:
    while True:
        job = client.get(f"/exports/{job_id}").raise_for_status().json()
        if job["status"] == "completed":
            return int(job["row_count"])
        if job["status"] in {"failed", "cancelled"}:
            raise SystemExit(f"an export {job['status']}: {job['error']}")
        time.sleep(every_s)


def _export(client: httpx.Client) -> tuple[float, int]:
    began = time.perf_counter()
    rows = _await(client, _request(client))
    return time.perf_counter() - began, rows


def _burst(clients: list[httpx.Client], count: int) -> float:
    began = time.perf_counter()
    with ThreadPoolExecutor(len(clients)) as threads:
        takers = [clients[place % len(clients)] for place in range(count)]
        jobs = list(threads.map(_request, takers))
    for client, job_id in zip(takers, jobs, strict=True):
        _await(client, job_id, every_s=0.25)
    return 60 * count / (time.perf_counter() - began)


def _stock(home: Path, count: int) -> list[float]:
    lines = shlex.split((home / "stack.env").read_text(encoding="utf-8"))
    variables = dict(line.split("=", 1) for line in lines)
    engine = make_engine(variables["EXPORTS_DATABASE_URL"])
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA stock")
    store = PostgresJobStore(engine)
    [done] = store.page(None, Page(limit=1))
    with _stock_dagster(home, variables) as runs:
        seconds = [_stock_export(store, done, runs) for _ in range(count + 1)][1:]  # the first warms up
    engine.dispose()
    return seconds


def _stock_export(store: PostgresJobStore, like: ExportJob, runs: ExportRuns) -> float:
    """Seconds from the row in the ledger to `completed`; reserved at once, lest the stack's own dispatcher takes it."""
    shared = {field.name: getattr(like, field.name) for field in fields(NewExportJob) if hasattr(like, field.name)}
    now = datetime.now(UTC)
    new = NewExportJob(**{**shared, "id": uuid4(), "created_at": now})
    began = time.perf_counter()
    store.add(new, AuditEntry(at=now, actor=new.requester.user_id, action="export.requested", job_id=new.id))
    reserved = store.reserve(slots=1, now=now)
    if not reserved:  # the stack's own dispatcher looks once a second, and came between
        time.sleep(1)
        return _stock_export(store, like, runs)
    [job] = reserved
    run_id = runs.launch(job)
    store.launched(job.id, job.attempt, run_id)
    while (seen := store.get(job.id)) is not None and not seen.status.is_final:
        time.sleep(0.01)
    if seen is None or seen.result is None or seen.run_id != run_id:
        raise SystemExit(f"the stock run {run_id} did not complete: {seen}")
    return time.perf_counter() - began


@contextmanager
def _stock_dagster(home: Path, variables: dict[str, str]) -> Iterator[ExportRuns]:
    folder = home / "stock"
    folder.mkdir()
    (folder / "dagster.yaml").write_text(STOCK, encoding="utf-8")
    [port] = free_ports(1)
    url = make_url(variables["EXPORTS_DATABASE_URL"]).set(drivername="postgresql+psycopg2")
    url = url.update_query_dict({"options": "-csearch_path=stock"})
    stock = {"DAGSTER_HOME": str(folder), "STOCK_DATABASE_URL": url.render_as_string(hide_password=False)}
    command = [SCRIPTS / "dagster-webserver", "-w", ROOT / "workspace.yaml", "-h", "127.0.0.1", "-p", str(port)]
    with (folder / "log").open("wb") as log:
        webserver = subprocess.Popen(command, env={**os.environ, **variables, **stock}, stdout=log, stderr=log)
    runs = ExportRuns(DagsterRuns(f"http://127.0.0.1:{port}"))
    try:
        _wait_for(runs)
        yield runs
    finally:
        webserver.terminate()
        webserver.wait(30)


def _wait_for(runs: ExportRuns) -> None:
    for _ in range(600):
        try:
            return runs.ping()
        except RunsUnavailable:
            time.sleep(0.1)
    raise SystemExit("the stock webserver did not start")


if __name__ == "__main__":
    main()
