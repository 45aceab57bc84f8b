"""The pages of datasets: the gallery, and the form that exports one of them."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse

from exports_api.deps import Parts
from exports_api.routes.datasets import ValueKind
from exports_api.schemas.export_request import ExportBody
from exports_api.web.access import TO_EXPORT, VISITOR
from exports_api.web.export_form import PRESETS, STYLES, ExportForm
from exports_api.web.page import drawn, headers_for
from exports_api.web.page_route import PageRoute
from exports_api.web.visitor import FormOf, Visitor, VisitorOf
from exports_pipeline.core.catalog import Dataset
from exports_pipeline.core.errors import ExportError, RequestError
from exports_pipeline.core.filters import Filters, select
from exports_pipeline.usecases.estimate_export import estimate_export
from exports_pipeline.usecases.read_datasets import DatasetDetail, list_datasets, read_dataset, read_values
from exports_pipeline.usecases.request_export import request_export

_SHOWN_VALUES = 50
router = APIRouter(prefix="/datasets", route_class=PageRoute, include_in_schema=False)
Search = Annotated[str, Query(max_length=200)]


@router.get("", dependencies=[VISITOR])
async def get_datasets(request: Request, who: VisitorOf, parts: Parts, q: Search = "") -> Response:
    """All datasets that the visitor may export, or those in which a word occurs."""
    datasets = [each for each in list_datasets(who.requester, ports=parts.ports) if _has(each, q)]
    columns = {each.name: len(select(each, Filters(), who.requester).columns) for each in datasets}
    return drawn(request, "datasets.html", session=who.session, datasets=datasets, columns=columns, q=q)


@router.get("/{name}", dependencies=[VISITOR])
async def get_dataset(request: Request, who: VisitorOf, parts: Parts, name: str) -> Response:
    """The form that exports a dataset; an address with its fields fills them."""
    detail = await run_in_threadpool(read_dataset, name, who.requester, ports=parts.ports)
    given = FormData([*request.query_params.multi_items()])
    return await _form(request, who, parts, detail, ExportForm.read(given, dataset=detail.dataset.name))


@router.post("/{name}", dependencies=[TO_EXPORT])
async def post_dataset(request: Request, who: VisitorOf, parts: Parts, name: str, form: FormOf) -> Response:
    """Look at what the export would be, or request it."""
    detail = await run_in_threadpool(read_dataset, name, who.requester, ports=parts.ports)
    filled = ExportForm.read(form, dataset=detail.dataset.name)
    if form.get("do") != "export":
        return await _form(request, who, parts, detail, filled, looks=True)
    try:
        body = ExportBody.model_validate(filled.body)
        requested = await run_in_threadpool(request_export, body.as_request(), who.requester, ports=parts.ports)
    except (ValidationError, RequestError) as error:
        return await _form(request, who, parts, detail, filled, refusal=_said(error))
    parts.dispatch_soon()
    to = f"/exports/{requested.job.id}"
    return RedirectResponse(to, status_code=HTTPStatus.SEE_OTHER, headers=headers_for(request))


@router.get("/{name}/values/{kind}", dependencies=[VISITOR])
async def get_values(
    who: VisitorOf, parts: Parts, name: str, kind: ValueKind, prefix: Annotated[str, Query(max_length=200)] = ""
) -> list[str]:
    """Accounts or tags among the visitor's own rows, for the script that searches them."""
    found: list[str] = await run_in_threadpool(
        read_values, name, who.requester, kind=kind, prefix=prefix, limit=_SHOWN_VALUES, ports=parts.ports
    )
    return found


@router.post("/{name}/estimate", dependencies=[TO_EXPORT])
async def post_estimate(request: Request, who: VisitorOf, parts: Parts, name: str, form: FormOf) -> Response:
    """The estimate alone, for the script that asks for it while the form is filled."""
    facts = await _estimated(ExportForm.read(form, dataset=name), who, parts)
    return drawn(request, "estimate.html", session=who.session, **facts)


async def _form(
    request: Request,
    who: Visitor,
    parts: Parts,
    detail: DatasetDetail,
    filled: ExportForm,
    *,
    looks: bool = False,
    refusal: str = "",
) -> Response:
    values = {}
    for kind, column in (("account", detail.dataset.account), ("tag", detail.dataset.tag)):
        if column is not None:
            values[kind] = await run_in_threadpool(
                read_values,
                detail.dataset.name,
                who.requester,
                kind=kind,
                prefix="",
                limit=_SHOWN_VALUES,
                ports=parts.ports,
            )
    facts = await _estimated(filled, who, parts) if looks else {"estimate": None, "why_none": ""}
    return drawn(
        request,
        "dataset.html",
        session=who.session,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK,
        detail=detail,
        filled=filled,
        values=values,
        styles=STYLES,
        presets=PRESETS,
        refusal=refusal,
        **facts,
    )


async def _estimated(filled: ExportForm, who: Visitor, parts: Parts) -> dict[str, Any]:
    try:
        wanted = ExportBody.model_validate(filled.body).as_request()
        found = await run_in_threadpool(estimate_export, wanted, who.requester, ports=parts.ports)
    except (ValidationError, ExportError) as error:
        return {"estimate": None, "why_none": _said(error)}
    return {"estimate": found, "why_none": ""}


def _said(error: ValidationError | ExportError) -> str:
    if isinstance(error, ExportError):
        return error.sentence
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(step) for step in first['loc'])}: {first['msg'].removeprefix('Value error, ')}"


def _has(dataset: Dataset, word: str) -> bool:
    texts = (dataset.name, dataset.title, dataset.description, *dataset.tags, *(each.name for each in dataset.columns))
    return word.strip().casefold() in "\n".join(texts).casefold()
