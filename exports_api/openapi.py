"""The OpenAPI document, finished with what FastAPI cannot see."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel

from exports_api.access import declared
from exports_api.schemas.api_keys import ApiKeyBody
from exports_api.schemas.destinations import DestinationBody, DestinationChange
from exports_api.schemas.events import EventBody
from exports_api.schemas.export_request import ExportBody
from exports_api.schemas.insights_export import InsightsExportBody
from exports_api.schemas.problem import Problem
from exports_api.schemas.renditions import RenditionBody
from exports_api.schemas.reports import PreviewBody, ReportBody
from exports_api.schemas.schedules import CronBody, ScheduleBody, SchedulePatch
from exports_api.schemas.sharing import SharingBody
from exports_api.schemas.teams import MemberBody, TeamBody
from exports_api.schemas.users import RolesBody

_UNSEEN: tuple[type[BaseModel], ...] = (
    ApiKeyBody,
    DestinationBody,
    DestinationChange,
    EventBody,
    ExportBody,
    MemberBody,
    InsightsExportBody,
    PreviewBody,
    RenditionBody,
    ReportBody,
    RolesBody,
    ScheduleBody,
    SchedulePatch,
    SharingBody,
    TeamBody,
    CronBody,
    Problem,
)
"""Models that routes read or write by themselves."""
_REF = "#/components/schemas/{model}"

DESCRIPTION = """
Exports of datasets as files: **a request becomes a row, the row becomes a file, the file becomes a link.**

1. `GET /api/analytics/datasets` tells what you may export.
2. `POST /api/analytics/exports` answers 202 with the address of an export job.
3. `GET` that address until `status` is `completed`, `failed` or `cancelled`, then follow `download_url`.

Every error is `application/problem+json` (RFC 9457) with a stable `code`; `GET /problems/{code}` explains it.
""".strip()

TAGS = [
    {"name": "datasets", "description": "What may be exported."},
    {"name": "exports", "description": "Export jobs: request, look, download, cancel, retry."},
    {"name": "reports", "description": "Documents made of several questions; each is an export job."},
    {"name": "schedules", "description": "Exports and reports that recur."},
    {"name": "campaigns", "description": "How campaigns perform: figures, funnel, intents."},
    {"name": "events", "description": "What happened, told by your systems; campaigns are measured by it."},
    {"name": "deliveries", "description": "Who got a result, by which channel; links, destinations and your own chat."},
    {"name": "teams", "description": "Users who share results, schedules and destinations."},
    {"name": "insights", "description": "How the service itself is used: counts, volumes, openings, cost."},
    {"name": "keys", "description": "Who you are here, what you may do, and the keys of your programs."},
    {"name": "operation", "description": "For whoever runs the service."},
]


def add_openapi(app: FastAPI) -> None:
    """Let the app tell its finished OpenAPI document."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
    )
    schemas = document["components"]["schemas"]
    for model in _UNSEEN:
        schema = model.model_json_schema(ref_template=_REF)
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema
    for operations in document["paths"].values():
        for operation in operations.values():
            _without_foreign_problems(operation)
    _tell_permissions(app, document["paths"])
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    return document


def _tell_permissions(app: FastAPI, paths: dict[str, Any]) -> None:
    """Write what each route asks of its callers beneath its description, and into `x-permission`."""
    for route in iter_route_contexts(app.routes):
        access = declared(getattr(route, "dependencies", ()))
        operations = paths.get(route.path_format or "", {})
        for method in route.methods or ():
            operation = operations.get(method.lower())
            if access is not None and operation is not None:
                operation["x-permission"] = access.name
                operation["description"] += f"\n\nPermission: {access.told}."


def _without_foreign_problems(operation: dict[str, Any]) -> None:
    """Drop FastAPI's own 422, which this API answers with a problem where it can happen at all."""
    refused = operation["responses"].get("422", {})
    if "application/json" in refused.get("content", {}):
        del operation["responses"]["422"]
