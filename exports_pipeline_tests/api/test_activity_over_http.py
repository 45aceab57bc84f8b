"""Activity over HTTP: auditors see everybody's, all others their own."""

import ast
import re
from datetime import timedelta
from pathlib import Path

import pytest

from exports_pipeline.core.activity import FEATURES
from exports_pipeline_tests.api_client import EXPORTS, ApiClient
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.clock import NOON

ACTIVITY = "/api/analytics/activity"
SOURCES = Path(__file__).parents[2] / "exports_pipeline"


@pytest.fixture
def auditor(app):
    return ApiClient(app, user="eve", permissions=("VIEW_AUDIT",))


@pytest.fixture
def used(ann, bob):
    """Two exports of ann's and one of bob's."""
    for caller in (ann, ann, bob):
        assert caller.export().status_code == 202
    return {"from": NOON.date().isoformat(), "to": (NOON + timedelta(days=6)).date().isoformat()}


def test_whoever_views_the_audit_log_sees_everybody_and_others_themselves(used, ann, bob, auditor):
    def seen(caller):
        items = caller.get(f"{ACTIVITY}/users", params=used).json()["items"]
        return [(each["team"], each["actions"]) for each in items]

    assert seen(auditor) == [("ann", 2), ("bob", 1)]
    assert seen(ann) == [("ann", 2)]
    assert seen(bob) == [("bob", 1)]


def test_the_first_and_the_last_action_are_told(used, ann):
    (user,) = ann.get(f"{ACTIVITY}/users", params=used).json()["items"]
    assert user["user_id"] == str(requester("ann").user_id)
    assert user["first_at"] <= user["last_at"]


def test_trends_are_told_by_team_and_features_by_name(used, ann, auditor):
    trends = auditor.get(f"{ACTIVITY}/trends", params=used | {"granularity": "week"}).json()
    assert trends["everybody"]["users"] == 2
    assert sum(trends["everybody"]["actions_series"]) == 3
    assert {team: each["share"] for team, each in trends["groups"].items()} == {"ann": 0.666667, "bob": 0.333333}
    assert len(trends["starts"]) == len(trends["groups"]["ann"]["users_series"])
    assert list(ann.get(f"{ACTIVITY}/trends", params=used).json()["groups"]) == ["ann"]
    features = auditor.get(f"{ACTIVITY}/features", params=used).json()["groups"]
    assert features["exports"]["actions"] == 3


def test_somebody_who_did_nothing_sees_zeros(ann):
    trends = ann.get(f"{ACTIVITY}/trends", params={"from": "2001-01-01", "to": "2001-01-02"}).json()
    assert trends["everybody"] == {
        "actions": 0,
        "users": 0,
        "share": None,
        "actions_series": [0, 0],
        "users_series": [0, 0],
    }
    assert trends["groups"] == {}
    assert ann.get(f"{EXPORTS}").status_code == 200


def test_every_action_that_is_written_belongs_to_a_feature():
    written = set()
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "action":
                written.add(ast.unparse(node.value))
    heads = {found[1] for each in written if (found := re.match(r"f?'([a-z]+)\.", each))}
    assert heads >= {"export", "report", "link", "schedule"}
    assert heads <= set(FEATURES)
