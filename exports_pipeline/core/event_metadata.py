"""The metadata of an event: a small JSON object, written as JSON again once every value in it was looked at."""

from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

from exports_pipeline.core.event import EventFault

MAX_METADATA_BYTES, MAX_DEPTH = 4_096, 5
_MAX_EXPONENT, _MAX_BITS = 308, 1024
"""Beyond what a double can hold, Postgres would write out every zero."""
_MAX_STEP = 100
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
    try:
        text = _json(given, MAX_DEPTH)
        if len(text) > MAX_METADATA_BYTES or len(text.encode()) > MAX_METADATA_BYTES:
            raise _too_large()
    except EventFault as fault:
        raise fault.below("/metadata") from None
    return text


def check_characters(text: str) -> None:
    """Refuse what no text in Postgres can hold.

    Raises:
        EventFault: there is a NUL character, or half of one that needs two.
    """
    if "\x00" in text:
        raise EventFault("", "nul_character", "A NUL character is not allowed here.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise EventFault("", "malformed_text", "The text is not valid Unicode in UTF-8.") from None


def step(name: str | int) -> str:
    """One step of a pointer (RFC 6901), cut where a client wrote a long name, and fit to be sent back."""
    text = str(name).replace("~", "~0").replace("/", "~1")
    return f"/{text}"[:_MAX_STEP].encode(errors="replace").decode()


def _json(value: Any, depth: int) -> str:
    kind = type(value)
    if kind is str:
        return _text(value)
    if kind is int or kind is Decimal:
        return _number(value)
    if kind is bool or value is None:
        return _WORDS[value]
    if kind is float:
        raise EventFault("", "not_finite", "JSON has finite numbers only.")
    if len(value) > MAX_METADATA_BYTES:
        raise _too_large()
    if depth == 0:
        raise EventFault("", "too_deep", f"The metadata are nested at most {MAX_DEPTH} levels deep.")
    return _object(value, depth - 1) if kind is dict else _array(value, depth - 1)


def _object(given: dict[str, Any], depth: int) -> str:
    members, name = [], ""
    try:
        for name, value in given.items():
            members.append(f"{_text(name)}:{_json(value, depth)}")
    except EventFault as fault:
        raise fault.below(step(name)) from None
    return "{" + ",".join(members) + "}"


def _array(given: list[Any], depth: int) -> str:
    texts = list[str]()
    try:
        for value in given:
            texts.append(_json(value, depth))
    except EventFault as fault:
        raise fault.below(step(len(texts))) from None
    return "[" + ",".join(texts) + "]"


def _text(value: str) -> str:
    if not value.isprintable():
        check_characters(value)
    return encode_basestring(value)


def _number(value: int | Decimal) -> str:
    is_far = value.bit_length() > _MAX_BITS if isinstance(value, int) else abs(value.adjusted()) > _MAX_EXPONENT
    if is_far:
        raise EventFault("", "number_too_long", f"A number lies between 1e-{_MAX_EXPONENT} and 1e{_MAX_EXPONENT}.")
    return str(value)


def _too_large() -> EventFault:
    return EventFault("", "too_large", f"The metadata have at most {MAX_METADATA_BYTES:,} bytes.")
