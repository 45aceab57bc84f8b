"""What somebody asks for that is not theirs to ask: errors that an administrator can mend."""

from exports_pipeline.core.errors import RequestError
from exports_pipeline.core.refusals import NotAllowed


class PermissionNeeded(NotAllowed):
    """This needs a permission that none of your roles gives; the detail names it."""

    code = "permission_needed"

    def __init__(self, sentence: str | None = None, *, any_of: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.any_of = any_of
        """The permissions of which one is enough."""


class UserDeactivated(NotAllowed):
    """This user was deactivated; an administrator can take that back."""

    code = "user_deactivated"


class UnknownRole(RequestError):
    """There is no such role; docs/access.md tells which there are."""

    code = "unknown_role"


class UnknownTeam(RequestError):
    """There is no such team among yours."""

    code = "unknown_team"
