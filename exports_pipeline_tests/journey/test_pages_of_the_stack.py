"""Coming into the pages of the real stack and leaving them, and what operators find there and in Dagster."""

import pytest

from exports_pipeline_tests.journey.running_stack import wait_until
from exports_pipeline_tests.journey.visitor import DARK_AND_NARROW, TWO_LOOKS

pytestmark = pytest.mark.slow

KEYS = "/api/analytics/keys"


@pytest.fixture
def key(demo):
    """An API key of demo's, as it was shown once, with its id."""
    answer = demo.http.post(KEYS, json={"name": "by hand", "scopes": ["EXPORT"], "days": 1})
    assert answer.status_code == 201, answer.text
    return answer.json()


def sign_in(visitor, secret):
    visitor.page.get_by_label("Bearer token or API key").fill(secret)
    visitor.press("Sign in")


@pytest.mark.parametrize(**TWO_LOOKS)
def test_one_comes_in_as_a_person_of_the_sample_and_leaves(visit, look):
    visitor = visit(**look)
    visitor.check()
    visitor.press("demo")
    visitor.page.wait_for_url("**/datasets")
    visitor.sees("Signed in as demo")
    visitor.check()
    visitor.press("Sign out")
    visitor.page.wait_for_url("**/sign-in")
    visitor.page.goto("/exports?status=failed")
    assert visitor.page.get_by_role("heading", name="Sign in").is_visible()
    visitor.press("alice")
    visitor.page.wait_for_url("**/exports?status=failed")


def test_one_comes_in_with_a_token_and_not_with_a_wrong_one(visit, demo):
    visitor, token = visit(**DARK_AND_NARROW), demo.http.headers["Authorization"].removeprefix("Bearer ")
    sign_in(visitor, token[:-4] + "AAAA")
    visitor.page.get_by_role("alert").wait_for()
    visitor.check()
    sign_in(visitor, token)
    visitor.page.wait_for_url("**/datasets")
    visitor.press("Sign out")
    visitor.page.wait_for_url("**/sign-in")


def test_one_comes_in_with_an_api_key_until_it_is_revoked(visit, demo, key):
    visitor = visit()
    sign_in(visitor, key["key"])
    visitor.page.wait_for_url("**/datasets")
    visitor.go_to("My exports")
    assert visitor.page.get_by_role("heading", name="My exports").is_visible()
    assert demo.http.delete(f"{KEYS}/{key['id']}").status_code == 204

    def is_out():
        visitor.page.goto("/exports")
        return "/sign-in" in visitor.page.url

    wait_until(is_out, told="the end of the session")


def test_pages_and_runs_of_dagster_lead_to_each_other(visit):
    visitor = visit("admin")
    page = visitor.page
    page.goto("/datasets/airlines?style=csv")
    visitor.press("Export")
    page.get_by_role("link", name="Download").wait_for()
    export = page.url
    visitor.follow("Its run in Dagster")
    page.wait_for_url("**/runs/*")
    back = page.locator(f'a[href="{export}"]').first
    back.wait_for()
    page.goto(back.get_attribute("href"))
    assert page.get_by_role("heading", name="Airlines").is_visible()


@pytest.mark.parametrize(**TWO_LOOKS)
def test_operations_tell_that_all_parts_are_well_and_lead_to_runs(visit, demo, look):
    demo.settled(demo.export("broken_rows"))
    visitor = visit("admin", **look)
    page = visitor.page
    visitor.go_to("Operations")
    visitor.sees("room for")
    parts = page.locator("#parts")
    assert parts.get_by_text("Well", exact=True).count() == 7
    assert parts.get_by_text("Broken", exact=True).count() == 0
    visitor.check()
    page.get_by_role("link", name="the run of Broken rows").first.click()
    page.wait_for_url("**/runs/*")
