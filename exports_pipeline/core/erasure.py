"""The erasure of a person: what goes, what stays and why, and how far it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from exports_pipeline.core.ledger import AuditEntry

OBJECTS = "objects"
"""What the objects are called among the counts."""
GOES: Mapping[str, str] = MappingProxyType(
    {
        OBJECTS: "Objects in the store: files of all attempts, kept results, files of changes, manifests",
        "links": "Links of messages",
        "deliveries": "Deliveries of their results, and to their addresses: address, receipt, text",
        "destinations": "Saved destinations with their secrets",
        "schedules": "Schedules of theirs, stopped: name, what they made, recipients",
        "recipients": "Schedules of others from which their address was removed",
        "jobs": "Export jobs: owner key, filters, parameters, recipients, errors, differences",
        "jobs_of_others": "Export jobs of others that named their address",
        "manifests": "Manifests of results",
        "kinds": "Owner keys among the figures of the insights",
        "invitations": "Invitations to link a chat",
        "keys": "API keys",
        "memberships": "Memberships of teams",
        "users": "E-mail address, chat, owner key and rights of the person",
        "audit_entries": "Audit entries: address, program and personal details, which the chain covers by a digest",
        "audit_entries_of_others": "Audit entries of others that hold an address of the person: their personal part",
    }
)
"""What is erased, by the name under which it is counted."""
STAYS: tuple[tuple[str, str], ...] = (
    ("Ids, times, datasets, formats and statuses of export jobs", "GDPR 17(3)(b): duty to account for disclosures"),
    ("Row counts, sizes and SHA-256 of the files that were made", "GDPR 17(3)(e): to prove what was disclosed"),
    ("Audit entries without their personal part", "GDPR 17(3)(b), HIPAA 164.316(b)(2): to be kept for six years"),
    ("Figures of the insights, which name an id and no person", "GDPR 5(1)(b): statistics"),
    ("Events and journeys sent in: customers of the tenant, no users", "not data of this person's account"),
)
"""What is kept, and on which ground."""


def erased_owner_key(user_id: UUID, place: int = 1) -> str:
    """What stands where an owner key of an erased person stood; the further ones are numbered."""
    return f"erased:{user_id}" + (f":{place}" if place > 1 else "")


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """The erasure of one person, as the journal has it."""

    id: UUID
    user_id: UUID
    asked_by: UUID
    began_at: datetime
    counts: Mapping[str, int] = field(default_factory=dict)
    """How much there was, by the names of `GOES`."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 over what was erased, as hex, by what it is over."""
    erased_at: datetime | None = None
    """When the ledger held nothing personal any more."""
    certified_at: datetime | None = None
    """When the certificate was in the store, and everything done."""


class ErasureStore(Protocol):
    """The journal of erasures, and what erases rows; every method raises LedgerUnavailable."""

    def begin(self, user_id: UUID, asked_by: UUID, *, now: datetime) -> Erasure | None:
        """The erasure of a user that is under way, else a new one; None if there is no such user.

        From then on the user is deactivated, and no schedule of theirs comes due. A user of whom nothing came in since
        the last erasure gets that one again.
        """

    def count(self, erasure_id: UUID, name: str, number: int) -> None:
        """Note how much there is of something before it goes; what was noted first stays."""

    def erase_rows(self, erasure: Erasure, *, now: datetime) -> Erasure:
        """Erase everything personal from the ledger and count it, in one transaction; once erased, it stays so."""

    def certified(self, erasure_id: UUID, audit: AuditEntry, *, now: datetime) -> Erasure:
        """Note that the certificate is in the store, with an audit entry; nothing where it was noted before."""


class PersonArchive(Protocol):
    """Everything that is held about a person."""

    def pieces(self, user_id: UUID, *, now: datetime) -> Iterator[bytes] | None:
        """A ZIP archive of it in pieces, secrets left out; None if there is no such user.

        Raises:
            LedgerUnavailable, SpillDiskFull.
        """
