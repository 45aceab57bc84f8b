"""The certificate of an erasure: what was erased, by whom, what stays and on which ground."""

from collections.abc import Mapping
from typing import Any

from exports_pipeline.core.erasure import GOES, STAYS, Erasure
from exports_pipeline.core.report import Kind, Report, Table, TableColumn, Text, Tone

VERSION = "exports-erasure/1"


def certificate_of(erasure: Erasure) -> dict[str, Any]:
    """The certificate, unsigned: the same for the same erasure, however often it is written."""
    if erasure.erased_at is None:
        raise ValueError("What is not erased is not certified.")
    return {
        "certificate": VERSION,
        "erasure": str(erasure.id),
        "person": str(erasure.user_id),
        "asked_by": str(erasure.asked_by),
        "began_at": erasure.began_at.isoformat(),
        "erased_at": erasure.erased_at.isoformat(),
        "erased": [{"name": name, "what": what, "count": erasure.counts.get(name, 0)} for name, what in GOES.items()],
        "digests": dict(sorted(erasure.digests.items())),
        "kept": [{"what": what, "ground": ground} for what, ground in STAYS],
    }


def page_of(certificate: Mapping[str, Any]) -> Report:
    """The certificate as a document of one page."""
    signature = certificate.get("signature")
    signed = f"signed with the key {signature['kid']}" if signature else "not signed, as the deployment has no key"
    return Report(
        title="Certificate of erasure",
        subtitle=f"{certificate['erased_at'][:16].replace('T', ' ')} UTC",
        sections=(
            Text(
                text=f"The personal data of the person {certificate['person']} were erased from this service. "
                f"It was asked for by {certificate['asked_by']}.",
                tone=Tone.GOOD,
            ),
            Table(
                columns=(TableColumn(title="Erased"), TableColumn(title="Count", kind=Kind.INTEGER)),
                rows=tuple((each["what"], each["count"]) for each in certificate["erased"]),
            ),
            Table(
                columns=(TableColumn(title="Kept"), TableColumn(title="Ground")),
                rows=tuple((each["what"], each["ground"]) for each in certificate["kept"]),
            ),
        ),
        facts=(
            ("Erasure", certificate["erasure"]),
            *((f"SHA-256 of {name}", digest) for name, digest in certificate["digests"].items()),
            ("Certificate", f"{certificate['certificate']}, {signed}; the JSON beside this page is what is signed"),
        ),
    )
