"""The Dagster jobs of the audit log: heads are signed, damage is red, months are kept."""

import json
from datetime import timedelta

import pytest

from exports_pipeline.adapters.signing import Ed25519Signer
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.limits import Limits
from exports_pipeline.core.manifest import SIGNATURE
from exports_pipeline.defs.audit import audit_head, audit_upkeep
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import fake_ports


@pytest.fixture
def ports():
    ports = fake_ports(signer=Ed25519Signer("a secret of tests"), limits=Limits(audit_months=2))
    for days in (0, 90):
        at = NOON - timedelta(days=days)
        ports.audit.record(AuditEntry(at=at, actor=requester("ann").user_id, action="export.requested"))
    return ports


def run(job, ports):
    return job.execute_in_process(resources={"ports": ports}, raise_on_error=False)


def test_a_head_is_signed_and_names_the_one_before(ports):
    assert run(audit_head, ports).success
    ports.clock.pause(3600)
    assert run(audit_head, ports).success
    first, second = (json.loads(body) for _, body in sorted(ports.heads.kept.items()))
    assert (first["number"], first["sequence"], first["previous"], second["number"]) == (1, 2, None, 2)
    assert ports.signer.has_signed(first)
    assert ports.signer.has_signed(second)
    assert not ports.signer.has_signed(second | {"sequence": 1})
    assert second[SIGNATURE] != first[SIGNATURE]


def test_nothing_is_signed_over_a_chain_that_is_not_what_the_last_head_has_seen(ports):
    assert run(audit_head, ports).success
    ports.chain.broken = b"x"
    assert not run(audit_head, ports).success
    assert len(ports.heads.kept) == 1


def test_months_are_made_ahead_and_old_ones_dropped_after_a_head_was_signed(ports):
    assert run(audit_upkeep, ports).success
    assert (len(ports.chain.months), len(ports.audit.audit), len(ports.heads.kept)) == (4, 1, 1)
