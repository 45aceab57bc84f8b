"""Liveness, readiness and metrics, for whoever runs the service."""

import time

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool

from exports_api.access import PUBLIC
from exports_api.deps import ApiParts, Parts
from exports_api.ledger_metrics import ledger_metrics
from exports_api.metrics import MEDIA_TYPE
from exports_api.readiness import look_at_parts
from exports_api.routes.documented import problems_without_token
from exports_api.schemas.health import Alive, Readiness
from exports_pipeline.core.errors import LedgerUnavailable

router = APIRouter(tags=["operation"])


@router.get("/healthz", dependencies=[PUBLIC], summary="Is the process alive?", responses=problems_without_token())
async def healthz() -> Alive:
    """Answer without asking anybody else."""
    return Alive(status="alive")


@router.get(
    "/readyz",
    dependencies=[PUBLIC],
    summary="Do all parts answer?",
    responses={503: {"model": Readiness, "description": "At least one part is down."}, **problems_without_token()},
)
async def readyz(parts: Parts, response: Response) -> Readiness:
    """Ask the database, the object store and Dagster; 503 when one of them does not answer within two seconds."""
    found = await look_at_parts(parts.ports)
    ready = all(part.ok for part in found.values())
    response.status_code = 200 if ready else 503
    response.headers["Cache-Control"] = "no-store"
    return Readiness(ready=ready, parts=found)


@router.get(
    "/metrics",
    dependencies=[PUBLIC],
    summary="Figures for Prometheus",
    response_class=Response,
    responses={
        200: {"description": "Text in Prometheus' format.", "content": {"text/plain": {"schema": {"type": "string"}}}},
        **problems_without_token(),
    },
)
async def metrics(parts: Parts) -> Response:
    """Requests of this process, and the ledger's jobs, queue, worker slots and deliveries.

    The ledger's figures are missing while Postgres does not answer; `exports_ledger_up` is 0 then.
    """
    return Response(await run_in_threadpool(_page, parts), media_type=MEDIA_TYPE)


def _page(parts: ApiParts) -> bytes:
    ports, started = parts.own, time.perf_counter()
    try:
        figures = ports.figures.read()
    except LedgerUnavailable:
        parts.metrics.ledger_read(is_up=False, seconds=time.perf_counter() - started)
        return parts.metrics.page()
    parts.metrics.ledger_read(is_up=True, seconds=time.perf_counter() - started)
    return parts.metrics.page(ledger_metrics(figures, slots=ports.limits.slots, now=ports.clock()))
