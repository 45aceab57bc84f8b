"""The ledger's figures as Prometheus reads them."""

from datetime import timedelta
from math import inf

import pytest
from prometheus_client.parser import text_string_to_metric_families

from exports_pipeline.core.errors import LedgerUnavailable
from exports_pipeline.core.figures import DeliveryTotal, Figures, JobTotal, SecondsTotal
from exports_pipeline_tests.fakes.clock import NOON

FIGURES = Figures(
    pending=7,
    running=1,
    slots_taken=2,
    oldest_due_at=NOON - timedelta(seconds=90),
    oldest_heartbeat_at=NOON + timedelta(seconds=1),
    deliveries_waiting=3,
    oldest_delivery_at=NOON - timedelta(seconds=5),
    jobs=(
        JobTotal(dataset="sales", format="csv", status="completed", error_code="", jobs=4, rows=40, bytes=400),
        JobTotal(dataset="sales", format="csv", status="failed", error_code="query_failed", jobs=1, rows=0, bytes=0),
    ),
    deliveries=(DeliveryTotal(channel="telegram", state="sent", deliveries=2),),
    seconds=(
        SecondsTotal(phase="run", label="csv", up_to=0.5, events=3, seconds=1.2),
        SecondsTotal(phase="run", label="csv", up_to=inf, events=1, seconds=5000.0),
        SecondsTotal(phase="run", label="parquet", up_to=0.1, events=1, seconds=0.05),
    ),
)


@pytest.fixture
def samples(ann, ports):
    """Values by name and labels, as a Prometheus server understands them."""

    def read(figures=FIGURES):
        ports.figures.figures = figures
        families = text_string_to_metric_families(ann.get("/metrics", anonymous=True).text)
        return {
            (each.name, *(f"{name}={value}" for name, value in sorted(each.labels.items()))): each.value
            for family in families
            for each in family.samples
        }

    return read


def test_jobs_are_counted_by_dataset_format_status_and_error(samples):
    found = samples()
    completed = ("dataset=sales", "error_code=", "format=csv", "status=completed")
    assert found[("exports_jobs_total", *completed)] == 4
    assert found[("exports_jobs_total", "dataset=sales", "error_code=query_failed", "format=csv", "status=failed")] == 1
    assert found[("exports_rows_total", "dataset=sales", "format=csv")] == 40
    assert found[("exports_upload_bytes_total", "dataset=sales", "format=csv")] == 400
    assert found[("exports_deliveries_total", "channel=telegram", "state=sent")] == 2


def test_the_queue_is_told_with_its_ages_and_slots(samples):
    found = samples()
    assert found[("exports_current_jobs", "status=pending")] == 7
    assert found[("exports_current_jobs", "status=running")] == 1
    assert (found[("exports_worker_slots",)], found[("exports_worker_slots_used",)]) == (2, 2)
    assert found[("exports_oldest_pending_seconds",)] == 90
    assert found[("exports_oldest_heartbeat_seconds",)] == 0  # a clock that is ahead is no silence
    assert (found[("exports_deliveries_waiting",)], found[("exports_delivery_lag_seconds",)]) == (3, 5)


def test_seconds_are_whole_histograms_from_the_first_event_on(samples):
    found = samples()

    def of_csv(bound):
        return found[("exports_run_seconds_bucket", "format=csv", f"le={bound}")]

    assert [of_csv(bound) for bound in ("0.1", "0.5", "1.0", "3600.0", "+Inf")] == [0, 3, 3, 3, 4]
    assert found[("exports_run_seconds_count", "format=csv")] == 4
    assert found[("exports_run_seconds_sum", "format=csv")] == pytest.approx(5001.2)
    assert found[("exports_run_seconds_count", "format=parquet")] == 1


def test_an_idle_service_has_no_age(samples):
    found = samples(Figures())
    assert (found[("exports_oldest_pending_seconds",)], found[("exports_delivery_lag_seconds",)]) == (0, 0)


def test_the_page_says_that_the_ledger_is_away_and_tells_the_rest(samples, ports, ann):
    ann.get("/healthz")
    assert samples()[("exports_ledger_up",)] == 1
    ports.figures.error = LedgerUnavailable()
    found = samples()
    assert found[("exports_ledger_up",)] == 0
    assert ("exports_oldest_pending_seconds",) not in found
    assert any(name == "exports_http_requests_total" for name, *_ in found)
