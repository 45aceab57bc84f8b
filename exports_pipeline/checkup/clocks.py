"""Do the clocks of this host and of its servers agree?"""

from datetime import datetime, timedelta

from exports_pipeline.checkup.finding import Finding, broken, fine, warning

_WORRYING = timedelta(seconds=5)
"""A third of the time after which a silent job is given to another worker."""
_REFUSED_BY_S3 = timedelta(minutes=15)
_ADVICE = "Let all hosts take their time from NTP; heartbeats, expiry and signed URLs are told by these clocks."


def check_clock(
    server: str, now: datetime, *, asked_at: datetime, answered_at: datetime, resolution: timedelta = timedelta(0)
) -> Finding:
    """Compare a server's clock, read between two instants, with ours."""
    ahead = max(timedelta(0), now - answered_at, asked_at - now - resolution)
    part = f"clock of {server}"
    if ahead < _WORRYING:
        return fine(part, "Agrees with ours.")
    sentence = f"Differs from ours by {ahead.total_seconds():.0f} seconds."
    if server == "S3" and ahead >= _REFUSED_BY_S3:
        return broken(part, sentence, f"S3 refuses signatures that are 15 minutes off. {_ADVICE}")
    return warning(part, sentence, _ADVICE)
