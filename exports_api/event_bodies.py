"""Reads the bodies that bring events: JSON or JSON Lines, packed or not, bounded while they are unpacked."""

import re
import zlib
from collections.abc import Generator, Iterator
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
_SPACE = re.compile(r"[ \t\n\r]*")
_GZIP = zlib.MAX_WBITS | 16
_MEMBERS = 100
"""Of one packed body: what is behind a member is copied for the next one."""
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


def read_events(body: PackedEvents) -> Iterator[tuple[int, Any]]:
    """Each event with its place, as JSON values; numbers with a fraction are decimals, exactly as they were written.

    They are read one by one: a reader of the whole text would hold up all threads until its end.

    Raises:
        BodyTooLarge, TooManyEvents: there is more than one request may bring.
        MalformedBody: it is not what its headers say; in the midst of it, too.
    """
    data = _unpacked(body.data) if body.is_packed else body.data
    # Bytes that are no UTF-8 become halves of characters, which are refused with the event that they stand in.
    text = data.decode("utf-8-sig", "surrogateescape")
    events = _lines(text) if body.is_lines else enumerate(_elements(text))
    for count, event in enumerate(events):
        if count == MAX_EVENTS:
            raise TooManyEvents
        yield event


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
        for _ in range(_MEMBERS):
            member = zlib.decompressobj(_GZIP)
            unpacked += member.decompress(data, MAX_EVENT_BYTES + 1 - len(unpacked))
            if len(unpacked) > MAX_EVENT_BYTES:
                raise BodyTooLarge(_TOO_LARGE)
            if not member.eof:
                raise MalformedBody("The body ends before what gzip packed does.")
            data = member.unused_data
            if not data:
                return bytes(unpacked)
    except zlib.error as error:
        raise MalformedBody("The body is not what gzip makes.") from error
    raise MalformedBody(f"The body has more than {_MEMBERS} members of gzip.")


def _lines(text: str) -> Iterator[tuple[int, Any]]:
    """What stands on each line that is not empty."""
    for place, line in enumerate(text.split("\n")):
        if not line or line.isspace():
            continue
        try:
            event, end = _json(line, _after_space(line, 0))
            if _after_space(line, end) < len(line):
                event = Unreadable(f"The line goes on after its event, at column {end + 1}.")
        except JSONDecodeError as error:
            event = Unreadable(f"The line is not valid JSON: {error.msg} at column {error.colno}.")
        except RecursionError:
            event = Unreadable(f"The line is not valid JSON: {_TOO_DEEP}.")
        yield place, event


def _elements(text: str) -> Iterator[Any]:
    """The elements of an array, or the one object that there is.

    Raises:
        MalformedBody: it is neither.
    """
    try:
        yield from _values(text)
    except JSONDecodeError as error:
        raise MalformedBody(f"{_NO_JSON}: {error.msg} at line {error.lineno}, column {error.colno}.") from error
    except RecursionError as error:
        raise MalformedBody(f"{_NO_JSON}: {_TOO_DEEP}.") from error


def _values(text: str) -> Iterator[Any]:
    begin = _after_space(text, 0)
    if text.startswith("[", begin):
        end = yield from _array(text, _after_space(text, begin + 1))
    else:
        event, end = _json(text, begin)
        if not isinstance(event, dict):
            raise MalformedBody("The body is one event, or an array of events.")
        yield event
    if _after_space(text, end) < len(text):
        raise JSONDecodeError("Extra data", text, end)


def _array(text: str, place: int) -> Generator[Any, None, int]:
    """The elements of an array that begin here; returns where the array has ended."""
    if text.startswith("]", place):
        return place + 1
    while True:
        event, place = _json(text, place)
        yield event
        place = _after_space(text, place)
        if text.startswith("]", place):
            return place + 1
        if not text.startswith(",", place):
            raise JSONDecodeError("Expecting ',' delimiter", text, place)
        place = _after_space(text, place + 1)


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _json(text: str, place: int) -> tuple[Any, int]:
    """The value that begins here, and where it ends.

    The standard library's reader: pydantic's takes longer, and reads a decimal by way of a double.
    """
    try:
        return _QUICK.raw_decode(text, place)
    except JSONDecodeError:
        raise
    except (ValueError, ArithmeticError):  # somewhere there is a number that Python refuses to read
        return _PATIENT.raw_decode(text, place)


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
