"""Who sees which dataset."""

from uuid import UUID

import pytest

from exports_pipeline.core.catalog import Catalog, dataset_id, user_id
from exports_pipeline.core.refusals import UnknownDataset
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import AIRPORTS, PAYROLL, SALES

CATALOG = Catalog((SALES, AIRPORTS, PAYROLL))


def test_users_see_owned_and_public_datasets():
    assert CATALOG.visible_to(requester("ann")) == (SALES, AIRPORTS)


def test_administrators_see_all():
    assert CATALOG.visible_to(requester("boss", "EXPORT_ALL")) == tuple(CATALOG)


@pytest.mark.parametrize("key", ["sales", str(SALES.id), str(SALES.id).upper()])
def test_a_dataset_is_found_by_name_and_by_id(key):
    assert CATALOG.find(key, requester("ann")) is SALES


@pytest.mark.parametrize("key", ["payroll", "nothing", ""])
def test_what_one_may_not_see_does_not_exist(key):
    with pytest.raises(UnknownDataset) as caught:
        CATALOG.find(key, requester("ann"))
    assert caught.value.field == "dataset_id"


def test_ids_follow_from_names():
    assert SALES.id == dataset_id("sales")
    assert user_id("ann") == user_id("ann") != user_id("bob")
    assert user_id("b3f0aa9e-6b4c-4d42-a4a4-0d1b42c9a5a1") == UUID("b3f0aa9e-6b4c-4d42-a4a4-0d1b42c9a5a1")


def test_a_dataset_says_which_filters_it_takes():
    assert SALES.filters == ("start_date", "end_date", "account_ids", "tag_ids")
    assert AIRPORTS.filters == ()
