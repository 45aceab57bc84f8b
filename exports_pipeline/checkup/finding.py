"""What a check found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from exports_pipeline.core.errors import ExportError


class State(StrEnum):
    """How a part is."""

    FINE = "fine"
    WARNING = "warning"
    """Exports work; something will bite later."""
    BROKEN = "broken"
    SKIPPED = "skipped"
    """Could not be checked, for a reason that another finding tells."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One sentence about one part."""

    part: str
    state: State
    sentence: str
    """What is, or what is wrong; never a secret."""
    advice: str = ""
    """What to do about it."""


Check = Callable[[], Iterator[Finding]]


def fine(part: str, sentence: str) -> Finding:
    """The part is as it should be."""
    return Finding(part=part, state=State.FINE, sentence=sentence)


def warning(part: str, sentence: str, advice: str) -> Finding:
    """The part works, but should be looked at."""
    return Finding(part=part, state=State.WARNING, sentence=sentence, advice=advice)


def broken(part: str, sentence: str, advice: str) -> Finding:
    """The part does not work."""
    return Finding(part=part, state=State.BROKEN, sentence=sentence, advice=advice)


def skipped(part: str, sentence: str) -> Finding:
    """The part was not looked at."""
    return Finding(part=part, state=State.SKIPPED, sentence=sentence)


def findings_of(part: str, check: Check) -> list[Finding]:
    """Everything a check found; an error nobody foresaw is a finding, too."""
    found: list[Finding] = []
    try:
        found.extend(check())
    except ExportError as error:
        found.append(broken(part, error.sentence, "See the log of the part for more."))
    except Exception as error:  # noqa: BLE001 - a doctor does not die of a patient
        found.append(broken(part, f"The check ended with {type(error).__name__}.", "Tell the developers."))
    return found
