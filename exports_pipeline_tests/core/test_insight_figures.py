"""Percentiles from buckets, and what a month of storage costs."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from exports_pipeline.core.figures import SECONDS_BUCKETS
from exports_pipeline.core.insights import percentile
from exports_pipeline.core.s3_prices import MonthlyCost, S3Prices, Usage, monthly_cost
from exports_pipeline.settings import Settings


def counts(**by_bound):
    return [by_bound.get(f"b{bound:g}".replace(".", "_"), 0) for bound in SECONDS_BUCKETS]


def test_a_percentile_lies_on_a_straight_line_within_its_bucket():
    assert percentile(counts(b1=100), 0.5) == pytest.approx(0.75)
    assert percentile(counts(b1=90, b5=10), 0.95) == pytest.approx(3.75)
    assert percentile(counts(b0_1=1), 1.0) == pytest.approx(0.1)


def test_no_jobs_have_no_percentile_and_endless_ones_have_their_least():
    assert percentile(counts(), 0.95) is None
    assert percentile(counts(binf=3), 0.95) == 3600


def test_a_month_costs_storage_requests_and_egress():
    usage = Usage(
        stored_bytes=100 << 30, uploads=1_000_000, uploaded_bytes=0, openings=1_000_000, opened_bytes=10 << 30
    )
    wanted = {"storage": "2.30", "requests": "15.40", "egress": "0.90", "total": "18.60"}
    assert monthly_cost(usage, S3Prices()) == MonthlyCost(**{name: Decimal(value) for name, value in wanted.items()})


def test_prices_are_set_as_json_and_what_is_left_out_keeps_its_default(monkeypatch):
    monkeypatch.setenv("EXPORTS_S3_PRICES", '{"currency": "EUR", "gb_month": 0.0245}')
    prices = Settings().s3_prices
    assert (prices.currency, prices.gb_month, prices.put_1000) == ("EUR", Decimal("0.0245"), Decimal("0.005"))


@pytest.mark.parametrize("given", ['{"gb_moth": 1}', '{"gb_month": -1}', '{"gb_month": "much"}', '{"currency": ""}'])
def test_a_price_table_that_makes_no_sense_is_refused_at_start(monkeypatch, given):
    monkeypatch.setenv("EXPORTS_S3_PRICES", given)
    with pytest.raises(ValidationError):
        Settings()
