"""Looks at things that are asked for at the same time, with one statement for all of them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from uuid import UUID

from fastapi.concurrency import run_in_threadpool

from exports_pipeline.adapters.acting import Acting, act_as, together, who_acts

_AT_ONCE = 50
"""More things than this are not asked for in one statement."""

Seen = TypeVar("Seen")


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What is asked for in one statement, and by whom."""

    rights: frozenset[str]
    ids: list[UUID] = field(default_factory=list)
    people: list[Acting] = field(default_factory=list)


class SharedLooks(Generic[Seen]):
    """One look is under way at a time; whoever comes meanwhile shares the next one, which begins after they came.

    They act together, so that each sees what they may see; those whose rights differ share no look.

    So a client that polls alone costs one statement for each of its reads, and a thousand of them cost no more threads
    or connections than one.
    """

    def __init__(self, look: Callable[[Sequence[UUID]], Mapping[UUID, Seen]]) -> None:
        self._look = look
        self._turn = asyncio.Lock()
        self._next: dict[frozenset[str], tuple[_Asked, asyncio.Task[Mapping[UUID, Seen]]]] = {}

    async def look(self, wanted: UUID) -> Seen | None:
        """The job, or the user, of that id, as it is after the call.

        Raises:
            LedgerUnavailable: the ledger cannot tell.
        """
        acting = who_acts()
        rights = acting.permissions
        if rights not in self._next or len(self._next[rights][0].ids) >= _AT_ONCE:
            new = _Asked(rights=rights)
            self._next[rights] = (new, asyncio.create_task(self._answer(new)))
        asked, answer = self._next[rights]
        asked.ids.append(wanted)
        asked.people.append(acting)
        seen = await asyncio.shield(answer)  # a client that leaves takes nobody's answer away
        return seen.get(wanted)

    async def _answer(self, asked: _Asked) -> Mapping[UUID, Seen]:
        async with self._turn:
            if asked.rights in self._next and self._next[asked.rights][0] is asked:
                del self._next[asked.rights]
            act_as(together(asked.people))  # in the context of this task alone
            return await run_in_threadpool(self._look, asked.ids)
