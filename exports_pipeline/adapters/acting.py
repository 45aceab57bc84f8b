"""Who acts, for connections behind the second wall: what stands here decides which rows Postgres shows them."""

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from exports_pipeline.core.requester import Requester


@dataclass(frozen=True, kw_only=True)
class Acting:
    """Somebody, or several who look at the same time; by default nobody, who sees nothing."""

    users: frozenset[UUID] = frozenset()
    tenant: str = ""
    permissions: frozenset[str] = frozenset()

    @classmethod
    def of(cls, requester: Requester) -> "Acting":
        """A requester with all their rights."""
        permissions = frozenset(each.value for each in requester.permissions)
        return cls(users=frozenset({requester.user_id}), tenant=requester.owner_key, permissions=permissions)

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a session, without `exports.`, as Postgres writes arrays; sorted, so that equal is equal."""
        return {
            "users": f"{{{','.join(sorted(map(str, self.users)))}}}",
            "tenant": self.tenant,
            "permissions": f"{{{','.join(sorted(self.permissions))}}}",
        }


NOBODY = Acting()
_acting: ContextVar[Acting] = ContextVar("acting", default=NOBODY)


def who_acts() -> Acting:
    """Who acts in this context; threads of a pool that copies the context know it too."""
    return _acting.get()


def act_as(acting: Acting) -> None:
    """Say who acts from now on in this context, as in that of one request."""
    _acting.set(acting)


def together(people: Iterable[Acting]) -> Acting:
    """Several who ask in one statement: for the rows of each of them, and with the rights that all of them have.

    No tenant is said: what they ask together are rows of users.
    """
    everybody = tuple(people)
    users = frozenset[UUID]().union(*(each.users for each in everybody))
    shared = frozenset.intersection(*(each.permissions for each in everybody)) if everybody else frozenset[str]()
    return Acting(users=users, permissions=shared)
