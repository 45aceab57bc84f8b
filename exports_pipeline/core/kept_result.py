"""The kept result: what a job found, in one canonical form beside its file, so that other formats can be made of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from exports_pipeline.core.catalog import Column, Dataset
from exports_pipeline.core.filters import Filters, Selection
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline.core.refusals import InvalidOption

RELATION = "kept"
"""What the rows of a kept result are called where they are read."""


@dataclass(frozen=True, kw_only=True)
class KeptResult:
    """Rows as Parquet, redacted as in the file; or a report as JSON, with every figure it shows."""

    object_key: str
    row_count: int
    size_bytes: int
    sha256: str
    title: str = ""
    description: str = ""
    columns: tuple[Column, ...] = ()
    """As the catalogue described them when the rows were kept; none for a report."""
    sensitive: tuple[str, ...] = ()
    """The columns that operators never see, also where the requester may and `columns` says of no redaction."""
    dropped: tuple[str, ...] = ()
    """Columns that were asked for, and left out."""
    lifted: tuple[str, ...] = ()
    """Columns that were shown only because the requester unmasked them."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A kept result with its bytes, in pieces."""

    result: KeptResult
    pieces: Iterable[bytes]


def kept_key(file: str, *, is_report: bool) -> str:
    """The key, or the name, of the kept result beside a file."""
    return f"{file}.kept.{'json' if is_report else 'parquet'}"


def selection_of_kept(kept: KeptResult, *, dataset: str, filters: Filters, timezone: str) -> Selection:
    """All rows of a kept result; the filters are told in documents, and were applied when the rows were kept."""
    described = Dataset(
        name=dataset,
        title=kept.title,
        description=kept.description,
        relation=RELATION,
        columns=tuple(
            replace(each, sensitive=each.sensitive or Sensitivity.MASK) if each.name in kept.sensitive else each
            for each in kept.columns
        ),
    )
    return Selection(
        dataset=described,
        columns=kept.columns,
        owner_key=None,
        start_date=filters.start_date,
        end_date=filters.end_date,
        timezone=timezone,
        account_ids=filters.account_ids,
        tag_ids=filters.tag_ids,
        values=filters.values,
        is_redacted=True,
        dropped=kept.dropped,
        lifted=kept.lifted,
    )


def check_keepable(columns: tuple[Column, ...]) -> None:
    """Let pass rows that come out of Parquet as they went in.

    Raises:
        InvalidOption: a column has parts of the type VARIANT, which lose their types on the way.
    """
    for column in columns:
        if "VARIANT" in column.type.upper() and column.type.upper() != "VARIANT" and column.sensitive is None:
            raise InvalidOption(
                f"The column {column.name} has parts of the type VARIANT, which cannot be kept; leave it out.",
                field="options.keep_result",
            )
