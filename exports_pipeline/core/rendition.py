"""What ties a rendition to the result that it shows in another format."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Rendition:
    """The result that is made once more: of what was kept of it, or of the same data with the same definition."""

    of: UUID
    """Id of the export job whose result it is."""
    snapshot: str
    """Name of the snapshot of the warehouse that it was made of."""
    catalog_version: str | None
    """Digest of the dataset's definition at that time; None for a report."""
    made_at: datetime
    """When the result was made; today, for the periods of a report."""
    kept_by: UUID | None = None
    """Id of the export job that has kept the result; None where the data must be asked once more."""
