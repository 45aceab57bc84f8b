"""The gallery of reports: a picture of each, small, and the way to a schedule."""

from exports_api.web.assets import asset, is_asset
from exports_api.web.forms.report import IN_A_FORM
from exports_pipeline.reports.catalog import BUILT_IN

_MOST_BYTES, _MOST_OF_ALL = 12_000, 100_000


def test_every_report_of_ours_has_a_small_picture(ann):
    page = ann.get("/reports").text
    sizes = []
    for template in BUILT_IN:
        name = f"report-{template.name}.webp"
        assert is_asset(name), "make pictures"
        assert asset(name) in page
        picture = ann.get(asset(name))
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/webp")
        sizes.append(len(picture.content))
        assert f"/schedules/new?from_report={template.name}" in page
    assert max(sizes) < _MOST_BYTES
    assert sum(sizes) < _MOST_OF_ALL


def test_who_may_not_export_is_offered_no_schedule(people):
    assert "from_report" not in people("vic", roles=["viewer"]).get("/reports").text


def test_what_a_form_says_otherwise_is_what_the_api_says():
    """Words that are changed there would come back to the form unnoticed."""
    assert set(IN_A_FORM) <= {each.description for template in BUILT_IN for each in template.parameters}
