"""Claims: the API takes 20,000 events a second on two cores; a hundred events wait under 50 ms while metrics roll up.

`python -m benchmarks.events [--events 100000] [--connections 4] [--rounds 3] [--per-second 50]` starts Postgres and the
API as the stack does, in a folder of its own, and prints (1) events per second by how many are sent at once, over
several connections, as JSON and as JSON Lines packed with gzip; and the same events written straight into a table like
ours by one INSERT each, without HTTP and without checks, in the same run; (2) milliseconds of requests with a hundred
events that come at a fixed rate, while another process rolls up what is new again and again, as Dagster's worker does.
Every answer is checked, and in the end every event is counted. Beside events per second stand the microseconds of
processor time that one event costs the API and Postgres: on a busy machine these are what to compare.
"""

import argparse
import gzip
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import Queue, get_context
from multiprocessing.synchronize import Event as Flag
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import psycopg

from benchmarks.http_load import Answers, Asked, ask_at, asked
from exports_api.tokens import make_token
from exports_pipeline.adapters.campaigns_yaml import read_campaign_rules
from exports_pipeline.adapters.journey_rollup import JourneyRollup
from exports_pipeline.adapters.metric_store import PostgresMetricStore
from exports_pipeline.adapters.metrics_yaml import read_metrics
from exports_pipeline.adapters.migrations import migrate
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.local.part import PageAnswers, Part
from exports_pipeline.local.ports import free_ports
from exports_pipeline.local.postgres import database_url, postgres_part
from exports_pipeline_tests.started_part import started

GOAL_PER_SECOND, GOAL_P99_MS = 20_000, 50.0
SIZES, ONE_BY_ONE = (100, 1_000, 10_000), 1_000
PATH, SECRET = "/api/analytics/events", "a-secret-of-at-least-thirty-two-bytes"
AT_ONCE = 1e9
PLAIN = """
    CREATE TABLE IF NOT EXISTS plain_events (tenant text, id text, event_type text, category text, label text,
        value numeric, occurred_at timestamptz, campaign text, customer text, metadata jsonb, PRIMARY KEY (tenant, id));
    CREATE INDEX IF NOT EXISTS plain_events_of_tenant ON plain_events (tenant, occurred_at)"""
INSERT = """
    INSERT INTO plain_events VALUES ('demo', %(id)s, %(event_type)s, %(category)s, %(label)s, %(value)s,
        %(occurred_at)s, %(campaign)s, %(customer)s, %(metadata)s) ON CONFLICT DO NOTHING"""


class Round(NamedTuple):
    """One round: events per second, and the processor time that an event costs."""

    rate: float
    api_us: float
    postgres_us: float


@dataclass(frozen=True)
class Served:
    """The API and its Postgres."""

    port: int
    url: str
    api: psutil.Process
    postgres: psutil.Process

    def api_s(self) -> float:
        """Seconds of processor time that the API has used."""
        return sum(self.api.cpu_times()[:2])

    def postgres_s(self) -> float:
        """Seconds of processor time that Postgres has used, those of connections that have ended included."""
        every = [self.postgres, *self.postgres.children(recursive=True)]
        return sum(sum(each.cpu_times()[:2]) for each in every) + sum(self.postgres.cpu_times()[2:4])


