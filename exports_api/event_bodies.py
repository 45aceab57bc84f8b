"""Reads the bodies that bring events: JSON or JSON Lines, packed or not, bounded while they are unpacked."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from json import JSONDecodeError, JSONDecoder
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request

from exports_api.errors import BodyTooLarge, MalformedBody, MalformedLength, TooManyEvents, UnsupportedMediaType
from exports_pipeline.core.event import MAX_EVENTS, Unreadable

MAX_EVENT_BYTES = 5 << 20
JSON, LINES = "application/json", ("application/x-ndjson", "application/jsonl")
_ENCODINGS = {"identity": False, "gzip": True}
_GZIP = zlib.MAX_WBITS | 16
_TOO_LARGE = "Events are sent in at most 5 MiB, unpacked; send the others in another request."
_NO_JSON = "The body is not valid JSON"
_TOO_DEEP = "it is nested too deeply"
_ENDLESS = Decimal("1E+9999")
"""Stands for a number so long that Python refuses to read it; it is beyond every limit."""


@dataclass(frozen=True, kw_only=True)
class PackedEvents:
    """The body of a request as it came."""

    data: bytes
    is_packed: bool
    is_lines: bool


async def packed_events(request: Request) -> PackedEvents:
    """The body of a request that brings events; nothing of it is looked at yet.

    Raises:
        UnsupportedMediaType, BodyTooLarge, MalformedLength: it will not be read.
    """
    is_lines, is_packed = _kind(request)
    length = request.headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        raise MalformedLength
    if len(length) > len(str(MAX_EVENT_BYTES)) or int(length) > MAX_EVENT_BYTES:
        raise BodyTooLarge(_TOO_LARGE)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_EVENT_BYTES:
            raise BodyTooLarge(_TOO_LARGE)
    return PackedEvents(data=bytes(body), is_packed=is_packed, is_lines=is_lines)


PackedEventsOf = Annotated[PackedEvents, Depends(packed_events)]


def read_events(body: PackedEvents) -> Iterable[tuple[int, Any]]:
    """Each event with its place, as JSON values; numbers with a fraction are decimals, exactly as they were written.

    Raises:
        BodyTooLarge, TooManyEvents: there is more than one request may bring.
        MalformedBody: it is not what its headers say.
    """
    data = _unpacked(body.data) if body.is_packed else body.data
    # Bytes that are no UTF-8 become halves of characters, which are refused with the event that they stand in.
    text = data.decode("utf-8-sig", "surrogateescape")
    if body.is_lines:
        lines = [(place, line) for place, line in enumerate(text.split("\n")) if line and not line.isspace()]
        if len(lines) > MAX_EVENTS:
            raise TooManyEvents
        return ((place, _line(line)) for place, line in lines)
    return enumerate(_array(text))


def _kind(request: Request) -> tuple[bool, bool]:
    media_type, *parameters = request.headers.get("content-type", "").lower().split(";")
    charsets = {each.strip().removeprefix("charset=").strip('"') for each in parameters if "charset" in each}
    is_packed = _ENCODINGS.get(request.headers.get("content-encoding", "identity").strip().lower())
    is_lines = media_type.strip() in LINES
    if not (is_lines or media_type.strip() == JSON) or not charsets <= {"utf-8", "utf8"} or is_packed is None:
        raise UnsupportedMediaType(
            f"Events are sent as {JSON}, {LINES[0]} or {LINES[1]} in UTF-8, as they are or packed with gzip."
        )
    return is_lines, is_packed


def _unpacked(data: bytes) -> bytes:
    """What gzip packed; never more than is allowed, whatever the data promise."""
    unpacked = bytearray()
    try:
        while data:
            member = zlib.decompressobj(_GZIP)
            unpacked += member.decompress(data, MAX_EVENT_BYTES + 1 - len(unpacked))
            if len(unpacked) > MAX_EVENT_BYTES:
                raise BodyTooLarge(_TOO_LARGE)
            if not member.eof:
                raise MalformedBody("The body ends before what gzip packed does.")
            data = member.unused_data
    except zlib.error as error:
        raise MalformedBody("The body is not what gzip makes.") from error
    return bytes(unpacked)


def _array(text: str) -> list[Any]:
    try:
        read = _json(text)
    except JSONDecodeError as error:
        raise MalformedBody(f"{_NO_JSON}: {error.msg} at line {error.lineno}, column {error.colno}.") from error
    except RecursionError as error:
        raise MalformedBody(f"{_NO_JSON}: {_TOO_DEEP}.") from error
    if isinstance(read, dict):
        return [read]
    if not isinstance(read, list):
        raise MalformedBody("The body is one event, or an array of events.")
    if len(read) > MAX_EVENTS:
        raise TooManyEvents
    return read


def _line(text: str) -> Any:
    try:
        return _json(text)
    except JSONDecodeError as error:
        return Unreadable(f"The line is not valid JSON: {error.msg} at column {error.colno}.")
    except RecursionError:
        return Unreadable(f"The line is not valid JSON: {_TOO_DEEP}.")


def _json(text: str) -> Any:
    """The value of a JSON text.

    The standard library's reader: pydantic's takes longer here, and reads a decimal by way of a double.
    """
    try:
        return _QUICK.decode(text)
    except JSONDecodeError:
        raise
    except (ValueError, ArithmeticError):  # somewhere there is a number that Python refuses to read
        return _PATIENT.decode(text)


def _whole(digits: str) -> int | Decimal:
    try:
        return int(digits)
    except ValueError:
        return _ENDLESS


def _fraction(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except ArithmeticError:
        return _ENDLESS


_QUICK = JSONDecoder(parse_float=Decimal, parse_constant=float)
_PATIENT = JSONDecoder(parse_float=_fraction, parse_int=_whole, parse_constant=float)
