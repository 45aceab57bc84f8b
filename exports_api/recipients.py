"""Recipients as a body names them."""

from collections.abc import Sequence

from fastapi.concurrency import run_in_threadpool

from exports_api.schemas.export_request import RecipientBody
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recipient import Recipient
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.check_recipients import Wish, check_recipients


async def recipients_of(
    given: Sequence[RecipientBody] | None, requester: Requester, ports: ExportPorts
) -> tuple[Recipient, ...]:
    """The recipients that a body names, checked.

    Raises:
        UnknownChannel, UnknownDestination, InvalidDestination, TargetForbidden: one of them cannot be reached.
    """
    if not given:
        return ()
    wishes = [Wish(channel=each.channel, address=each.address, destination_id=each.destination_id) for each in given]
    return await run_in_threadpool(check_recipients, wishes, requester, ports=ports)
