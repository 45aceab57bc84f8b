"""Which HTTP status each error has, and how it is told (RFC 9457)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from exports_api import errors as http_errors
from exports_api.schemas.problem import FieldProblem, Problem, pointer_to
from exports_pipeline.core import access_refusals, errors, refusals
from exports_pipeline.core.quota import QuotaExceeded

MEDIA_TYPE = "application/problem+json"
_DAY_S = 86_400


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How one error is answered."""

    status: int
    retry_after_s: int | None = None


_UNPROCESSABLE = Answer(status=422)
_BUSY = Answer(status=503, retry_after_s=5)
_OURS = Answer(status=500)

ANSWERS: Mapping[type[errors.ExportError], Answer] = MappingProxyType(
    {
        errors.ExportError: _OURS,
        errors.RequestError: _UNPROCESSABLE,
        refusals.UnknownDataset: _UNPROCESSABLE,
        refusals.UnknownColumn: _UNPROCESSABLE,
        refusals.TooManyColumnsForFormat: _UNPROCESSABLE,
        refusals.UnknownAccount: _UNPROCESSABLE,
        refusals.UnknownTag: _UNPROCESSABLE,
        refusals.UnknownTemplate: _UNPROCESSABLE,
        refusals.InvalidParameter: _UNPROCESSABLE,
        refusals.InvalidQuestion: _UNPROCESSABLE,
        refusals.UnknownMetric: _UNPROCESSABLE,
        refusals.UnknownDimension: _UNPROCESSABLE,
        refusals.TooManyPoints: _UNPROCESSABLE,
        refusals.BeyondRetention: _UNPROCESSABLE,
        refusals.UnknownFormat: _UNPROCESSABLE,
        refusals.InvalidOption: _UNPROCESSABLE,
        refusals.InvalidDateRange: _UNPROCESSABLE,
        refusals.UnknownTimezone: _UNPROCESSABLE,
        refusals.FilterNotSupported: _UNPROCESSABLE,
        refusals.MalformedValue: _UNPROCESSABLE,
        refusals.QueryTooLarge: _UNPROCESSABLE,
        refusals.TimeLimitExceeded: _UNPROCESSABLE,
        refusals.TooManyRowsForFormat: _UNPROCESSABLE,
        refusals.IdempotencyKeyReused: _UNPROCESSABLE,
        refusals.IdempotencyKeyInFlight: Answer(status=409, retry_after_s=1),
        refusals.QueueFull: Answer(status=429, retry_after_s=10),
        QuotaExceeded: Answer(status=429, retry_after_s=3_600),
        refusals.UnknownExportJob: Answer(status=404),
        refusals.WrongStatus: Answer(status=409),
        refusals.NotCompleted: Answer(status=409),
        refusals.NotKept: Answer(status=409),
        refusals.SnapshotGone: Answer(status=409),
        errors.LostClaim: Answer(status=409),
        refusals.ResultExpired: Answer(status=410),
        refusals.InvalidToken: Answer(status=401),
        refusals.UnknownKey: Answer(status=404),
        refusals.InvalidKey: _UNPROCESSABLE,
        refusals.NotAllowed: Answer(status=403),
        access_refusals.PermissionNeeded: Answer(status=403),
        access_refusals.UserDeactivated: Answer(status=403),
        http_errors.FormRefused: Answer(status=403),
        access_refusals.UnknownRole: _UNPROCESSABLE,
        access_refusals.UnknownTeam: _UNPROCESSABLE,
        errors.InvalidCatalog: _OURS,
        errors.AuditLogDamaged: _OURS,
        errors.InvalidBranding: _OURS,
        errors.InvalidMessageTemplate: _OURS,
        errors.InvalidMetrics: _OURS,
        errors.InvalidRedaction: _OURS,
        errors.InvalidRoles: _OURS,
        errors.InvalidCampaigns: _OURS,
        errors.InvalidQuotas: _OURS,
        errors.QueryFailed: _OURS,
        errors.InternalError: _OURS,
        errors.TargetForbidden: _UNPROCESSABLE,
        errors.NotConfigured: _OURS,
        errors.WarehouseBusy: _BUSY,
        errors.WarehouseUnavailable: _BUSY,
        errors.SpillDiskFull: _BUSY,
        errors.RowCountChanged: _BUSY,
        errors.ObjectStoreUnavailable: _BUSY,
        errors.ObjectStoreMisconfigured: _BUSY,
        errors.BucketMissing: _BUSY,
        errors.CredentialsExpired: _BUSY,
        errors.ClockSkewed: _BUSY,
        errors.LedgerUnavailable: _BUSY,
        errors.RunsUnavailable: _BUSY,
        errors.LaunchRefused: _BUSY,
        errors.LaunchLost: _BUSY,
        errors.WorkerLost: _BUSY,
        errors.DeliveryUnavailable: _BUSY,
        errors.DeliveryRefused: Answer(status=502),
        errors.RecipientGone: Answer(status=502),
        refusals.NameTaken: Answer(status=409),
        refusals.UnknownDelivery: Answer(status=404),
        refusals.UnknownLink: Answer(status=404),
        refusals.UnknownUser: Answer(status=404),
        refusals.LinkClosed: Answer(status=410),
        http_errors.MissingToken: Answer(status=401),
        http_errors.KeysUnavailable: _BUSY,
        http_errors.UnknownPath: Answer(status=404),
        http_errors.MethodNotAllowed: Answer(status=405),
        http_errors.MalformedLength: Answer(status=400),
        http_errors.MalformedBody: _UNPROCESSABLE,
        http_errors.InvalidCursor: _UNPROCESSABLE,
        http_errors.InvalidIdempotencyKey: _UNPROCESSABLE,
        refusals.UnknownChannel: _UNPROCESSABLE,
        refusals.UnknownDestination: _UNPROCESSABLE,
        refusals.InvalidDestination: _UNPROCESSABLE,
        refusals.InvalidCron: _UNPROCESSABLE,
        refusals.InvalidSchedule: _UNPROCESSABLE,
        refusals.UnknownSchedule: Answer(status=404),
        refusals.UnknownUser: Answer(status=404),
        refusals.UnknownCampaign: Answer(status=404),
        http_errors.BodyTooLarge: Answer(status=413),
        http_errors.TooManyEvents: Answer(status=413),
        http_errors.UnsupportedMediaType: Answer(status=415),
    }
)
"""Every error by its own class; a test keeps this total."""

