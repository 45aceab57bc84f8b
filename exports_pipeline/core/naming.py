"""Names of files and objects."""

import re
from uuid import UUID

from exports_pipeline.core.filters import Filters
from exports_pipeline.core.formats import Format, FormatOptions, extension

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
OBJECT_PREFIX = "exports/"
"""What every key of ours starts with."""


def download_name(dataset: str, filters: Filters, file_format: Format, options: FormatOptions) -> str:
    """A readable name of the file: dataset, period, ending; ASCII letters, digits and `._-` only."""
    parts = [dataset]
    if filters.start_date:
        parts.append(filters.start_date.isoformat())
    if filters.end_date and filters.end_date != filters.start_date:
        parts.append(("to_" if not filters.start_date else "") + filters.end_date.isoformat())
    stem = _UNSAFE.sub("-", "_".join(parts)).strip("-.") or "export"
    return f"{stem[:150]}.{extension(file_format, options)}"


def object_key(user_id: UUID, job_id: UUID, attempt: int, name: str) -> str:
    """Where an attempt stores its file; no two attempts share a key."""
    return f"{OBJECT_PREFIX}{user_id}/{job_id}/{attempt}/{name}"


def certificate_key(erasure_id: UUID, ending: str) -> str:
    """Where the certificate of an erasure lies: beside the exports, as no sweep may delete it."""
    return f"erasures/{erasure_id}/certificate.{ending}"


def ids_of_key(key: str) -> tuple[UUID, int] | None:
    """The job and the attempt that a key belongs to; None if it is none of our keys."""
    parts = key.removeprefix(OBJECT_PREFIX).split("/")
    try:
        return UUID(parts[1]), int(parts[2])
    except (IndexError, ValueError):
        return None
