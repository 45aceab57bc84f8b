"""How fast entries of the audit log are appended by several processes, beside plain inserts, and read and verified.

    python -m benchmarks.audit [SECONDS] [ENTRIES]

Starts an embedded Postgres. Four processes append entries for some seconds, each in a transaction of its own with a row
of business beside it, while a fifth seals; the same is done with a plain table of the same columns. Then ENTRIES are
loaded, and pages of the log and a verification of the whole chain are timed.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from uuid import UUID, uuid4

import psycopg

from exports_pipeline.adapters.audit_chain import PostgresAuditChain
from exports_pipeline.adapters.audit_log import row_of_entry
from exports_pipeline.adapters.migrations import migrate
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.core.audit_page import AuditFilter
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.origin import Origin, coming_from
from exports_pipeline.local.ports import free_ports
from exports_pipeline.local.postgres import database_url, postgres_part
from exports_pipeline.usecases.verify_audit import verify_audit
from exports_pipeline_tests.fakes.audit import InMemoryHeads

WRITERS = 4
ACTIONS = ("export.requested", "export.download_link", "schedule.changed", "link.opened", "request.refused")
_PLAIN = "CREATE TABLE plain_log (LIKE audit_log INCLUDING DEFAULTS); ALTER TABLE plain_log ALTER id DROP NOT NULL"
_BULK = """
WITH written AS (
    INSERT INTO audit_log (id, at, actor, action, entity_type, entity_id, details, outcome, request_id, address, agent,
                           salt, personal_digest)
    SELECT nextval('audit_log_id_seq'), now() - n * INTERVAL '2 seconds',
           CAST(lpad((n %% 200)::text, 32, '0') AS uuid), (%s::text[])[1 + n %% 5],
           CASE n %% 3 WHEN 0 THEN 'schedule' ELSE 'job' END, n::text,
           jsonb_build_object('dataset', 'sales', 'format', 'csv', 'n', n),
           CASE WHEN n %% 50 = 0 THEN 'refused' ELSE 'ok' END, md5(n::text), '203.0.113.7', 'python-httpx/1',
           'salt', sha256(convert_to('salt["203.0.113.7", "python-httpx/1", null]', 'UTF8'))
    FROM generate_series(%s::integer, %s::integer) AS n
    RETURNING id, at
)
INSERT INTO audit_unsealed SELECT id, at FROM written"""
"""What the triggers would write, without them: loading is not what is measured."""


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    entries = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        [port] = free_ports(1)
        part = postgres_part(home, port)
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(part.command, env={**os.environ, **part.env}, stderr=log, stdout=log)
        try:
            _measure(_ready(database_url(home, port)), seconds, entries)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)


def _ready(url: str) -> str:
    for _ in range(200):
        try:
            psycopg.connect(url, connect_timeout=1).close()
            break
        except psycopg.OperationalError:
            time.sleep(0.05)
    migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in _PLAIN.split("; "):
            connection.execute(statement)
        connection.execute("CREATE TABLE business (id uuid PRIMARY KEY, at timestamptz)")
    return url


def _measure(url: str, seconds: float, entries: int) -> None:
    engine = make_engine(url)
    chain = PostgresAuditChain(engine, patient=make_engine(url, pool_size=1, is_patient=True))
    for table in ("plain_log", "audit_log", "plain_log", "audit_log"):
        _appended(url, table, seconds)
    state = chain.state()
    print(f"{state.sequence:,} entries are sealed, {state.pending} are not", flush=True)
    began = time.perf_counter()
    for begin in range(0, entries, 50_000):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(_BULK, (list(ACTIONS), begin, min(entries, begin + 50_000) - 1))
    print(f"{entries:,} entries loaded in {time.perf_counter() - began:.0f} s", flush=True)
    began = time.perf_counter()
    sealed = chain.seal()
    print(f"{sealed:,} entries sealed in {time.perf_counter() - began:.1f} s", flush=True)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE audit_log")
        connection.execute("VACUUM ANALYZE audit_seals")
    _pages(chain)
    began = time.perf_counter()
    verdict = verify_audit(chain, InMemoryHeads(), is_signed=lambda _head: True)
    took = time.perf_counter() - began
    rate = verdict.entries / took * 60 / 1e6
    print(
        f"{verdict.entries:,} entries verified in {took:.1f} s, {rate:.1f} million a minute, whole: {verdict.is_whole}"
    )


def _appended(url: str, table: str, seconds: float) -> None:
    context = get_context("spawn")
    with context.Pool(WRITERS + 1) as pool:
        sealer = pool.apply_async(_seal, (url, seconds + 1)) if table == "audit_log" else None
        counts = pool.starmap(_write, [(url, table, seconds)] * WRITERS)
        lag = f", sealed within {sealer.get():.2f} s" if sealer else ""
    print(f"{table}: {sum(counts) / seconds:,.0f} entries/s from {WRITERS} processes{lag}", flush=True)


def _write(url: str, table: str, seconds: float) -> int:
    engine = make_engine(url, pool_size=1)
    row = row_of_entry(_entry()) | {"details": '{"dataset": "sales", "format": "csv"}', "request_id": "r" * 32}
    names = [name for name, value in row.items() if value is not None]
    if table == "plain_log":
        names.append("personal_digest")
        row["personal_digest"] = b"x" * 32
    sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(f'%({name})s' for name in names)})"
    until, count = time.monotonic() + seconds, 0
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        while time.monotonic() < until:
            driver.execute("INSERT INTO business VALUES (%s, now())", (uuid4(),))
            driver.execute(sql, row | {"at": datetime.now(UTC)})
            driver.commit()
            count += 1
    engine.dispose()
    return count


def _entry() -> AuditEntry:
    with coming_from(Origin(request_id="r", address="203.0.113.7", agent="python-httpx/1")):
        return AuditEntry(at=datetime.now(UTC), actor=UUID(int=7), action="export.requested", entity_type="job")


def _seal(url: str, seconds: float) -> float:
    """Seals every half second, as the API does every second; the oldest entry that it found waiting."""
    engine = make_engine(url, pool_size=1)
    chain = PostgresAuditChain(engine, patient=engine)
    chain.seal()  # what the run before has left
    until, lag = time.monotonic() + seconds, 0.0
    while time.monotonic() < until:
        time.sleep(0.5)
        oldest = chain.state().oldest_pending_at
        chain.seal()
        lag = max(lag, (datetime.now(UTC) - oldest).total_seconds() if oldest else 0.0)
    engine.dispose()
    return lag


def _pages(chain: PostgresAuditChain) -> None:
    now = datetime.now(UTC)
    asked = {
        "newest": {},
        "by actor": {"actor": UUID("00000000000000000000000000000042")},
        "by action": {"action": "schedule.changed"},
        "by prefix": {"action": "export.*"},
        "by a prefix that nothing has": {"action": "nothing.*"},
        "by entity": {"entity_type": "schedule"},
        "refused": {"outcome": "refused"},
        "refused, by actor, in a week": {"outcome": "refused", "actor": UUID(int=0), "since": now - timedelta(days=7)},
        "deep in the log": {"before": (now - timedelta(days=15), 1)},
        "one day": {"since": now - timedelta(days=10), "until": now - timedelta(days=9)},
    }
    for name, words in asked.items():
        times = []
        for _ in range(40):
            began = time.perf_counter()
            found = chain.page(AuditFilter(limit=51, **words))
            times.append((time.perf_counter() - began) * 1000)
        print(
            f"page {name}: {len(found)} entries, median {median(times):.1f} ms, p95 {quantiles(times, n=20)[-1]:.1f} ms"
        )


if __name__ == "__main__":
    main()
