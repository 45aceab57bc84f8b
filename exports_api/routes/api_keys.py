"""API keys: make, list, revoke."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from fastapi.concurrency import run_in_threadpool

from exports_api.access import signed_in
from exports_api.bodies import ApiKeyBodyOf
from exports_api.deps import Caller, Parts
from exports_api.routes.documented import body_of, header, problems
from exports_api.schemas.api_keys import EVERYBODY, ApiKeyBody, ApiKeyList, ApiKeyQuery, ApiKeyView, NewApiKey
from exports_pipeline.usecases.keep_keys import create_key, list_keys, revoke_key

PREFIX = "/api/analytics/keys"
router = APIRouter(prefix=PREFIX, tags=["keys"])
_OWN = signed_in("ADMIN for those of others")
KeyId = Annotated[UUID, Path(description="Id of the key.")]
_NO_STORE = {"Cache-Control": "no-store"}


@router.post(
    "",
    dependencies=[_OWN],
    status_code=201,
    summary="Make an API key",
    responses={
        201: {
            "description": "Made.",
            "model": NewApiKey,
            "headers": {"Location": header("Its address.", example=f"{PREFIX}/1c9d0f6e-8b1e-4d0b-9a53-3a1f2f6c7b11")},
        },
        **problems(403, 413, 415, 422),
    },
    openapi_extra=body_of(ApiKeyBody),
)
async def post_key(caller: Caller, parts: Parts, body: ApiKeyBodyOf) -> Response:
    """Make a key for your programs; the answer shows it, and nothing ever will again.

    Send it as `Authorization: Bearer xk_...` or as `X-API-Key: xk_...`. To rotate one, make the next, change over, and
    revoke the last. A key makes no keys: this needs a token.
    """
    made = await run_in_threadpool(create_key, body.as_draft(), caller, ports=parts.own)
    view = NewApiKey.with_text(made, now=parts.ports.clock()).model_dump_json()
    headers = {"Location": f"{PREFIX}/{made.key.id}"} | _NO_STORE
    return Response(view, status_code=201, media_type="application/json", headers=headers)


@router.get(
    "", dependencies=[_OWN], summary="List your API keys", response_model=ApiKeyList, responses=problems(403, 422)
)
async def get_keys(caller: Caller, parts: Parts, query: Annotated[ApiKeyQuery, Query()]) -> Response:
    """Your keys, newest first, without their secrets; with ADMIN and `user` those of others."""
    found = await run_in_threadpool(
        list_keys, caller, ports=parts.ports, of=query.user_id, all_users=query.user == EVERYBODY
    )
    now = parts.ports.clock()
    shown = ApiKeyList(items=[ApiKeyView.of(each, now=now) for each in found])
    return Response(shown.model_dump_json(), media_type="application/json", headers=_NO_STORE)


@router.delete(
    "/{key_id}",
    dependencies=[_OWN],
    status_code=204,
    summary="Revoke an API key",
    responses=problems(403, 404),
    response_class=Response,
)
async def delete_key(caller: Caller, parts: Parts, key_id: KeyId) -> Response:
    """End a key for good: at once in the process that answers, within five seconds in all others.

    Yours; with ADMIN anybody's. No error where it was revoked before.
    """
    key = await run_in_threadpool(revoke_key, key_id, caller, ports=parts.own)
    parts.keys.revoked(key.prefix)
    return Response(status_code=204)
