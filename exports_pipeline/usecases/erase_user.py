"""Erase a person: objects first, the ledger last, so that whoever is interrupted can go on where it stopped."""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from exports_pipeline.core.erasure import OBJECTS, Erasure
from exports_pipeline.core.erasure_certificate import certificate_of, page_of
from exports_pipeline.core.formats import Format
from exports_pipeline.core.ledger import AuditEntry, Page
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.manifest import canonical
from exports_pipeline.core.naming import OBJECT_PREFIX, certificate_key
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import NotAllowed, UnknownUser, WrongStatus
from exports_pipeline.core.requester import Permission, Requester

_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Erased:
    """An erasure that is done, and where its certificate lies in the store."""

    erasure: Erasure
    certificate: str
    page: str
    is_new: bool
    """Whether it was not done before."""


def erase_user(user_id: UUID, requester: Requester, *, ports: ExportPorts) -> Erased:
    """Erase everything personal of a user and certify it; again, it goes on or gives the same certificate.

    Raises:
        NotAllowed: the requester is no administrator.
        UnknownUser: there is no such user.
        LedgerUnavailable, ObjectStoreUnavailable, ObjectStoreMisconfigured: it stays begun; ask again.
    """
    if Permission.ADMIN not in requester.permissions:
        raise NotAllowed
    begun = ports.erasures.begin(user_id, requester.user_id, now=ports.clock())
    if begun is None:
        raise UnknownUser(f"There is no user {user_id}.")
    files = {"certificate": certificate_key(begun.id, "json"), "page": certificate_key(begun.id, "pdf")}
    if begun.certified_at is not None:
        return Erased(erasure=begun, **files, is_new=False)
    _cancel_jobs(begun, ports)
    _delete_objects(begun, ports)
    erased = ports.erasures.erase_rows(begun, now=ports.clock())
    certificate = _signed(certificate_of(erased), ports)
    body = json.dumps(certificate, indent=2, ensure_ascii=False).encode()
    page = ports.reports.render(page_of(certificate), file_format=Format.PDF, tick=lambda: None)
    _store(files["certificate"], "application/json", (body,), ports)
    _store(files["page"], "application/pdf", page, ports)
    done = AuditEntry(
        at=ports.clock(),
        actor=requester.user_id,
        action="user.erased",
        subject=user_id,
        entity_type="user",
        entity_id=str(user_id),
        details={"erasure": str(erased.id), "counts": dict(erased.counts)},
    )
    certified = ports.erasures.certified(erased.id, done, now=ports.clock())
    return Erased(erasure=certified, **files, is_new=True)


def _cancel_jobs(erasure: Erasure, ports: ExportPorts) -> None:
    """Have nothing of the person go on; a running attempt notices at its next beat and publishes nothing."""
    for status in (Status.PENDING, Status.RUNNING):
        while jobs := ports.jobs.page(erasure.user_id, Page(limit=_AT_ONCE, status=status)):
            for job in jobs:
                now = ports.clock()
                entry = AuditEntry(
                    at=now, actor=erasure.asked_by, action="export.cancelled", job_id=job.id, subject=erasure.user_id
                )
                with suppress(WrongStatus):  # it has ended by itself
                    ports.jobs.cancel(job.id, now=now, audit=entry)


def _delete_objects(erasure: Erasure, ports: ExportPorts) -> None:
    """Delete everything below the prefix of the person, and what they were uploading."""
    prefix = f"{OBJECT_PREFIX}{erasure.user_id}/"
    ports.objects.abort_uploads(prefix, started_before=ports.clock())
    ports.erasures.count(erasure.id, OBJECTS, sum(1 for _ in ports.objects.keys(prefix)))
    while keys := [key for key, _ in ports.objects.keys(prefix)]:
        for key in keys:
            ports.objects.delete(key)


def _store(key: str, kind: str, pieces: Iterable[bytes], ports: ExportPorts) -> None:
    """Put an object in place of what an earlier try has left; where that fails, what was there stays."""
    upload = ports.objects.upload(key, content_type=kind, download_name=key.rpartition("/")[2])
    try:
        for piece in pieces:
            upload.write(piece)
        upload.commit()
    except BaseException:
        upload.abort()
        raise


def _signed(certificate: dict[str, object], ports: ExportPorts) -> dict[str, object]:
    if ports.signer is None:
        return certificate
    return certificate | {"signature": ports.signer.sign(canonical(certificate))}
