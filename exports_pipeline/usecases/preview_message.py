"""Show what a message would say."""

from typing import Any

from exports_pipeline.core.delivery import Kind
from exports_pipeline.core.message import Wording
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recipient import Channel

SAMPLE: dict[str, Any] = {
    "job_id": "1c9d0f6e-8b1e-4d0b-9a53-3a1f2f6c7b11",
    "dataset": "fct_transactions",
    "title": "Transactions <2026> & more",
    "format": "xlsx",
    "file_name": "fct_transactions_2026-01-01_2026-01-31.xlsx",
    "row_count": 1022,
    "file_size_bytes": 48_213,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "difference": {
        "rows_before": 1010,
        "rows_after": 1022,
        "added": 14,
        "removed": 2,
        "changed": 1,
        "columns_appeared": [],
        "columns_vanished": [],
        "totals": [{"column": "amount", "before": "10400.50", "after": "10912.00"}],
    },
    "changes": {
        "file_name": "fct_transactions_2026-01-01_2026-01-31.changes.csv",
        "row_count": 18,
        "total_rows": 18,
        "file_size_bytes": 1_204,
        "sha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
        "download_url": "https://exports.example.com/d/HJ0PbosfTQuaUzofLGx7EQ/changes",
    },
    "remarks": ["3 cells were shortened to what a sheet can hold."],
    "completed_at": "2026-02-01T08:00:03Z",
    "download_url": "https://exports.example.com/d/HJ0PbosfTQuaUzofLGx7EQ",
    "download_url_expires_at": "2026-02-02T08:00:03Z",
    "window": "2026-02-01T08:00:00Z",
    "reason": "The warehouse could not answer the query of this dataset.",
    "channel": "sftp",
    "tries": 8,
}
"""Facts that every template can tell, with characters that must be escaped."""


def preview_message(kind: Kind, channel: Channel, timezone: str, *, ports: ExportPorts) -> Wording:
    """What a message of a kind says on a channel about an invented export.

    Raises:
        InvalidMessageTemplate: a template of the deployment's own cannot be followed.
    """
    return ports.messages.render(kind, channel, SAMPLE, timezone=timezone)
