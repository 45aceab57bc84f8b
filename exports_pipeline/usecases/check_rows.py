"""Refuse more rows than a format can show."""

from exports_pipeline.core.data_ports import Warehouse
from exports_pipeline.core.filters import Selection
from exports_pipeline.core.formats import Format
from exports_pipeline.core.limits import Limits
from exports_pipeline.core.refusals import TooManyRowsForFormat


def check_rows_beforehand(selection: Selection, file_format: Format, *, warehouse: Warehouse, limits: Limits) -> None:
    """Look whether a selection fits a format, counting no further than must be; what takes too long is let through.

    Raises:
        TooManyRowsForFormat: it does not.
    """
    most = _most_rows(file_format, limits)
    if most is not None:
        check_rows(warehouse.count_up_to(selection, most=most + 1) or 0, file_format, limits=limits)


def check_rows(rows: int, file_format: Format, *, limits: Limits) -> None:
    """Look whether so many rows fit a format.

    Raises:
        TooManyRowsForFormat: they do not.
    """
    most = _most_rows(file_format, limits)
    if most is not None and rows > most:
        raise TooManyRowsForFormat(
            f"More than {most:,} rows are more than a {file_format.upper()} may have; choose xlsx, csv or "
            "parquet, which hold any number, or narrow the filters.",
            field="format",
        )


def _most_rows(file_format: Format, limits: Limits) -> int | None:
    return limits.pdf_rows if file_format is Format.PDF else None
