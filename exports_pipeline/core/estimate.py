"""What an export would be, told before anybody waits for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from exports_pipeline.core.formats import Format


class Basis(StrEnum):
    """Where the seconds of an estimate come from."""

    RECENT_JOBS = "recent_jobs"
    SAMPLE = "sample"


@dataclass(frozen=True, kw_only=True)
class SampleFile:
    """The sizes of two files of the first rows, one larger than the other; what they share is there once per file."""

    rows: int
    bytes: int
    fewer_rows: int
    fewer_bytes: int
    seconds: float
    """How long it took to write the larger one."""
    fewer_seconds: float

    def bytes_of(self, rows: int) -> int:
        """The size of a file of so many rows, along the line through the two files."""
        if self.rows in (rows, self.fewer_rows):
            return self.bytes
        row_bytes = (self.bytes - self.fewer_bytes) / (self.rows - self.fewer_rows)
        return max(0, round(self.bytes + row_bytes * (rows - self.rows)))

    def seconds_of(self, rows: int) -> float | None:
        """How long a file of so many rows takes, in the same way; None where more rows took no longer."""
        if rows <= self.rows:
            return self.seconds
        if self.seconds <= self.fewer_seconds:
            return None
        row_s = (self.seconds - self.fewer_seconds) / (self.rows - self.fewer_rows)
        return self.seconds + row_s * (rows - self.rows)


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """The expected result of a request; what could not be learned in time is None."""

    format: Format
    rows: int | None
    rows_are_exact: bool
    bytes: int | None
    sample_rows: int
    """Rows of the file that the bytes are reckoned from."""
    wait_s: float
    run_s: float | None
    basis: Basis | None
    """Where `run_s` comes from."""
    fits: bool | None
    """Whether the format can hold the result."""
    why_not: str | None
    sheets: int | None
    """Sheets of rows of a workbook; None for other formats."""
    preview: Sequence[Mapping[str, Any]] | None
    """The first rows as the file shows them; numbers with a fraction as text, so that none is rounded."""
    redactions: Mapping[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float | None:
        """From the request to the finished file."""
        return None if self.run_s is None else self.wait_s + self.run_s
