"""Name users by their owner keys, for lists that people read."""

from collections.abc import Collection
from uuid import UUID

from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.requester import Requester


def name_users(user_ids: Collection[UUID], requester: Requester, *, ports: ExportPorts) -> dict[UUID, str]:
    """The owner keys of active users; whoever may not view the audit log learns nobody's but their own."""
    if not requester.views_audit:
        return {requester.user_id: requester.owner_key} if requester.user_id in user_ids else {}
    return {each: found.owner_key for each, found in ports.users.requesters(user_ids).items()} if user_ids else {}
