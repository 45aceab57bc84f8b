"""What the caller sets up for themselves."""

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool

from exports_api.access import SIGNED_IN
from exports_api.deps import Caller, Parts
from exports_api.routes.documented import problems
from exports_api.schemas.deliveries import TelegramInvitation, TelegramState
from exports_pipeline.usecases.link_telegram import invite, unlink

router = APIRouter(prefix="/api/analytics/me", tags=["deliveries"])


@router.get(
    "/telegram", dependencies=[SIGNED_IN], summary="See whether your Telegram chat is linked", responses=problems()
)
async def get_telegram(caller: Caller, parts: Parts) -> TelegramState:
    """Whether results and notices reach you by Telegram."""
    chat = await run_in_threadpool(parts.ports.users.telegram_chat, caller.user_id)
    return TelegramState(linked=chat is not None)


@router.post("/telegram", dependencies=[SIGNED_IN], summary="Link your Telegram chat", responses=problems(422))
async def post_telegram(caller: Caller, parts: Parts) -> TelegramInvitation:
    """A link into the bot, valid for a quarter of an hour: open it and press start; then your exports report there."""
    return TelegramInvitation.of(await run_in_threadpool(invite, caller, ports=parts.ports))


@router.delete(
    "/telegram",
    dependencies=[SIGNED_IN],
    status_code=204,
    summary="Unlink your Telegram chat",
    responses=problems(),
    response_class=Response,
)
async def delete_telegram(caller: Caller, parts: Parts) -> Response:
    """Forget your chat; no error where none was linked."""
    await run_in_threadpool(unlink, caller, ports=parts.ports)
    return Response(status_code=204)
