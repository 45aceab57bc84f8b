"""What every ledger keeps of kept results and renditions, the one in memory and the one in Postgres."""

from datetime import timedelta

import pytest

from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.core.catalog import Column
from exports_pipeline.core.formats import FormatOptions
from exports_pipeline.core.kept_result import KeptResult
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline.core.rendition import Rendition
from exports_pipeline_tests.builders import changes_file, entry, new_job, stored_file
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ledger import InMemoryLedger

LATER = NOON + timedelta(hours=1)


@pytest.fixture(params=["memory", "postgres"])
def store(request):
    if request.param == "memory":
        return InMemoryLedger()
    return PostgresJobStore(request.getfixturevalue("engine"))


def add(store, **changes):
    new = new_job(**changes)
    return store.add(new, entry(new))


def test_what_was_kept_of_a_result_and_what_a_rendition_is_of_come_back(store):
    kept = KeptResult(
        object_key="exports/a/b/1/sales.csv.kept.parquet",
        row_count=3,
        size_bytes=9,
        sha256="1" * 64,
        title="Sales",
        columns=(Column(name="day", type="DATE"), Column(name="card", type="VARCHAR", sensitive=Sensitivity.MASK)),
        sensitive=("card",),
    )
    first = add(store, options=FormatOptions(keep_result=True))
    store.claim(first.id, 1, run_id="run", now=NOON)
    store.complete(first.id, 1, stored_file(kept=kept), now=LATER, expires_at=LATER, recipients=())
    assert store.get(first.id).result == stored_file(kept=kept)
    rendition = Rendition(of=first.id, snapshot="x@1", catalog_version=None, made_at=NOON, kept_by=first.id)
    assert store.get(add(store, rendition=rendition).id).rendition == rendition


def test_where_the_rows_lie_that_differ_comes_back(store):
    result = stored_file(difference={"added": 2}, changes=changes_file())
    job = add(store)
    store.claim(job.id, 1, run_id="run", now=NOON)
    store.complete(job.id, 1, result, now=LATER, expires_at=LATER, recipients=())
    assert store.get(job.id).result == result
    assert store.live_keys([job.id])[job.id].result == result
