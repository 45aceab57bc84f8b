"""One chaos run: load and faults side by side, then rest, then the verdict."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from exports_pipeline_tests.chaos import verdict
from exports_pipeline_tests.chaos.arena import Arena, arena
from exports_pipeline_tests.chaos.faults import Saboteur
from exports_pipeline_tests.chaos.load import Ledger, Visitor
from exports_pipeline_tests.chaos.truth import Truth
from exports_pipeline_tests.journey.running_stack import wait_until

LEAST_COMPLETED = 0.8
"""A service that fails whatever is hard would be consistent, too."""


@dataclass(kw_only=True)
class Report:
    """What a run has shown."""

    violations: list[str] = field(default_factory=list)
    figures: dict[str, object] = field(default_factory=dict)


def run_campaign(folder: Path, *, seconds: float, seed: int) -> Report:
    """Let callers and a saboteur at a stack for so long, and judge what is left."""
    harm = Random(f"{seed}:s3")  # noqa: S311 - a seed, not a secret
    with arena(folder, harm) as scene:
        scene.link_chats()
        ledger, saboteur = Ledger(), Saboteur(scene.stack, scene.store, scene.proxy, seed)
        until = time.monotonic() + seconds
        with ThreadPoolExecutor(len(scene.callers)) as threads:
            visitors = [Visitor(caller, user, seed, ledger) for user, caller in scene.callers.items()]
            visits = [threads.submit(visitor.visit, until) for visitor in visitors]
            saboteur.harm(until)
            for visit in visits:
                visit.result()
        return _judge(scene, ledger, saboteur, folder)


def _judge(scene: Arena, ledger: Ledger, saboteur: Saboteur, folder: Path) -> Report:
    stack, report = scene.stack, Report(violations=list(ledger.surprises))
    began = time.monotonic()
    try:
        wait_until(lambda: stack.state()["ready"], told="a stack that is ready")
        wait_until(lambda: not verdict.unsettled(stack), within_s=verdict.SETTLED_WITHIN_S)
    except TimeoutError:
        report.violations += [f"stuck: {sentence}" for sentence in verdict.unsettled(stack)]
    rested = time.monotonic() - began
    rows = stack.sql("SELECT * FROM export_jobs")
    sizes, _ = scene.store.listing()
    report.violations += verdict.faults_of_jobs(rows, ledger.tickets)
    report.violations += verdict.faults_of_objects(rows, sizes)
    truth = Truth(stack.home / "warehouse/current.duckdb", folder)
    report.violations += verdict.faults_of_files(ledger.tickets, scene.callers, truth)
    truth.close()
    deaths = [fault.began_at for fault in saboteur.done if fault.kind == "kill" and "worker" in fault.target]
    deliveries = stack.sql("SELECT * FROM deliveries")
    found, excused = verdict.faults_of_deliveries(deliveries, scene.bot.messages, deaths)
    report.violations += found
    found, swept = verdict.faults_after_sweep(stack, scene.store)
    report.violations += found
    statuses = Counter(row["status"] for row in rows)
    if statuses["completed"] < LEAST_COMPLETED * (len(rows) - statuses["cancelled"]):
        report.violations.append(f"only {statuses['completed']} of {len(rows)} exports completed")
    report.figures = {
        "accepted": len(ledger.tickets),
        **{status: statuses[status] for status in ("completed", "failed", "cancelled")},
        "attempts": sum(row["attempt"] for row in rows),
        "errors": dict(Counter(row["error_code"] for row in rows if row["status"] == "failed")),
        "repeats": ledger.repeats,
        "unanswered": ledger.unanswered,
        "refused": ledger.refused,
        **saboteur.counts,
        "s3_requests_harmed": scene.proxy.harmed,
        "compared_by_bytes": truth.by_bytes,
        "compared_by_rows": truth.by_rows,
        "deliveries": len(deliveries),
        "deliveries_excused": excused,
        "orphans_swept": swept["orphans"],
        "launches_lost": verdict.lost_launches(stack),
        "rest_s": round(rested),
        "violations": len(report.violations),
    }
    return report
