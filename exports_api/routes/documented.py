"""What the OpenAPI document says of every route: problems, headers, bodies."""

from typing import Any

from pydantic import BaseModel

from exports_api.problems import MEDIA_TYPE
from exports_api.schemas.problem import Problem

_SENTENCES = {
    400: "The request is malformed.",
    401: "The bearer token is missing or not valid.",
    403: "You have not the right to this, or were deactivated; `code` says which.",
    404: "There is no such thing for you.",
    409: "The state of things does not allow this now.",
    410: "The file has expired.",
    413: "The body is larger than this route takes; the detail says how large it may be.",
    415: "The body is not of the media type that this route takes, or packed although it may not be.",
    422: "The request cannot be met as it stands; `errors` says which fields are at fault.",
    429: "Too many export jobs are waiting, or you have used up a quota; the RateLimit fields say which limit was met.",
    500: "Something unforeseen went wrong on our side.",
    503: "Something we need does not answer; try again after `Retry-After` seconds.",
}
_ALWAYS = (401, 403, 500, 503)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems a route may answer with, besides those that every route with a token may."""
    return {status: _problem(status) for status in sorted({*statuses, *_ALWAYS})}


def problems_without_token(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems of a route that takes no token."""
    return {status: _problem(status) for status in sorted({*statuses, 500})}


def header(description: str, *, example: str | None = None) -> dict[str, Any]:
    """A header of an answer."""
    documented: dict[str, Any] = {"description": description, "schema": {"type": "string"}}
    return documented | ({"example": example} if example else {})


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """The body of a route that reads it by itself; `openapi.py` adds the model to the document's schemas."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    examples = {
        f"example {place}": {"value": example}
        for place, example in enumerate(model.model_json_schema().get("examples", []), 1)
    }
    content: dict[str, Any] = {"application/json": {"schema": schema, "examples": examples}}
    return {"requestBody": {"required": True, "content": content}}


def _problem(status: int) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}}
    answer: dict[str, Any] = {"description": _SENTENCES[status], "content": content}
    if status == 503:
        answer["headers"] = {"Retry-After": header("Seconds to wait.", example="5")}
    if status == 429:
        answer["headers"] = {
            "Retry-After": header("Seconds to wait.", example="10"),
            "RateLimit-Policy": header("The limit that was met.", example='"queue-per-user";q=1000'),
            "RateLimit": header("What is left of it, and for how many seconds.", example='"queue-per-user";r=0;t=10'),
        }
    if status == 401:
        answer["headers"] = {"WWW-Authenticate": header("How to authenticate.", example='Bearer realm="exports"')}
    return answer
