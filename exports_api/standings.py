"""What the service knows of its users, remembered for some seconds, so that a look at a job stays one statement."""

import time
from collections.abc import Callable
from uuid import UUID

from fastapi.concurrency import run_in_threadpool

from exports_api.shared_looks import SharedLooks
from exports_pipeline.core.access_refusals import UserDeactivated
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.role import Standing

REMEMBERED_S = 3.0
"""How long another process may go on with what an administrator has changed in this one."""
_MOST = 10_000


class Standings:
    """Completes what a token says by roles and teams, and refuses those who were deactivated."""

    def __init__(self, ports: ExportPorts, *, now: Callable[[], float] = time.monotonic) -> None:
        self._ports, self._now = ports, now
        self._looks = SharedLooks(ports.users.standings)
        self._known: dict[UUID, tuple[float, Standing]] = {}

    async def complete(self, claimed: Requester) -> Requester:
        """The requester with all of their rights; who is here for the first time is written down.

        Raises:
            UserDeactivated: their token is worth nothing any more.
            LedgerUnavailable: nobody can tell at this moment.
        """
        until, standing = self._known.get(claimed.user_id, (0.0, None))
        if standing is None or until <= self._now():
            standing = await self._look(claimed)
        if not standing.is_active:
            raise UserDeactivated
        return self._ports.roles.complete(claimed, standing)

    def forget(self) -> None:
        """Look anew at everybody's next request: something has changed."""
        self._known = {}

    async def _look(self, claimed: Requester) -> Standing:
        known = self._known  # what was seen before `forget` goes into the dictionary that is forgotten
        standing = await self._looks.look(claimed.user_id)
        if standing is None:
            await run_in_threadpool(self._ports.users.seen, claimed, at=self._ports.clock())
            standing = Standing()
        if len(known) >= _MOST:
            known.clear()
        known[claimed.user_id] = (self._now() + REMEMBERED_S, standing)
        return standing
