"""One tick of the schedules: windows that have come due become export jobs, and those that have ended are settled."""

from dataclasses import dataclass
from functools import partial

from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.schedule import WindowState, plan
from exports_pipeline.usecases.settle_windows import settle_windows
from exports_pipeline.usecases.start_windows import start_windows

_AT_ONCE = 200
_ROUNDS = 20


@dataclass(frozen=True, kw_only=True)
class Tick:
    """How a tick went."""

    due: int = 0
    late: int = 0
    skipped: int = 0
    failed: int = 0
    started: int = 0
    """Windows whose jobs were requested; those of them that were due earlier, too."""
    waiting: int = 0

    @property
    def in_words(self) -> str:
        """As operators read it: `3 due, 1 late, 2 skipped, 0 failed`."""
        waiting = f", {self.waiting} waiting for a place in the queue" if self.waiting else ""
        return f"{self.due} due, {self.late} late, {self.skipped} skipped, {self.failed} failed{waiting}"


def enqueue_recurring(ports: ExportPorts) -> Tick:
    """Settle the windows that have ended, plan those whose turn has come, and request their jobs.

    Each of the three may be interrupted anywhere and done again, here or by another daemon at the same time: a window
    is one row, and its jobs have keys and ids that follow from it.

    Raises:
        LedgerUnavailable: the database went away; the next tick goes on.
    """
    settled = settle_windows(ports)
    due, superseded = plan_windows(ports)
    started = start_windows(ports)
    return Tick(
        due=due,
        late=started.late,
        skipped=superseded + started.skipped + settled.count(WindowState.SKIPPED),
        failed=started.failed + settled.count(WindowState.FAILED),
        started=started.started,
        waiting=started.waiting,
    )


def plan_windows(ports: ExportPorts) -> tuple[int, int]:
    """Write the windows whose turn has come into the tick ledger: how many are to run, and how many are skipped."""
    due = skipped = 0
    for _ in range(_ROUNDS):
        now = ports.clock()
        planned = partial(plan, now=now, most_spread=ports.limits.schedule_spread)
        plans = ports.schedules.advance(now=now, limit=_AT_ONCE, plan=planned)
        windows = [window for each in plans for window in each.windows]
        due += sum(window.state is WindowState.PENDING for window in windows)
        skipped += sum(window.state is WindowState.SKIPPED for window in windows)
        if len(plans) < _AT_ONCE:
            break
    return due, skipped
