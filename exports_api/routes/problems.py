"""What each kind of problem means; the `type` of a problem points here."""

from typing import Annotated

from fastapi import APIRouter, Path

from exports_api.access import PUBLIC
from exports_api.errors import UnknownPath
from exports_api.problems import ANSWERS, title_of
from exports_api.routes.documented import problems_without_token
from exports_api.schemas.problem import ProblemKind

router = APIRouter(tags=["operation"])


@router.get(
    "/problems/{code}", dependencies=[PUBLIC], summary="Explain a problem", responses=problems_without_token(404)
)
async def explain(
    code: Annotated[str, Path(description="`code` of a problem.", examples=["result_expired"])],
) -> ProblemKind:
    """What a kind of problem means, and what helps."""
    for error, answer in ANSWERS.items():
        if error.code == code:
            sentence = " ".join((error.__doc__ or "").split())
            return ProblemKind(
                code=code, title=title_of(code), status=answer.status, detail=sentence, retryable=error.retryable
            )
    raise UnknownPath
