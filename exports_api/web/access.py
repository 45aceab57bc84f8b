"""What each page asks of its visitor, declared on its route as for the API."""

from typing import Any

from fastapi import Depends

from exports_api.access import Needs, SignedIn
from exports_api.web.visitor import VisitorOf
from exports_pipeline.core.requester import Permission, Requester

_OPERATORS = (Permission.MANAGE_EXPORTS, Permission.ADMIN)


class _VisitorNeeds(Needs):
    """A dependency that lets those pass who are signed in and have one of some permissions."""

    async def __call__(self, who: VisitorOf) -> None:  # type: ignore[override]  # whose signature FastAPI reads
        """Check who looks."""
        self.check(who.requester)


class _VisitorSignedIn(SignedIn):
    """A dependency that lets everybody pass who is signed in."""

    async def __call__(self, who: VisitorOf) -> None:  # type: ignore[override]  # as above
        """Check who looks."""
        self.check(who.requester)


VISITOR: Any = Depends(_VisitorSignedIn(but=""))
"""The declaration of a page for whoever is signed in, which shows only what is theirs to see."""
TO_EXPORT: Any = Depends(_VisitorNeeds((Permission.EXPORT,)))
"""The declaration of a page that has something made."""
VIEWS_AUDIT: Any = Depends(_VisitorNeeds((Permission.VIEW_AUDIT,)))
"""The declaration of a page about what others did."""
TO_OPERATE: Any = Depends(_VisitorNeeds(_OPERATORS))
"""The declaration of a page that tells how the service is."""


def may_operate(requester: Requester) -> bool:
    """Whether somebody may see how the service is, and Dagster's pages of it."""
    return bool(requester.permissions.intersection(_OPERATORS))
