"""Logs: JSON lines on standard error, one event per fact, nothing secret in them."""

import json
import logging
import re
import sys
from functools import lru_cache
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_SECRET_KEY = re.compile(r"token|secret|password|authorization|signature|credential|cookie|api.?key", re.IGNORECASE)
_SECRET_VALUE = re.compile(
    r"X-Amz-(?:Signature|Credential|Security-Token)=[^&\s\"']+"  # signed URLs
    r"|\bBearer\s+[\w.~+/=-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*"  # tokens
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"  # passwords in URLs
    r"|(?<=/bot)\d+:[\w-]+"  # Telegram's tokens in URLs
    r"|(?<=/d/)[\w-]{20,}"  # the links of messages, which open without a login
    r"|\bwhsec_[\w+/=-]+|\bxox[a-z]-[\w-]+|(?<=[?&]sig=)[^&\s\"']+"  # webhooks, Slack, workflows of Teams
    r"|\bxk_[0-9a-z]{6,}_\w+",  # our own API keys; what they begin with may be seen
    re.IGNORECASE,
)
_MARKS = ("x-amz-", "bearer", "eyj", "://", "/bot", "/d/", "whsec_", "xox", "sig=", "xk_")
"""Every secret value has one of them; most values have none, and looking for these takes a twentieth of the time."""
_ENCODER = json.JSONEncoder(default=str)
_CHATTY = ("httpx", "httpcore", "urllib3", "botocore", "boto3", "asyncio")

_WITH_HANDLERS_OF_THEIR_OWN = ("uvicorn", "uvicorn.error", "dagster")


def configure_logging(level: str = "INFO") -> None:
    """Write every log of this process, of structlog and of the standard library, as JSON lines to standard error."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.format_exc_info,
        without_secrets,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_as_json)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_as_json),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=number, force=True)
    for name in _CHATTY:  # at INFO some of these log URLs with tokens in them
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
    _take_over()


def without_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Blank whatever is named like a secret or looks like one."""
    return {key: _blanked(key, value) for key, value in event.items()}


def _as_json(event: EventDict, **_: Any) -> str:
    return _ENCODER.encode(event)


def _blanked(key: object, value: object) -> object:
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(key, str) and _names_a_secret(key):
        return "***"
    if isinstance(value, dict):
        return {inner: _blanked(inner, each) for inner, each in value.items()}
    if isinstance(value, list | tuple):
        return [_blanked(None, each) for each in value]
    return _without_secret_values(value if isinstance(value, str) else str(value))


def _without_secret_values(text: str) -> str:
    lowered = text.lower()
    for mark in _MARKS:
        if mark in lowered:
            return _SECRET_VALUE.sub("***", text)
    return text


@lru_cache(maxsize=1_000)
def _names_a_secret(key: str) -> bool:
    return _SECRET_KEY.search(key) is not None


def _take_over() -> None:
    """Let uvicorn and Dagster log like everybody else, and leave the log of requests to the API."""
    for name in _WITH_HANDLERS_OF_THEIR_OWN:
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    access = logging.getLogger("uvicorn.access")
    access.handlers.clear()
    access.propagate = False
