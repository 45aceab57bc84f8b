"""An estimate as clients see it."""

from typing import Any

from pydantic import BaseModel, Field

from exports_pipeline.core.estimate import Basis, Estimate
from exports_pipeline.core.formats import Format


class EstimateView(BaseModel):
    """What an export would be; null is what could not be learned within a second."""

    format: Format = Field(description="What the file would be written as.", examples=["csv"])
    rows: int | None = Field(description="Rows of the file.", examples=[480_000])
    rows_are_exact: bool = Field(description="Whether they were counted; if not, they are reckoned from a sample.")
    bytes: int | None = Field(
        description="Size of the file, reckoned from files of its first rows; the overhead of a file is counted once.",
        examples=[29_360_128],
    )
    sample_rows: int = Field(description="Rows of the larger of those files.", examples=[2_000])
    seconds: float | None = Field(description="From the request to the finished file: `wait_s` + `run_s`.")
    wait_s: float = Field(description="Seconds in the queue, as it is now.", examples=[0.0])
    run_s: float | None = Field(description="Seconds of the work.", examples=[2.4])
    basis: Basis | None = Field(
        description="Where `run_s` comes from: the most recent jobs of this format, or, where there are none, the time "
        "that the sample took here.",
        examples=["recent_jobs"],
    )
    fits: bool | None = Field(description="Whether the format can hold the result.", examples=[True])
    why_not: str | None = Field(description="Why it cannot, and what can.", examples=[None])
    sheets: int | None = Field(description="Sheets of rows of a workbook; null for other formats.", examples=[None])
    preview: list[dict[str, Any]] | None = Field(
        description="The first rows, at most 20, with your rights and redacted as in the file; values as in the JSONL "
        "format, but numbers with a fraction are texts."
    )
    redactions: dict[str, str] = Field(
        description="Columns that are not shown as they are, and what happens to them.", examples=[{"card": "mask"}]
    )

    @staticmethod
    def of(estimate: Estimate) -> "EstimateView":
        """The view of an estimate."""
        return EstimateView(
            format=estimate.format,
            rows=estimate.rows,
            rows_are_exact=estimate.rows_are_exact,
            bytes=estimate.bytes,
            sample_rows=estimate.sample_rows,
            seconds=_rounded(estimate.seconds),
            wait_s=round(estimate.wait_s, 1),
            run_s=_rounded(estimate.run_s),
            basis=estimate.basis,
            fits=estimate.fits,
            why_not=estimate.why_not,
            sheets=estimate.sheets,
            preview=None if estimate.preview is None else [dict(row) for row in estimate.preview],
            redactions=dict(estimate.redactions),
        )


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)
