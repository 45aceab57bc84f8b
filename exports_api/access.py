"""What each route asks of its callers, declared on the route, checked there and told in the OpenAPI document."""

from collections.abc import Iterable
from typing import Any, Protocol

from fastapi import Depends, params

from exports_api.deps import Caller
from exports_pipeline.core.access_refusals import PermissionNeeded
from exports_pipeline.core.requester import Permission, Requester


class Declaration(Protocol):
    """What a route asks of its callers."""

    told: str
    """In a few words, for people."""
    name: str
    """In one word, or in the names of permissions, for programs."""

    def check(self, caller: Requester) -> None:
        """Let a caller pass.

        Raises:
            PermissionNeeded: they lack what the route asks for.
        """


class Needs:
    """A dependency that lets those pass who have one of some permissions."""

    def __init__(self, any_of: tuple[Permission, ...]) -> None:
        self._any_of = any_of
        self.name = self.told = " or ".join(any_of)

    def check(self, caller: Requester) -> None:
        """Let those pass who have one of the permissions."""
        if not caller.permissions.intersection(self._any_of):
            sentence = f"This needs the permission {self.told}, which none of your roles gives you."
            raise PermissionNeeded(sentence, any_of=self._any_of)

    async def __call__(self, caller: Caller) -> None:
        """Check who asks."""
        self.check(caller)


class SignedIn:
    """A dependency that lets everybody pass whose token is valid, and who is active."""

    name = "signed_in"

    def __init__(self, but: str) -> None:
        self.told = f"none but a valid token{'; ' if but else ''}{but}"

    def check(self, caller: Requester) -> None:
        """Whoever has got so far may pass."""

    async def __call__(self, caller: Caller) -> None:
        """Check who asks."""
        self.check(caller)


class _Public:
    """A dependency that asks nothing, so that nobody forgets to say so."""

    name = "public"
    told = "none, and no token"

    def check(self, caller: Requester) -> None:
        """Everybody may pass."""

    async def __call__(self) -> None:
        """Everybody may pass."""


def needs(*any_of: Permission) -> Any:
    """The declaration of a route that asks for one of these permissions."""
    return Depends(Needs(any_of))


def signed_in(but: str = "") -> Any:
    """The declaration of a route for everybody with a token; `but` tells what depends on more, for people."""
    return Depends(SignedIn(but))


PUBLIC: Any = Depends(_Public())
"""The declaration of a route that asks for no token."""
SIGNED_IN: Any = signed_in()
"""The declaration of a route that asks for a token, and shows only what is the caller's to see."""
TO_EXPORT: Any = needs(Permission.EXPORT)
"""The declaration of every route that has something made or sent."""


def declared(dependencies: Iterable[params.Depends]) -> Declaration | None:
    """What the dependencies of a route declare; None where it was forgotten."""
    found = [each.dependency for each in dependencies if isinstance(each.dependency, Needs | SignedIn | _Public)]
    return found[0] if len(found) == 1 else None
