"""Looks at things that are asked for at the same time, with one statement for all of them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar
from uuid import UUID

from fastapi.concurrency import run_in_threadpool

_AT_ONCE = 50
"""More things than this are not asked for in one statement."""

Seen = TypeVar("Seen")


class SharedLooks(Generic[Seen]):
    """One look is under way at a time; whoever comes meanwhile shares the next one, which begins after they came.

    So a client that polls alone costs one statement for each of its reads, and a thousand of them cost no more threads
    or connections than one.
    """

    def __init__(self, look: Callable[[Sequence[UUID]], Mapping[UUID, Seen]]) -> None:
        self._look = look
        self._turn = asyncio.Lock()
        self._next: tuple[list[UUID], asyncio.Task[Mapping[UUID, Seen]]] | None = None

    async def look(self, wanted: UUID) -> Seen | None:
        """The job, or the user, of that id, as it is after the call.

        Raises:
            LedgerUnavailable: the ledger cannot tell.
        """
        if self._next is None or len(self._next[0]) >= _AT_ONCE:
            asked: list[UUID] = []
            self._next = (asked, asyncio.create_task(self._answer(asked)))
        asked, answer = self._next
        asked.append(wanted)
        seen = await asyncio.shield(answer)  # a client that leaves takes nobody's answer away
        return seen.get(wanted)

    async def _answer(self, asked: list[UUID]) -> Mapping[UUID, Seen]:
        async with self._turn:
            if self._next is not None and self._next[0] is asked:
                self._next = None
            return await run_in_threadpool(self._look, asked)
