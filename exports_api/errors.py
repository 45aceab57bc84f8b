"""The errors that only a request over HTTP can meet."""

from exports_pipeline.core.errors import ExportError, RequestError
from exports_pipeline.core.refusals import InvalidToken, NotAllowed


class UnknownPath(RequestError):
    """There is nothing at this path; /docs lists what there is."""

    code = "not_found"


class MethodNotAllowed(RequestError):
    """The path does not take this method; the Allow header names those it takes."""

    code = "method_not_allowed"


class MalformedLength(RequestError):
    """The Content-Length header is no number."""

    code = "malformed_content_length"


class MalformedBody(RequestError):
    """The body is not valid JSON in UTF-8."""

    code = "malformed_json"


class BodyTooLarge(RequestError):
    """The body is larger than one mebibyte; narrow the request, or split it."""

    code = "body_too_large"


class TooManyEvents(RequestError):
    """A request takes at most 10,000 events; send the others in another one."""

    code = "too_many_events"


class UnsupportedMediaType(RequestError):
    """The body must be sent as application/json, uncompressed."""

    code = "unsupported_media_type"


class FormRefused(NotAllowed):
    """The form did not come from a page of this session; load the page again and send it once more."""

    code = "form_refused"


class MissingToken(InvalidToken):
    """A bearer token is needed: send it as `Authorization: Bearer <token>`."""


class KeysUnavailable(ExportError):
    """The keys that verify bearer tokens cannot be fetched; try again in a few seconds."""

    code = "keys_unavailable"
    retryable = True


class InvalidCursor(RequestError):
    """The cursor was not made by this list; start again without one."""

    code = "invalid_cursor"


class InvalidIdempotencyKey(RequestError):
    """An Idempotency-Key is one text of 1 to 255 visible ASCII characters, best a UUID."""

    code = "invalid_idempotency_key"
