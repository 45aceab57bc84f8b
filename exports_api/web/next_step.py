"""What whoever asked for an export can do after it has failed."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from exports_pipeline.core.errors import ExportError, Fault
from exports_pipeline.core.export_job import JobError

_LESS = "Ask for less at once: fewer days, fewer accounts or fewer columns."
_SENTENCES = {
    "too_many_rows_for_format": "Choose CSV or Parquet, which hold any number of rows, or fewer days.",
    "too_many_columns_for_format": "Choose fewer columns, or CSV or Parquet, which hold any number of them.",
    "query_too_large": _LESS,
    "time_limit_exceeded": _LESS,
    "snapshot_gone": "Export it anew: the data have changed since.",
    "worker_lost": "It was interrupted on our side. Try it again; nothing of it is left over.",
}


class Act(StrEnum):
    """What helps most."""

    CHANGE = "change"
    RETRY = "retry"
    ASK = "ask"


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """One sentence, and the button that goes first."""

    act: Act
    sentence: str


def next_step(error: JobError | None) -> NextStep:
    """What to do about an error: change the request, try again, or ask those who can mend it."""
    code = error.code if error else ""
    if error is not None and error.fault is Fault.REQUESTER:
        return NextStep(
            act=Act.CHANGE,
            sentence=_SENTENCES.get(code, "Look through what was asked for, change it, and export it again."),
        )
    if code in _worth_another_try() or error is None:
        return NextStep(
            act=Act.RETRY,
            sentence=_SENTENCES.get(
                code, "Such things pass: try it again in a while. If it fails once more, ask for help."
            ),
        )
    return NextStep(
        act=Act.ASK,
        sentence="Another try will not help before it is mended: tell your administrator the reference below.",
    )


@cache
def _worth_another_try() -> frozenset[str]:
    return frozenset(each.code for each in _all(ExportError) if each.retryable)


def _all(kind: type[ExportError]) -> Iterator[type[ExportError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _all(each)
