"""Sign in with a token or an API key, or as one of the sample's people where there is only the sample; and sign out."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from exports_api.access import PUBLIC
from exports_api.auth import requester_of
from exports_api.deps import ApiParts, Parts
from exports_api.web.access import VISITOR
from exports_api.web.page import drawn
from exports_api.web.page_route import SIGN_IN, PageRoute
from exports_api.web.security import headers_for
from exports_api.web.session import KEY, Sessions
from exports_api.web.visitor import FormOf, SessionsOf, read_form
from exports_pipeline.core.api_key import PREFIX
from exports_pipeline.core.errors import RequestError
from exports_pipeline.core.refusals import NotAllowed
from exports_pipeline.core.requester import Permission

HOME = "/datasets"
_MOST_TOKEN = 16_384
_SAMPLE_LASTS = timedelta(hours=8)
router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class SamplePerson:
    """Somebody who owns rows of the sample."""

    name: str
    said: str
    permissions: tuple[Permission, ...] = ()


SAMPLE_PEOPLE = (
    SamplePerson(name="demo", said="a person with bank accounts"),
    SamplePerson(name="alice", said="another person; sees none of demo's rows"),
    SamplePerson(name="UA", said="an airline, with its flights of 2013"),
    SamplePerson(name="admin", said="an administrator, who sees everything", permissions=tuple(Permission)),
)


@router.get("/", dependencies=[PUBLIC])
async def get_home() -> Response:
    """Where a visit begins."""
    return RedirectResponse(HOME, status_code=HTTPStatus.SEE_OTHER)


@router.get(SIGN_IN, dependencies=[PUBLIC])
async def get_sign_in(request: Request, sessions: SessionsOf) -> Response:
    """The form."""
    return _form(request, sessions)


@router.post(SIGN_IN, dependencies=[PUBLIC])
async def post_sign_in(request: Request, parts: Parts, sessions: SessionsOf) -> Response:
    """Begin a session, and go where the visit was meant to go.

    It bears no secret of a session, since there is none; a form of another site is known by its origin.
    """
    form = await read_form(request)
    person, token = form.get("person"), form.get("token")
    try:
        if isinstance(person, str) and person:
            claims = await _claims_of_sample(person, request, parts)
        else:
            claims = await _claims_of(str(token or "").strip()[:_MOST_TOKEN], parts)
    except RequestError as error:
        request.scope.setdefault("state", {})["problem"] = error.code
        return _form(request, sessions, refusal=error.sentence, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    answer = _to(_inside(str(form.get("next") or "")), request)
    name = str(claims.get("email") or claims.get("owner") or claims["sub"])
    sessions.begin(answer, claims, name=name, is_secure=request.url.scheme == "https")
    return answer


@router.post("/sign-out", dependencies=[VISITOR])
async def post_sign_out(request: Request, _form: FormOf, sessions: SessionsOf) -> Response:
    """End the session."""
    answer = _to(SIGN_IN, request)
    sessions.end(answer)
    return answer


def _form(request: Request, sessions: Sessions, *, refusal: str = "", status: int = HTTPStatus.OK) -> Response:
    people = SAMPLE_PEOPLE if request.app.state.sample_people else ()
    facts: dict[str, Any] = {
        "people": people,
        "next": _inside(request.query_params.get("next", "")),
        "refusal": refusal,
    }
    return drawn(request, "sign_in.html", session=sessions.read(request), status=status, **facts)


async def _claims_of(given: str, parts: ApiParts) -> dict[str, Any]:
    """What is sealed in the session: the claims of a token, or which API key it was."""
    if not given.startswith(PREFIX):
        claims = await parts.verifier.claims(given)
        await parts.standings.complete(requester_of(claims))
        return {name: value for name, value in claims.items() if name != KEY}  # whatever a token means by that
    key = await parts.keys.begin(given)
    return {KEY: key.prefix, "sub": str(key.user_id), "owner": key.owner_key, "exp": int(key.expires_at.timestamp())}


async def _claims_of_sample(name: str, request: Request, parts: ApiParts) -> dict[str, Any]:
    person = next((each for each in SAMPLE_PEOPLE if each.name == name), None)
    if person is None or not request.app.state.sample_people:
        raise NotAllowed("There is no such person here; sign in with a token or an API key.")
    expires = datetime.now(UTC) + _SAMPLE_LASTS
    claims = {"sub": name, "owner": name, "permissions": list(person.permissions), "exp": int(expires.timestamp())}
    await parts.standings.complete(requester_of(claims))
    return claims


def _inside(path: str) -> str:
    """A path of ours: nobody is led to another site by a link to this page."""
    parts = urlsplit(path)
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return path if is_ours and path.isprintable() else HOME


def _to(path: str, request: Request) -> Response:
    return RedirectResponse(path, status_code=HTTPStatus.SEE_OTHER, headers=headers_for(request))
