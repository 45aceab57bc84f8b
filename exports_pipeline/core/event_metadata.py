"""The metadata of an event: a small JSON object, written as JSON again once every value in it was looked at."""

from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

from exports_pipeline.core.event import EventFault

MAX_METADATA_BYTES, MAX_DEPTH = 4_096, 5
_MAX_EXPONENT, _MAX_BITS = 308, 1024
"""Beyond what a double can hold, Postgres would write out every zero."""
_MAX_POINTER = 100
_WORDS = {None: "null", True: "true", False: "false"}


def metadata_text(given: Any) -> str:
    """The JSON text of an object in which Postgres and its readers find nothing strange.

    Raises:
        EventFault: it is no object, or too large or too deep, or holds a text or a number that cannot be kept.
    """
    if not given and (given is None or type(given) is dict):
        return "{}"
    if type(given) is not dict:
        raise EventFault("/metadata", "wrong_type", "The metadata are a JSON object, or null.")
    text = _json(given, "/metadata", MAX_DEPTH)
    if len(text) > MAX_METADATA_BYTES or len(text.encode()) > MAX_METADATA_BYTES:
        raise _too_large()
    return text


def check_characters(text: str, pointer: str) -> None:
    """Refuse what no text in Postgres can hold.

    Raises:
        EventFault: there is a NUL character, or half of one that needs two.
    """
    if "\x00" in text:
        raise EventFault(pointer, "nul_character", "A NUL character is not allowed here.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise EventFault(pointer, "malformed_text", "The text is not valid Unicode in UTF-8.") from None


def step(name: str | int) -> str:
    """One step of a pointer (RFC 6901), cut where a client wrote a long name, and fit to be sent back."""
    text = str(name).replace("~", "~0").replace("/", "~1")
    return f"/{text}"[:_MAX_POINTER].encode(errors="replace").decode()


def _too_large() -> EventFault:
    return EventFault("/metadata", "too_large", f"The metadata have at most {MAX_METADATA_BYTES:,} bytes.")


def _json(value: Any, pointer: str, depth: int) -> str:
    kind = type(value)
    if kind is str:
        if not value.isprintable():
            check_characters(value, pointer)
        return encode_basestring(value)
    if kind is int or kind is Decimal:
        return _number(value, pointer)
    if kind is bool or value is None:
        return _WORDS[value]
    if kind is float:
        raise EventFault(pointer, "not_finite", "JSON has finite numbers only.")
    if len(value) > MAX_METADATA_BYTES:
        raise _too_large()
    if depth == 0:
        raise EventFault("/metadata", "too_deep", f"The metadata are nested at most {MAX_DEPTH} levels deep.")
    if kind is dict:
        return _object(value, pointer, depth)
    return "[" + ",".join([_json(each, pointer + step(place), depth - 1) for place, each in enumerate(value)]) + "]"


def _object(given: dict[str, Any], pointer: str, depth: int) -> str:
    members = []
    for name, value in given.items():
        inside = f"{pointer}/{name}" if name.isidentifier() and len(name) < _MAX_POINTER else pointer + step(name)
        if not name.isprintable():
            check_characters(name, inside)
        members.append(f"{encode_basestring(name)}:{_json(value, inside, depth - 1)}")
    return "{" + ",".join(members) + "}"


def _number(value: int | Decimal, pointer: str) -> str:
    is_far = value.bit_length() > _MAX_BITS if isinstance(value, int) else abs(value.adjusted()) > _MAX_EXPONENT
    if is_far:
        raise EventFault(pointer, "number_too_long", f"A number lies between 1e-{_MAX_EXPONENT} and 1e{_MAX_EXPONENT}.")
    return str(value)
