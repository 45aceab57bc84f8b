"""What was looked up a moment ago, and need not be looked up again at every request."""

import asyncio
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from fastapi.concurrency import run_in_threadpool

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")
_MOST = 1_000


class Remembered(Generic[_Key, _Value]):
    """Answers of a look-up, each as old as `fresh_s` at most; whoever asks during a look-up shares it."""

    def __init__(
        self, look: Callable[[_Key], _Value], *, fresh_s: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._look, self._fresh_s, self._monotonic = look, fresh_s, monotonic
        self._known: dict[_Key, tuple[float, _Value]] = {}
        self._looks: dict[_Key, asyncio.Task[_Value]] = {}

    async def get(self, key: _Key) -> _Value:
        """The answer for a key; raises what the look-up raises, and remembers no error."""
        known = self._known.get(key)
        if known is not None and self._monotonic() - known[0] < self._fresh_s:
            return known[1]
        look = self._looks.get(key)
        if look is None:
            look = self._looks[key] = asyncio.create_task(self._answer(key))
        return await asyncio.shield(look)  # a client that leaves takes nobody's answer away

    def forget(self, key: _Key) -> None:
        """Look again at the next request, and believe no look-up that is under way."""
        self._known.pop(key, None)
        self._looks.pop(key, None)

    async def _answer(self, key: _Key) -> _Value:
        began, own = self._monotonic(), asyncio.current_task()
        try:
            value = await run_in_threadpool(self._look, key)
            if self._looks.get(key) is own:  # else it was forgotten meanwhile
                if len(self._known) >= _MOST:
                    self._known.clear()
                self._known[key] = (began, value)
        finally:
            if self._looks.get(key) is own:
                del self._looks[key]
        return value
