"""Whether the parts that the API stands on answer."""

import time
from collections.abc import Callable
from uuid import UUID

import anyio
from anyio.to_thread import run_sync

from exports_api.schemas.health import PartHealth
from exports_pipeline.core.errors import ExportError
from exports_pipeline.core.ports import ExportPorts

TIMEOUT_S = 2.0
_NOBODY = UUID(int=0)


async def look_at_parts(ports: ExportPorts, *, timeout_s: float = TIMEOUT_S) -> dict[str, PartHealth]:
    """Ask the database, the object store and Dagster at the same time, each for at most two seconds."""
    found: dict[str, PartHealth] = {}
    checks: dict[str, Callable[[], object]] = {
        "database": lambda: ports.jobs.get(_NOBODY),
        "object_store": ports.objects.ping,
        "dagster": ports.runs.ping,
    }
    async with anyio.create_task_group() as group:
        for name, check in checks.items():
            group.start_soon(_look, name, check, timeout_s, found)
    return {name: found[name] for name in checks}


async def _look(name: str, check: Callable[[], object], timeout_s: float, found: dict[str, PartHealth]) -> None:
    started = time.perf_counter()
    sentence: str | None = f"No answer within {timeout_s:g} seconds."
    with anyio.move_on_after(timeout_s):
        # A limiter of its own: an abandoned thread takes nothing from the requests.
        sentence = await run_sync(_sentence, check, abandon_on_cancel=True, limiter=anyio.CapacityLimiter(1))
    milliseconds = round(1000 * (time.perf_counter() - started), 1)
    found[name] = PartHealth(ok=sentence is None, sentence=sentence or "Answers.", milliseconds=milliseconds)


def _sentence(check: Callable[[], object]) -> str | None:
    try:
        check()
    except ExportError as error:
        return error.sentence
    return None
