"""Claim: a run of a warm worker ends before a stock run of Dagster has begun.

`python benchmarks/launch.py [N]` prints the median seconds from launch to SUCCESS of N runs (12), stock and ours, and
the runs per minute of a burst of ours. Both use the same Postgres, webserver and client; only dagster.yaml differs.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from exports_pipeline.adapters.dagster_runs import DagsterRuns
from exports_pipeline.core.errors import RunsUnavailable
from exports_pipeline.local.broker import broker_part, broker_url
from exports_pipeline.local.part import LogSays, Part
from exports_pipeline.local.ports import remembered_port
from exports_pipeline.local.postgres import database_url, postgres_part
from exports_pipeline.local.processes import spawn

HERE = Path(__file__).parent
BURST, CLIENTS, WORKERS = 120, 4, 2
WORKSPACE = "load_from: [{python_module: {module_name: launch_definitions, location_name: exports_pipeline}}]\n"
STOCK = """
storage: {postgres: {postgres_url: {env: STOCK_DATABASE_URL}}}
run_coordinator: {module: dagster._core.run_coordinator, class: DefaultRunCoordinator}
telemetry: {enabled: false}
nux: {enabled: false}
"""


def main(runs: int) -> None:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        home = Path(folder)
        database_port, broker_port = remembered_port(home, "postgres"), remembered_port(home, "broker")
        stack.enter_context(started(home, postgres_part(home, database_port), {}))
        stack.enter_context(started(home, broker_part(home, broker_port), {}))
        url = database_url(home, database_port)
        create_stock_database(url)
        environment = {
            "EXPORTS_DATABASE_URL": url,
            "EXPORTS_BROKER_URL": broker_url(home, broker_port),
            "STOCK_DATABASE_URL": f"{url}_stock".replace("postgresql:", "postgresql+psycopg2:"),
        }
        with dagster(home, "stock", STOCK, environment) as client:
            stock = statistics.median(seconds_of_runs(client, f"{url}_stock", "public", "stock_job", runs))
            print(f"stock launcher, storage and executor: {stock:.3f} s median of {runs}", flush=True)
        ours_yaml = (HERE.parent / "dagster.yaml").read_text(encoding="utf-8")
        with dagster(home, "ours", ours_yaml, environment, workers=WORKERS) as client:
            seconds = seconds_of_runs(client, url, "dagster", "warm_job", runs)
            ours = statistics.median(seconds)
            print(f"warm workers, pooled storage: {ours:.3f} s median of {runs}, worst {max(seconds):.3f}", flush=True)
            print(f"burst of {BURST}: {burst(client, url):.0f} runs/min on {WORKERS} workers", flush=True)
        print(f"ratio stock / ours: {stock / ours:.1f}")


@contextmanager
def started(home: Path, part: Part, environment: dict[str, str]) -> Iterator[None]:
    with (home / f"{part.name}.log").open("ab") as log:
        server = spawn(part, env={**os.environ, "PYTHONPATH": str(HERE), **environment}, cwd=home, log=log)
        try:
            while part.probe and not part.probe.is_ready((home / f"{part.name}.log").read_bytes()):
                if server.poll() is not None:
                    sys.exit((home / f"{part.name}.log").read_text(encoding="utf-8"))
                time.sleep(0.05)
            yield
        finally:
            server.send_signal(part.stop_signal)
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


@contextmanager
def dagster(
    home: Path, name: str, dagster_yaml: str, environment: dict[str, str], *, workers: int = 0
) -> Iterator[DagsterRuns]:
    folder = home / name
    folder.mkdir()
    (folder / "dagster.yaml").write_text(dagster_yaml, encoding="utf-8")
    (folder / "workspace.yaml").write_text(WORKSPACE, encoding="utf-8")
    environment = {**environment, "DAGSTER_HOME": str(folder)}
    port = remembered_port(home, name)
    binaries = Path(sys.executable).parent
    address = ("-h", "127.0.0.1", "-p", str(port))
    web = (str(binaries / "dagster-webserver"), "-w", str(folder / "workspace.yaml"), *address)
    with ExitStack() as stack:
        stack.enter_context(started(home, Part(name=f"web-{name}", command=web), environment))
        if workers:
            stack.enter_context(started(home, worker_part(workers), environment))
        client = DagsterRuns(f"http://127.0.0.1:{port}")
        stack.callback(client.close)
        while True:
            try:
                client.ping()
                break
            except RunsUnavailable:
                time.sleep(0.1)
        yield client


def worker_part(workers: int) -> Part:
    command = (sys.executable, "-m", "celery", "-A", "launch_worker", "worker", "-P", "prefork", "-Q", "dagster")
    options = ("-c", str(workers), "--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "INFO")
    return Part(name="worker", command=(*command, *options), probe=LogSays(words=b" ready."))


def create_stock_database(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE exports_stock")


def seconds_of_runs(client: DagsterRuns, url: str, schema: str, job: str, runs: int) -> list[float]:
    seconds = []
    with psycopg.connect(url, autocommit=True, options=f"-csearch_path={schema}") as connection:
        for number in range(runs + 1):
            begun = time.perf_counter()
            run_id = client.launch(job_name=job, run_config={}, tags={"benchmark": "launch"})
            await_success(connection, [run_id], begun + 60)
            if number:  # the first run finds everything cold
                seconds.append(time.perf_counter() - begun)
    return seconds


def burst(client: DagsterRuns, url: str) -> float:
    begun = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        ids = list(pool.map(lambda _: client.launch(job_name="warm_job", run_config={}, tags={}), range(BURST)))
    with psycopg.connect(url, autocommit=True, options="-csearch_path=dagster") as connection:
        await_success(connection, ids, begun + 120)
    return BURST * 60 / (time.perf_counter() - begun)


def await_success(connection: psycopg.Connection[tuple[str]], run_ids: list[str], deadline: float) -> None:
    while True:
        query = "SELECT status FROM runs WHERE run_id = ANY(%s) AND status <> 'SUCCESS'"
        rest = {status for (status,) in connection.execute(query, [run_ids])}
        if not rest:
            return
        if rest & {"FAILURE", "CANCELED"} or time.perf_counter() > deadline:
            raise SystemExit(f"runs ended or stayed {rest}")
        time.sleep(0.002)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 12)
