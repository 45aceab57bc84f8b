"""Who asks: a person with a token, a program with a key, or one of these for somebody else."""

from typing import Any

from starlette.requests import Request
from structlog.contextvars import bind_contextvars

from exports_api.auth import Verifier, bearer_token, requester_of
from exports_api.key_ring import KeyRing
from exports_api.standings import Standings
from exports_pipeline.core.api_key import PREFIX
from exports_pipeline.core.refusals import InvalidToken
from exports_pipeline.core.requester import Requester

KEY_HEADER = "X-API-Key"
ACT_FOR_HEADER = "X-Act-For"


async def who_asks(request: Request, verifier: Verifier, keys: KeyRing, standings: Standings) -> Requester:
    """The requester of a request.

    Raises:
        InvalidToken: token or key are missing or not valid.
        NotAllowed: it may not act for whom it names.
        UserDeactivated: its user is kept out.
        KeysUnavailable, LedgerUnavailable: nobody can tell at this moment.
    """
    text = _credential(request)
    if text.startswith(PREFIX):
        account, act_for = await keys.requester(text)
    else:
        claims = await verifier.claims(text)
        account, act_for = await standings.complete(requester_of(claims)), _act_for(claims)
    if wanted := request.headers.getlist(ACT_FOR_HEADER):
        account = await keys.person(wanted, account, act_for)
    if account.is_narrowed:
        bind_contextvars(**account.through)
    return account


def _credential(request: Request) -> str:
    """The token or the key; it may come in either of two headers, but in one of them alone."""
    given = request.headers.getlist(KEY_HEADER)
    if not given:
        return bearer_token(request)
    if len(given) > 1 or "authorization" in request.headers:
        raise InvalidToken(f"The request has more than one token or key: send {KEY_HEADER} or Authorization, once.")
    if not given[0].startswith(PREFIX):
        raise InvalidToken(f"The header {KEY_HEADER} holds no API key.")
    return given[0]


def _act_for(claims: dict[str, Any]) -> tuple[str, ...]:
    """For whom a token of a service account may act."""
    given = claims.get("act_for") or []
    if not isinstance(given, list) or not all(isinstance(each, str) and each for each in given):
        raise InvalidToken("The claim act_for is no list of names.")
    return tuple(given)
