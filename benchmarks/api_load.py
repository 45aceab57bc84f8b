"""Claims: looking at an export is at least half as fast as a route that looks nothing up; a request never waits long.

`python -m benchmarks.api_load [--seconds 5] [--rounds 5] [--kick-offs 1000] [--per-second 50]` starts the embedded
stack in a folder of its own and prints (1) by turns, status reads per second of the API and of a bare FastAPI route
with the same response model and body: one uvicorn worker each, alone on the first core, asked by the same client on the
second, where Postgres is too; for a completed, a pending and a failed job. The ratio is of the reads which a second
of the server's processor time yields, since a slow client or a busy neighbour would flatter us. (2) milliseconds of
kick-offs that come at a fixed rate, from the moment each was due, while workers execute them. Every answer's status and
job are checked.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle, islice
from pathlib import Path

import psutil

from benchmarks.http_load import Answers, Asked, ask_at, asked, read_all
from exports_pipeline.local.ports import free_ports
from exports_pipeline_tests.journey.running_stack import EXPORTS, Caller, RunningStack, wait_until

GOAL_RATIO, GOAL_P99_MS = 0.5, 50.0
CONNECTIONS = 32
USERS = ("demo", "alice", "bob")
BODY = b'{"dataset_id":"fct_transactions","format":"csv","start_date":"2024-01-01","end_date":"2024-01-31"}'
API_CORE, CLIENT_CORE = {0}, {1}


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        queue = str(max(1_000, arguments.kick_offs))
        stack = RunningStack(Path(folder) / "home", EXPORTS_SAMPLE_DAYS="120", EXPORTS_QUEUE_PER_USER=queue)
        try:
            stack.up()
            callers = [stack.caller(user) for user in USERS]
            for caller in callers:
                caller.completed(caller.export("airlines"))
            _read_statuses(stack, callers[0], Path(folder), arguments)
            _kick_off(stack, callers, arguments)
        finally:
            stack.close()


def _read_statuses(stack: RunningStack, caller: Caller, folder: Path, arguments: argparse.Namespace) -> None:
    jobs = _one_of_each(stack, caller)
    body = folder / "body.json"
    body.write_bytes(caller.http.get(f"{EXPORTS}/{jobs['completed']}").content)
    token = _token(caller)
    print(f"{'status read':14}{'reads/s':>9}{'bare/s':>9}{'ratio':>7}{'CPU ms':>8}{'bare':>7}{'of core':>9}{'bare':>7}")
    with _on_cores(stack), _bare(body) as (bare_port, bare):
        api, port = psutil.Process(stack.pid("api")), int(stack.env["EXPORTS_API_PORT"])
        for status, job_id in jobs.items():
            body.write_bytes(caller.http.get(f"{EXPORTS}/{job_id}").content)
            ours = asked(f"{EXPORTS}/{job_id}", token=token, contains=f'"status":"{status}"')
            theirs = asked(f"/exports/{job_id}", token=token, contains='"status":"completed"')
            rounds = [
                (_round(port, ours, api, arguments), _round(bare_port, theirs, bare, arguments))
                for _ in range(arguments.rounds)
            ]
            _print_reads(status, rounds)


def _one_of_each(stack: RunningStack, caller: Caller) -> dict[str, str]:
    """A completed, a failed and a pending job; the pending one is due tomorrow."""
    jobs = {status: caller.export("airlines") for status in ("completed", "failed", "pending")}
    for job_id in jobs.values():
        caller.completed(job_id)
    settled = "UPDATE export_jobs SET status = %s, error_code = %s, error_sentence = %s, error_fault = %s WHERE id = %s"
    stack.sql(settled, "failed", "query_too_large", "It is too large.", "requester", jobs["failed"])
    waiting = "due_at = now() + interval '1 day', dispatched_at = NULL, run_id = NULL, completed_at = NULL"
    stack.sql(f"UPDATE export_jobs SET status = 'pending', {waiting} WHERE id = %s", jobs["pending"])
    for status, job_id in jobs.items():
        assert caller.look(job_id)["status"] == status
    return jobs


def _round(port: int, what: Asked, server: psutil.Process, arguments: argparse.Namespace) -> tuple[float, float, float]:
    """Reads per second, CPU milliseconds of a read, and the share of its core that the server used."""
    read_all(port, what, seconds=0.2, connections=CONNECTIONS)
    before = sum(server.cpu_times()[:2])
    answers = read_all(port, what, seconds=arguments.seconds, connections=CONNECTIONS)
    cpu_s, reads = sum(server.cpu_times()[:2]) - before, len(answers.seconds)
    return reads / answers.wall_s, 1000 * cpu_s / reads, cpu_s / answers.wall_s


def _print_reads(status: str, rounds: list[tuple[tuple[float, ...], tuple[float, ...]]]) -> None:
    ours, bare = ([statistics.median(each) for each in zip(*side, strict=True)] for side in zip(*rounds, strict=True))
    ratio = bare[1] / ours[1]
    print(
        f"{status:14}{ours[0]:9,.0f}{bare[0]:9,.0f}{ratio:7.2f}{ours[1]:8.2f}{bare[1]:7.2f}{ours[2]:9.0%}{bare[2]:7.0%}"
        f"{'  goal missed' if ratio < GOAL_RATIO else ''}",
        flush=True,
    )


@contextmanager
def _on_cores(stack: RunningStack) -> Iterator[None]:
    """The API on a core of its own, everything else of ours on the other."""
    here, api = os.sched_getaffinity(0), psutil.Process(stack.pid("api"))
    others = [each for each in stack.supervisor.children(recursive=True) if each != api]
    everybody = {**dict.fromkeys(others, CLIENT_CORE), api: API_CORE, psutil.Process(): CLIENT_CORE}
    for process, cores in everybody.items():
        _pin(process, cores)
    try:
        yield
    finally:
        for process in everybody:
            _pin(process, here)


def _pin(process: psutil.Process, cores: set[int]) -> None:
    """All threads of a process, of whom a later one inherits its maker's place."""
    with suppress(psutil.NoSuchProcess, ProcessLookupError):
        for thread in process.threads():
            os.sched_setaffinity(thread.id, cores)


