"""How long a server asks us to wait (RFC 9110, section 10.2.3)."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST_S = 86_400.0


def read_retry_after(value: str | None, *, now: datetime) -> float | None:
    """Seconds to wait by a `Retry-After` header, at most a day; None where it says nothing that can be read."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return min(float(value), _LONGEST_S)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    wait_s = (until if until.tzinfo else until.replace(tzinfo=UTC)).timestamp() - now.timestamp()
    return min(max(wait_s, 0.0), _LONGEST_S)
