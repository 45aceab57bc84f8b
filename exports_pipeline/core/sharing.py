"""Sharing: what users show the members of their teams."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from exports_pipeline.core.requester import Requester


@dataclass(frozen=True, kw_only=True)
class SharedWith:
    """Things that others share with a user, through any of these teams."""

    user_id: UUID
    teams: frozenset[UUID]


def shared_with(requester: Requester) -> SharedWith:
    """What others share with a requester."""
    return SharedWith(user_id=requester.user_id, teams=requester.teams)


def is_shared(teams: Iterable[UUID], requester: Requester) -> bool:
    """Whether a requester belongs to one of the teams that something is shared with."""
    return not requester.teams.isdisjoint(teams)
