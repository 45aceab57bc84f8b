"""The ledger in memory."""

from collections import Counter
from contextlib import suppress
from dataclasses import fields, replace
from datetime import UTC, datetime
from itertools import groupby
from statistics import fmean, linear_regression
from uuid import uuid4

from exports_pipeline.core.delivery import Delivery, DeliveryState
from exports_pipeline.core.errors import LedgerUnavailable, LostClaim
from exports_pipeline.core.export_job import ExportJob, JobError, NewExportJob, Progress
from exports_pipeline.core.ledger import Outlook, QueuePlace, SeenJob
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.refusals import IdempotencyKeyReused, QueueFull, UnknownExportJob, WrongStatus
from exports_pipeline_tests.fakes.job_filter import is_on
from exports_pipeline_tests.fakes.usage import InMemoryUsage
from exports_pipeline_tests.fakes.users import InMemoryUsers

_SHARED = {each.name for each in fields(ExportJob)} & {each.name for each in fields(NewExportJob)}
_NEVER = datetime.min.replace(tzinfo=UTC)
_FRESH = {"dispatched_at": None, "heartbeat_at": None, "run_id": None, "progress": Progress()}


class InMemoryLedger(InMemoryUsage):
    """`JobStore` and `AuditLog` over dictionaries, as are the users in it; `is_away` plays a lost database."""

    def __init__(self) -> None:
        self.jobs, self.audit, self.deliveries, self.keys, self.served = {}, [], {}, {}, {}
        self.manifests, self.digests = {}, {}
        self.users = InMemoryUsers(self.audit)
        self.is_away, self.on_retry = False, lambda _job: None

    def __getattribute__(self, name):
        is_call = not name.startswith("_") and callable(getattr(type(self), name, None))
        if is_call and object.__getattribute__(self, "is_away"):
            raise LedgerUnavailable
        return object.__getattribute__(self, name)

    def add(self, job, audit, *, limits=None, quota=None):
        key = (job.requester.user_id, job.idempotency_key)
        if job.idempotency_key and key in self.keys:
            earlier_id, digest = self.keys[key]
            if digest != job.request_digest:
                raise IdempotencyKeyReused
            return self.jobs[earlier_id]
        shared = self._in_flight(job) if job.is_shared else None
        if shared is not None:
            return shared
        if limits is not None:
            self._check_queue(job.requester.user_id, limits)
        if quota is not None and quota.is_limited:
            self.usage(job.requester.user_id, quota, now=job.created_at).check(quota, now=job.created_at)
        self.keys[key] = (job.id, job.request_digest)
        shared = {name: getattr(job, name) for name in _SHARED}
        self.digests[job.id] = None if job.idempotency_key else job.request_digest
        self.jobs[job.id] = ExportJob(**shared, status=Status.PENDING, attempt=1, due_at=job.created_at)
        self.users.seen(job.requester, at=job.created_at)
        self.audit.append(audit)
        return self.jobs[job.id]

    def add_all(self, jobs, *, limits):
        for job, audit in (each for each in jobs if each[0].id not in self.jobs):
            with suppress(QueueFull):
                self.add(job, audit, limits=limits)
        return {job.id for job, _ in jobs if job.id in self.jobs}

    def get(self, job_id):
        return self.jobs.get(job_id)

    def manifest(self, job_id):
        return self.manifests.get(job_id)

    def page(self, user_id, page):
        found = [
            job
            for job in sorted(self.jobs.values(), key=lambda job: (job.created_at, job.id), reverse=True)
            if (user_id is None or job.requester.user_id == user_id)
            and (page.status is None or job.status is page.status)
            and (page.dataset is None or page.dataset in (job.dataset, str(job.dataset_id)))
            and (page.created_since is None or job.created_at >= page.created_since)
            and (page.created_until is None or job.created_at < page.created_until)
            and is_on(job, page)
            and (page.before is None or (job.created_at, job.id) < page.before)
        ]
        return found[: page.limit]

    def reserve(self, *, slots, now, per_user=None, large=None):
        busy = self._busy()
        free, free_large = slots - sum(busy.values()), (slots if large is None else large) - self._large()
        chosen = []
        for job in self._queue():
            of_user = busy[job.requester.user_id] + 1
            if job.due_at > now or len(chosen) >= free or of_user > (per_user or slots):
                continue
            if job.is_large:
                if free_large <= 0:
                    continue
                free_large -= 1
            busy[job.requester.user_id] = of_user
            chosen.append(job)
            self.served[job.requester.user_id] = now
        taken = [self._put(job, dispatched_at=now) for job in chosen]
        return sorted(taken, key=lambda job: job.created_at)

    def launched(self, job_id, attempt, run_id):
        self._move(job_id, attempt, Status.PENDING, run_id=run_id)

    def release(self, job_id, attempt, *, due_at):
        self._move(job_id, attempt, Status.PENDING, dispatched_at=None, due_at=due_at)

    def claim(self, job_id, attempt, *, run_id, now):
        changes = {"status": Status.RUNNING, "run_id": run_id, "started_at": now, "heartbeat_at": now}
        job = self._move(job_id, attempt, Status.PENDING, progress=Progress(), **changes)
        if job is None:
            now_there = self.jobs.get(job_id)
            is_ours = now_there and (now_there.status, now_there.attempt, now_there.run_id)
            job = now_there if is_ours == (Status.RUNNING, attempt, run_id) else None
        return job

    def admit_large(self, job_id, attempt, *, large, now):
        job = self._move(job_id, attempt, Status.RUNNING, is_large=False)
        if job is None:
            raise LostClaim
        is_admitted = self._large() < large
        put_back = {"status": Status.PENDING, "attempt": attempt + 1, "forgiven": job.forgiven + 1, "due_at": now}
        changes = {} if is_admitted else {**put_back, **_FRESH, "started_at": None}
        self._put(job, is_large=True, **changes)
        return is_admitted

    def beat(self, job_id, attempt, progress, *, now):
        if self._move(job_id, attempt, Status.RUNNING, heartbeat_at=now, progress=progress) is None:
            raise LostClaim

    def complete(self, job_id, attempt, result, *, now, expires_at, recipients, manifest=None):
        progress = Progress(rows=result.row_count, total_rows=result.row_count, bytes=result.size_bytes)
        changes = {"completed_at": now, "expires_at": expires_at, "progress": progress, "error": None}
        job = self._move(job_id, attempt, Status.RUNNING, status=Status.COMPLETED, result=result, **changes)
        if job is None:
            settled = self.jobs.get(job_id)
            is_ours = settled and settled.attempt == attempt and settled.result
            if not is_ours or settled.result.object_key != result.object_key:
                raise LostClaim
            return settled
        self.manifests[job_id] = manifest
        for recipient in recipients:
            delivery = Delivery(
                id=uuid4(),
                job_id=job_id,
                recipient=recipient,
                state=DeliveryState.PENDING,
                tries=0,
                next_try_at=now,
                created_at=now,
            )
            self.deliveries[delivery.id] = delivery
        return job

    def requeue(self, job_id, attempt, error, *, due_at, forgive):
        job = self.jobs.get(job_id)
        forgiven = (job.forgiven if job else 0) + int(forgive)
        changes = {"status": Status.PENDING, "attempt": attempt + 1, "forgiven": forgiven, "due_at": due_at}
        moved = self._move(
            job_id, attempt, Status.RUNNING, Status.PENDING, **changes, **_FRESH, error=_as_job_error(error)
        )
        return moved is not None

    def fail(self, job_id, attempt, error, *, now):
        changes = {"status": Status.FAILED, "completed_at": now, "error": _as_job_error(error)}
        return self._move(job_id, attempt, Status.RUNNING, Status.PENDING, **changes) is not None

    def cancel(self, job_id, *, now, audit):
        return self._ask(job_id, audit, (Status.PENDING, Status.RUNNING), status=Status.CANCELLED, completed_at=now)

    def retry(self, job_id, *, now, audit):
        job = self.jobs.get(job_id)
        attempt = job.attempt if job else 0
        fresh = {"status": Status.PENDING, "forgiven": attempt, "attempt": attempt + 1, "due_at": now, "error": None}
        fresh |= {**_FRESH, "started_at": None, "completed_at": None}
        retried = self._ask(job_id, audit, (Status.FAILED, Status.CANCELLED), **fresh)
        self.on_retry(retried)
        return retried

    def share(self, job_id, teams, audit):
        self._put(self.jobs[job_id], shared_with=tuple(teams))
        self.record(audit)

    def silent(self, *, since):
        return [job for job in self.jobs.values() if job.status is Status.RUNNING and job.heartbeat_at < since]

    def never_began(self, *, since, slots):
        if sum(job.status is Status.RUNNING for job in self.jobs.values()) >= slots:
            return []
        waiting = (job for job in self.jobs.values() if job.status is Status.PENDING and job.dispatched_at)
        return [job for job in waiting if job.dispatched_at < since]

    def look(self, job_ids, *, slots):
        found = [self.jobs[job_id] for job_id in job_ids if job_id in self.jobs]
        return {job.id: SeenJob(job=job, place=self._place(job, slots)) for job in found}

    def outlook(self, user_id, file_format, *, slots):
        busy, waiting = self._busy(), Counter(job.requester.user_id for job in self._queue())
        turn = busy[user_id] + waiting[user_id] + 1
        before = sum(min(jobs, max(0, turn - busy[each])) for each, jobs in waiting.items())
        done = sorted((job for job in self.jobs.values() if job.result), key=lambda job: job.completed_at)[-50:]
        lately = fmean([_seconds(job) for job in done] or [0.0])
        wait_s = 0.0 if busy.total() + before < slots else lately * (before + 1) / slots
        alike = [(job.result.row_count, _seconds(job)) for job in done if job.format is file_format]
        if not alike:
            return Outlook(wait_s=wait_s, jobs=0)
        rows, seconds = zip(*alike, strict=True)
        row_s, fixed_s = linear_regression(rows, seconds) if len(set(rows)) > 1 else (0.0, 0.0)
        means = {"mean_s": fmean(seconds), "mean_rows": fmean(rows)}
        return Outlook(wait_s=wait_s, jobs=len(alike), fixed_s=fixed_s, row_s=row_s, **means)

    def live_keys(self, job_ids):
        return {job_id: self.jobs[job_id] for job_id in job_ids if job_id in self.jobs}

    def record(self, entry):
        self.audit.append(entry)

    def _in_flight(self, job):
        ended = {Status.COMPLETED, Status.FAILED, Status.CANCELLED}
        return next(
            (
                each
                for each in self.jobs.values()
                if each.requester.user_id == job.requester.user_id
                and each.status not in ended
                and self.digests[each.id] == job.request_digest
            ),
            None,
        )

    def _place(self, job, slots):
        if job.status is not Status.PENDING:
            return None
        order = [each.id for each in self._queue()]
        position = order.index(job.id) + 1 if job.id in order else 1
        return QueuePlace(position=position, estimated_wait_s=0.0 if job.dispatched_at else position / slots)

    def _busy(self):
        busy = (job for job in self.jobs.values() if job.status is Status.RUNNING or self._is_dispatched(job))
        return Counter(job.requester.user_id for job in busy)

    def _large(self):
        return sum(
            job.is_large and (job.status is Status.RUNNING or self._is_dispatched(job)) for job in self.jobs.values()
        )

    def _check_queue(self, user_id, limits):
        waiting = Counter(job.requester.user_id for job in self._queue())
        if waiting[user_id] >= limits.per_user:
            raise QueueFull(policy="queue-per-user", limit=limits.per_user)
        if waiting.total() >= limits.total:
            raise QueueFull(policy="queue", limit=limits.total)

    def _queue(self):
        waiting = [job for job in self.jobs.values() if job.status is Status.PENDING and not job.dispatched_at]
        waiting.sort(key=lambda job: (job.requester.user_id, job.created_at, job.id))
        busy, turns = self._busy(), []
        for user_id, group in groupby(waiting, key=lambda job: job.requester.user_id):
            jobs = list(group)
            line = (self.served.get(user_id, _NEVER), jobs[0].created_at, user_id)
            turns += [(busy[user_id] + place, line, job.id) for place, job in enumerate(jobs, 1)]
        return [self.jobs[job_id] for *_, job_id in sorted(turns)]

    def _is_dispatched(self, job):
        return job.status is Status.PENDING and job.dispatched_at is not None

    def _put(self, job, **changes):
        self.jobs[job.id] = replace(job, **changes)
        return self.jobs[job.id]

    def _move(self, job_id, attempt, /, *statuses, **changes):
        job = self.jobs.get(job_id)
        if job is None or job.attempt != attempt or job.status not in statuses:
            return None
        return self._put(job, **changes)

    def _ask(self, job_id, audit, statuses, **changes):
        job = self.jobs.get(job_id)
        if job is None:
            raise UnknownExportJob
        if job.status not in statuses:
            raise WrongStatus(f"The export job is {job.status}.")
        self.audit.append(audit)
        return self._put(job, **changes)


def _seconds(job):
    return (job.completed_at - job.started_at).total_seconds()


def _as_job_error(error):
    return JobError(code=error.code, sentence=error.sentence, fault=error.fault)
