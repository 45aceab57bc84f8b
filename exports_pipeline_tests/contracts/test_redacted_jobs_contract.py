"""What every ledger keeps of redaction: the roles and the reason of a request, and what was done to a result."""

from dataclasses import replace
from datetime import timedelta

import pytest

from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.user_store import PostgresUserStore
from exports_pipeline.core.catalog import Column
from exports_pipeline.core.kept_result import KeptResult
from exports_pipeline.core.redaction_policy import Sensitivity, TextKind
from exports_pipeline.core.unmasking import as_asked
from exports_pipeline_tests.builders import entry, new_job, requester, stored_file
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ledger import InMemoryLedger

ANN = replace(requester("ann", "UNMASK"), roles=frozenset({"dpo", "analyst"}))


@pytest.fixture(params=["memory", "postgres"])
def stores(request):
    """A ledger of jobs, and its users."""
    if request.param == "memory":
        ledger = InMemoryLedger()
        return ledger, ledger.users
    engine = request.getfixturevalue("engine")
    return PostgresJobStore(engine), PostgresUserStore(engine)


def added(jobs, who=ANN, **changes):
    new = new_job(requester=who, **changes)
    return jobs.add(new, entry(new))


def test_roles_and_reason_come_back(stores):
    jobs, _ = stores
    job = jobs.get(added(jobs, unmask_reason="Ticket 4712").id)
    assert (job.requester, job.unmask_reason) == (ANN, "Ticket 4712")
    assert jobs.get(added(jobs, requester("bob")).id).unmask_reason is None


def test_a_result_comes_back_with_what_was_redacted_and_unmasked(stores):
    jobs, _ = stores
    job = added(jobs)
    jobs.claim(job.id, 1, run_id="run", now=NOON)
    columns = (
        Column(name="note", type="VARCHAR", scan=(TextKind.CARD,)),
        Column(name="a", type="INTEGER", data_class="financial", sensitive=Sensitivity.TRUNCATE, step="9"),
    )
    kept = KeptResult(
        object_key="k", row_count=1, size_bytes=1, sha256="0", columns=columns, dropped=("pin",), lifted=("card",)
    )
    result = stored_file(redactions={"note": "scan for card"}, lifted=("card",), kept=kept)
    jobs.complete(job.id, 1, result, now=NOON, expires_at=NOON + timedelta(hours=1), recipients=())
    assert jobs.get(job.id).result == result


def test_a_request_that_makes_no_use_of_a_permission_takes_it_from_nobody(stores):
    jobs, users = stores
    job = jobs.get(added(jobs, as_asked(ANN, None, needs_reason=True)).id)
    assert (job.requester.may_unmask, users.requester(ANN.user_id).may_unmask) == (False, True)
