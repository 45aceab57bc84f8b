"""The pages of datasets: the gallery, and the form that exports one of them."""

import asyncio
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse

from exports_api.deps import Parts
from exports_api.recipients import recipients_of
from exports_api.routes.datasets import ValueKind
from exports_api.schemas.export_request import ExportBody, labels_of
from exports_api.web.access import TO_EXPORT, VISITOR
from exports_api.web.days_page import together
from exports_api.web.forms.export import PRESETS, STYLES, ExportForm
from exports_api.web.forms.recipients import ways_of
from exports_api.web.own_values import MOST, own_values
from exports_api.web.page import drawn
from exports_api.web.page_route import PageRoute
from exports_api.web.preview import preview_of
from exports_api.web.security import headers_for
from exports_api.web.teams import teams_of
from exports_api.web.viewing import Viewing, viewing_of
from exports_api.web.visitor import FormOf, Visitor, VisitorOf
from exports_pipeline.core.catalog import Dataset
from exports_pipeline.core.errors import ExportError, RequestError
from exports_pipeline.core.filters import Filters, select
from exports_pipeline.usecases.estimate_export import estimate_export
from exports_pipeline.usecases.read_datasets import (
    list_datasets,
    read_dataset,
    read_extent,
    read_values,
)
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.share import checked_teams

_NO_ESTIMATE: Mapping[str, Any] = MappingProxyType({"estimate": None, "why_none": "", "style": None, "preview": None})
router = APIRouter(prefix="/datasets", route_class=PageRoute, include_in_schema=False)
Search = Annotated[str, Query(max_length=200)]


@router.get("", dependencies=[VISITOR])
async def get_datasets(request: Request, who: VisitorOf, parts: Parts, q: Search = "") -> Response:
    """All datasets that the visitor may export, or those in which a word occurs."""
    datasets = [each for each in list_datasets(who.requester, ports=parts.ports) if _has(each, q)]
    columns = {each.name: len(select(each, Filters(), who.requester).columns) for each in datasets}
    return drawn(request, "datasets.html", session=who.session, datasets=datasets, columns=columns, q=q)


@router.get("/{dataset_id}", dependencies=[VISITOR])
async def get_dataset(request: Request, who: VisitorOf, parts: Parts, dataset_id: str) -> Response:
    """The form that exports a dataset; an address with its fields fills them."""
    dataset = parts.ports.catalog.find(dataset_id, who.requester)
    given = FormData([*request.query_params.multi_items()])
    return await _form(request, who, parts, dataset, ExportForm.read(given, dataset=dataset.name))


@router.post("/{dataset_id}", dependencies=[TO_EXPORT])
async def post_dataset(request: Request, who: VisitorOf, parts: Parts, dataset_id: str, form: FormOf) -> Response:
    """Look at what the export would be, or request it."""
    dataset = parts.ports.catalog.find(dataset_id, who.requester)
    filled = ExportForm.read(form, dataset=dataset.name)
    if form.get("do") != "export":
        return await _form(request, who, parts, dataset, filled, looks=form.get("do") == "look")
    try:
        body = ExportBody.model_validate(filled.body)
        requested = await run_in_threadpool(
            request_export,
            body.as_request(),
            who.requester,
            ports=parts.ports,
            recipients=await recipients_of(body.recipients, who.requester, parts.ports),
            labels=labels_of(body.labels),
            share_with=checked_teams(body.share_with or (), who.requester),
        )
    except (ValidationError, RequestError) as error:
        return await _form(request, who, parts, dataset, filled, refusal=_said(error))
    parts.dispatch_soon()
    parts.metrics.export_requested(requested.job.format)
    to = f"/exports/{requested.job.id}{'?download=1' if filled.downloads_itself else ''}"
    return RedirectResponse(to, status_code=HTTPStatus.SEE_OTHER, headers=headers_for(request))


@router.get("/{dataset_id}/values/{kind}", dependencies=[VISITOR])
async def get_values(
    who: VisitorOf, parts: Parts, dataset_id: str, kind: ValueKind, prefix: Annotated[str, Query(max_length=200)] = ""
) -> list[str]:
    """Accounts or tags among the visitor's own rows, for the script that searches them."""
    found: list[str] = await run_in_threadpool(
        read_values, dataset_id, who.requester, kind=kind, prefix=prefix, limit=MOST, ports=parts.ports
    )
    return found


@router.get("/{dataset_id}/extent", dependencies=[VISITOR])
async def get_extent(request: Request, who: VisitorOf, parts: Parts, dataset_id: str) -> Response:
    """How much there is of a dataset, for the script that adds it to the cards."""
    extent = await run_in_threadpool(read_extent, dataset_id, who.requester, ports=parts.ports)
    return drawn(request, "extent.html", session=who.session, extent=extent)


@router.post("/{dataset_id}/estimate", dependencies=[TO_EXPORT])
async def post_estimate(request: Request, who: VisitorOf, parts: Parts, dataset_id: str, form: FormOf) -> Response:
    """The estimate alone, for the script that asks for it while the form is filled."""
    facts = await _estimated(ExportForm.read(form, dataset=dataset_id), who, viewing_of(request), parts)
    return drawn(request, "estimate.html", session=who.session, **facts)


async def _form(
    request: Request,
    who: Visitor,
    parts: Parts,
    dataset: Dataset,
    filled: ExportForm,
    *,
    looks: bool = False,
    refusal: str = "",
) -> Response:
    ports, chosen = parts.ports, {name: filled.body.get(name, ()) for name in ("account_ids", "tag_ids")}
    found, estimated = await asyncio.gather(
        together(
            detail=partial(read_dataset, dataset.name, who.requester, ports=ports),
            ways=partial(ways_of, who.requester, ports),
            teams=partial(teams_of, who.requester, ports),
            values=partial(own_values, dataset, filled.given, chosen, who.requester, ports=ports),
        ),
        _estimated(filled, who, viewing_of(request), parts) if looks else _not_estimated(),
    )
    return drawn(
        request,
        "dataset.html",
        session=who.session,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK,
        detail=found["detail"],
        filled=filled,
        values=found["values"],
        styles=STYLES,
        presets=PRESETS,
        refusal=refusal,
        ways=found["ways"],
        teams=found["teams"],
        unmasks=who.requester.may_unmask and any(each.is_guarded for each in dataset.columns),
        **estimated,
    )


async def _not_estimated() -> Mapping[str, Any]:
    return _NO_ESTIMATE


async def _estimated(filled: ExportForm, who: Visitor, view: Viewing, parts: Parts) -> Mapping[str, Any]:
    try:
        wanted = ExportBody.model_validate(filled.body).as_request()
        found = await run_in_threadpool(estimate_export, wanted, who.requester, ports=parts.ports)
        preview = preview_of(
            found.preview, parts.ports.catalog.find(wanted.dataset, who.requester), who.requester, view
        )
    except (ValidationError, ExportError) as error:
        return {**_NO_ESTIMATE, "why_none": _said(error)}
    return {**_NO_ESTIMATE, "estimate": found, "style": filled.style, "preview": preview}


def _said(error: ValidationError | ExportError) -> str:
    if isinstance(error, ExportError):
        return error.sentence
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(step) for step in first['loc'])}: {first['msg'].removeprefix('Value error, ')}"


def _has(dataset: Dataset, word: str) -> bool:
    texts = (dataset.name, dataset.title, dataset.description, *dataset.tags, *(each.name for each in dataset.columns))
    return word.strip().casefold() in "\n".join(texts).casefold()
