"""What went wrong, as RFC 9457 describes it."""

from collections.abc import Iterable
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

_SAFE = "!$&'()*+,;=:@~"
"""What a fragment may hold beside letters and digits (RFC 3986)."""


class FieldProblem(BaseModel):
    """One field of the request that is at fault."""

    field: str = Field(description="The field, as a path: `account_ids.3`, `options.timezone`, `limit`.")
    pointer: str | None = Field(
        None,
        description="The same as a JSON Pointer into the body (RFC 6901), as a URI fragment; absent for what stands in "
        "the query or in a header.",
        examples=["#/account_ids/3"],
    )
    detail: str = Field(description="What is wrong with it.")
    code: str = Field(description="A stable name of what is wrong.")


def pointer_to(steps: Iterable[object]) -> str:
    """The JSON Pointer of a place in the body, as a URI fragment (RFC 6901, chapter 6)."""
    escaped = (str(step).replace("~", "~0").replace("/", "~1") for step in steps)
    return "#" + "".join(f"/{quote(step, safe=_SAFE)}" for step in escaped)


class Problem(BaseModel):
    """What went wrong, what helps, and who can act (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "/problems/unknown_dataset",
                "title": "Unknown dataset",
                "status": 422,
                "detail": "There is no dataset 'transactions' that you may export; "
                "GET /api/analytics/datasets names them.",
                "instance": "/api/analytics/exports",
                "code": "unknown_dataset",
                "request_id": "6f0c2f8e5d8e4a3f9a3b1c2d4e5f6a7b",
                "errors": [
                    {
                        "field": "dataset_id",
                        "pointer": "#/dataset_id",
                        "detail": "There is no dataset 'transactions' that you may export; "
                        "GET /api/analytics/datasets names them.",
                        "code": "unknown_dataset",
                    }
                ],
            }
        }
    )

    type: str = Field(description="Where this kind of problem is explained, relative to the service.")
    title: str = Field(description="The kind of problem in a few words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What went wrong this time, and what helps.")
    instance: str = Field(description="The path that was asked for.")
    code: str = Field(description="A stable name of the kind of problem, for programs.")
    request_id: str = Field(description="The request, as the operators find it in the logs.")
    errors: list[FieldProblem] | None = Field(None, description="The fields at fault; present with status 422.")


class ProblemKind(BaseModel):
    """One kind of problem that the service may answer with."""

    code: str = Field(description="Its stable name.", examples=["result_expired"])
    title: str = Field(description="It in a few words.", examples=["Result expired"])
    status: int = Field(description="The HTTP status it comes with.", examples=[410])
    detail: str = Field(description="What it means and what helps.")
    retryable: bool = Field(description="Whether the same request may succeed later.")
