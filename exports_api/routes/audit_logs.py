"""The audit log: its entries, and how far its chain is."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.concurrency import run_in_threadpool

from exports_api.access import needs
from exports_api.deps import Caller, Parts
from exports_api.paging import encode_cursor
from exports_api.routes.campaigns import shown
from exports_api.routes.documented import problems
from exports_api.schemas.audit_logs import AuditEntryView, AuditList, AuditQuery, ChainView
from exports_pipeline.core.requester import Permission
from exports_pipeline.usecases.read_audit import read_audit, read_chain

PREFIX = "/api/analytics/audit-logs"
router = APIRouter(prefix=PREFIX, tags=["operation"])
_MAY_READ = needs(Permission.VIEW_AUDIT)


@router.get(
    "", dependencies=[_MAY_READ], summary="Read the audit log", response_model=AuditList, responses=problems(403, 422)
)
async def get_audit_logs(caller: Caller, parts: Parts, query: Annotated[AuditQuery, Query()]) -> Response:
    """Who did what, newest first. Needs VIEW_AUDIT; reading is noted in the log, too."""
    found = await run_in_threadpool(read_audit, query.as_filter(), caller, ports=parts.ports)
    items = [AuditEntryView.of(each, shows_personal=caller.may_unmask) for each in found[: query.limit]]
    last = items[-1] if len(found) > query.limit else None
    return shown(AuditList(items=items, next_cursor=encode_cursor(last.at, UUID(int=last.id)) if last else None))


@router.get(
    "/chain", dependencies=[_MAY_READ], summary="Look at the chain", response_model=ChainView, responses=problems(403)
)
async def get_chain(caller: Caller, parts: Parts) -> Response:
    """How far the chain of the audit log is, and whether it agrees with its newest signed head. Needs VIEW_AUDIT.

    Only `exports audit verify` looks at every entry.
    """
    return shown(ChainView.of(await run_in_threadpool(read_chain, caller, ports=parts.ports)))
