"""The receipt of an export, in words and as a file, and whether a file is the one it tells of."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from exports_api.deps import Parts
from exports_api.web.access import VISITOR
from exports_api.web.page import drawn
from exports_api.web.page_route import PageRoute
from exports_api.web.preview import in_kind
from exports_api.web.security import headers_for
from exports_api.web.viewing import NOTHING, Viewing, viewing_of
from exports_api.web.visitor import VisitorOf
from exports_pipeline.core.manifest import manifest_key
from exports_pipeline.usecases.read_exports import read_export
from exports_pipeline.usecases.receipts import read_manifest

router = APIRouter(prefix="/exports", route_class=PageRoute, include_in_schema=False)


@router.get("/{job_id}/receipt", dependencies=[VISITOR])
async def get_receipt(request: Request, who: VisitorOf, parts: Parts, job_id: UUID) -> Response:
    """What the file holds, who signed that, and a way to compare a file with it."""
    job = await run_in_threadpool(read_export, job_id, who.requester, ports=parts.ports)
    receipt = await run_in_threadpool(read_manifest, job_id, who.requester, ports=parts.ports)
    signer, view = parts.ports.signer, viewing_of(request)
    facts: dict[str, Any] = {
        "job": job,
        "receipt": {"redactions": {}, "signature": None, **receipt},
        "made_at": datetime.fromisoformat(receipt["made_at"]),
        "as_of": datetime.fromisoformat(receipt["warehouse"]["as_of"]),
        "totals": [_total(each, view) for each in receipt.get("columns", ()) if "nulls" in each],
        "is_signed": signer is not None and signer.has_signed(receipt),
    }
    return drawn(request, "receipt.html", session=who.session, **facts)


@router.get("/{job_id}/receipt.json", dependencies=[VISITOR])
async def get_receipt_file(request: Request, who: VisitorOf, parts: Parts, job_id: UUID) -> Response:
    """The receipt as it was signed."""
    job = await run_in_threadpool(read_export, job_id, who.requester, ports=parts.ports)
    receipt = await run_in_threadpool(read_manifest, job_id, who.requester, ports=parts.ports)
    body = json.dumps(receipt, indent=1, ensure_ascii=False)
    name = manifest_key(job.result.download_name if job.result else "export")
    headers = headers_for(request) | {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return Response(body, media_type="application/json", headers=headers)


def _total(column: Mapping[str, Any], view: Viewing) -> dict[str, Any]:
    """The control totals of a column, as the viewer reads its values; a sum with all its digits."""

    def bound(name: str) -> str:
        value = column.get(name)
        return NOTHING if value is None else in_kind(str(value), column.get("type", ""), view)

    return {
        "name": column["name"],
        "nulls": column["nulls"],
        "least": bound("min"),
        "greatest": bound("max"),
        "sum": _sum(column.get("sum"), view),
    }


def _sum(text: str | None, view: Viewing) -> str:
    try:
        return NOTHING if text is None else view.exactly(Decimal(text))
    except (InvalidOperation, ValueError):
        return str(text)