_NAMED_BY_PATH = {
    refusals.UnknownDataset: "dataset_id",
    refusals.UnknownDestination: "destination_id",
    refusals.UnknownMetric: "metric",
    refusals.UnknownTemplate: "name",
    access_refusals.UnknownTeam: "team_id",
}
"""What a path may name, or a body; in a body it cannot be met as it stands."""

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_BODY_UNREAD = frozenset({401, 413, 415})
"""What is answered before the body was read to its end."""


def answer_to(error: errors.ExportError, scope: Scope) -> Answer:
    """How an error is answered; what the path names and is not there is 404."""
    named = next((name for kind, name in _NAMED_BY_PATH.items() if isinstance(error, kind)), None)
    if named in scope.get("path_params", {}):
        return Answer(status=404)
    return next(ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS)


def problem_response(
    request: Request,
    error: errors.ExportError,
    *,
    fields: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer to a request that met an error."""
    answer = answer_to(error, request.scope)
    request.scope.setdefault("state", {})["problem"] = error.code  # for who notes what was refused
    if not fields and answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        fields = [_field_of(error, has_body=request.method in _WITH_BODY)]
    problem = Problem(
        type=f"/problems/{error.code}",
        title=title_of(error.code),
        status=answer.status,
        detail=error.sentence,
        instance=request.scope["path"],  # the URL would end at a quoted # or ?
        code=error.code,
        request_id=request.scope.get("state", {}).get("request_id", ""),
        errors=list(fields) or None,
    )
    body = problem.model_dump_json(exclude_none=True)
    response = Response(body, status_code=answer.status, media_type=MEDIA_TYPE, headers=headers)
    add_headers(response.headers, error, answer)
    if answer.status in _BODY_UNREAD and request.method in _WITH_BODY:
        response.headers["Connection"] = "close"  # or the server would read on, for as long as a client sends
    return response


def _field_of(error: errors.ExportError, *, has_body: bool) -> FieldProblem:
    steps = error.field.split(".") if error.field else []
    is_in_body = has_body and not isinstance(error, http_errors.InvalidIdempotencyKey)
    return FieldProblem(
        field=error.field or "body",
        pointer=pointer_to(steps) if is_in_body else None,
        detail=error.sentence,
        code=error.code,
    )


def title_of(code: str) -> str:
    """A code in words."""
    return code.replace("_", " ").capitalize()


def add_headers(headers: MutableHeaders, error: errors.ExportError, answer: Answer) -> None:
    """Tell in headers when to try again, what limit was met, and that nothing of it is to be kept."""
    headers["Cache-Control"] = "no-store"
    if answer.retry_after_s is not None:
        headers["Retry-After"] = str(answer.retry_after_s)
    if isinstance(error, refusals.QueueFull):
        headers["RateLimit-Policy"] = f'"{error.policy}";q={error.limit}'
        headers["RateLimit"] = f'"{error.policy}";r=0;t={answer.retry_after_s}'
    if isinstance(error, QuotaExceeded):
        headers["Retry-After"] = str(error.retry_after_s)
        headers["RateLimit-Policy"] = f'"{error.policy}";q={error.limit};w={_DAY_S}'
        headers["RateLimit"] = f'"{error.policy}";r={error.left};t={error.retry_after_s}'
    if isinstance(error, refusals.InvalidToken) and "WWW-Authenticate" not in headers:
        headers["WWW-Authenticate"] = 'Bearer realm="exports", error="invalid_token"'
