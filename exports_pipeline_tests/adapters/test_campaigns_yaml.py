"""What campaigns are told by, read from YAML; whatever is wrong is told with its place."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from exports_pipeline.adapters.campaigns_yaml import PACKAGED, read_campaign_rules
from exports_pipeline.adapters.metrics_yaml import read_metrics
from exports_pipeline.core.campaign import ROLES
from exports_pipeline.core.errors import InvalidCampaigns

PAGE = Path(__file__).parents[2] / "docs/campaigns.md"


def read(tmp_path, change=lambda text: text):
    file = tmp_path / "campaigns.yaml"
    file.write_text(change(PACKAGED.read_text(encoding="utf-8")), encoding="utf-8")
    return read_campaign_rules(file, read_metrics())


def test_the_packaged_rules_name_every_figure_and_three_steps():
    rules = read_campaign_rules(None, read_metrics())
    assert set(rules.metrics) == set(ROLES)
    assert [step.name for step in rules.funnel.steps] == ["picked_up", "interested", "qualified"]
    assert rules.funnel.window == timedelta(days=30)


def test_another_window_is_another_definition_and_another_title_is_not(tmp_path):
    plain = read(tmp_path).funnel.digest
    assert read(tmp_path, lambda text: text.replace("Picked up", "Talked to")).funnel.digest == plain
    assert read(tmp_path, lambda text: text.replace("window_days: 30", "window_days: 7")).funnel.digest != plain
    assert read(tmp_path, lambda text: text.replace("label: qualified", "label: sold")).funnel.digest != plain


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("window_days: 30", "window_days: 0", "window_days: must be a number of days"),
        ("window_days: 30", "window: 30", "unknown key"),
        ("intents: intents", "intents: wishes", "there is no metric 'wishes'"),
        ("customers: customers", "customers: intents", "it must be distinct"),
        ("conversations: conversations", "conversations: conversation_seconds", "it must be count"),
        ("  engagement: engagement\n", "", "engagement: is missing"),
        ("name: interested", "name: picked_up", "stands twice"),
        ("name: interested", "name: Interested", "must be letters a-z"),
        ("    events: {event_type: conversation}\n", "", "say which events do for the step"),
        ("{event_type: conversation}", "{type: conversation}", "unknown key"),
        ("version: 1", "version: 2", "must be 1"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path, old, new, problem):
    with pytest.raises(InvalidCampaigns) as refused:
        read(tmp_path, lambda text: text.replace(old, new, 1))
    assert problem in refused.value.sentence
    assert "campaigns.yaml" in refused.value.sentence


def test_what_is_no_mapping_is_refused(tmp_path):
    with pytest.raises(InvalidCampaigns):
        read(tmp_path, lambda _: "- just\n- a list\n")
    with pytest.raises(InvalidCampaigns, match="must be a mapping"):
        read(tmp_path, lambda text: text.partition("funnel:")[0] + "funnel: [picked_up, interested]\n")


def test_the_file_on_the_page_can_be_followed_and_is_the_packaged_one(tmp_path):
    (own,) = re.findall(r"```yaml\n(.+?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert read(tmp_path, lambda _: own).funnel == read(tmp_path).funnel
