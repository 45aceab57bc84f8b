"""What an attempt has made and published, before the ledger knows of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from exports_pipeline.core.difference import Difference
from exports_pipeline.core.export_job import StoredFile


@dataclass(frozen=True, kw_only=True)
class Made:
    """A published file, its manifest, and its first rows for the eyes of operators."""

    result: StoredFile
    manifest: Mapping[str, Any]
    content: str | None = None
    """A digest that is equal for equal contents, where neither the file nor what is kept has one: both say when they
    were made."""
    difference: Difference | None = None
    """From the result of the schedule's window before, where that is asked for and there was one."""
    preview: list[dict[str, str | None]] = field(default_factory=list)