def main() -> None:
    arguments = _arguments()
    sent = 0
    with tempfile.TemporaryDirectory(prefix="events-") as name, _served(Path(name)) as served:
        print(
            f"{'events at once':26}{'events/s':>10}{'of INSERTs':>12}{'API us':>9}{'Postgres us':>13}{'INSERTs us':>12}"
        )
        for size, packed in [*((size, False) for size in SIZES), (1_000, True)]:
            rounds, plain = [], []
            for _ in range(arguments.rounds):
                events = _events(arguments.events)
                sent += len(events)
                rounds.append(_send(served, _requests(events, size, packed=packed), len(events), arguments.connections))
                plain.append(_insert_one_by_one(served, events[: max(10_000, len(events) // 10)]))
            _print_rates(f"{size:,} {'lines, packed' if packed else 'in an array'}", rounds, plain)
        with _rolling_up(served.url) as rolled_up:
            events = _events(arguments.requests * 100)
            sent += len(events)
            requests = _requests(events, 100)
            answers = ask_at(served.port, requests, per_second=arguments.per_second, connections=16)
        _print_waits(answers, rolled_up)
        _count(served.url, sent)


def _events(count: int) -> list[dict[str, Any]]:
    """New events of the last hour, as a dialler tells them."""
    now, run = datetime.now(UTC), time.time_ns()
    return [
        {
            "id": f"call-{run}-{place}",
            "event_type": ("conversation", "intent", "engagement")[place % 3],
            "category": "outbound",
            "label": ("interested", "not_interested", "voicemail", "qualified")[place % 4],
            "value": place % 600 + 0.25,
            "occurred_at": (now - timedelta(seconds=place * 37 % 3_600)).isoformat(),
            "campaign": f"campaign-{place % 20}",
            "customer": f"customer-{place * 7_919 % 50_000}",
            "metadata": {"segment": ("retail", "business")[place % 2], "agent": f"agent-{place % 40}"},
        }
        for place in range(count)
    ]


def _requests(events: list[dict[str, Any]], size: int, *, packed: bool = False) -> list[Asked]:
    token = make_token(SECRET, user="demo", owner="demo", now=datetime.now(UTC), valid=timedelta(hours=1))
    batches = [events[begin : begin + size] for begin in range(0, len(events), size)]
    requests = []
    for batch in batches:
        contains = f'{{"accepted":{len(batch)},"duplicates":0,'
        if packed:
            lines = "\n".join(map(json.dumps, batch)).encode()
            headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
            body = gzip.compress(lines, 1)
        else:
            headers, body = {"Content-Type": "application/json"}, json.dumps(batch).encode()
        requests.append(asked(PATH, token=token, method="POST", body=body, contains=contains, headers=headers))
    return requests


def _send(served: Served, requests: list[Asked], events: int, connections: int) -> Round:
    """Requests sent as fast as they are answered."""
    before = served.api_s(), served.postgres_s()
    answers = ask_at(served.port, requests, per_second=AT_ONCE, connections=connections)
    api, postgres = (
        1e6 * (after - at) for after, at in zip((served.api_s(), served.postgres_s()), before, strict=True)
    )
    return Round(rate=events / answers.wall_s, api_us=api / events, postgres_us=postgres / events)


def _insert_one_by_one(served: Served, events: list[dict[str, Any]]) -> Round:
    """Events as a straightforward program would write them, a thousand in a transaction."""
    rows = [each | {"metadata": json.dumps(each["metadata"])} for each in events]
    before, ours = served.postgres_s(), time.process_time()
    with psycopg.connect(served.url) as connection:
        connection.execute(PLAIN)
        connection.commit()
        began = time.perf_counter()
        for begin in range(0, len(rows), ONE_BY_ONE):
            with connection.cursor() as cursor:
                for row in rows[begin : begin + ONE_BY_ONE]:
                    cursor.execute(INSERT, row)
            connection.commit()
        seconds = time.perf_counter() - began
        ours, theirs = time.process_time() - ours, served.postgres_s() - before
    return Round(rate=len(rows) / seconds, api_us=1e6 * ours / len(rows), postgres_us=1e6 * theirs / len(rows))


@contextmanager
def _rolling_up(url: str) -> Iterator[list[float]]:
    """Roll-ups one after the other, in a process of their own as in the stack; in the end the seconds of each."""
    context = get_context("spawn")
    is_ready, ended, told = context.Event(), context.Event(), context.Queue()
    process = context.Process(target=_roll_up_again_and_again, args=(url, is_ready, ended, told))
    process.start()
    while not is_ready.wait(0.1):
        if not process.is_alive():
            raise SystemExit("the roll-ups have failed")
    seconds = list[float]()
    try:
        yield seconds
    finally:
        ended.set()
        seconds += told.get(timeout=60)
        process.join()


def _roll_up_again_and_again(url: str, is_ready: Flag, ended: Flag, told: Queue) -> None:
    """All metrics and journeys of a deployment that declares none; it is ready when all that was there is rolled up."""
    engine, declared = make_engine(url, pool_size=1, is_patient=True), read_metrics()
    journeys = JourneyRollup(read_campaign_rules(None, declared).funnel)
    metrics = PostgresMetricStore(engine, declared, also=[journeys])
    metrics.roll_up(datetime.now(UTC))
    is_ready.set()
    seconds = []
    while not ended.is_set():
        began = time.perf_counter()
        if metrics.roll_up(datetime.now(UTC)).events:
            seconds.append(time.perf_counter() - began)
    told.put(seconds)


def _print_rates(name: str, rounds: list[Round], plain: list[Round]) -> None:
    ours, theirs = ([statistics.median(each) for each in zip(*side, strict=True)] for side in (rounds, plain))
    missed = "" if ours[0] >= GOAL_PER_SECOND else "  goal missed"
    figures = f"{ours[0]:10,.0f}{ours[0] / theirs[0]:11.1f}x{ours[1]:9.1f}{ours[2]:13.1f}{theirs[1] + theirs[2]:12.1f}"
    print(f"{name:26}{figures}{missed}", flush=True)


def _print_waits(answers: Answers, rolled_up: list[float]) -> None:
    ms = sorted(1000 * each for each in answers.seconds)
    p50, p99 = (ms[min(len(ms) - 1, int(len(ms) * share))] for share in (0.50, 0.99))
    print(
        f"{len(ms):,} requests of 100 events at {len(ms) / answers.wall_s:.0f}/s beside {len(rolled_up)} roll-ups: "
        f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, worst {ms[-1]:.1f} ms{'' if p99 < GOAL_P99_MS else '  goal missed'}"
    )
    if not rolled_up:
        raise SystemExit("no roll-up ran beside them")


def _count(url: str, sent: int) -> None:
    with psycopg.connect(url) as connection:
        query = "SELECT count(*), (SELECT count(*) FROM event_ids), (SELECT sum(events) FROM event_batches)"
        counted = connection.execute(f"{query} FROM analytics_events").fetchone()
    if counted != (sent, sent, sent):
        raise SystemExit(f"{sent} events were sent, and there are {counted}")


@contextmanager
def _served(home: Path) -> Iterator[Served]:
    """The API as the stack starts it, on a Postgres of its own."""
    database_port, port = free_ports(2)
    (home / "warehouse").mkdir()
    (home / "warehouse/numbers.csv").write_text("number\n1\n", encoding="ascii")
    url = database_url(home, database_port)
    variables = {
        "EXPORTS_HOME": str(home),
        "EXPORTS_DATABASE_URL": url,
        "EXPORTS_WAREHOUSE": str(home / "warehouse"),
        "EXPORTS_JWT_SECRET": SECRET,
        "S3_EXPORTS_BUCKET": "exports",
    }
    command = (str(Path(sys.executable).with_name("uvicorn")), "exports_api.main:app", "--host", "127.0.0.1")
    api = Part(
        name="api",
        command=(*command, "--port", str(port), "--no-access-log"),
        probe=PageAnswers(url=f"http://127.0.0.1:{port}/healthz"),
    )
    with started(postgres_part(home, database_port), home) as postgres:
        migrate(url)
        with started(api, home, variables) as process:
            yield Served(port, url, psutil.Process(process.pid), psutil.Process(postgres.pid))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="of each round")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=500, help="that come at a fixed rate")
    parser.add_argument("--per-second", type=float, default=50.0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