@contextmanager
def _bare(body: Path) -> Iterator[tuple[int, psutil.Process]]:
    [port] = free_ports(1)
    command = [sys.executable, "-m", "uvicorn", "benchmarks.bare_route:app", "--port", str(port), "--no-access-log"]
    process = subprocess.Popen([*command, "--log-level", "warning"], env={**os.environ, "BARE_ROUTE_BODY": str(body)})
    try:
        server = psutil.Process(process.pid)
        wait_until(lambda: any(each.laddr.port == port for each in server.net_connections()), told="the bare route")
        _pin(server, API_CORE)
        yield port, server
    finally:
        process.terminate()
        process.wait(10)


def _kick_off(stack: RunningStack, callers: list[Caller], arguments: argparse.Namespace) -> None:
    tokens = islice(cycle(map(_token, callers)), arguments.kick_offs)
    requests = [
        asked(EXPORTS, token=token, method="POST", body=BODY, status=202, contains='"status":"pending"')
        for token in tokens
    ]
    done = "SELECT count(*) AS jobs FROM export_jobs WHERE status = 'completed'"
    before = stack.sql(done)[0]["jobs"]
    answers = ask_at(
        int(stack.env["EXPORTS_API_PORT"]), requests, per_second=arguments.per_second, connections=CONNECTIONS
    )
    completed = stack.sql(done)[0]["jobs"] - before
    _print_kick_offs(answers, completed, arguments)


def _print_kick_offs(answers: Answers, completed: int, arguments: argparse.Namespace) -> None:
    ms = sorted(1000 * each for each in answers.seconds)
    p50, p99 = (ms[min(len(ms) - 1, int(len(ms) * share))] for share in (0.50, 0.99))
    print(
        f"kick-offs: {len(ms):,} at {len(ms) / answers.wall_s:.0f}/s while {completed:,} exports completed: "
        f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, worst {ms[-1]:.1f} ms"
        f"{'' if p99 < GOAL_P99_MS else '  goal missed'}"
    )
    if len(ms) != arguments.kick_offs or not completed:
        raise SystemExit("not every kick-off was answered, or no export ran beside them")


def _token(caller: Caller) -> str:
    return str(caller.http.headers["authorization"]).removeprefix("Bearer ")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kick-offs", type=int, default=1_000)
    parser.add_argument("--per-second", type=float, default=50.0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
