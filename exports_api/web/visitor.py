"""Who looks at a page, and what their forms may do."""

from dataclasses import dataclass
from secrets import compare_digest
from typing import Annotated, cast
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from structlog.contextvars import bind_contextvars

from exports_api.auth import requester_of
from exports_api.deps import ApiParts, Parts, note_caller
from exports_api.errors import BodyTooLarge, FormRefused, UnsupportedMediaType
from exports_api.web.session import KEY, Session, Sessions
from exports_pipeline.core.refusals import InvalidToken
from exports_pipeline.core.requester import Requester

_MOST_BYTES = 1 << 20
_MOST_FIELDS = 2_000
CSRF_FIELD = "csrf"


class SignInNeeded(Exception):
    """Nobody is signed in."""


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody who is signed in, as the use cases know them."""

    session: Session
    requester: Requester


async def sessions_of(request: Request) -> Sessions:
    """The sessions of the app that answers."""
    return cast("Sessions", request.app.state.sessions)


SessionsOf = Annotated[Sessions, Depends(sessions_of)]


async def visitor(request: Request, parts: Parts, sessions: SessionsOf) -> Visitor:
    """Who looks at the page, with all that they may do now.

    Raises:
        SignInNeeded: nobody is signed in, or the API key that they came in with is worth nothing any more.
        UserDeactivated: they are kept out.
    """
    session = sessions.read(request)
    if session is None:
        raise SignInNeeded
    requester = await _requester(session, parts)
    note_caller(request, requester)
    return Visitor(session=session, requester=requester)


async def _requester(session: Session, parts: ApiParts) -> Requester:
    prefix = session.claims.get(KEY)
    if prefix is None:
        return await parts.standings.complete(requester_of(dict(session.claims)))
    try:
        requester = await parts.keys.visitor(prefix)
    except InvalidToken as error:
        raise SignInNeeded from error
    bind_contextvars(**requester.through)
    return requester


VisitorOf = Annotated[Visitor, Depends(visitor)]


async def read_form(request: Request) -> FormData:
    """The fields of a form.

    Raises:
        UnsupportedMediaType, BodyTooLarge: it is none, or too large.
        FormRefused: another site's page has sent it.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > _MOST_BYTES:
        raise BodyTooLarge
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise FormRefused("The form came from another site.")
    return await request.form(max_fields=_MOST_FIELDS, max_files=0)


async def form_of(request: Request, who: VisitorOf) -> FormData:
    """The fields of a form that a page of this very session has sent.

    Raises:
        FormRefused: the form does not carry the session's secret.
    """
    form = await read_form(request)
    given = form.get(CSRF_FIELD)
    if not isinstance(given, str) or not compare_digest(given.encode(), who.session.csrf.encode()):
        raise FormRefused("The page was too old; load it again and send the form once more.")
    return form


FormOf = Annotated[FormData, Depends(form_of)]
