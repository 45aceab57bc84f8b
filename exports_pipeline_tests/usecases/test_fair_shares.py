"""Nobody waits long behind somebody else: users take turns, and large exports leave room for small ones."""

from dataclasses import replace
from itertools import count

import pytest

from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.ledger import QueueLimits
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.refusals import QueueFull
from exports_pipeline.settings import Settings
from exports_pipeline.usecases.dispatch_exports import dispatch
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline.wiring import limits_of
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import fake_ports

EXPORT_S = 10


def requested(ports, name):
    return request_export(ExportRequest(dataset="sales", format="csv"), requester(name), ports=ports).job


class Workers:
    """Each takes ten seconds for an export, less for its first, so that they end one after the other.

    What is launched waits for them in one line.
    """

    def __init__(self, ports):
        self.ports, self.busy_until_s, self.began_s = ports, [0.0] * ports.limits.slots, {}

    def run_until(self, end_s):
        dispatch(self.ports)
        while (free_s := min(self.busy_until_s)) < end_s:
            place = self.busy_until_s.index(free_s)
            self._end(f"worker {place}")
            dispatch(self.ports)
            line = [job_id for job_id, _ in self.ports.runs.launched if job_id not in self.began_s]
            if not line:
                self.busy_until_s[place] = end_s
                continue
            self.ports.jobs.claim(line[0], 1, run_id=f"worker {place}", now=self.ports.clock())
            self.began_s[line[0]] = free_s
            slots = self.ports.limits.slots
            self.busy_until_s[place] = free_s + EXPORT_S * ((place + 1) / slots if free_s == 0 else 1)

    def _end(self, worker):
        for job_id in self.began_s:
            job = self.ports.jobs.get(job_id)
            if job.status is Status.RUNNING and job.run_id == worker:
                self.ports.jobs.cancel(job_id, now=self.ports.clock(), audit=None)  # any end will do


@pytest.mark.parametrize("workers", [1, 2, 3, 5])
@pytest.mark.parametrize("asks_at_s", [1, 9, 25])
def test_the_first_export_of_a_user_waits_for_one_running_export_at_most(workers, asks_at_s):
    ports = fake_ports(limits=limits_of(Settings(workers=workers)))
    for _ in range(60):
        requested(ports, "ann")
    line = Workers(ports)
    line.run_until(asks_at_s)
    bob = requested(ports, "bob")
    line.run_until(asks_at_s + 5 * EXPORT_S)
    assert line.began_s[bob.id] - asks_at_s <= EXPORT_S


def test_a_large_export_waits_while_another_has_the_place_of_the_large():
    ports = fake_ports(limits=replace(fake_ports().limits, slots=3, large_rows=2, large_slots=1))
    first, second = requested(ports, "ann"), requested(ports, "ann")
    ports.jobs.claim(first.id, 1, run_id="run 1", now=ports.clock())
    ports.jobs.admit_large(first.id, 1, large=1, now=ports.clock())
    assert run_export(second.id, 1, run_id="run 2", ports=ports) is None
    waiting = ports.jobs.get(second.id)
    assert (waiting.status, waiting.attempt, waiting.tries) == (Status.PENDING, 2, 1)
    assert ports.objects.objects == {}
    assert dispatch(ports) == 0
    ports.jobs.cancel(first.id, now=ports.clock(), audit=None)
    assert dispatch(ports) == 1
    assert run_export(second.id, 2, run_id="run 3", ports=ports).result.row_count == 3


def test_small_exports_never_wait_among_the_large():
    ports = fake_ports(limits=replace(fake_ports().limits, large_rows=3, large_slots=1))
    jobs = [requested(ports, "ann") for _ in range(2)]
    for job, number in zip(jobs, count()):
        assert run_export(job.id, 1, run_id=f"run {number}", ports=ports).result.row_count == 3


def test_a_request_beyond_the_limit_of_the_queue_leaves_no_trace():
    ports = fake_ports(limits=replace(fake_ports().limits, queue=QueueLimits(per_user=1, total=9)))
    requested(ports, "ann")
    with pytest.raises(QueueFull):
        requested(ports, "ann")
    assert (len(ports.jobs.jobs), len(ports.jobs.audit)) == (1, 1)
