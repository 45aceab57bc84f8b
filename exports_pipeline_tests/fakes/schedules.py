"""Schedules and their tick ledger in memory."""

from dataclasses import replace

from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.schedule import WindowState
from exports_pipeline_tests.fakes.job_filter import is_shared_by_another

_WORKING = {Status.PENDING, Status.RUNNING}


class InMemorySchedules:
    """`ScheduleStore` over dictionaries, beside a ledger."""

    def __init__(self, ledger) -> None:
        self._ledger = ledger
        ledger.on_retry = self._reopen
        self.schedules, self.rows, self.digests = {}, {}, {}
        self.open = set()
        """Keys of the windows that are pending."""

    def add(self, schedule, owner, audit):
        self._ledger.record(audit)
        self._ledger.users.seen(owner, at=schedule.created_at)
        self.schedules[schedule.id] = schedule

    def get(self, schedule_id):
        self._ledger.get(None)  # away, if the ledger is
        return self.schedules.get(schedule_id)

    def page(self, user_id, *, limit, before=None, shared=None):
        wanted = (
            each
            for each in self.schedules.values()
            if shared is None or is_shared_by_another(each, each.user_id, shared)
        )
        found = sorted(wanted, key=_age, reverse=True)
        of_user = [each for each in found if user_id is None or each.user_id == user_id]
        return [each for each in of_user if before is None or _age(each) < before][:limit]

    def change(self, schedule_id, edit, audit):
        if schedule_id not in self.schedules:
            return None
        edited, forgone = edit(self.schedules[schedule_id])
        self.schedules[schedule_id] = edited
        self._write(forgone)
        self._ledger.record(audit)
        return edited

    def delete(self, schedule_id, audit):
        if self.schedules.pop(schedule_id, None) is None:
            return False
        for key in [key for key in self.rows if key[0] == schedule_id]:
            del self.rows[key]
            self.open.discard(key)
        self._ledger.record(audit)
        return True

    def advance(self, *, now, limit, plan):
        due = [
            each for each in self.schedules.values() if each.is_active and each.next_due_at and each.next_due_at <= now
        ]
        due.sort(key=lambda each: each.next_due_at)
        plans = [plan(each) for each in due[:limit]]
        for schedule, each in zip(due, plans, strict=False):
            self._write(each.windows)
            moved = replace(schedule, planned_until=each.planned_until, next_due_at=each.next_due_at)
            self.schedules[schedule.id] = moved
        return plans

    def add_window(self, window, audit):
        self._write([window])
        self._ledger.record(audit)

    def reserve(self, *, now, lease, limit, schedule_id=None):
        waiting = [
            window
            for window in self._open_windows()
            if window.started_at is None and window.start_at <= now and schedule_id in (None, window.schedule_id)
        ]
        waiting.sort(key=lambda each: (each.start_at, each.due_at))
        taken = [self._put(each, start_at=now + lease) for each in waiting[:limit]]
        taken.sort(key=lambda each: (each.due_at, each.schedule_id))
        return [(self.schedules[each.schedule_id], each) for each in taken]

    def started(self, windows, *, now):
        for each in windows:
            window = self.rows.get((each.schedule_id, each.due_at))
            if window and window.state is WindowState.PENDING:
                changes = {"job_ids": each.job_ids, "is_late": each.is_late, "reason": each.reason}
                self._put(window, started_at=now, **changes)

    def postpone(self, windows, *, start_at):
        for each in windows:
            window = self.rows.get((each.schedule_id, each.due_at))
            if window and window.state is WindowState.PENDING and window.started_at is None:
                self._put(window, start_at=start_at)

    def ended(self, *, limit):
        found = [window for window in self._open_windows() if window.started_at and self._has_ended(window)]
        found.sort(key=lambda each: each.due_at)
        return [(self.schedules[each.schedule_id], each) for each in found[:limit]]

    def settle(self, schedule_id, due_at, state, *, now, reason=None, stop=None, counts=True):
        window = self.rows.get((schedule_id, due_at))
        if window is None or window.state is not WindowState.PENDING:
            return None
        self._put(window, state=state, reason=reason or window.reason, settled_at=now)
        schedule = self.schedules[schedule_id]
        failures = {WindowState.FAILED: schedule.failures_in_row + 1, WindowState.SKIPPED: schedule.failures_in_row}
        if not counts:
            failures[state] = schedule.failures_in_row
        stopped = {"is_active": False, "paused_reason": stop, "next_due_at": None} if stop else {}
        self.schedules[schedule_id] = replace(schedule, failures_in_row=failures.get(state, 0), **stopped)
        return self.schedules[schedule_id]

    def note(self, schedule_id, due_at, part, *, digest, withheld):
        window = self.rows.get((schedule_id, due_at))
        if window:
            self.digests[schedule_id, due_at, part] = digest
            others = {name: why for name, why in window.withheld.items() if name != part}
            self._put(window, withheld=others | ({part: withheld} if withheld else {}))

    def previous_digest(self, schedule_id, part, *, before):
        found = {
            at: digest
            for (of, at, name), digest in self.digests.items()
            if (of, name) == (schedule_id, part) and at < before
        }
        return found[max(found)] if found else None

    def windows(self, schedule_id, *, limit, before=None):
        found = [each for (of, at), each in self.rows.items() if of == schedule_id and (before is None or at < before)]
        return sorted(found, key=lambda each: each.due_at, reverse=True)[:limit]

    def latest_windows(self, schedule_ids, *, limit):
        found = {each: self.windows(each, limit=limit) for each in schedule_ids}
        return {each: windows for each, windows in found.items() if windows}

    def _reopen(self, job):
        window = self.rows.get((job.schedule.schedule_id, job.schedule.due_at)) if job.schedule else None
        if window and window.started_at and window.state in {WindowState.FAILED, WindowState.SKIPPED}:
            self._put(window, state=WindowState.PENDING, reason=None)

    def _open_windows(self):
        return [self.rows[key] for key in self.open]

    def _has_ended(self, window):
        jobs = map(self._ledger.get, window.job_ids)
        return not any(job and job.status in _WORKING for job in jobs)

    def _write(self, windows):
        for each in windows:
            if (each.schedule_id, each.due_at) not in self.rows:
                self._put(each)

    def _put(self, window, **changes):
        key = (window.schedule_id, window.due_at)
        self.rows[key] = replace(window, **changes)
        (self.open.add if self.rows[key].state is WindowState.PENDING else self.open.discard)(key)
        return self.rows[key]


def _age(schedule):
    return schedule.created_at, schedule.id
