"""The places that results are sent to, as a page lists them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from exports_api.web import words
from exports_pipeline.core.destination import Destination
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.save_destination import list_destinations


def destinations_for(requester: Requester, ports: ExportPorts) -> list[Destination]:
    """The saved destinations that a requester may send to: theirs by name, then those shared with them."""
    own = list_destinations(requester, ports=ports)
    return own + (list_destinations(requester, is_shared=True, ports=ports) if requester.teams else [])


def places_of(
    recipients: Sequence[Mapping[str, str]], names: Mapping[UUID, str], user_id: UUID
) -> list[tuple[str, str]]:
    """The channel of each recipient and whom it reaches: saved destinations by name, the user themselves as `you`."""
    places = []
    for each in recipients:
        if "destination_id" in each:
            whom = names.get(UUID(each["destination_id"]), "a saved place of its owner")
        else:
            whom = "you" if each["address"] == str(user_id) else each["address"]
        places.append((words.channel(each["channel"]), whom))
    return places
