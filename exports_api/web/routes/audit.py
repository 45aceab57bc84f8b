"""The pages of the audit log: its entries, and whether it is whole."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from exports_api.deps import Parts
from exports_api.paging import encode_cursor
from exports_api.schemas.audit_logs import AuditEntryView, ChainView
from exports_api.web.access import VIEWS_AUDIT
from exports_api.web.audit_words import told
from exports_api.web.forms.audit import ACTIONS, ENTITIES, ON_A_PAGE, OUTCOMES, AuditForm
from exports_api.web.page import drawn
from exports_api.web.page_route import PageRoute
from exports_api.web.viewing import Viewing, viewing_of
from exports_api.web.visitor import Visitor, VisitorOf
from exports_pipeline.core.audit_page import AuditFilter
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.usecases.name_users import name_users
from exports_pipeline.usecases.read_audit import read_audit, read_chain
from exports_pipeline.usecases.read_datasets import list_datasets

_DATASET = "audit_log"
_VERIFIED = "audit.verified"
router = APIRouter(prefix="/audit", route_class=PageRoute, include_in_schema=False)


@router.get("", dependencies=[VIEWS_AUDIT])
async def get_audit(request: Request, who: VisitorOf, parts: Parts) -> Response:
    """Who did what, newest first; reading is noted in the log, too."""
    form = AuditForm.read(request.query_params, viewing_of(request), parts.ports.clock())
    found: dict[str, Any] = {"entries": [], "older": ""}
    if not form.refusal:
        found = await run_in_threadpool(_entries, form, who, viewing_of(request), parts.ports)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.refusal else HTTPStatus.OK
    has_dataset = any(each.name == _DATASET for each in list_datasets(who.requester, ports=parts.ports))
    choices: dict[str, Any] = {"actions": ACTIONS, "entities": ENTITIES, "outcomes": OUTCOMES}
    facts: dict[str, Any] = {"form": form, "export": f"/datasets/{_DATASET}?{form.export}" if has_dataset else ""}
    return drawn(request, "audit.html", session=who.session, status=status, **found, **facts, **choices)


@router.get("/chain", dependencies=[VIEWS_AUDIT])
async def get_chain(request: Request, who: VisitorOf, parts: Parts) -> Response:
    """How far the log is sealed and signed, and what the last verification found."""

    def read() -> dict[str, Any]:
        wanted = AuditFilter(action=_VERIFIED, limit=1)
        verified = read_audit(wanted, who.requester, ports=parts.ports)
        chain = ChainView.of(read_chain(who.requester, ports=parts.ports))
        return {"chain": chain, "verified": verified[0] if verified else None}

    facts = await run_in_threadpool(read)
    return drawn(request, "chain.html", session=who.session, now=parts.ports.clock(), **facts)


def _entries(form: AuditForm, who: Visitor, view: Viewing, ports: ExportPorts) -> dict[str, Any]:
    found = read_audit(form.wanted, who.requester, ports=ports)
    shown = [AuditEntryView.of(each, shows_personal=who.requester.may_unmask) for each in found[:ON_A_PAGE]]
    people = {each for entry in shown for each in (entry.actor, entry.subject) if each}
    names = name_users(people, who.requester, ports=ports)
    older = encode_cursor(shown[-1].at, UUID(int=shown[-1].id)) if len(found) > ON_A_PAGE else ""
    return {"entries": [told(each, names, view) for each in shown], "older": older}
