"""Claim: whatever part of the stack dies, exports go on within 15 seconds of its return, by themselves.

`python -m benchmarks.recovery [--times 3]` prints (1) seconds from the death of a worker child, and from the return of
a whole worker that died, to the moment when the next attempt of an export runs; (2) for the other parts, kept away for
some seconds with exports waiting: seconds from their return to the completion of an export requested then.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import psutil

from exports_pipeline_tests.chaos.arena import catalog
from exports_pipeline_tests.journey.running_stack import Caller, RunningStack, wait_until

GOAL_S = 15.0
AWAY_S = 5.0
PARTS = ("daemon", "webserver", "broker", "postgres", "code_server", "api")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=3)
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        about = {"EXPORTS_CATALOG": str(catalog(home)), "EXPORTS_SAMPLE_DAYS": "60", "EXPORTS_LARGE_RUNNING": "2"}
        stack = RunningStack(home / "home", **about)
        try:
            stack.up()
            caller = stack.caller("demo")
            caller.completed(caller.export("airlines"))
            worst = max(
                [_worker_lost(stack, caller, times), *(_part_back(stack, caller, part, times) for part in PARTS)]
            )
        finally:
            stack.close()
    print(f"worst: {worst:.1f} s, goal {GOAL_S:.0f} s")


def _worker_lost(stack: RunningStack, caller: Caller, times: int) -> float:
    def kill_child() -> None:
        max(psutil.Process(stack.pid("worker")).children(), key=lambda child: sum(child.cpu_times()[:2])).kill()

    def kill_worker() -> None:
        old_pid = stack.pid("worker")
        psutil.Process(old_pid).kill()
        wait_until(lambda: stack.restarted("worker", old_pid), told="the worker back")

    worst = 0.0
    for name, kill in (("worker child killed", kill_child), ("whole worker back", kill_worker)):
        seconds = [_next_attempt(stack, caller, kill) for _ in range(times)]
        worst = max(worst, _print(f"{name} -> next attempt runs", seconds))
    return worst


def _next_attempt(stack: RunningStack, caller: Caller, kill: Callable[[], None]) -> float:
    """Both children have an export, so that any child that dies takes one with it."""
    jobs = [caller.export("steady_rows") for _ in range(2)]
    attempts = {caller.under_way(job_id)["attempt"] for job_id in jobs}
    assert attempts == {1}, "an export was put back before anything was killed"
    kill()
    began = time.monotonic()
    statement = "SELECT 1 FROM export_jobs WHERE id = ANY(%s::uuid[]) AND attempt > 1 AND status <> 'pending'"
    wait_until(lambda: stack.sql(statement, jobs), told="the next attempt")
    seconds = time.monotonic() - began
    for job_id in jobs:
        caller.completed(job_id)
    return seconds


def _part_back(stack: RunningStack, caller: Caller, part: str, times: int) -> float:
    return _print(
        f"{part} back -> a new export completed", [_first_completion(stack, caller, part) for _ in range(times)]
    )


def _first_completion(stack: RunningStack, caller: Caller, part: str) -> float:
    supervisor, old_pid = stack.supervisor, stack.pid(part)
    waiting = [caller.export("middling_rows") for _ in range(4)]
    supervisor.suspend()
    try:
        psutil.Process(old_pid).kill()
        with suppress(httpx.HTTPError):
            for _ in range(2):
                caller.request("airlines")
        time.sleep(AWAY_S)
    finally:
        supervisor.resume()
    wait_until(lambda: stack.restarted(part, old_pid), told=f"{part} back")
    began = time.monotonic()
    answer = wait_until(lambda: _accepted(caller), told="an answer")
    caller.completed(answer.json()["job_id"])
    seconds = time.monotonic() - began
    for job_id in waiting:
        caller.completed(job_id)
    return seconds


def _accepted(caller: Caller) -> httpx.Response | None:
    with suppress(httpx.HTTPError):
        answer = caller.request("airlines")
        return answer if answer.status_code == httpx.codes.ACCEPTED else None
    return None


def _print(name: str, seconds: list[float]) -> float:
    print(
        f"{name}: median {statistics.median(seconds):.1f} s, worst {max(seconds):.1f} s, n={len(seconds)}", flush=True
    )
    return max(seconds)


if __name__ == "__main__":
    main()
