"""Draws a page about some days: with its figures, or with what is wrong about the days beside their form."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response

from exports_api.web.forms.days import GRANULARITIES, REFUSED, DaysForm
from exports_api.web.page import drawn
from exports_api.web.visitor import Visitor
from exports_pipeline.core.bucket import count_of_buckets
from exports_pipeline.core.days import Days

_AT_ONCE = 2
_MOST_POINTS = 190
"""Half a year by day, or a week by hour: what a window has room for."""


async def drawn_for_days(
    request: Request,
    template: str,
    who: Visitor,
    form: DaysForm,
    read: Callable[[], Awaitable[dict[str, Any]]],
    **facts: Any,
) -> Response:
    """The page; `read` gives what its template finds under `shown`, and may refuse the days."""
    shown, refusal = dict[str, Any](), form.refusal or _too_many(form.days)
    if not refusal:
        try:
            shown = await read()
        except REFUSED as error:
            refusal = error.sentence
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK
    facts |= {"form": form, "refusal": refusal, "shown": shown, "granularities": GRANULARITIES}
    return drawn(request, template, session=who.session, status=status, **facts)


async def together(**reads: Callable[[], Any]) -> dict[str, Any]:
    """What each of some questions is answered, by name.

    A few are asked at once: more of them would wait for each other's turn to run, and take longer together.
    """
    turns = CapacityLimiter(_AT_ONCE)
    found = await asyncio.gather(*(to_thread.run_sync(read, limiter=turns) for read in reads.values()))
    return dict(zip(reads, found, strict=True))


def _too_many(days: Days) -> str:
    if count_of_buckets(days.from_, days.to, days.granularity) <= _MOST_POINTS:
        return ""
    return f"More than {_MOST_POINTS} points cannot be told apart; choose fewer days, or longer stretches."
