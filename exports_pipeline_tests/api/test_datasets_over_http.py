"""Datasets: what a caller may export, as the API tells it."""

import pytest

from exports_pipeline.core.catalog import dataset_id
from exports_pipeline_tests.api_client import DATASETS


def test_the_list_has_what_the_caller_may_export(ann, admin):
    answer = ann.get(DATASETS).json()
    assert [each["name"] for each in answer["items"]] == ["sales", "airports"]
    assert answer["next_cursor"] is None
    assert [each["name"] for each in admin.get(DATASETS).json()["items"]] == ["sales", "airports", "payroll"]


def test_an_item_tells_columns_filters_and_formats(ann):
    sales, airports = ann.get(DATASETS).json()["items"]
    assert sales["id"] == str(dataset_id("sales"))
    assert (sales["title"], sales["description"]) == ("Sales", "One row per sale.")
    assert sales["time"] == {"column": "day", "grain": "day"}
    assert sales["filters"] == ["start_date", "end_date", "account_ids", "tag_ids"]
    assert sales["formats"] == ["csv", "parquet", "json", "jsonl", "xlsx", "pdf"]
    assert (airports["time"], airports["filters"], airports["title"]) == (None, [], "airports")


def test_sensitive_columns_are_told_as_the_caller_gets_them(ann, admin):
    def columns(client):
        return {each["name"]: each["sensitive"] for each in client.get(f"{DATASETS}/sales").json()["columns"]}

    assert columns(ann)["card"] == "mask"
    assert "pin" not in columns(ann)
    assert (columns(admin)["card"], columns(admin)["pin"]) == (None, None)


@pytest.mark.parametrize("key", ["sales", str(dataset_id("sales")), str(dataset_id("sales")).upper()])
def test_a_dataset_is_found_by_name_and_id_with_the_callers_days(ann, bob, key):
    detail = ann.get(f"{DATASETS}/{key}").json()
    assert (detail["name"], detail["first_date"], detail["last_date"]) == ("sales", "2026-01-01", "2026-01-03")
    assert bob.get(f"{DATASETS}/{key}").json()["first_date"] == "2026-01-04"


def test_a_dataset_without_a_time_column_has_no_days(ann):
    detail = ann.get(f"{DATASETS}/airports").json()
    assert (detail["first_date"], detail["last_date"]) == (None, None)


@pytest.mark.parametrize("path", ["/nope", "/payroll", "/a%00b", "/nope/values/tag", "/payroll/values/tag"])
def test_a_dataset_one_may_not_export_is_404(ann, path):
    answer = ann.get(DATASETS + path)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_dataset")


def test_values_are_those_of_the_callers_rows_that_begin_as_asked(ann, bob):
    def values(client, query):
        return client.get(f"{DATASETS}/sales/values/{query}").json()["items"]

    assert values(ann, "account") == ["1", "2"]
    assert values(bob, "account") == ["3"]
    assert values(ann, "tag?prefix=t") == ["toys"]
    assert values(ann, "tag?limit=1") == ["food"]


def test_a_filter_that_no_dataset_has_is_404_and_one_this_dataset_lacks_is_422(ann):
    assert ann.get(f"{DATASETS}/sales/values/colour").status_code == 404
    answer = ann.get(f"{DATASETS}/airports/values/tag")
    assert (answer.status_code, answer.json()["code"]) == (422, "filter_not_supported")


@pytest.mark.parametrize("query", ["prefix=%00", f"prefix={'x' * 201}", "limit=0", "limit=1001", "search=a"])
def test_a_malformed_search_is_refused(ann, query):
    assert ann.get(f"{DATASETS}/sales/values/tag?{query}").status_code == 422
