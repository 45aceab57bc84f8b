"""Tell a requester who they are here, what they may do, and what is left of their quotas."""

from dataclasses import dataclass

from exports_pipeline.core.api_key import ApiKey
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.quota import Quota, Usage
from exports_pipeline.core.requester import Requester


@dataclass(frozen=True, kw_only=True)
class Myself:
    """A requester, and what the ledger knows of them."""

    requester: Requester
    key: ApiKey | None
    """The key that they ask with, if they do."""
    quota: Quota
    usage: Usage
    has_telegram: bool


def read_myself(requester: Requester, *, ports: ExportPorts) -> Myself:
    """What there is to know of a requester.

    Raises:
        LedgerUnavailable: the database does not answer.
    """
    quota = ports.limits.quotas.of(requester)
    return Myself(
        requester=requester,
        key=ports.keys.get(requester.key_id) if requester.key_id else None,
        quota=quota,
        usage=ports.jobs.usage(requester.user_id, quota, now=ports.clock()),
        has_telegram=ports.users.telegram_chat(requester.user_id) is not None,
    )
