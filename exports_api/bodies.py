"""Reads the bodies of requests: JSON only, bounded, checked against a model."""

from typing import Annotated, TypeVar

from fastapi import Depends
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from exports_api.errors import BodyTooLarge, MalformedBody, MalformedLength, UnsupportedMediaType
from exports_api.schemas.api_keys import ApiKeyBody
from exports_api.schemas.destinations import DestinationBody, DestinationChange
from exports_api.schemas.export_request import ExportBody
from exports_api.schemas.insights_export import InsightsExportBody
from exports_api.schemas.renditions import RenditionBody
from exports_api.schemas.reports import PreviewBody, ReportBody

MAX_BODY_BYTES = 1 << 20
_Model = TypeVar("_Model", bound=BaseModel)


class BodyRefused(Exception):
    """A body does not fit its model; the cause says where."""

    def __init__(self, cause: ValidationError) -> None:
        self.cause = cause
        super().__init__(str(cause.title))


async def read_json(request: Request, model: type[_Model]) -> _Model:
    """The body of a request as a model.

    FastAPI would read the whole body before it looks at the token, whatever its size and type.

    Raises:
        UnsupportedMediaType, BodyTooLarge, MalformedLength, MalformedBody: it cannot be read.
        BodyRefused: it is JSON, but not of this shape.
    """
    _check_headers(request)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge
    try:
        return model.model_validate_json(bytes(body))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        if faults[0]["type"] == "json_invalid":
            raise MalformedBody(
                f"The body is not valid JSON in UTF-8: {faults[0]['msg'].partition(': ')[2]}."
            ) from error
        raise BodyRefused(error) from error


async def export_body(request: Request) -> ExportBody:
    """The body that requests an export."""
    return await read_json(request, ExportBody)


async def report_body(request: Request) -> ReportBody:
    """The body that requests a report."""
    return await read_json(request, ReportBody)


async def insights_export_body(request: Request) -> InsightsExportBody:
    """The body that requests the insights as a file."""
    return await read_json(request, InsightsExportBody)


async def preview_body(request: Request) -> PreviewBody:
    """The body that asks for the preview of a report."""
    return await read_json(request, PreviewBody)


async def rendition_body(request: Request) -> RenditionBody:
    """The body that requests a rendition."""
    return await read_json(request, RenditionBody)


async def destination_body(request: Request) -> DestinationBody:
    """The body that describes a destination."""
    return await read_json(request, DestinationBody)


async def destination_change(request: Request) -> DestinationChange:
    """The body that changes a destination."""
    return await read_json(request, DestinationChange)


async def api_key_body(request: Request) -> ApiKeyBody:
    """The body that describes an API key."""
    return await read_json(request, ApiKeyBody)


ApiKeyBodyOf = Annotated[ApiKeyBody, Depends(api_key_body)]
DestinationBodyOf = Annotated[DestinationBody, Depends(destination_body)]
DestinationChangeOf = Annotated[DestinationChange, Depends(destination_change)]
RenditionBodyOf = Annotated[RenditionBody, Depends(rendition_body)]
ReportBodyOf = Annotated[ReportBody, Depends(report_body)]
InsightsExportBodyOf = Annotated[InsightsExportBody, Depends(insights_export_body)]
PreviewBodyOf = Annotated[PreviewBody, Depends(preview_body)]
ExportBodyOf = Annotated[ExportBody, Depends(export_body)]


def _check_headers(request: Request) -> None:
    media_type, *parameters = request.headers.get("content-type", "").lower().split(";")
    charsets = {each.strip().removeprefix("charset=").strip('"') for each in parameters if "charset" in each}
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if media_type.strip() != "application/json" or not charsets <= {"utf-8", "utf8"} or encoding != "identity":
        raise UnsupportedMediaType
    length = request.headers.get("content-length")
    if length is None:
        return
    if not (length.isascii() and length.isdigit()):
        raise MalformedLength
    if len(length) > len(str(MAX_BODY_BYTES)) or int(length) > MAX_BODY_BYTES:
        raise BodyTooLarge
