"""Check that the owner of a job may still share what is in its file."""

from exports_pipeline.core.access_refusals import UserDeactivated
from exports_pipeline.core.errors import RequestError
from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.redaction import lost_classes
from exports_pipeline.core.refusals import NotAllowed


def check_sharing(job: ExportJob, *, ports: ExportPorts) -> None:
    """Refuse to hand out a file that its owner could not make themselves any more.

    Raises:
        UserDeactivated: the owner was deactivated, or never was a user.
        NotAllowed: the owner has become another owner of rows, or lost a right the file was made with.
    """
    refusal = NotAllowed("Whoever made this export may no longer share what is in it.")
    owner = ports.users.requester(job.requester.user_id)
    if owner is None:
        raise UserDeactivated("Whoever made this export was deactivated, and may no longer share what is in it.")
    if owner.owner_key != job.requester.owner_key or owner.lost_since(job.requester):
        raise refusal
    if lost_classes(ports.catalog, before=job.requester, now=owner):
        raise refusal
    if job.type == "export":
        try:
            ports.catalog.find(job.dataset, owner)
        except RequestError as error:
            raise refusal from error
