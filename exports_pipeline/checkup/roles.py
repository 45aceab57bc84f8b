"""The roles of the deployment."""

from collections.abc import Iterator

from exports_pipeline.adapters.roles_yaml import read_roles
from exports_pipeline.checkup.finding import Finding, broken, fine, warning
from exports_pipeline.core.errors import InvalidRoles
from exports_pipeline.core.requester import Permission
from exports_pipeline.settings import Settings


def check_roles(settings: Settings) -> Iterator[Finding]:
    """Read the file of roles, and look whether somebody can assign them; says nothing of the packaged one."""
    try:
        roles = read_roles(settings.roles, default=settings.default_role)
    except InvalidRoles as error:
        yield broken("roles", error.sentence, "Mend each line in EXPORTS_ROLES; docs/access.md has the fields.")
        return
    if Permission.ADMIN in roles.permissions_of([settings.default_role]):
        sentence = f"Every user without a role is {settings.default_role}, which has ADMIN."
        yield warning("roles", sentence, "Let EXPORTS_DEFAULT_ROLE name a role with fewer permissions.")
    elif not any(Permission.ADMIN in role.permissions for role in roles):
        yield warning(
            "roles", "None of the roles has ADMIN.", "Give it to one, or nobody can assign roles but by token."
        )
    elif settings.roles is not None:
        yield fine("roles", f"{len(list(roles))} roles can be assigned.")
