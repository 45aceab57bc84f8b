"""Pages that say what went wrong, what helps, and who can help where oneself cannot."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import cast
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from exports_api import errors as http_errors
from exports_api.deps import ApiParts
from exports_api.problems import Answer, add_headers, answer_to, title_of
from exports_api.web.page import drawn
from exports_api.web.session import Sessions
from exports_api.web.viewing import viewing_of
from exports_pipeline.core.access_refusals import PermissionNeeded, UserDeactivated
from exports_pipeline.core.errors import ExportError
from exports_pipeline.core.quota import QuotaExceeded
from exports_pipeline.core.refusals import UnknownDataset
from exports_pipeline.core.requester import Requester

Step = tuple[str, str]
"""What a link says, and where it leads."""
_DATASETS, _EXPORTS = ("Go to the datasets", "/datasets"), ("See your exports", "/exports")
_WAITING = ("See what waits", "/exports?status=pending")
_TITLES: Mapping[int, str] = MappingProxyType(
    {
        405: "There is no such page",
        409: "Something has changed meanwhile",
        429: "Too much at once",
        500: "Something went wrong",
        502: "Somebody else did not answer",
        503: "Not available at this moment",
    }
)
_SENTENCES: Mapping[int, str] = MappingProxyType(
    {
        403: "If you need this, ask your administrator: they say who may do what.",
        500: "Try it once more in a while; if it fails again, ask for help with the number below.",
        502: "Exports that were requested before are not lost.",
        503: "Exports that were requested before are not lost.",
    }
)
_WORDS: Mapping[type[ExportError], str] = MappingProxyType(
    {
        http_errors.UnknownPath: "Perhaps its address was cut off.",
        http_errors.MethodNotAllowed: "Perhaps a form was sent from here before.",
        UnknownDataset: "There is no dataset of this name that you may export.",
    }
)
"""In place of sentences that speak to programs."""
_ADMINISTRATOR = "Ask your administrator, who has the permission ADMIN: they give you a role that holds within seconds."
_LONG_S = 120


def problem_page(request: Request, error: ExportError, *, title: str = "", is_for_strangers: bool = False) -> Response:
    """The page of an error; strangers, who came by the link of a message, are sent nowhere else."""
    request.scope.setdefault("state", {})["problem"] = error.code  # for who notes what was refused
    answer = answer_to(error, request.scope)
    sessions: Sessions = request.app.state.sessions
    page = drawn(
        request,
        "problem.html",
        session=None if is_for_strangers else sessions.read(request),
        status=answer.status,
        title=title or _title(error, answer.status),
        sentence=_WORDS.get(type(error), error.sentence),
        sentences=() if is_for_strangers else _sentences(request, error, answer),
        steps=() if is_for_strangers else _steps(request, error, answer.status),
        request_id=request.scope["state"].get("request_id", ""),
    )
    add_headers(page.headers, error, answer)
    return page


def missing_page(request: Request) -> Response:
    """The page of an address that leads nowhere."""
    return problem_page(request, http_errors.UnknownPath(), title=_TITLES[405])


def _title(error: ExportError, status: int) -> str:
    return title_of(error.code) if isinstance(error, QuotaExceeded) else _TITLES.get(status, title_of(error.code))


def _sentences(request: Request, error: ExportError, answer: Answer) -> Sequence[str]:
    if isinstance(error, PermissionNeeded):
        return _whom_to_ask(request, error)
    if isinstance(error, UserDeactivated):
        return ("Ask an administrator to let you in again.",)
    if isinstance(error, http_errors.FormRefused):
        return ()
    seconds = error.retry_after_s if isinstance(error, QuotaExceeded) else answer.retry_after_s
    return [*filter(None, [_SENTENCES.get(answer.status), _when(request, seconds) if seconds else ""])]


def _whom_to_ask(request: Request, error: PermissionNeeded) -> Sequence[str]:
    """Which roles would do, which one has, and who gives them."""
    caller: Requester | None = request.scope["state"].get("caller")
    roles = [role.name for role in _parts(request).ports.roles if set(error.any_of).intersection(role.permissions)]
    held = sorted(caller.roles) if caller else []
    return (
        f"Roles that give it: {', '.join(roles)}." if roles else "No role gives it yet.",
        f"You have {', '.join(held)}." if held else "You have no role.",
        _ADMINISTRATOR,
    )


def _when(request: Request, seconds: int) -> str:
    if seconds <= _LONG_S:
        return f"Try again in {seconds} {'second' if seconds == 1 else 'seconds'}."
    at = _parts(request).ports.clock() + timedelta(seconds=seconds)
    return f"Try again after {viewing_of(request).moment(at)}."


def _steps(request: Request, error: ExportError, status: int) -> Sequence[Step]:
    if isinstance(error, http_errors.FormRefused) or status in {413, 415, 422}:
        return (_back(request), _DATASETS)
    by_status: Mapping[int, Sequence[Step]] = {
        409: (("Look at it as it is now", _back(request)[1]), _EXPORTS),
        429: (_back(request), _WAITING),
        500: (_again(request), _DATASETS),
        502: (_again(request),),
        503: (_again(request),),
    }
    return by_status.get(status, (_DATASETS, _EXPORTS))


def _again(request: Request) -> Step:
    """The same address, where it is one to be looked at; else where the form stood."""
    if request.method != "GET":
        return _back(request)
    return "Try again", request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _back(request: Request) -> Step:
    """The page of ours that led here, or the first of all pages."""
    came_from = urlsplit(request.headers.get("referer", ""))
    is_ours = came_from.netloc == request.headers.get("host") and came_from.path.startswith("/")
    if not is_ours or came_from.path.startswith("//"):
        return "Go back", _DATASETS[1]
    return "Go back", came_from.path + (f"?{came_from.query}" if came_from.query else "")


def _parts(request: Request) -> ApiParts:
    return cast("ApiParts", request.app.state.parts)
