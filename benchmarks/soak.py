"""Claim: thousands of exports later every process is as large as it was, and Postgres has as few connections.

`python -m benchmarks.soak [--exports 5000] [--every 3]` starts the embedded stack in a folder of its own, has three
users request small exports of all formats so that some always wait, and looks every few seconds at each part: its own
memory (USS, which leaves out what forked children share) together with that of its children, and the connections of
Postgres. It prints the medians of the first and the last tenth of the exports, the peak, and the growth per 1,000
exports as fitted through all samples but those of the first tenth. The verdict is flat below 5 MB per 1,000 exports.
"""

import argparse
import statistics
import tempfile
from collections import defaultdict
from itertools import cycle, islice
from pathlib import Path
from time import monotonic, sleep

import psutil

from exports_pipeline_tests.journey.running_stack import Caller, RunningStack

FLAT_MB_PER_1000, MOST_CONNECTIONS = 5.0, 60
UNDER_WAY = 20
USERS = ("demo", "alice", "bob")
WISHES = [(name, kind) for name in ("fct_transactions", "airlines", "airports") for kind in ("csv", "parquet", "jsonl")]
ENDED = "SELECT status, count(*) AS jobs FROM export_jobs WHERE completed_at IS NOT NULL GROUP BY status"
OPEN = "SELECT count(*) AS connections FROM pg_stat_activity WHERE client_port IS NOT NULL"
CONNECTIONS = "connections"

Samples = dict[str, list[tuple[int, float]]]
"""Of each part: exports completed so far, and megabytes; of `connections`, their number."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exports", type=int, default=5_000)
    parser.add_argument("--every", type=float, default=3.0, help="seconds between looks")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stack = RunningStack(Path(folder) / "home", EXPORTS_SAMPLE_DAYS="120")
        try:
            stack.up()
            began = monotonic()
            samples = _soak(stack, [stack.caller(user) for user in USERS], arguments)
            minutes = (monotonic() - began) / 60
        finally:
            stack.close()
    print(f"{arguments.exports:,} exports, {arguments.exports / minutes:.0f} a minute")
    _print(samples, arguments.exports)


def _soak(stack: RunningStack, callers: list[Caller], arguments: argparse.Namespace) -> Samples:
    wishes = islice(zip(cycle(callers), cycle(WISHES)), arguments.exports)
    samples: Samples = defaultdict(list)
    requested = ended = 0
    next_look = monotonic()
    while ended < arguments.exports:
        for caller, (dataset, file_format) in islice(wishes, max(0, UNDER_WAY - (requested - ended))):
            caller.export(dataset, file_format)
            requested += 1
        sleep(0.2)
        ended = _ended(stack)
        if monotonic() >= next_look:
            for name, figure in _look(stack).items():
                samples[name].append((ended, figure))
            next_look = monotonic() + arguments.every
    return samples


def _ended(stack: RunningStack) -> int:
    by_status = {row["status"]: row["jobs"] for row in stack.sql(ENDED)}
    if set(by_status) - {"completed"}:
        raise SystemExit(f"not every export completed: {by_status}")
    return sum(by_status.values())


def _look(stack: RunningStack) -> dict[str, float]:
    """Megabytes of each part that runs, its children included; and the connections of Postgres but this look's own."""
    figures = {CONNECTIONS: stack.sql(OPEN)[0]["connections"] - 1.0}
    for name in stack.state()["parts"]:
        try:
            part = psutil.Process(stack.pid(name))
            processes = [part, *part.children(recursive=True)]
        except (AssertionError, KeyError, psutil.NoSuchProcess):
            continue  # a step that has ended
        figures[name] = sum(map(_own_mb, processes))
    figures["supervisor"] = _own_mb(stack.supervisor)
    return figures


def _own_mb(process: psutil.Process) -> float:
    try:
        return process.memory_full_info().uss / 2**20
    except psutil.Error:
        return 0.0


def _print(samples: Samples, exports: int) -> None:
    print(f"{'part':14}{'first tenth':>12}{'last tenth':>12}{'peak':>8}{'per 1,000':>11}  verdict")
    for name, points in sorted(samples.items()):
        first = [figure for ended, figure in points if ended <= exports / 10] or [points[0][1]]
        last = [figure for ended, figure in points if ended >= exports * 0.9] or [points[-1][1]]
        peak = max(figure for _, figure in points)
        growth = _growth([point for point in points if point[0] > exports / 10])
        if name == CONNECTIONS:
            verdict = "bounded" if peak <= MOST_CONNECTIONS else "TOO MANY"
        else:
            verdict = "flat" if growth < FLAT_MB_PER_1000 else "GROWS"
        first_s, last_s = statistics.median(first), statistics.median(last)
        print(f"{name:14}{first_s:12.1f}{last_s:12.1f}{peak:8.1f}{growth:11.2f}  {verdict}")


def _growth(points: list[tuple[int, float]]) -> float:
    """What 1,000 exports add, by least squares; nothing where there are too few looks to tell."""
    if len({ended for ended, _ in points}) < 3:
        raise SystemExit("too few looks to tell; ask for more exports, or look more often")
    ended, figures = zip(*points, strict=True)
    return 1_000 * statistics.linear_regression(ended, figures).slope


if __name__ == "__main__":
    main()
